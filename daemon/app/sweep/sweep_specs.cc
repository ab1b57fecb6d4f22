// Sweep: the specs of its batches, and which worker they suit.
#include <algorithm>

#include "daemon/app/sweep/sweep.h"
#include "schema/model/planning.h"
#include "schema/wire/json.h"

namespace tripled::app {

// A toolchain knows hundreds of triples: those that go are not even copied.
static ToolchainFacts without_triples(const ToolchainFacts& facts,
                                      const std::vector<std::string>& kept = {}) {
  ToolchainFacts out;
  boost::mp11::mp_for_each<boost::describe::describe_members<ToolchainFacts, boost::describe::mod_public>>(
      [&](auto d) {
        using Pointer = std::remove_const_t<decltype(d.pointer)>;
        if constexpr (!std::is_same_v<Pointer, decltype(&ToolchainFacts::triples)> &&
                      !std::is_same_v<Pointer, decltype(&ToolchainFacts::cfg_with_flags)>)
          out.*d.pointer = facts.*d.pointer;
      });
  for (const auto& t : facts.triples)
    if (std::find(kept.begin(), kept.end(), t.triple) != kept.end()) out.triples.push_back(t);
  return out;
}

PrepareSpec Sweep::prepare_spec(bool shared) const {
  PrepareSpec spec;
  spec.sweep = std::to_string(id());
  spec.project = record_.plan.project;
  spec.reuse_snapshot = record_.prepare ? record_.prepare->snapshot : "";
  spec.share = shared;
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
  const auto& definition = definition_of(b);
  const Cell* like = cell(definition.like_cell);
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
  spec.needs_link = definition.needs_link;
  spec.needs_run = definition.needs_run;
  spec.key = b.setup_key;
  if (record_.prepare && !record_.prepare->sources.empty()) {
    spec.sources = record_.prepare->sources.front();
    spec.source_dir = spec.sources.source_dir;
    spec.project_key = record_.prepare->project_key;
  }
  return spec;
}

std::vector<Need> Sweep::needs_of(const store::BatchRow& b) const {
  const auto& definition = definition_of(b);
  std::vector<Need> needs{Need::check};
  if (definition.needs_link) needs.push_back(Need::link);
  if (definition.needs_run) needs.push_back(Need::run);
  return needs;
}

const SetupResult& Sweep::setup_of(const store::BatchRow& b, const std::string& worker) const {
  static const SetupResult none;
  const auto* own = setups_.of(b.setup_key, worker);
  const auto* setup = own ? own : setups_.best(b.setup_key);
  return setup ? *setup : none;
}

// The batch that set up what this one uses.
const store::BatchRow* Sweep::setup_batch_of(const store::BatchRow& b) const {
  auto found = setup_batches_.find(b.setup_key);
  return found == setup_batches_.end() ? nullptr : found->second;
}

// What this worker links another one executes: that is known as soon as both were set up. Shards are for
// whoever has a slot.
bool Sweep::executes_elsewhere(const store::BatchRow& b, const std::string& worker, bool shared) const {
  if (shared && execute_batches_of(b.cell).size() > 1) return true;
  const auto* own = setups_.of(b.setup_key, worker);
  return own && !meets(*own, Need::run) && setups_.met_by_any(b.setup_key, Need::run);
}

PlannedUnits Sweep::planned_of(const std::string& cell_id) const {
  auto* row = cell_row(cell_id);
  if (row && record_.prepare)
    for (const auto& p : record_.prepare->planned)
      if (p.plan_key == row->plan_key && p.triple == row->cell.triple) return p;
  return {};
}

CompileSpec Sweep::compile_spec(const store::BatchRow& b, const std::string& worker, bool shared) const {
  CompileSpec spec;
  const Cell* c = cell(b.cell);
  TRIPLED_CHECK(c != nullptr && record_.prepare.has_value());
  spec.cell = *c;
  if (auto* facts = toolchain(c->settings.toolchain)) spec.toolchain = without_triples(*facts, {c->triple});
  spec.setup = setup_of(b, worker);
  if (const auto* set_up_by = setup_batch_of(b)) spec.setup_spec = setup_spec(*set_up_by);
  spec.planned = planned_of(b.cell);
  for (const auto& sources : record_.prepare->sources)
    if (sources.key == spec.planned.sources) spec.sources = sources;
  spec.project_key = record_.prepare->project_key;
  for (const auto* row : jobs_of_batch(b.id))
    if (row->stage) spec.stages.push_back(*row->stage);
  std::sort(spec.stages.begin(), spec.stages.end());
  spec.archive = has_execute(b.cell) && executes_elsewhere(b, worker, shared);
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

ExecuteSpec Sweep::execute_spec(const store::BatchRow& b, const std::string& worker) const {
  auto like = compile_spec(b, worker, false);
  ExecuteSpec spec;
  spec.cell = std::move(like.cell);
  spec.toolchain = std::move(like.toolchain);
  spec.setup = std::move(like.setup);
  spec.setup_spec = std::move(like.setup_spec);
  spec.planned = std::move(like.planned);
  spec.sources = std::move(like.sources);
  spec.project_key = std::move(like.project_key);
  if (auto built = built_on_.find(b.cell); built != built_on_.end()) spec.built_on = built->second;
  auto jobs = by_cell_.find(b.cell);
  if (jobs == by_cell_.end()) return spec;
  for (const auto* row : jobs->second) {
    auto found = results_.find(std::to_string(row->id));
    if (found == results_.end() || found->second.empty()) continue;
    if (row->stage == Stage::test_no_run) {
      spec.executables = found->second.back().executables;
      spec.archive = found->second.back().archive;
      spec.doctests = runnable_doctests(spec.planned, found->second.back().units,
                                        spec.cell.triple == spec.toolchain.host);
    }
    if (row->batch == b.id && row->stage == Stage::execute)
      spec.only = diagnosis::to_verify(found->second.front());
  }
  take_shard(b, spec);
  return spec;
}

// Of a divided job only what is this shard's part; doctests are the first one's.
void Sweep::take_shard(const store::BatchRow& b, ExecuteSpec& spec) const {
  const auto& definition = definition_of(b);
  if (definition.shards < 2 || spec.executables.empty()) return;
  auto work =
      work_of_shard(std::move(spec.executables), definition.durations, definition.shard, definition.shards);
  spec.executables = std::move(work.executables);
  spec.parts = std::move(work.parts);
  if (definition.shard > 0) spec.doctests.clear();
  spec.idle = spec.executables.empty() && spec.doctests.empty();
}

std::string Sweep::spec(const std::string& batch_id, const std::string& worker, bool shared) const {
  const auto& b = batch(batch_id);
  switch (b.kind) {
    case BatchKind::prepare:
      return wire::to_text_json(prepare_spec(shared));
    case BatchKind::setup:
      return wire::to_text_json(setup_spec(b));
    case BatchKind::compile:
      return wire::to_text_json(compile_spec(b, worker, shared));
    case BatchKind::execute:
      return wire::to_text_json(execute_spec(b, worker));
  }
  return "null";
}

// --- the fleet

bool Sweep::has_execute(const std::string& cell_id) const { return execute_batches_.count(cell_id) > 0; }

std::vector<std::string> Sweep::execute_batches_of(const std::string& cell_id) const {
  std::vector<std::string> out;
  auto found = execute_batches_.find(cell_id);
  if (found == execute_batches_.end()) return out;
  for (const auto* b : found->second) out.push_back(std::to_string(b->id));
  return out;
}

std::map<std::string, std::string> Sweep::pins() const {
  std::map<std::string, std::string> out;
  for (const auto& [cell_id, worker] : built_on_)
    for (const auto& batch_id : execute_batches_of(cell_id))
      if (is_pinned_to(batch(batch_id), worker)) out.emplace(batch_id, worker);
  return out;
}

bool Sweep::is_pinned_to(const store::BatchRow& b, const std::string& worker) const {
  if (execute_batches_of(b.cell).size() > 1) return false;
  const auto* own = setups_.of(b.setup_key, worker);
  return !own || meets(*own, Need::run) || !setups_.met_by_any(b.setup_key, Need::run);
}

std::vector<std::string> Sweep::blobs_of(const std::string& batch_id) const {
  const auto& b = batch(batch_id);
  std::vector<std::string> out;
  const auto& sent = record_.plan.project.source.sent;
  if (b.kind == BatchKind::prepare && sent) out.push_back(sent->hash);
  if (!record_.prepare || b.kind == BatchKind::prepare) return out;
  for (const auto& sources : record_.prepare->sources)
    if (!sources.archive.hash.empty()) out.push_back(sources.archive.hash);
  auto jobs = by_cell_.find(b.cell);
  if (b.cell.empty() || jobs == by_cell_.end()) return out;
  for (const auto* row : jobs->second) {
    auto found = results_.find(std::to_string(row->id));
    if (found == results_.end()) continue;
    for (const auto& result : found->second)
      if (result.archive) out.push_back(result.archive->blob.hash);
  }
  return out;
}

void Sweep::give_up(const std::string& batch_id, const std::string& why) {
  given_up_[batch(batch_id).id] = why;
}

}  // namespace tripled::app
