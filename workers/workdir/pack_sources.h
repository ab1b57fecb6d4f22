// The sources of a project as one file, the same that a sweep of it here would use. Blocks; any thread.
#pragma once
#include <filesystem>

#include "schema/base/result.h"
#include "schema/model/upload.h"
#include "workers/workdir/git.h"

namespace tripled::workdir {

// Takes a snapshot below `cache`, where the next call for the same project finds what did not change, and
// packs it. All of the answer but `rust_version` is filled in. usage error: no project; io error.
Result<PackAnswer> pack_sources(const PackQuestion& question, const Git& git,
                                const std::filesystem::path& cache);

// The other way: unpacks below `into`, which is to hold nothing else. Returns the project's directory.
// protocol error: not such an archive, or without that directory.
Result<std::filesystem::path> unpack_sources(const std::filesystem::path& archive,
                                             const std::string& directory, const std::filesystem::path& into);

}  // namespace tripled::workdir
