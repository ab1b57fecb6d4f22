// A snapshot: the exact sources of one sweep at a stable path, with the mtime of unchanged files kept, so
// that cargo's freshness works from sweep to sweep. Blocking; one caller at a time per destination (the
// caller holds a lock).
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "schema/base/result.h"

namespace tripled::workdir {

struct Snapshot {
  std::string hash;                  // over every path, mode and content
  std::filesystem::path source_dir;  // where the project's directory lies inside the snapshot
  std::filesystem::path root;        // of the copied tree: workspace root and path dependencies beside it
  std::size_t files = 0, changed = 0;
  std::vector<std::string> notes;  // what was left out or lies outside, for the report
};

// Lists what belongs to the sources below `dir`, relative to it: what git tracks plus untracked, not ignored
// files, and submodules; without git everything but `.git` and cargo target dirs. Absolute path in, sorted
// out.
using FileLister = std::function<Result<std::vector<std::string>>(const std::filesystem::path& dir)>;

// Copies the workspace that `project_dir` belongs to, and path dependencies outside it at the same relative
// place, to `destination`. Nothing is written to the project. io errors name the file.
Result<Snapshot> take_snapshot(const std::filesystem::path& project_dir,
                               const std::filesystem::path& destination, const FileLister& list_files);

// Everything below `dir` but `.git` and directories with cargo's CACHEDIR.TAG.
Result<std::vector<std::string>> walk_files(const std::filesystem::path& dir);

}  // namespace tripled::workdir
