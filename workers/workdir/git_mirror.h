// One bare mirror a repository, from which questions about refs, single files and changed paths are answered:
// nothing is checked out. Blocks; any thread (a lock file a mirror).
#pragma once
#include <filesystem>

#include "schema/model/git.h"
#include "workers/workdir/git.h"

namespace tripled::workdir {

// usage error: a URL, ref or path that git could take for something else, no such ref, no such file; tool
// error with git's own words. The mirror lies below `cache`/git.
Result<GitAnswer> answer_git(const Git& git, const GitQuestion& question, const std::filesystem::path& cache);

}  // namespace tripled::workdir
