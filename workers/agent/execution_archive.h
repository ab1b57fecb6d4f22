// Build once, execute elsewhere: what was linked on one worker is packed with everything it may look for at
// run time, and another worker shows it to the tests at the same absolute paths (DESIGN.md). On a slot's
// thread.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "schema/base/file.h"
#include "schema/model/batch.h"
#include "workers/agent/batch.h"

namespace tripled::agent {

// Executables, binaries and dynamic libraries of their profile directories, OUT_DIRs, and the copy of the
// sources. Sent to the daemon. Errors: io.
Result<ExecutionArchive> pack_for_execution(const std::vector<Executable>& executables,
                                            const ResolvedSources& sources, const std::string& target_dir,
                                            const WorkerContext& context, BatchIo& io);

// What a program has to be shown so that it finds all of it where it was built.
struct UnpackedArchive {
  std::vector<exec::Mount> mounts;
  std::optional<FileLock> use;  // it is not collected meanwhile
};
// Below the cache, once for each archive. Errors: io (it cannot be had, or the paths cannot be made here).
Result<UnpackedArchive> unpack_for_execution(const ExecutionArchive& archive, const WorkerContext& context,
                                             BatchIo& io);

}  // namespace tripled::agent
