// What a project's own cargo configuration (.cargo/config.toml in and above its directory) says about linker
// and runner of a triple. Asks `cargo config get`; blocks for some 50 ms.
#pragma once
#include <string>
#include <vector>

#include "schema/model/batch.h"
#include "workers/probe/shell.h"

namespace tripled::probe {

struct ProjectSettings {
  std::string linker;               // empty: not set
  std::vector<std::string> runner;  // with its arguments
  std::vector<std::string> notes;   // what applies, what ours overrides
};

// Nothing when there is no source_dir or cargo cannot read the configuration (the compile stages will say
// so).
ProjectSettings read_project_settings(const SetupSpec& spec, ProbeShell& shell);

}  // namespace tripled::probe
