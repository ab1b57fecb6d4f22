#include "workers/probe/qemu_runner.h"

#include <fmt/format.h>

#include <filesystem>

#include "schema/base/text.h"
#include "workers/probe/library_mix.h"
#include "workers/probe/probe_runs.h"

namespace tripled::probe {
namespace {

constexpr Millis kVersionLimit{10'000};

struct Qemu {
  const RunnerQuestion& question;
  RunnerChoice& choice;
  ProbeShell& shell;
  std::string name, path, version;
  std::string cpu;           // empty: no -cpu
  std::string library_path;  // not empty: the cure
  std::vector<std::string> command() const;
  ProbeRuns traced_hello() const;
  bool pick_cpu(ProbeRuns& hello);
  void cure_mix(ProbeRuns& hello);
};

std::vector<std::string> Qemu::command() const {
  std::vector<std::string> words = {path};
  const auto& sysroot = question.tools.sysroot;
  if (!sysroot.empty()) words.insert(words.end(), {"-L", sysroot});
  if (!cpu.empty()) words.insert(words.end(), {"-cpu", cpu});
  if (!library_path.empty()) words.insert(words.end(), {"-E", "LD_LIBRARY_PATH=" + library_path});
  const auto& extra = question.spec.settings.qemu.args;
  words.insert(words.end(), extra.begin(), extra.end());
  return words;
}

ProbeRuns Qemu::traced_hello() const {
  return run_hello({command(), {{"QEMU_STRACE", "1"}}}, question.probe, shell);
}

// False: the matrix's own CPU model does not work. Leaves the first that does in `cpu`, else none.
bool Qemu::pick_cpu(ProbeRuns& hello) {
  const auto& own = question.spec.settings.qemu.cpu;
  if (!own.empty()) {
    cpu = own;
    hello = traced_hello();
    return hello.hello || !contains(hello.hello_stderr, "CPU model");
  }
  std::vector<std::string> refused;
  auto candidates = question.spec.catalogue.cpus;
  candidates.push_back("");
  for (const auto& candidate : candidates) {
    cpu = candidate;
    hello = traced_hello();
    // A mixture may already hang here; it is no fault of the CPU model.
    auto mix = find_library_mix(hello.hello_stderr, question.tools.sysroot, question.probe.file.interpreter);
    if (hello.hello || (mix && mix->mixed)) break;
    if (!candidate.empty()) refused.push_back(candidate);
  }
  if (hello.hello && !refused.empty())
    choice.notes.push_back(fmt::format("{} {} does not take -cpu {}: {}", name, version, join(refused, ", "),
                                       cpu.empty() ? "no -cpu is given" : "-cpu " + cpu + " is used"));
  return true;
}

void Qemu::cure_mix(ProbeRuns& hello) {
  const auto& tools = question.tools;
  const auto& interpreter = question.probe.file.interpreter;
  auto mix = find_library_mix(hello.hello_stderr, tools.sysroot, interpreter);
  if (!mix || !mix->mixed || tools.library_dirs.empty()) return;
  auto what =
      fmt::format("libc of {} was mixed with the loader of {}", owner_of(mix->libc), owner_of(mix->loader));
  library_path = join(tools.library_dirs, ":");
  hello = traced_hello();
  auto after = find_library_mix(hello.hello_stderr, tools.sysroot, interpreter);
  if (after && !after->mixed)
    choice.notes.push_back("loader-libc-mix: " + what + ": cured with -E LD_LIBRARY_PATH=" + library_path);
  else
    choice.notes.push_back("loader-libc-mix: " + what + "; -E LD_LIBRARY_PATH=" + library_path +
                           " does not cure it");
}

std::string sysroot_fix(const SetupSpec& spec) {
  auto line = install_line({spec.catalogue.packages.sysroot});
  return line.empty() ? matrix_line(spec.triple, "sysroot: /path/to/sysroot") : line;
}

// What a failing QEMU says, as reason and fix.
Ability explain(const Qemu& qemu, const ProbeRuns& runs) {
  const auto& spec = qemu.question.spec;
  if (contains(runs.hello_stderr, "Could not open '") ||
      contains(runs.hello_stderr, "error while loading shared"))
    return {false,
            fmt::format("{} finds no libc for {}: {}", qemu.name, spec.triple, last_line(runs.hello_stderr)),
            sysroot_fix(spec)};
  if (contains(runs.hello_stderr, "Unable to reserve"))
    return {false, qemu.name + ": " + last_line(runs.hello_stderr), "ulimit -v unlimited"};
  return {false, qemu.name + ": " + runs.reason, ""};
}

Ability missing(const SetupSpec& spec, const ChosenTools& tools) {
  auto fix = install_line({spec.catalogue.packages.qemu});
  return {false, "runner `" + tools.qemu.name + "` not found",
          fix.empty()
              ? matrix_line(spec.triple, "runner: {name: own, kind: emulated, command: [/path/to/runner]}")
              : fix};
}

}  // namespace

std::string qemu_version(std::string_view output) {
  auto words = split_words(first_line(output));
  for (std::size_t i = 0; i + 1 < words.size(); ++i)
    if (words[i] == "version") return words[i + 1];
  return "";
}

bool version_fits(const std::string& version, const std::string& wanted) {
  auto have = split(version, '.'), want = split(wanted, '.');
  if (want.size() > have.size()) return false;
  for (std::size_t i = 0; i < want.size(); ++i)
    if (have[i] != want[i]) return false;
  return true;
}

void try_qemu(const RunnerQuestion& question, RunnerChoice& choice, ProbeShell& shell) {
  const auto& spec = question.spec;
  const auto& tools = question.tools;
  if (!tools.qemu.found()) {
    choice.emulated = missing(spec, tools);
    return;
  }
  Qemu qemu{question, choice, shell, tools.qemu.name, tools.qemu.path, "", "", ""};
  qemu.version = qemu_version(shell.run({qemu.path, "--version"}, {}, kVersionLimit).out);
  choice.versions[qemu.name] = qemu.version;
  const auto& wanted = spec.settings.qemu.version;
  if (!wanted.empty() && !version_fits(qemu.version, wanted)) {
    choice.emulated = {false, fmt::format("the matrix asks for QEMU {}, here is {}", wanted, qemu.version),
                       matrix_line(spec.triple, "qemu: {version: " + qemu.version + "}")};
    return;
  }
  ProbeRuns hello;
  if (!qemu.pick_cpu(hello)) {
    choice.emulated = {false,
                       fmt::format("{} {} does not take -cpu {} (`qemu: cpu` of the matrix)", qemu.name,
                                   qemu.version, qemu.cpu),
                       qemu.path + " -cpu help"};
    return;
  }
  qemu.cure_mix(hello);
  auto runs = run_probes({qemu.command(), {}}, question.probe, spec.toolchain.find(spec.triple), shell);
  if (!runs.all) {
    choice.emulated = explain(qemu, runs);
    return;
  }
  if (runs.spawn_succeeds)
    choice.notes.push_back(
        fmt::format("vfork-spawn: under {} {} starting a missing program succeeds and the child "
                    "exits 127; tests that expect Command::spawn to fail do fail",
                    qemu.name, qemu.version));
  choice.emulated.ok = true;
  if (choice.runner.kind == RunnerKind::none)
    choice.runner = {RunnerKind::emulated, qemu.name, qemu.version, qemu.command()};
}

}  // namespace tripled::probe
