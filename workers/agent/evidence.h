// What is kept of a job that did not pass, so that it can be diagnosed again later (DESIGN.md, "Evidence"):
// one JSON document, bounded. Diagnosis reads nothing else.
#pragma once
#include <string>

#include "workers/agent/stage_run.h"

namespace tripled::agent {

std::string compile_evidence(const CompileSpec& spec, const AttemptResult& result,
                             const WorkerContext& context, StageRun& run);

}  // namespace tripled::agent
