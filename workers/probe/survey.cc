// `tripled targets`: looked up, not tried.
#include "schema/base/text.h"
#include "workers/probe/chosen_tools.h"
#include "workers/probe/doctor.h"
#include "workers/probe/link_probe.h"

namespace tripled::probe {
namespace {

Ability compile_ability(StdState state, const ToolchainFacts& toolchain) {
  switch (state) {
    case StdState::shipped:
    case StdState::cached:
      return {true, "", ""};
    case StdState::buildable:
      return {true, "its std is built once, at the first use", ""};
    case StdState::core:
      return {true, "core and alloc alone", ""};
    case StdState::none:
      return {false, "rustc " + toolchain.version + " ships no std for it and its source is not here", ""};
    case StdState::unknown:
      break;
  }
  return {false, "rustc " + toolchain.version + " does not know the triple", ""};
}

void look_for_runner(const SetupSpec& spec, const ChosenTools& tools, TargetRow& row) {
  const auto& entry = spec.catalogue;
  if (may_run_natively(spec)) {
    row.runner = "native";
  } else if (tools.qemu.found()) {
    row.runner = tools.qemu.name;
  } else if (tools.runner_program.found()) {
    row.runner = entry.runner.name;
  }
  if (!row.runner.empty()) {
    row.execute = {true, "found, not tried", ""};
    return;
  }
  const auto& packages = entry.qemu.empty() ? entry.packages.runner : entry.packages.qemu;
  auto name = !entry.qemu.empty() ? entry.qemu.front() : entry.runner.name;
  row.execute = {false, name.empty() ? "no runner is known" : "runner `" + name + "` not found",
                 install_line({packages})};
}

TargetRow survey_one(const CatalogueEntry& entry, const ToolchainFacts& toolchain,
                     const std::vector<toolchain::StdEntry>& cached, const ProbeShell& shell) {
  TargetRow row;
  row.triple = entry.triple;
  row.in_catalogue = entry.in_catalogue;
  row.std_state = std_state(toolchain, entry.triple, cached);
  if (const auto* facts = toolchain.find(entry.triple)) row.tier = facts->tier;
  row.check = compile_ability(row.std_state, toolchain);
  row.build = row.execute = row.check;
  if (!row.check.ok) return row;
  SetupSpec spec;
  spec.toolchain.host = toolchain.host;
  spec.toolchain.sysroot = toolchain.sysroot;
  spec.triple = entry.triple;
  spec.catalogue = entry;
  auto tools = choose_tools(spec, {}, shell);
  row.linker = tools.linker.found() ? tools.linker.name : "";
  if (tools.linker.found())
    row.build = {true, "found, not tried", ""};
  else if (tools.linker.origin == ToolOrigin::none)
    row.build = {true, "cargo's default linker, not tried", ""};
  else
    row.build = linker_missing(spec, tools);
  if (row.std_state == StdState::core)
    row.execute = {false, "there is no std, so no test harness can be built", ""};
  else if (!row.build.ok)
    row.execute = row.build;
  else
    look_for_runner(spec, tools, row);
  return row;
}

}  // namespace

std::vector<TargetRow> survey(const std::vector<CatalogueEntry>& triples, const ToolchainFacts& toolchain,
                              const std::vector<toolchain::StdEntry>& cached, const ProbeContext& context) {
  ProbeShell shell(context);
  std::vector<TargetRow> rows;
  for (const auto& entry : triples) rows.push_back(survey_one(entry, toolchain, cached, shell));
  return rows;
}

}  // namespace tripled::probe
