// The compile stages of one cell: cargo check, build and test --no-run in one target dir, each with its own
// result.
#pragma once
#include "workers/agent/batch.h"

namespace tripled::agent {

void run_compile_batch(const wire::Grant& grant, const CompileSpec& spec, const WorkerContext& context,
                       BatchIo& io);

// The test executables of a cell that was linked on another worker, linked once more here; no attempt of its
// own. Errors: tool, io.
Result<std::vector<Executable>> link_tests_here(const CompileSpec& spec, const WorkerContext& context,
                                                BatchIo& io);

}  // namespace tripled::agent
