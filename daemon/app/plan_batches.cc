#include "daemon/app/plan_batches.h"

#include <algorithm>
#include <map>

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
                     wire::to_text_json(s.required_cpu_flags)});
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
std::string target_lock(const Cell& cell, const std::vector<ToolchainFacts>& facts) {
  return "target-dir:" + identity_of(cell.settings.toolchain, facts) + "/" +
         short_hash({wire::to_text_json(cell.settings.env)});
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

PlannedRows plan_rows(const Plan& plan, const std::vector<ToolchainFacts>& facts, const std::string& worker) {
  std::vector<std::string> labels;
  if (!worker.empty()) labels.push_back(own_label(worker));
  PlannedRows out;
  std::map<std::string, bool> links;  // by std
  for (const auto& cell : plan.cells)
    if (cell.excluded_reason.empty() && needs_link(cell)) links[std_key(cell)] = true;
  PlannedBatch prepare;
  prepare.row.kind = BatchKind::prepare;
  prepare.jobs = {job_row("", std::nullopt)};
  define(prepare, {{}, "prepare", "", false, false, labels});
  out.batches.push_back(std::move(prepare));

  std::map<std::string, std::size_t> setup_of;
  std::map<std::string, BatchDefinition> definitions;
  for (const auto& cell : plan.cells) {
    if (!cell.excluded_reason.empty()) continue;
    auto key = setup_key(cell);
    out.keys.push_back({cell.id, key, plan_key(cell)});
    auto& definition = definitions[key];
    if (!setup_of.count(key)) {
      setup_of[key] = out.batches.size();
      definition.about = "setup of " + cell.triple;
      definition.like_cell = cell.id;
      definition.labels = labels;
      PlannedBatch setup;
      setup.row.kind = BatchKind::setup;
      setup.row.setup_key = key;
      setup.jobs = {job_row("", std::nullopt)};
      setup.after_index = {0};
      out.batches.push_back(std::move(setup));
      store::SetupRow row;
      row.key = key;
      row.triple = cell.triple;
      row.toolchain = cell.settings.toolchain;
      out.setups.push_back(std::move(row));
    }
    definition.needs_link = definition.needs_link || links[std_key(cell)];
    definition.needs_run = definition.needs_run || needs_run(cell);
  }
  for (const auto& [key, definition] : definitions) define(out.batches[setup_of[key]], definition);

  for (const auto& cell : plan.cells) {
    if (!cell.excluded_reason.empty()) continue;
    auto lock = target_lock(cell, facts) + (worker.empty() ? "" : "@" + worker);
    PlannedBatch compile;
    compile.row.kind = BatchKind::compile;
    compile.row.cell = cell.id;
    compile.row.setup_key = setup_key(cell);
    compile.row.lane = lock + "/" + cell.triple;
    compile.after_index = {0, setup_of[compile.row.setup_key]};
    for (Stage stage : compile_stages(cell)) compile.jobs.push_back(job_row(cell.id, stage));
    define(compile, {{lock}, "compile of " + cell.id, "", false, false, labels});
    if (compile.jobs.empty()) continue;
    out.batches.push_back(compile);
    if (!has_stage(cell, Stage::execute)) continue;
    PlannedBatch execute;
    execute.row = compile.row;
    execute.row.kind = BatchKind::execute;
    execute.after_index = {out.batches.size() - 1};
    execute.jobs = {job_row(cell.id, Stage::execute)};
    define(execute, {{}, "execute of " + cell.id, "", false, false, labels});
    out.batches.push_back(std::move(execute));
  }
  return out;
}

}  // namespace tripled::app
