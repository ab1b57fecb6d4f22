#include "daemon/app/sweep/sweep.h"

#include <algorithm>
#include <tuple>

#include "schema/wire/json.h"

namespace tripled::app {

Sweep::Sweep(store::SweepRecord record, const config::Catalogue& catalogue)
    : record_(std::move(record)), catalogue_(catalogue) {
  record_.cells.shrink_to_fit();
  record_.batches.shrink_to_fit();
  for (const auto& b : record_.batches) {
    batches_[std::to_string(b.id)] = &b;
    if (b.kind == BatchKind::execute) execute_batches_[b.cell].push_back(&b);
    if (b.kind == BatchKind::setup) setup_batches_[b.setup_key] = &b;
  }
  read_definitions();
  for (std::size_t i = 0; i < record_.cells.size(); ++i) cells_.emplace(record_.cells[i].cell.id, i);
  for (const auto& setup : record_.setups)
    if (setup.result) {
      setups_.put(setup.key, *setup.result);
      for (const auto& other : setup.others) setups_.put(setup.key, other);
    }
  for (auto& j : record_.jobs) {
    auto id = std::to_string(j.row.id);
    auto& row = jobs_[id] = j.row;
    by_batch_[row.batch].push_back(&row);
    by_cell_[row.cell].push_back(&row);
    for (const auto& attempt : j.attempts)
      if (j.row.stage == Stage::test_no_run && attempt.result) built_on_[j.row.cell] = attempt.row.worker;
    keep_results(j.row, std::exchange(j.attempts, {}));
  }
  // Assigning `{}` would keep what they have taken.
  record_.jobs = std::vector<store::JobRecord>();
  record_.plan.cells = std::vector<Cell>();
}

// Of a whole batch of a cell nothing is asked later but what its row says.
void Sweep::read_definitions() {
  for (const auto& b : record_.batches) {
    const bool shard = b.kind == BatchKind::execute && execute_batches_.at(b.cell).size() > 1;
    if (!b.cell.empty() && !shard) continue;
    auto definition = wire::from_text_json<BatchDefinition>(b.definition_json);
    TRIPLED_CHECK(definition.has_value());
    definitions_.emplace(b.id, std::move(definition).value());
  }
}

const BatchDefinition& Sweep::definition_of(const store::BatchRow& b) const {
  static const BatchDefinition whole;
  auto found = definitions_.find(b.id);
  return found == definitions_.end() ? whole : found->second;
}

std::vector<sched::BatchDef> Sweep::take_batch_defs() {
  std::vector<sched::BatchDef> out;
  out.reserve(record_.batches.size());
  for (auto& b : record_.batches) {
    auto definition = wire::from_text_json<BatchDefinition>(std::exchange(b.definition_json, {}));
    TRIPLED_CHECK(definition.has_value());
    sched::BatchDef def;
    def.id = std::to_string(b.id);
    def.sweep = std::to_string(id());
    def.project = record_.row.project_name;
    def.kind = b.kind;
    def.cell = b.cell;
    // The scheduler says itself of which kind it is: "waiting for setup of s390x-unknown-linux-gnu".
    if (const Cell* like = cell(definition->like_cell)) def.about = like->triple;
    for (auto after : b.after) def.after.push_back(std::to_string(after));
    def.locks = definition->locks;
    def.labels = definition->labels;
    def.abilities = definition->abilities;
    def.expected_ms = definition->expected_ms;
    def.lane = b.lane;
    def.slots = b.slots;
    def.priority = b.priority;
    for (const auto* row : jobs_of_batch(b.id)) def.jobs.push_back({std::to_string(row->id), row->stage});
    std::sort(def.jobs.begin(), def.jobs.end(),
              [](const auto& x, const auto& y) { return x.stage < y.stage; });
    out.push_back(std::move(def));
  }
  return out;
}

const store::BatchRow& Sweep::batch_of_job(const std::string& job_id) const {
  return *batches_.at(std::to_string(jobs_.at(job_id).batch));
}

bool Sweep::has_open_job(store::BatchId batch_id) const {
  const auto& rows = jobs_of_batch(batch_id);
  return std::any_of(rows.begin(), rows.end(), [](const store::JobRow* row) {
    return row->state == JobState::leased || row->state == JobState::running;
  });
}

const Cell* Sweep::cell(const std::string& cell_id) const {
  auto* row = cell_row(cell_id);
  return row ? &row->cell : nullptr;
}

const store::CellRow* Sweep::cell_row(const std::string& cell_id) const {
  auto found = cells_.find(cell_id);
  return found == cells_.end() ? nullptr : &record_.cells[found->second];
}

const std::vector<store::JobRow*>& Sweep::jobs_of_batch(store::BatchId batch_id) const {
  static const std::vector<store::JobRow*> none;
  auto found = by_batch_.find(batch_id);
  return found == by_batch_.end() ? none : found->second;
}

const ToolchainFacts* Sweep::toolchain(const std::string& name) const {
  for (const auto& f : record_.facts)
    if (f.name == name) return &f;
  return nullptr;
}

std::vector<store::JobRow*> Sweep::jobs_of_cell(const std::string& cell_id) {
  auto found = by_cell_.find(cell_id);
  if (found == by_cell_.end()) return {};
  auto out = found->second;
  std::sort(out.begin(), out.end(), [](const auto* a, const auto* b) {
    return std::tie(a->stage, a->shard) < std::tie(b->stage, b->shard);
  });
  return out;
}

SweepEvent Sweep::event(const std::string& kind, const store::JobRow& row) const {
  SweepEvent out;
  out.kind = kind;
  out.sweep = std::to_string(id());
  out.job = std::to_string(row.id);
  out.cell = row.cell;
  if (auto* c = cell(row.cell)) out.triple = c->triple;
  out.stage = row.stage;
  const auto& definition = definition_of(batch_of_job(out.job));
  if (!row.stage) out.text = definition.about;
  if (definition.shards > 1)
    out.text = "shard " + std::to_string(row.shard + 1) + " of " + std::to_string(definition.shards);
  return out;
}

// --- results
// ------------------------------------------------------------------------------------------------------

// An attempt that was lost says nothing as soon as another one has a result.
static bool was_lost(const AttemptResult& result) { return result.process.outcome == Outcome::worker_lost; }

// `gate: strict`: after a stage that failed nothing of the cell is executed.
void Sweep::close_gate(const std::string& cell_id, TakenResult& taken) const {
  const Cell* c = cell(cell_id);
  if (!c || !c->settings.strict_gate || diagnosis::judge_compile(taken.stored).verdict == Verdict::pass)
    return;
  for (const auto& execute : execute_batches_of(cell_id)) taken.skip_batches.push_back(execute);
}

// Where this worker falls short another one is asked, until all that is needed is met by some.
void Sweep::take_setup(const store::BatchRow& b, const SetupResult& setup, TakenResult& out) {
  out.stored.log = setup.log;
  out.stored.duration_ms = setup.duration_ms;
  out.stored.broken_reason = setup.check.ok ? "" : setup.check.reason;
  out.stored.broken_fix = setup.check.fix;
  auto needs = needs_of(b);
  if (setup.tried) setups_.put(b.setup_key, setup);
  const auto* best = setups_.best(b.setup_key);
  for (auto& row : record_.setups)
    if (row.key == b.setup_key) {
      row.sweep = id();
      row.result = best ? *best : setup;
      row.others = setups_.others(b.setup_key);
      out.setup = row;
    }
  if (!setups_.complete(b.setup_key, needs)) out.next = sched::Next::elsewhere;
  out.lacks = setups_.lacks(b.setup_key, needs);
}

std::map<std::string, std::string> Sweep::lacks_of(const std::string& worker) const {
  std::map<std::string, std::string> out;
  for (const auto& [key, batch] : setup_batches_)
    for (const auto& lack : setups_.lacks(key, needs_of(*batch)))
      if (lack.worker == worker && !lack.why.empty()) out.emplace(lack.ability, lack.why);
  return out;
}

Result<TakenResult> Sweep::take(const std::string& job_id, const wire::json::value& body,
                                AttemptReason reason, const std::string& worker) {
  TakenResult out;
  const auto& b = batch_of_job(job_id);
  if (b.kind == BatchKind::prepare) {
    PrepareResult prepare;
    TRIPLED_TRY(wire::from_json(body, prepare));
    out.stored.log = prepare.log;
    out.stored.duration_ms = prepare.duration_ms;
    out.stored.broken_reason = prepare.error;
    if (!prepare.error.empty())
      for (const auto& other : record_.batches)
        if (other.id != b.id) out.skip_batches.push_back(std::to_string(other.id));
    record_.prepare = prepare;
    out.prepare = std::move(prepare);
  } else if (b.kind == BatchKind::setup) {
    SetupResult setup;
    TRIPLED_TRY(wire::from_json(body, setup));
    setup.worker = worker;
    take_setup(b, setup, out);
  } else {
    TRIPLED_TRY(wire::from_json(body, out.stored));
    auto& results = results_[job_id];
    std::erase_if(results, was_lost);
    bool first = results.empty();
    results.push_back(out.stored);
    bool verifiable = b.kind == BatchKind::execute && first && reason != AttemptReason::verification;
    if (verifiable && !diagnosis::to_verify(out.stored).empty()) out.next = sched::Next::verify;
    if (jobs_.at(job_id).stage == Stage::test_no_run) built_on_[b.cell] = worker;
    if (b.kind == BatchKind::compile) close_gate(b.cell, out);
  }
  return out;
}

void Sweep::take_lost(const std::string& job_id, const AttemptResult& result) {
  auto& results = results_[job_id];
  if (results.empty()) results.push_back(result);
}

// Of a prepare or setup batch; empty: it did what it was for.
std::string Sweep::preparation_fault(const store::BatchRow& b, Outcome outcome) const {
  const std::string no_result = "it has no result: " + to_text(outcome);
  if (b.kind == BatchKind::prepare) return record_.prepare ? record_.prepare->error : no_result;
  for (const auto& setup : record_.setups)
    if (setup.key == b.setup_key && setup.result)
      return setup.result->check.ok ? std::string() : setup.result->check.reason;
  return no_result;
}

void Sweep::judge(store::JobRow& row, Outcome outcome) {
  if (!row.stage) {
    row.reason = preparation_fault(batch_of_job(std::to_string(row.id)), outcome);
    row.verdict = row.reason.empty() ? Verdict::pass : Verdict::broken;
    return;
  }
  auto& results = results_[std::to_string(row.id)];
  AttemptResult lost;
  lost.process.outcome = outcome;
  if (results.empty()) results.push_back(lost);
  while (results.size() > 1 && was_lost(results.front())) results.erase(results.begin());
  auto verdict = *row.stage == Stage::execute ? diagnosis::judge_execute(results)
                                              : diagnosis::judge_compile(results.back());
  row.verdict = verdict.verdict;
  row.reason = verdict.reason;
  row.blocked_by = verdict.blocked_by;
  if (is_impossible_here(row, results.back())) row.verdict = Verdict::excluded;
  const auto& units = results.back().units;
  row.implied = !units.empty() &&
                std::all_of(units.begin(), units.end(), [](const UnitResult& u) { return u.implied; });
}

// `if-impossible: excluded`: what this machine cannot do is left out instead of broken.
bool Sweep::is_impossible_here(const store::JobRow& row, const AttemptResult& result) const {
  const Cell* c = cell(row.cell);
  if (!c || c->settings.if_impossible != "excluded" || result.process.outcome != Outcome::not_run)
    return false;
  if (row.verdict == Verdict::broken) return true;
  const auto& setup = setup_of(batch_of_job(std::to_string(row.id)));
  return row.verdict == Verdict::blocked && row.stage == Stage::execute && !(setup.check.ok && setup.link.ok);
}

void Sweep::judge_skipped(store::JobRow& row, bool cancelled) {
  if (auto given_up = given_up_.find(row.batch); given_up != given_up_.end()) {
    row.verdict = Verdict::broken;
    row.reason = given_up->second;
    return;
  }
  bool prepare_failed = record_.prepare && !record_.prepare->error.empty();
  row.verdict = cancelled && !prepare_failed ? Verdict::cancelled : Verdict::blocked;
  row.reason = prepare_failed ? "prepare failed: " + record_.prepare->error
                              : (cancelled ? "cancelled" : "nothing before it succeeded");
  if (*row.verdict != Verdict::blocked) return;
  row.blocked_by = waited_in_vain_for(row);
  if (!prepare_failed && !row.blocked_by.empty()) row.reason = row.blocked_by + " did not succeed";
}

bool Sweep::take_worst_shard(store::JobRow& row) const {
  bool divided = false;
  for (const auto* other : by_cell_.at(row.cell)) {
    if (other->shard_of != row.id) continue;
    divided = true;
    const auto own = row.verdict.value_or(Verdict::excluded),
               its = other->verdict.value_or(Verdict::excluded);
    if (worse_of(own, its) == own) continue;
    row.verdict = its;
    row.reason = other->reason;
    row.blocked_by = other->blocked_by;
  }
  return divided;
}

std::vector<AttemptResult> Sweep::results_of(const store::JobRow& row) const {
  std::vector<std::vector<AttemptResult>> shards;
  auto all = by_cell_.find(row.cell);
  for (const auto* other : all == by_cell_.end() ? std::vector<store::JobRow*>() : all->second) {
    if (other->id != row.id && other->shard_of != row.id) continue;
    auto found = results_.find(std::to_string(other->id));
    if (found != results_.end()) shards.push_back(found->second);
  }
  return diagnosis::joined_shards(std::move(shards));
}

Sweep::CellVerdict Sweep::judge_cell(const std::string& cell_id) {
  CellVerdict out;
  out.verdict = Verdict::excluded;  // the mildest: excluded only if all of it is
  std::vector<diagnosis::JudgedJob> judged;
  std::vector<store::JobRow*> rows;
  for (auto* row : jobs_of_cell(cell_id)) {
    if (!row->stage || row->shard_of != 0) continue;
    const bool divided = take_worst_shard(*row);
    const auto results = results_of(*row);
    diagnosis::JobVerdict verdict;
    if (!results.empty() && (row->state == JobState::done || divided))
      verdict = *row->stage == Stage::execute ? diagnosis::judge_execute(results)
                                              : diagnosis::judge_compile(results.back());
    verdict.verdict = row->verdict.value_or(Verdict::blocked);
    if (verdict.verdict == Verdict::excluded) verdict.items.clear();
    out.verdict = worse_of(out.verdict, verdict.verdict);
    if (out.reason.empty() && verdict.verdict != Verdict::pass) out.reason = row->reason;
    judged.push_back(diagnosis::judged_job(*row->stage, std::move(verdict), results));
    rows.push_back(row);
  }
  const Cell* c = cell(cell_id);
  auto expectations =
      diagnosis::check_expectations(c ? c->settings.expected : std::vector<ExpectedFailure>(), judged);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i]->expectation = expectations[i].expectation;
    diagnosis::JobDetail detail{expectations[i].unexpected, expectations[i].unmet, expectations[i].reasons};
    rows[i]->detail_json = wire::to_text_json(detail);
    if (expectations[i].expectation == Expectation::unmet || out.expectation == Expectation::none)
      out.expectation = expectations[i].expectation;
  }
  for (const auto* row : jobs_of_cell(cell_id)) results_.erase(std::to_string(row->id));
  if (auto found = cells_.find(cell_id); found != cells_.end()) {
    auto& row = record_.cells[found->second];
    row.verdict = out.verdict;
    row.expectation = out.expectation;
    row.reason = out.reason;
  }
  return out;
}

}  // namespace tripled::app
