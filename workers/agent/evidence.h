// What is kept of a job that did not pass, so that it can be diagnosed again later (DESIGN.md, "Evidence"):
// one JSON document, bounded. Diagnosis reads nothing else (daemon/diagnosis/causes/evidence.h).
// Format 2 adds to 1: stage, graph, cargo, said, broken_reason, broken_fix, notes, the build scripts of
// failing packages and the files that define what was not found; cfg in execute.
#pragma once
#include <string>
#include <vector>

#include "workers/agent/stage_run.h"
#include "workers/cargo/stderr.h"

namespace tripled::agent {

// What cargo said on stderr in all calls of a stage.
struct CargoSaid {
  std::vector<cargo::CargoError> errors;
  std::vector<std::string> loose;  // last lines that belong to none of them
};

// `target_dir`: what cargo is asked with; nothing is compiled.
std::string compile_evidence(const CompileSpec& spec, Stage stage, const AttemptResult& result,
                             const CargoSaid& said, const std::string& target_dir,
                             const WorkerContext& context, StageRun& run);
// Tests that failed with their words, the runner and what it ran on.
std::string execute_evidence(const ExecuteSpec& spec, const AttemptResult& result,
                             const WorkerContext& context);

}  // namespace tripled::agent
