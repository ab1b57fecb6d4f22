#include "daemon/app/sweep/plan_batches.h"

#include <algorithm>
#include <map>

#include "daemon/app/sweep/setups.h"
#include "schema/base/hash.h"
#include "schema/wire/json.h"

namespace tripled::app {
namespace {

// `run: no`: its tests are planned and never run, as on a triple that is only checked.
bool has_stage(const Cell& cell, Stage stage) {
  if (stage == Stage::execute && cell.settings.run == "no") return false;
  const auto& s = cell.settings.stages;
  return std::find(s.begin(), s.end(), stage) != s.end();
}

// The stages that will have a job: what is executed must be linked first.
std::vector<Stage> compile_stages(const Cell& cell) {
  std::vector<Stage> out;
  for (Stage s : {Stage::check, Stage::build, Stage::test_no_run})
    if (has_stage(cell, s) || (s == Stage::test_no_run && has_stage(cell, Stage::execute))) out.push_back(s);
  return out;
}

bool needs_link(const Cell& cell) {
  auto stages = compile_stages(cell);
  return std::any_of(stages.begin(), stages.end(), [](Stage s) { return s != Stage::check; });
}

bool needs_run(const Cell& cell) { return has_stage(cell, Stage::execute); }

std::string short_hash(const std::vector<std::string>& parts) {
  Sha256 hash;
  for (const auto& part : parts) hash.field(part);
  return hash.hex().substr(0, 10);
}

std::string setup_key(const Cell& cell) {
  const auto& s = cell.settings;
  return cell.triple + "@" + s.toolchain + "-" +
         short_hash({s.linker, s.sysroot, s.std, wire::to_text_json(s.extra_std), s.run,
                     wire::to_text_json(s.runner), wire::to_text_json(s.qemu),
                     wire::to_text_json(s.required_cpu_flags), wire::to_text_json(s.worker_labels)});
}

// The variables that cargo itself reads; what tests and build scripts read does not change what there is to
// compile.
std::map<std::string, std::optional<std::string>> env_of_cargo(const CellSettings& settings) {
  std::map<std::string, std::optional<std::string>> out;
  for (const auto& [name, value] : settings.env)
    if (name.rfind("CARGO", 0) == 0 || name.rfind("RUST", 0) == 0) out.emplace(name, value);
  return out;
}

// Flags too: `[target.'cfg(x)'.dependencies]` hold or not by what rustc says with them.
std::string plan_key(const Cell& cell) {
  const auto& s = cell.settings;
  return "plan-" + short_hash({s.toolchain, wire::to_text_json(s.scope), wire::to_text_json(s.units),
                               wire::to_text_json(s.profile), s.lockfile, wire::to_text_json(s.pins),
                               wire::to_text_json(s.cargo_args), wire::to_text_json(s.rustflags), s.lints,
                               wire::to_text_json(env_of_cargo(s))});
}

// Two names may be one toolchain (`stable` and `system` on Debian): what it is called does not matter.
std::string identity_of(const std::string& toolchain, const std::vector<ToolchainFacts>& facts) {
  for (const auto& f : facts)
    if (f.name == toolchain && !f.commit.empty()) return f.version + "-" + f.commit;
  return toolchain;
}

// Cells that share a target dir: the worker keys it by more, but two cells that differ here never share one.
std::string target_lock(const Cell& cell, const Project& project, const std::vector<ToolchainFacts>& facts) {
  const auto& source = project.source;
  return "target-dir:" + identity_of(cell.settings.toolchain, facts) + "/" +
         short_hash(
             {wire::to_text_json(cell.settings.env), project.name, source.path, source.git, source.crate});
}

// A triple has one std in a sweep: where one cell links, the others check against the full one too.
std::string std_key(const Cell& cell) {
  const auto& s = cell.settings;
  return cell.triple + "@" + s.toolchain + "-" + s.std + wire::to_text_json(s.extra_std);
}

store::JobRow job_row(const std::string& cell, std::optional<Stage> stage) {
  store::JobRow row;
  row.cell = cell;
  row.stage = stage;
  return row;
}

void define(PlannedBatch& batch, const BatchDefinition& definition) {
  batch.row.definition_json = wire::to_text_json(definition);
}

}  // namespace

std::string own_label(const std::string& worker) { return "worker=" + worker; }
std::string pool_label(const std::string& pool) { return "pool=" + pool; }

namespace {

class Planner {
 public:
  Planner(const Plan& plan, const std::vector<ToolchainFacts>& facts, const Placing& placing)
      : plan_(plan), facts_(facts), placing_(placing) {}

