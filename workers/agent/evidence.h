// What is kept of a job that did not pass, so that it can be diagnosed again later (DESIGN.md, "Evidence"):
// one JSON document, bounded. Diagnosis reads nothing else.
#pragma once
#include <string>

#include "workers/agent/stage_run.h"

namespace tripled::agent {

// `target_dir`: what cargo is asked with; nothing is compiled.
std::string compile_evidence(const CompileSpec& spec, const AttemptResult& result,
                             const std::string& target_dir, const WorkerContext& context, StageRun& run);
// Tests that failed with their words, the runner and what it ran on.
std::string execute_evidence(const ExecuteSpec& spec, const AttemptResult& result,
                             const WorkerContext& context);

}  // namespace tripled::agent
