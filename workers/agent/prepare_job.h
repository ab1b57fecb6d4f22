// The first step of a sweep: snapshot, resolved lock, fetched dependencies, planned units. Every cell uses
// the result; if it fails, every cell says so.
#pragma once
#include "workers/agent/batch.h"

namespace tripled::agent {

void run_prepare_batch(const wire::Grant& grant, PrepareSpec spec, const WorkerContext& context, BatchIo& io);

}  // namespace tripled::agent
