// Which state of the sources a copy below the cache holds, and who uses it: a sweep must not compile from a
// copy that another one has changed meanwhile. Blocks; any thread.
#pragma once
#include <filesystem>
#include <string>

#include "schema/base/file.h"
#include "schema/base/result.h"

namespace tripled::workdir {

class SourceCopy {
 public:
  // For the one who changes the copy at `root`: waits until nobody reads it, and keeps readers out while
  // held.
  static Result<FileLock> change(const std::filesystem::path& root);
  static Status mark(const std::filesystem::path& root, const std::string& state);

  // For batches that compile or run from it. conflict error when it holds another state by now.
  static Result<FileLock> use(const std::filesystem::path& root, const std::string& state);
};

}  // namespace tripled::workdir
