// What rustc and cargo say when they are asked about a cell. On a slot's thread.
#pragma once
#include <string>

#include "schema/model/batch.h"
#include "workers/agent/stage_run.h"
#include "workers/cargo/command.h"

namespace tripled::agent {

// What the tool printed, bounded; "error: …" with its own words where it failed.
std::string answer(StageRun& run, const cargo::CargoCommand& command, const std::string& cwd);

// `rustc --print cfg` under the flags that the units are compiled with.
std::string cfg_of(const CompileSpec& spec, const cargo::CommandInput& input, StageRun& run);

}  // namespace tripled::agent
