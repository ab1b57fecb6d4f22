// Archives that cross machines: tar compressed with zstd, equal bytes for equal contents (sorted names, no
// times, no owners), so that what was sent once is known by its hash. libarchive lives in archive.cc alone.
// Blocking; any thread.
#pragma once
#include <cstdint>
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

// An archive of a stranger is not to fill memory or disk.
struct UnpackLimits {
  std::uint64_t file = 8ull << 30, total = 64ull << 30;  // bytes
};

// Unpacks below `into`, which is made. A file that is there with equal bytes is left as it is, with its
// mtime: cargo's freshness goes by it. Returns the names that the archive has. protocol error: an absolute
// name, `..`, a name behind a link, or more than the limits. Nothing is written outside `into`.
Result<std::set<std::filesystem::path>> unpack(const std::filesystem::path& archive,
                                               const std::filesystem::path& into,
                                               const UnpackLimits& limits = {});

}  // namespace tripled::workdir
