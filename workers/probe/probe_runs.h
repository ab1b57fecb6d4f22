// The four probes under one runner. Blocks; one thread.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "workers/probe/link_probe.h"
#include "workers/probe/shell.h"

namespace tripled::probe {

struct ProbeRuns {
  bool hello = false, all = false;  // all: everything the system of the triple can be asked for
  bool could_not_start = false;     // with `start_failure`
  exec::StartFailure start_failure = exec::StartFailure::none;
  bool spawn_succeeds = false;  // a missing program was "started": what vfork under QEMU looks like
  std::string reason;           // of the first that failed, one line
  std::string hello_stderr;
};

struct ProbeCommand {
  std::vector<std::string> runner;  // stands before the program; empty: nothing
  std::map<std::string, std::string> env;
  Millis limit{10'000};
};

// `facts`: decides which probes there are (no fork on Windows, only hello on WebAssembly); may be null.
ProbeRuns run_probes(const ProbeCommand& command, const LinkedProbe& probe, const TripleFacts* facts,
                     ProbeShell& shell);
// hello alone.
ProbeRuns run_hello(const ProbeCommand& command, const LinkedProbe& probe, ProbeShell& shell);

}  // namespace tripled::probe
