#include "daemon/app/plan_batches.h"

#include <algorithm>
#include <map>

#include "schema/base/hash.h"
#include "schema/wire/json.h"

namespace tripled::app {
namespace {

bool has_stage(const Cell& cell, Stage stage) {
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

bool needs_run(const Cell& cell) { return has_stage(cell, Stage::execute) && cell.settings.run != "no"; }

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

std::string plan_key(const Cell& cell) {
  const auto& s = cell.settings;
  return "plan-" + short_hash({s.toolchain, wire::to_text_json(s.scope), wire::to_text_json(s.units),
                               wire::to_text_json(s.profile), s.lockfile, wire::to_text_json(s.pins),
                               wire::to_text_json(s.cargo_args)});
}

// Cells that share a target dir: the worker keys it by more, but two cells that differ here never share one.
std::string target_lock(const Cell& cell) {
  return "target-dir:" + cell.settings.toolchain + "/" + short_hash({wire::to_text_json(cell.settings.env)});
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

PlannedRows plan_rows(const Plan& plan) {
  PlannedRows out;
  PlannedBatch prepare;
  prepare.row.kind = BatchKind::prepare;
  prepare.jobs = {job_row("", std::nullopt)};
  define(prepare, {{}, "prepare", "", false, false});
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
    definition.needs_link = definition.needs_link || needs_link(cell);
    definition.needs_run = definition.needs_run || needs_run(cell);
  }
  for (const auto& [key, definition] : definitions) define(out.batches[setup_of[key]], definition);

  for (const auto& cell : plan.cells) {
    if (!cell.excluded_reason.empty()) continue;
    auto lock = target_lock(cell);
    PlannedBatch compile;
    compile.row.kind = BatchKind::compile;
    compile.row.cell = cell.id;
    compile.row.setup_key = setup_key(cell);
    compile.row.lane = lock + "/" + cell.triple;
    compile.after_index = {0, setup_of[compile.row.setup_key]};
    for (Stage stage : compile_stages(cell)) compile.jobs.push_back(job_row(cell.id, stage));
    define(compile, {{lock}, "compile of " + cell.id, "", false, false});
    if (compile.jobs.empty()) continue;
    out.batches.push_back(compile);
    if (!has_stage(cell, Stage::execute)) continue;
    PlannedBatch execute;
    execute.row = compile.row;
    execute.row.kind = BatchKind::execute;
    execute.after_index = {out.batches.size() - 1};
    execute.jobs = {job_row(cell.id, Stage::execute)};
    define(execute, {{}, "execute of " + cell.id, "", false, false});
    out.batches.push_back(std::move(execute));
  }
  return out;
}

}  // namespace tripled::app
