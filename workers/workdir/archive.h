// Archives that cross machines: tar compressed with zstd, equal bytes for equal contents (sorted names, no
// times, no owners), so that what was sent once is known by its hash. libarchive lives in archive.cc alone.
// Blocking; any thread.
#pragma once
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "schema/base/result.h"

namespace tripled::workdir {

struct ArchiveEntry {
  std::filesystem::path from;  // a file or a symbolic link (kept as one)
  std::string name;            // in the archive: relative, without `..`
};

// io error: names the file that could not be read or written. What is no file and no link is left out.
Status pack(const std::filesystem::path& archive, std::vector<ArchiveEntry> entries);

// Every file and link below `dir`, named relative to it. io error.
Result<std::vector<ArchiveEntry>> entries_below(const std::filesystem::path& dir);

// Unpacks below `into`, which is made. A file that is there with equal bytes is left as it is, with its
// mtime: cargo's freshness goes by it. Returns the names that the archive has. protocol error: an absolute
// name, `..`, or a name behind a link. Nothing is written outside `into`.
Result<std::set<std::filesystem::path>> unpack(const std::filesystem::path& archive,
                                               const std::filesystem::path& into);

}  // namespace tripled::workdir
