// What a batch needs that was made on another worker, made to be here: the same toolchain at this machine's
// paths, a copy of the sources with their dependencies, the triple's setup. On a slot's thread.
#pragma once
#include <optional>
#include <string>

#include "schema/model/batch.h"
#include "workers/agent/batch.h"

namespace tripled::agent {

// An ability of the batch (as the daemon calls it) that this worker does not have.
struct Lack {
  std::string ability, why;
};

// The spec's paths become this worker's. A lack: nothing can be done here, another worker can do it. Errors:
// io, tool (something could not be fetched: another try may go better). What this worker made itself is left
// as it is.
Result<std::optional<Lack>> bring_here(SetupSpec& spec, const WorkerContext& context, BatchIo& io);
Result<std::optional<Lack>> bring_here(CompileSpec& spec, const WorkerContext& context, BatchIo& io,
                                       const wire::GrantedJob& job);
// Of a prepare that was begun for another worker: its toolchains alone. What is lacking is the end of it.
std::optional<Lack> bring_toolchains_here(PrepareSpec& spec, const WorkerContext& context, BatchIo& io);
// With an archive no toolchain is needed: without one, `toolchain.error` says why doctests cannot be run.
Result<std::optional<Lack>> bring_here(ExecuteSpec& spec, const WorkerContext& context, BatchIo& io,
                                       const wire::GrantedJob& job);

}  // namespace tripled::agent
