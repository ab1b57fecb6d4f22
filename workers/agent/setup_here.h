// A triple's setup on this worker, with what its operator wants it to do. On a slot's thread.
#pragma once
#include "workers/agent/batch.h"
#include "workers/probe/setup.h"

namespace tripled::agent {

// probe::set_up(), its result named after this worker; where the worker only compiles or only executes, the
// rest is out of its reach.
probe::SetUp set_up_here(const SetupSpec& spec, const WorkerContext& context, BatchIo& io,
                         const wire::GrantedJob& job);

}  // namespace tripled::agent
