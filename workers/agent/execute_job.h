// The execute stage of one cell: every test executable that was built is run by us under the cell's runner,
// in the environment cargo would give it; doctests run by `cargo test --doc` with the same runner.
#pragma once
#include "workers/agent/batch.h"

namespace tripled::agent {

void run_execute_batch(const wire::Grant& grant, ExecuteSpec spec, const WorkerContext& context, BatchIo& io);

}  // namespace tripled::agent
