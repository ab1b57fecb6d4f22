#include "workers/probe/probe_runs.h"

#include <fmt/format.h>

#include "schema/base/text.h"
#include "workers/probe/program.h"

namespace tripled::probe {
namespace {

exec::Captured run_one(const ProbeCommand& command, const LinkedProbe& probe, const std::string& what,
                       ProbeShell& shell) {
  auto argv = command.runner;
  argv.push_back(probe.program.string());
  argv.push_back(what);
  return shell.run_twice(argv, command.env, command.limit);
}

std::string why(const std::string& what, const exec::Captured& ran) {
  auto text = fmt::format("the {} probe {}", what, exec::describe(ran.result));
  auto line = last_line(ran.err);
  if (ran.result.kind == exec::OutcomeKind::could_not_start) return text;
  return line.empty() ? text : text + ": " + line;
}

std::vector<std::string> probes_of(const TripleFacts* facts) {
  if (facts == nullptr || facts->os == "linux" || facts->os == "android") return {"threads", "fork"};
  if (facts->os == "windows") return {"threads"};
  if (facts->arch == "wasm32" || facts->arch == "wasm64") return {};
  return {"threads", "fork"};
}

}  // namespace

ProbeRuns run_hello(const ProbeCommand& command, const LinkedProbe& probe, ProbeShell& shell) {
  ProbeRuns out;
  auto ran = run_one(command, probe, "hello", shell);
  out.hello_stderr = ran.err;
  out.hello = ran.succeeded() && contains(ran.out, "hello ok");
  if (!out.hello) out.reason = why("hello", ran);
  out.could_not_start = ran.result.kind == exec::OutcomeKind::could_not_start;
  out.start_failure = ran.result.start_failure;
  return out;
}

ProbeRuns run_probes(const ProbeCommand& command, const LinkedProbe& probe, const TripleFacts* facts,
                     ProbeShell& shell) {
  auto out = run_hello(command, probe, shell);
  if (!out.hello) return out;
  if (probe.hello_only) {
    out.all = true;
    return out;
  }
  for (const auto& what : probes_of(facts)) {
    auto ran = run_one(command, probe, what, shell);
    if (ran.succeeded() && contains(ran.out, what + " ok")) continue;
    out.reason = why(what, ran);
    return out;
  }
  out.all = true;
  if (facts == nullptr || facts->arch.rfind("wasm", 0) != 0) {
    auto spawn = run_one(command, probe, "spawn", shell);
    out.spawn_succeeds =
        spawn.result.kind == exec::OutcomeKind::exited && spawn.result.code == kSpawnedMissing;
  }
  return out;
}

}  // namespace tripled::probe
