// The compile stages of one cell: cargo check, build and test --no-run in one target dir, each with its own
// result.
#pragma once
#include "workers/agent/batch.h"

namespace tripled::agent {

void run_compile_batch(const wire::Grant& grant, const CompileSpec& spec, const WorkerContext& context,
                       BatchIo& io);

}  // namespace tripled::agent
