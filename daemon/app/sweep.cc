#include "daemon/app/sweep.h"

#include <algorithm>

#include "schema/model/planning.h"
#include "schema/wire/json.h"

namespace tripled::app {

Sweep::Sweep(store::SweepRecord record, const config::Catalogue& catalogue)
    : record_(std::move(record)), catalogue_(catalogue) {
  for (const auto& b : record_.batches) batches_[std::to_string(b.id)] = &b;
  for (auto& j : record_.jobs) {
    auto id = std::to_string(j.row.id);
    jobs_[id] = j.row;
    keep_results(j.row, std::exchange(j.attempts, {}));
  }
}

std::vector<sched::BatchDef> Sweep::batch_defs() const {
  std::vector<sched::BatchDef> out;
  for (const auto& b : record_.batches) {
    auto definition = wire::from_text_json<BatchDefinition>(b.definition_json);
    TRIPLED_CHECK(definition.has_value());
    sched::BatchDef def;
    def.id = std::to_string(b.id);
    def.sweep = std::to_string(id());
    def.kind = b.kind;
    def.cell = b.cell;
    // The scheduler says itself of which kind it is: "waiting for setup of s390x-unknown-linux-gnu".
    if (const Cell* like = cell(definition->like_cell)) def.about = like->triple;
    for (auto after : b.after) def.after.push_back(std::to_string(after));
    def.locks = definition->locks;
    def.labels = definition->labels;
    def.lane = b.lane;
    def.slots = b.slots;
    def.priority = b.priority;
    for (const auto& [job_id, row] : jobs_)
      if (row.batch == b.id) def.jobs.push_back({job_id, row.stage});
    std::sort(def.jobs.begin(), def.jobs.end(),
              [](const auto& x, const auto& y) { return x.stage < y.stage; });
    out.push_back(std::move(def));
  }
  return out;
}

const store::BatchRow& Sweep::batch_of_job(const std::string& job_id) const {
  return *batches_.at(std::to_string(jobs_.at(job_id).batch));
}

const Cell* Sweep::cell(const std::string& cell_id) const {
  auto* row = cell_row(cell_id);
  return row ? &row->cell : nullptr;
}

const store::CellRow* Sweep::cell_row(const std::string& cell_id) const {
  for (const auto& c : record_.cells)
    if (c.cell.id == cell_id) return &c;
  return nullptr;
}

const ToolchainFacts* Sweep::toolchain(const std::string& name) const {
  for (const auto& f : record_.facts)
    if (f.name == name) return &f;
  return nullptr;
}

std::vector<store::JobRow*> Sweep::jobs_of_cell(const std::string& cell_id) {
  std::vector<store::JobRow*> out;
  for (auto& [job_id, row] : jobs_)
    if (row.cell == cell_id) out.push_back(&row);
  std::sort(out.begin(), out.end(), [](const auto* a, const auto* b) { return a->stage < b->stage; });
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
  auto definition = wire::from_text_json<BatchDefinition>(batch_of_job(out.job).definition_json);
  if (!row.stage && definition) out.text = definition->about;
  return out;
}

// --- specs
// --------------------------------------------------------------------------------------------------------

static ToolchainFacts without_triples(ToolchainFacts facts, const std::vector<std::string>& kept = {}) {
  std::erase_if(facts.triples, [&](const TripleFacts& t) {
    return std::find(kept.begin(), kept.end(), t.triple) == kept.end();
  });
  facts.cfg_with_flags.clear();
  return facts;
}

PrepareSpec Sweep::prepare_spec() const {
  PrepareSpec spec;
  spec.sweep = std::to_string(id());
  spec.project = record_.plan.project;
  spec.reuse_snapshot = record_.prepare ? record_.prepare->snapshot : "";
  for (const auto& row : record_.cells) {
    if (row.plan_key.empty()) continue;
    auto known = std::find_if(spec.plans.begin(), spec.plans.end(),
                              [&](const PlanRequest& p) { return p.key == row.plan_key; });
    if (known == spec.plans.end()) {
      PlanRequest request;
      request.key = row.plan_key;
      auto* facts = toolchain(row.cell.settings.toolchain);
      if (facts && !facts->error.empty()) continue;  // that toolchain's cells are broken, nobody else's
      if (facts) request.toolchain = without_triples(*facts, {facts->host});
      request.settings = row.cell.settings;
      spec.plans.push_back(std::move(request));
      known = std::prev(spec.plans.end());
    }
    auto& triples = known->triples;
    if (std::find(triples.begin(), triples.end(), row.cell.triple) == triples.end())
      triples.push_back(row.cell.triple);
  }
  return spec;
}

SetupSpec Sweep::setup_spec(const store::BatchRow& b) const {
  SetupSpec spec;
  auto definition = wire::from_text_json<BatchDefinition>(b.definition_json);
  TRIPLED_CHECK(definition.has_value());
  const Cell* like = cell(definition->like_cell);
  TRIPLED_CHECK(like != nullptr);
  spec.triple = like->triple;
  spec.settings = like->settings;
  std::vector<std::string> kept = like->settings.extra_std;
  kept.push_back(like->triple);
  if (auto* facts = toolchain(like->settings.toolchain)) {
    kept.push_back(facts->host);
    spec.toolchain = without_triples(*facts, kept);
  }
  spec.catalogue = catalogue_.entry_or_default(like->triple);
  spec.needs_link = definition->needs_link;
  spec.needs_run = definition->needs_run;
  if (record_.prepare && !record_.prepare->sources.empty())
    spec.source_dir = record_.prepare->sources.front().source_dir;
  return spec;
}

const SetupResult& Sweep::setup_of(const store::BatchRow& b) const {
  static const SetupResult none;
  for (const auto& s : record_.setups)
    if (s.key == b.setup_key && s.result) return *s.result;
  return none;
}

PlannedUnits Sweep::planned_of(const std::string& cell_id) const {
  auto* row = cell_row(cell_id);
  if (row && record_.prepare)
    for (const auto& p : record_.prepare->planned)
      if (p.plan_key == row->plan_key && p.triple == row->cell.triple) return p;
  return {};
}

CompileSpec Sweep::compile_spec(const store::BatchRow& b) const {
  CompileSpec spec;
  const Cell* c = cell(b.cell);
  TRIPLED_CHECK(c != nullptr && record_.prepare.has_value());
  spec.cell = *c;
  if (auto* facts = toolchain(c->settings.toolchain)) spec.toolchain = without_triples(*facts, {c->triple});
  spec.setup = setup_of(b);
  spec.planned = planned_of(b.cell);
  for (const auto& sources : record_.prepare->sources)
    if (sources.key == spec.planned.sources) spec.sources = sources;
  spec.project_key = record_.prepare->project_key;
  for (const auto& [job_id, row] : jobs_)
    if (row.batch == b.id && row.stage) spec.stages.push_back(*row.stage);
  std::sort(spec.stages.begin(), spec.stages.end());
  return spec;
}

// A library whose harness (or, without one, whose plain unit) compiled can have its doctests run.
static std::vector<std::string> runnable_doctests(const PlannedUnits& planned,
                                                  const std::vector<UnitResult>& tests, bool host_cell) {
  std::vector<std::string> out;
  auto units = planned_units(planned, Stage::execute, host_cell);
  for (const auto& u : units.value_or(std::vector<Unit>())) {
    if (u.kind != "doctest" || std::find(out.begin(), out.end(), u.package) != out.end()) continue;
    bool failed = std::any_of(tests.begin(), tests.end(), [&](const UnitResult& r) {
      return r.package == u.package && (r.kind == "lib" || r.kind == "proc-macro") &&
             r.verdict != Verdict::pass;
    });
    if (!failed) out.push_back(u.package);
  }
  return out;
}

ExecuteSpec Sweep::execute_spec(const store::BatchRow& b) const {
  auto like = compile_spec(b);
  ExecuteSpec spec{
      like.cell, like.toolchain, like.setup, like.planned, like.sources, like.project_key, {}, {}, {}};
  for (const auto& [job_id, row] : jobs_) {
    auto found = results_.find(job_id);
    if (row.cell != b.cell || found == results_.end() || found->second.empty()) continue;
    if (row.stage == Stage::test_no_run) {
      spec.executables = found->second.back().executables;
      spec.doctests = runnable_doctests(spec.planned, found->second.back().units,
                                        spec.cell.triple == spec.toolchain.host);
    }
    if (row.stage == Stage::execute) spec.only = diagnosis::to_verify(found->second.front());
  }
  return spec;
}

wire::json::value Sweep::spec(const std::string& batch_id) const {
  const auto& b = batch(batch_id);
  switch (b.kind) {
    case BatchKind::prepare:
      return wire::to_json(prepare_spec());
    case BatchKind::setup:
      return wire::to_json(setup_spec(b));
    case BatchKind::compile:
      return wire::to_json(compile_spec(b));
    case BatchKind::execute:
      return wire::to_json(execute_spec(b));
  }
  return nullptr;
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
  for (const auto& other : record_.batches)
    if (other.kind == BatchKind::execute && other.cell == cell_id)
      taken.skip_batches.push_back(std::to_string(other.id));
}

Result<TakenResult> Sweep::take(const std::string& job_id, const wire::json::value& body,
                                AttemptReason reason) {
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
    out.stored.log = setup.log;
    out.stored.duration_ms = setup.duration_ms;
    out.stored.broken_reason = setup.check.ok ? "" : setup.check.reason;
    out.stored.broken_fix = setup.check.fix;
    for (auto& row : record_.setups)
      if (row.key == b.setup_key) {
        row.sweep = id();
        row.result = std::move(setup);
        out.setup = row;
      }
  } else {
    TRIPLED_TRY(wire::from_json(body, out.stored));
    auto& results = results_[job_id];
    std::erase_if(results, was_lost);
    bool first = results.empty();
    results.push_back(out.stored);
    bool verifiable = b.kind == BatchKind::execute && first && reason != AttemptReason::verification;
    if (verifiable && !diagnosis::to_verify(out.stored).empty()) out.next = sched::Next::verify;
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
  bool prepare_failed = record_.prepare && !record_.prepare->error.empty();
  row.verdict = cancelled && !prepare_failed ? Verdict::cancelled : Verdict::blocked;
  row.reason = prepare_failed ? "prepare failed: " + record_.prepare->error
                              : (cancelled ? "cancelled" : "nothing before it succeeded");
  if (*row.verdict != Verdict::blocked) return;
  row.blocked_by = waited_in_vain_for(row);
  if (!prepare_failed && !row.blocked_by.empty()) row.reason = row.blocked_by + " did not succeed";
}

Sweep::CellVerdict Sweep::judge_cell(const std::string& cell_id) {
  CellVerdict out;
  out.verdict = Verdict::excluded;  // the mildest: excluded only if all of it is
  std::vector<diagnosis::JudgedJob> judged;
  std::vector<store::JobRow*> rows;
  for (auto* row : jobs_of_cell(cell_id)) {
    if (!row->stage) continue;
    auto found = results_.find(std::to_string(row->id));
    diagnosis::JobVerdict verdict;
    if (found != results_.end() && !found->second.empty() && row->state == JobState::done)
      verdict = *row->stage == Stage::execute ? diagnosis::judge_execute(found->second)
                                              : diagnosis::judge_compile(found->second.back());
    verdict.verdict = row->verdict.value_or(Verdict::blocked);
    if (verdict.verdict == Verdict::excluded) verdict.items.clear();
    out.verdict = worse_of(out.verdict, verdict.verdict);
    if (out.reason.empty() && verdict.verdict != Verdict::pass) out.reason = row->reason;
    judged.push_back(
        diagnosis::judged_job(*row->stage, std::move(verdict),
                              found == results_.end() ? std::vector<AttemptResult>() : found->second));
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
    results_.erase(std::to_string(rows[i]->id));
  }
  for (auto& row : record_.cells)
    if (row.cell.id == cell_id) {
      row.verdict = out.verdict;
      row.expectation = out.expectation;
      row.reason = out.reason;
    }
  return out;
}

}  // namespace tripled::app