  PlannedRows rows() {
    add_prepare();
    for (const auto& cell : plan_.cells)
      if (cell.excluded_reason.empty() && needs_link(cell)) links_[std_key(cell)] = true;
    for (const auto& cell : plan_.cells)
      if (cell.excluded_reason.empty()) add_setup(cell);
    for (const auto& [key, definition] : setups_) define(out_.batches[setup_of_[key]], definition);
    for (const auto& cell : plan_.cells)
      if (cell.excluded_reason.empty()) add_cell(cell);
    for (auto& batch : out_.batches) batch.row.priority = placing_.priority;
    return std::move(out_);
  }

 private:
  std::vector<std::string> labels(const std::vector<std::string>& own) const {
    auto out = own;
    if (!placing_.pool.empty()) out.push_back(pool_label(placing_.pool));
    return out;
  }

  std::string toolchain_ability(const Cell& cell) const {
    return "toolchain " + identity_of(cell.settings.toolchain, facts_);
  }

  void add_prepare() {
    PlannedBatch prepare;
    prepare.row.kind = BatchKind::prepare;
    prepare.jobs = {job_row("", std::nullopt)};
    BatchDefinition definition;
    definition.about = "prepare";
    definition.labels = labels({});
    if (!placing_.prepare_worker.empty()) definition.labels.push_back(own_label(placing_.prepare_worker));
    define(prepare, definition);
    out_.batches.push_back(std::move(prepare));
  }

  void add_setup(const Cell& cell) {
    auto key = setup_key(cell);
    out_.keys.push_back({cell.id, key, plan_key(cell)});
    auto& definition = setups_[key];
    if (!setup_of_.count(key)) {
      setup_of_[key] = out_.batches.size();
      definition.about = "setup of " + cell.triple;
      definition.like_cell = cell.id;
      definition.labels = labels(cell.settings.worker_labels);
      definition.abilities = {toolchain_ability(cell)};
      PlannedBatch setup;
      setup.row.kind = BatchKind::setup;
      setup.row.setup_key = key;
      setup.jobs = {job_row("", std::nullopt)};
      setup.after_index = {0};
      out_.batches.push_back(std::move(setup));
      store::SetupRow row;
      row.key = key;
      row.triple = cell.triple;
      row.toolchain = cell.settings.toolchain;
      out_.setups.push_back(std::move(row));
    }
    definition.needs_link = definition.needs_link || links_[std_key(cell)];
    definition.needs_run = definition.needs_run || needs_run(cell);
  }

  void add_cell(const Cell& cell) {
    auto lock = target_lock(cell, plan_.project, facts_);
    auto key = setup_key(cell);
    BatchDefinition definition;
    definition.labels = labels(cell.settings.worker_labels);
    PlannedBatch compile;
    compile.row.kind = BatchKind::compile;
    compile.row.cell = cell.id;
    compile.row.setup_key = key;
    compile.row.lane = lock + "/" + cell.triple;
    compile.after_index = {0, setup_of_[key]};
    for (Stage stage : compile_stages(cell)) compile.jobs.push_back(job_row(cell.id, stage));
    definition.locks = {lock};
    definition.about = "compile of " + cell.id;
    definition.abilities = {toolchain_ability(cell), ability_of(Need::check, key)};
    if (needs_link(cell)) definition.abilities.push_back(ability_of(Need::link, key));
    define(compile, definition);
    if (compile.jobs.empty()) return;
    out_.batches.push_back(compile);
    if (!has_stage(cell, Stage::execute)) return;
    PlannedBatch execute;
    execute.row = compile.row;
    execute.row.kind = BatchKind::execute;
    execute.after_index = {out_.batches.size() - 1};
    execute.jobs = {job_row(cell.id, Stage::execute)};
    definition.locks.clear();
    definition.about = "execute of " + cell.id;
    definition.abilities = {ability_of(Need::run, key)};
    define(execute, definition);
    out_.batches.push_back(std::move(execute));
  }

  const Plan& plan_;
  const std::vector<ToolchainFacts>& facts_;
  const Placing& placing_;
  PlannedRows out_;
  std::map<std::string, bool> links_;  // by std
  std::map<std::string, std::size_t> setup_of_;
  std::map<std::string, BatchDefinition> setups_;
};

}  // namespace

PlannedRows plan_rows(const Plan& plan, const std::vector<ToolchainFacts>& facts, const Placing& placing) {
  return Planner(plan, facts, placing).rows();
}

}  // namespace tripled::app
