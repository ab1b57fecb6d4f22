#include "workers/probe/doctor.h"

#include <fmt/format.h>

#include <filesystem>
#include <mutex>

#include "schema/base/text.h"
#include "workers/probe/preflight.h"
#include "workers/probe/qemu_runner.h"
#include "workers/probe/setup.h"
#include "workers/toolchain/parallel.h"

namespace tripled::probe {
namespace {

constexpr const char* kBuildable = "its std can be built from rust-src, once (about 35 to 70 s)";
constexpr Millis kVersionLimit{10'000};

SetupSpec spec_of(const DoctorQuestion& question, const ToolchainFacts& toolchain,
                  const CatalogueEntry& entry) {
  SetupSpec spec;
  spec.toolchain = toolchain;
  spec.toolchain.triples.clear();
  for (const auto& facts : toolchain.triples)
    if (facts.triple == entry.triple || facts.triple == toolchain.host)
      spec.toolchain.triples.push_back(facts);
  spec.triple = entry.triple;
  spec.catalogue = entry;
  spec.settings = question.settings;
  spec.needs_link = spec.needs_run = true;
  spec.source_dir = question.project_dir;
  return spec;
}

Ability no(std::string reason, std::string fix = "") { return {false, std::move(reason), std::move(fix)}; }

void all_compile(const Ability& ability, DoctorRow& row) {
  row.check = row.build = row.test_no_run = ability;
}
void all_execute(const Ability& ability, DoctorRow& row) {
  row.execute_native = row.execute_emulated = ability;
}

void take_machine_part(const SetupResult& result, DoctorRow& row) {
  row.build = row.test_no_run = result.link;
  row.execute_native = result.run_native;
  row.execute_emulated = result.run_emulated;
  row.runner = result.runner;
  row.versions = result.versions;
  row.notes.insert(row.notes.end(), result.notes.begin(), result.notes.end());
}

// The way a job goes: a std is there, or may be built.
void examine_with_rust(const SetupSpec& spec, const ProbeContext& context, DoctorRow& row) {
  auto up = set_up(spec, context, true);
  take_machine_part(up.result, row);
  row.check = up.result.check;
  row.log = up.log;
}

// Without spending a std: a C program says what linker, sysroot and runner are worth.
void examine_with_c(const SetupSpec& spec, const ProbeContext& context, DoctorRow& row) {
  auto probed = probe_cached(spec, {}, ProbeLanguage::c, true, context);
  take_machine_part(probed.result, row);
  row.log = probed.log;
  row.check = {true, kBuildable, ""};
  if (row.build.ok && row.build.reason.empty())
    row.build.reason = row.test_no_run.reason = std::string("a C program links; ") + kBuildable;
}

void examine_core(const SetupSpec& spec, const ProbeContext& context, DoctorRow& row) {
  ProbeShell shell(context);
  auto tools = choose_tools(spec, {}, shell);
  row.check = {true, "core and alloc alone", ""};
  row.build = tools.linker.found() || tools.linker.origin == ToolOrigin::none
                  ? Ability{true, "core and alloc alone; linker not tried", ""}
                  : linker_missing(spec, tools);
  row.test_no_run = no("there is no std for " + spec.triple + ", so no test harness can be built");
  all_execute(row.test_no_run, row);
}

// No std and no way to one: the provider knows what would cure it.
void examine_without_std(const SetupSpec& spec, const ProbeContext& context, DoctorRow& row) {
  toolchain::StdRequest request;
  request.toolchain = spec.toolchain;
  request.triple = spec.triple;
  auto got = context.ensure_std(request);
  all_compile(no(got.error.empty() ? "there is no std" : got.error, got.fix), row);
  all_execute(no("nothing can be compiled", got.fix), row);
  if (!got.error.empty()) return;
  examine_with_rust(spec, context, row);  // it had one after all
}

DoctorRow examine_one(const DoctorQuestion& question, const ToolchainFacts& toolchain,
                      const CatalogueEntry& entry, const std::vector<toolchain::StdEntry>& cached,
                      const ProbeContext& context) {
  DoctorRow row;
  row.triple = entry.triple;
  row.std_state = std_state(toolchain, entry.triple, cached);
  if (const auto* facts = toolchain.find(entry.triple)) row.tier = facts->tier;
  auto spec = spec_of(question, toolchain, entry);
  if (!entry.in_catalogue)
    row.notes.push_back(
        "not in the catalogue: cargo's default linker, no runner; set `linker` and `runner` in the matrix");
  switch (row.std_state) {
    case StdState::unknown:
      all_compile(no("rustc " + toolchain.version + " does not know the triple"), row);
      all_execute(no("nothing can be compiled"), row);
      break;
    case StdState::shipped:
    case StdState::cached:
      examine_with_rust(spec, context, row);
      break;
    case StdState::buildable:
      if (question.deep)
        examine_with_rust(spec, context, row);
      else
        examine_with_c(spec, context, row);
      break;
    case StdState::core:
      if (question.deep)
        examine_with_rust(spec, context, row);
      else
        examine_core(spec, context, row);
      if (row.test_no_run.ok) row.test_no_run = no("there is no std, so no test harness can be built");
      break;
    case StdState::none:
      examine_without_std(spec, context, row);
      break;
  }
  return row;
}

void look_around(const DoctorQuestion& question, const ProbeContext& context, DoctorReport& report) {
  ProbeShell shell(context);
  auto add = [&](const std::string& name, const std::vector<std::string>& arguments) {
    auto path = shell.find(name);
    if (path.empty() || report.tools.count(name) != 0) return;
    auto argv = arguments;
    argv.insert(argv.begin(), path);
    auto printed = shell.run(argv, {}, kVersionLimit).out;
    auto qemu = name.rfind("qemu-", 0) == 0 ? qemu_version(printed) : "";
    report.tools[name] = qemu.empty() ? first_line(printed) : qemu;
  };
  for (const char* name : {"cc", "pkg-config", "cmake", "ccache", "sccache", "git"}) add(name, {"--version"});
  for (const auto& entry : question.triples)
    for (const auto& name : entry.qemu) add(name, {"--version"});
  std::error_code error;
  auto place = context.cache;
  while (!std::filesystem::exists(place, error) && place.has_parent_path() && place != place.parent_path())
    place = place.parent_path();
  auto space = std::filesystem::space(place, error);
  if (!error) report.free_bytes = space.available;
}

}  // namespace

DoctorReport examine(const DoctorQuestion& question, const ToolchainFacts& toolchain,
                     const std::vector<ToolchainFacts>& installed,
                     const std::vector<toolchain::StdEntry>& cached, const ProbeContext& context) {
  DoctorReport report;
  report.toolchain = toolchain;
  report.installed = installed;
  report.toolchain.triples.clear();
  for (auto& facts : report.installed) facts.triples.clear();
  if (!toolchain.error.empty()) return report;
  look_around(question, context, report);
  // Rows are examined at once, and each says what it does.
  std::mutex mutex;
  ProbeContext shared{context.cache,
                      context.shim,
                      context.environment,
                      context.cancel,
                      [&](std::string text) {
                        std::lock_guard lock(mutex);
                        context.say(std::move(text));
                      },
                      context.ensure_std,
                      context.use_cached};
  report.rows.resize(question.triples.size());
  toolchain::in_parallel(question.triples.size(), [&](std::size_t i) {
    report.rows[i] = examine_one(question, toolchain, question.triples[i], cached, shared);
  });
  return report;
}

}  // namespace tripled::probe
