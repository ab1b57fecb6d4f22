#include "workers/probe/preflight.h"

#include <sys/utsname.h>

#include <algorithm>
#include <tuple>

#include "workers/probe/preflight_cache.h"
#include "workers/probe/runner_probe.h"
#include "workers/probe/sysroot_tools.h"

namespace tripled::probe {
namespace {

constexpr Millis kVersionLimit{10'000};

// rust-lld is a driver that wants to know which linker it is.
std::vector<std::string> version_command(const std::string& path) {
  auto name = std::filesystem::path(path).filename().string();
  if (name == "rust-lld") return {path, "-flavor", "gnu", "--version"};
  return {path, "--version"};
}

void add_versions(const PreflightQuestion& question, ProbeShell& shell, SetupResult& result) {
  utsname system{};
  if (::uname(&system) == 0) result.versions["kernel"] = system.release;
  const auto& tool = question.language == ProbeLanguage::rust ? question.tools.linker : question.tools.cc;
  if (tool.found())
    result.versions["linker"] = first_line(shell.run(version_command(tool.path), {}, kVersionLimit).out);
}

bool nothing_known_but_shipped(const PreflightQuestion& question, const SetupResult& result) {
  const auto* facts = question.spec.toolchain.find(question.spec.triple);
  return result.std_source == StdSource::shipped && facts != nullptr &&
         (facts->env == "musl" || facts->os == "wasi");
}

LinkedProbe link(const PreflightQuestion& question, const SetupResult& result, ProbeShell& shell) {
  const auto& spec = question.spec;
  const auto& tools = question.tools;
  bool rust = question.language == ProbeLanguage::rust;
  LinkedProbe missing;
  if (tools.linker.found() || tools.linker.origin == ToolOrigin::none)
    return rust ? link_rust_probe(spec, tools, result, shell) : link_c_probe(spec, tools, shell);
  missing.ability = linker_missing(spec, tools);
  if (!rust) return missing;
  if (tools.linker.origin != ToolOrigin::catalogue || !nothing_known_but_shipped(question, result))
    return missing;
  // A shipped musl std brings crt objects and libc along: rustc's default linker may do.
  auto linked = link_rust_probe(spec, tools, result, shell);
  if (!linked.ability.ok) return missing;
  return linked;
}

void copy_runner(RunnerChoice choice, SetupResult& result) {
  result.runner = std::move(choice.runner);
  result.runner_env = std::move(choice.env);
  result.run_native = std::move(choice.native);
  result.run_emulated = std::move(choice.emulated);
  result.versions.merge(choice.versions);
  result.notes.insert(result.notes.end(), choice.notes.begin(), choice.notes.end());
}

}  // namespace

void probe_triple(const PreflightQuestion& question, ProbeShell& shell, SetupResult& result) {
  result.env = job_environment(question.spec, question.tools);
  add_versions(question, shell, result);
  auto linked = link(question, result, shell);
  result.link = linked.ability;
  if (!question.spec.needs_run) {
    result.run_native.reason = result.run_emulated.reason = "not asked for";
    return;
  }
  if (!linked.ability.ok) {
    std::tie(result.run_native, result.run_emulated) =
        without_program(question.spec, question.tools, linked.ability);
    return;
  }
  if (linked.program.empty()) {
    result.run_native = result.run_emulated = {false, "not tried: there is no program to run yet",
                                               "tripled doctor --deep " + question.spec.triple};
    return;
  }
  if (!linked.has_std) {
    result.run_native = result.run_emulated = {
        false, "there is no std for " + question.spec.triple + ", so no test harness can be built", ""};
    return;
  }
  copy_runner(
      choose_runner({question.spec, question.tools, question.project, linked, question.both_ways}, shell),
      result);
  auto prefix = result.env.find("QEMU_LD_PREFIX");
  if (prefix != result.env.end()) result.runner_env.emplace(*prefix);
}

ProbedTriple probe_cached(const SetupSpec& spec, const SetupResult& std_part, ProbeLanguage language,
                          bool both_ways, const ProbeContext& context) {
  ProbeShell shell(context);
  auto project = read_project_settings(spec, shell);
  auto tools = choose_tools(spec, project, shell);
  PreflightQuestion question{spec, tools, project, language, both_ways};
  auto key = preflight_key(question, std_part, context);
  // After the key, which is about the tools themselves; before the cache, whose answers name these programs.
  if (auto pointed = point_at_sysroot(spec, context.cache, tools); !pointed) {
    ProbedTriple refused;
    refused.result.link = {false, pointed.error().message(), ""};
    return refused;
  }
  if (auto cached = context.use_cached ? load_preflight(context, key) : std::nullopt) {
    cached->log = "# probed earlier, nothing it depends on has changed\n" + cached->log;
    return *cached;
  }
  ProbedTriple probed;
  context.say("probing linker" + std::string(spec.needs_run ? " and runner" : "") + " for " + spec.triple);
  probed.result.std_source = std_part.std_source;
  probed.result.std_mode = std_part.std_mode;
  probed.result.view = std_part.view;
  probed.result.notes = project.notes;
  probe_triple(question, shell, probed.result);
  probed.log = shell.log();
  if (shell.cancelled()) {
    probed.result.link = probed.result.run_native = probed.result.run_emulated = {false, "cancelled", ""};
    probed.result.runner = {};
    return probed;
  }
  bool worked = probed.result.link.ok && (!spec.needs_run || probed.result.runner.kind != RunnerKind::none);
  if (worked) store_preflight(context, key, probed);
  return probed;
}

}  // namespace tripled::probe
