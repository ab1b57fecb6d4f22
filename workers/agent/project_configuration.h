// The project's own cargo configuration, as cargo merges it from its files.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "workers/agent/stage_run.h"

namespace tripled::agent {

// Is there any file that cargo would read in `directory`: its own, its parents' or CARGO_HOME's? True where
// that cannot be told.
bool has_configuration(const std::filesystem::path& directory, const cargo::Environment& environment);

// For CommandInput::project. A process only where there is a file; what could not be read is noted in the
// log.
std::optional<cargo::ProjectConfig> project_configuration(const cargo::CommandInput& input,
                                                          const std::string& source_dir, StageRun& run);

}  // namespace tripled::agent
