// Keeps the cache below its limit: each class has a share of it, and what was not used for the longest time
// goes first. Nothing that a batch uses goes (cache_use.h), nor what was used a short time ago: between two
// batches of one sweep nobody holds what both work with. stds have a bound of their own (workers/toolchain).
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "workers/workdir/cache_use.h"

namespace tripled::workdir {

struct CacheLimits {
  std::uint64_t bytes = 0;          // of the whole cache; 0: no limit
  std::chrono::hours spare{2};      // since its last use
  std::function<bool()> cancelled;  // asked between entries; none: never
};

struct ClassUse {
  std::string kind;
  std::uint64_t bytes = 0, ceiling = 0;
  std::size_t entries = 0, removed = 0;
  std::uint64_t freed = 0;
};

// Walks the cache, which may take seconds. One process at a time collects; the others return at once, with
// nothing. Errors: io.
Result<std::vector<ClassUse>> collect(const std::filesystem::path& cache, const CacheLimits& limits,
                                      std::chrono::system_clock::time_point now);

// Blocks of every file below `path`, hard links of one file once.
std::uint64_t disk_use(const std::filesystem::path& path);

}  // namespace tripled::workdir
