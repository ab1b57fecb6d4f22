#include "workers/probe/runner_probe.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <filesystem>

#include "schema/base/text.h"
#include "workers/probe/probe_runs.h"
#include "workers/probe/qemu_runner.h"

namespace tripled::probe {
namespace {

constexpr Millis kOtherRunnerLimit{60'000};  // wine makes its prefix at the first start

std::string runner_line(const SetupSpec& spec) {
  return matrix_line(spec.triple, "runner: {name: own, kind: emulated, command: [/path/to/runner]}");
}

const TripleFacts* facts_of(const RunnerQuestion& question) {
  return question.spec.toolchain.find(question.spec.triple);
}

void note_spawn(const ProbeRuns& runs, const std::string& name, RunnerChoice& choice) {
  if (runs.spawn_succeeds)
    choice.notes.push_back("vfork-spawn: under " + name +
                           " starting a missing program succeeds; tests that expect "
                           "Command::spawn to fail do fail");
}

// Native because the loader of the sysroot is started by hand.
bool try_loader(const RunnerQuestion& question, const std::string& why_not_plain, RunnerChoice& choice,
                ProbeShell& shell) {
  const auto& tools = question.tools;
  if (tools.loader.empty() || tools.library_dirs.empty() || question.probe.file.interpreter.empty())
    return false;
  std::vector<std::string> command = {tools.loader, "--library-path", join(tools.library_dirs, ":")};
  auto runs = run_probes({command, {}}, question.probe, facts_of(question), shell);
  if (!runs.all) return false;
  choice.native.ok = true;
  choice.runner = {RunnerKind::native, std::filesystem::path(tools.loader).filename().string(), "", command};
  auto install = install_line({question.spec.catalogue.packages.native});
  choice.notes.push_back(fmt::format(
      "loader-runner-self: {}, so the loader of the sysroot is the runner ({}); /proc/self/exe is then the "
      "loader, and "
      "tests that start themselves or a sibling fail for that reason alone{}",
      why_not_plain, tools.loader, install.empty() ? "" : "; plain native execution: " + install));
  note_spawn(runs, choice.runner.name, choice);
  return true;
}

void try_native(const RunnerQuestion& question, RunnerChoice& choice, ProbeShell& shell) {
  const auto& spec = question.spec;
  auto runs = run_probes({}, question.probe, facts_of(question), shell);
  if (runs.all) {
    choice.native.ok = true;
    choice.runner = {RunnerKind::native, "native", "", {}};
    if (!question.tools.host) choice.notes.push_back(spec.triple + " runs natively, started directly");
    note_spawn(runs, "this kernel", choice);
    return;
  }
  auto reason = runs.reason;
  if (runs.could_not_start && runs.start_failure == exec::StartFailure::no_interpreter)
    reason = "the loader /" + spec.catalogue.loader + " is not on this machine";
  if (!question.tools.host && try_loader(question, reason, choice, shell)) return;
  choice.native = {false, reason, install_line({spec.catalogue.packages.native})};
}

// A runner that somebody wrote down: of the matrix or of the project.
void try_given(const RunnerQuestion& question, const RunnerSetting& given, const std::string& whose,
               RunnerChoice& choice, ProbeShell& shell) {
  auto& ability = given.kind == RunnerKind::native ? choice.native : choice.emulated;
  auto& other = given.kind == RunnerKind::native ? choice.emulated : choice.native;
  other.reason = whose + " names a runner of the other kind";
  std::vector<std::string> command = given.command;
  if (!command.empty()) {
    auto path = shell.find(command.front());
    if (path.empty()) {
      ability = {false, fmt::format("runner `{}` not found ({})", command.front(), whose),
                 runner_line(question.spec)};
      return;
    }
    command.front() = path;
  }
  auto runs = run_probes({command, {}, kOtherRunnerLimit}, question.probe, facts_of(question), shell);
  if (!runs.all) {
    ability = {false, fmt::format("runner of {}: {}", whose, runs.reason), ""};
    return;
  }
  ability.ok = true;
  note_spawn(runs, given.name, choice);
  choice.runner = {given.kind, given.name, "", command};
}

// wine, wasmtime: counts as emulated.
void try_other_runner(const RunnerQuestion& question, RunnerChoice& choice, ProbeShell& shell) {
  const auto& entry = question.spec.catalogue.runner;
  const auto& program = question.tools.runner_program;
  if (!program.found()) {
    auto fix = install_line({question.spec.catalogue.packages.runner});
    choice.emulated = {false, "runner `" + entry.name + "` not found",
                       fix.empty() ? runner_line(question.spec) : fix};
    return;
  }
  std::vector<std::string> command = {program.path};
  command.insert(command.end(), entry.arguments.begin(), entry.arguments.end());
  std::map<std::string, std::string> env;
  if (entry.name == "wine") env["WINEDEBUG"] = "-all";
  auto version = first_line(shell.run({program.path, "--version"}, env, kOtherRunnerLimit).out);
  choice.versions[entry.name] = version;
  auto runs = run_probes({command, env, kOtherRunnerLimit}, question.probe, facts_of(question), shell);
  if (!runs.all) {
    choice.emulated = {false, entry.name + ": " + runs.reason, ""};
    return;
  }
  choice.emulated.ok = true;
  note_spawn(runs, entry.name, choice);
  if (choice.runner.kind != RunnerKind::none) return;
  choice.runner = {RunnerKind::emulated, entry.name, version, command};
  choice.env = env;
}

void try_emulated(const RunnerQuestion& question, RunnerChoice& choice, ProbeShell& shell) {
  const auto& entry = question.spec.catalogue;
  if (!entry.qemu.empty()) return try_qemu(question, choice, shell);
  if (!entry.runner.name.empty()) return try_other_runner(question, choice, shell);
  choice.emulated = {false, "no emulator is known for " + question.spec.triple, runner_line(question.spec)};
}

RunnerSetting project_runner(const RunnerQuestion& question) {
  RunnerSetting given;
  given.command = question.project.runner;
  given.name = std::filesystem::path(given.command.front()).filename().string();
  bool emulator =
      given.name.rfind("qemu", 0) == 0 || given.name.rfind("wine", 0) == 0 || given.name == "wasmtime";
  given.kind = !emulator && may_run_natively(question.spec) ? RunnerKind::native : RunnerKind::emulated;
  return given;
}

std::string native_elsewhere(const SetupSpec& spec) {
  utsname system{};
  ::uname(&system);
  return fmt::format("this machine ({}) does not run {} natively", system.machine, spec.triple);
}

// What the matrix's `run` does not want is not a way to run.
void respect_wish(const std::string& run, RunnerChoice& choice) {
  bool unwanted = (run == "native" && choice.runner.kind == RunnerKind::emulated) ||
                  (run == "emulated" && choice.runner.kind == RunnerKind::native) || run == "no";
  if (unwanted) choice.runner = {};
}

}  // namespace

RunnerChoice choose_runner(const RunnerQuestion& question, ProbeShell& shell) {
  RunnerChoice choice;
  const auto& settings = question.spec.settings;
  if (settings.run == "no") {
    choice.native.reason = choice.emulated.reason = "`run: no` in the matrix";
    return choice;
  }
  if (settings.runner) {
    try_given(question, *settings.runner, "the matrix", choice, shell);
    respect_wish(settings.run, choice);
    return choice;
  }
  if (!question.project.runner.empty()) {
    try_given(question, project_runner(question), "the project's cargo configuration", choice, shell);
    respect_wish(settings.run, choice);
    return choice;
  }
  if (!may_run_natively(question.spec))
    choice.native = {false, native_elsewhere(question.spec), ""};
  else if (settings.run == "emulated")
    choice.native = {false, "not tried: `run: emulated` in the matrix", ""};
  else
    try_native(question, choice, shell);
  if (settings.run == "native")
    choice.emulated = {false, "not tried: `run: native` in the matrix", ""};
  else if (choice.native.ok && !question.both_ways)
    choice.emulated = {false, "not tried: runs natively", ""};
  else
    try_emulated(question, choice, shell);
  return choice;
}

std::pair<Ability, Ability> without_program(const SetupSpec& spec, const ChosenTools& tools,
                                            const Ability& link) {
  const auto& entry = spec.catalogue;
  Ability unlinked{false, "nothing can be linked: " + link.reason, link.fix};
  Ability native = may_run_natively(spec) ? unlinked : Ability{false, native_elsewhere(spec), ""};
  if (spec.settings.runner) return {native, unlinked};
  if (entry.qemu.empty() && entry.runner.name.empty())
    return {native, {false, "no emulator is known for " + spec.triple, runner_line(spec)}};
  const auto& program = entry.qemu.empty() ? tools.runner_program : tools.qemu;
  if (program.found()) return {native, unlinked};
  const auto& packages = entry.packages;
  auto name = entry.qemu.empty() ? entry.runner.name : program.name;
  auto fix = link.fix;
  if (fix.rfind("apt-get ", 0) == 0)
    fix = install_line(
        {packages.linker, packages.sysroot, entry.qemu.empty() ? packages.runner : packages.qemu});
  return {native, {false, unlinked.reason + "; runner `" + name + "` not found either", fix}};
}

}  // namespace tripled::probe
