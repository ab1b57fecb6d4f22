// Chooses how programs of a triple are executed here and proves it: hello, threads, fork and the spawn of a
// missing program, each with seconds of limit, before a job waits for it. Order: the matrix's runner, the
// project's, native, QEMU user mode, the catalogue's other runner. One call blocks for a second or so, for
// minutes where something hangs.
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "schema/model/batch.h"
#include "workers/probe/chosen_tools.h"
#include "workers/probe/link_probe.h"
#include "workers/probe/project_settings.h"
#include "workers/probe/shell.h"

namespace tripled::probe {

struct RunnerChoice {
  RunnerUsed runner;  // kind none: cannot be run, the abilities say why
  std::map<std::string, std::string> env;
  Ability native, emulated;
  std::map<std::string, std::string> versions;
  std::vector<std::string> notes;
};

struct RunnerQuestion {
  const SetupSpec& spec;
  const ChosenTools& tools;
  const ProjectSettings& project;
  const LinkedProbe& probe;
  bool both_ways = false;  // doctor: try emulation although native execution works
};

RunnerChoice choose_runner(const RunnerQuestion& question, ProbeShell& shell);

// Native and emulated where nothing can be linked: what the linker lacks, and what would be missing after
// that.
std::pair<Ability, Ability> without_program(const SetupSpec& spec, const ChosenTools& tools,
                                            const Ability& link);

}  // namespace tripled::probe
