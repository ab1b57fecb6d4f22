// A disk that cannot sync: fsync(2) of this process fails for files and directories below a path, for as long
// as the object lives. One at a time. fdatasync(2), which SQLite calls, is as it was.
#pragma once
#include <filesystem>

namespace tripled::test {

class FailingSync {
 public:
  explicit FailingSync(const std::filesystem::path& below, int errno_value);
  FailingSync(const FailingSync&) = delete;
  FailingSync& operator=(const FailingSync&) = delete;
  ~FailingSync();
  // How often a sync failed.
  int met() const;
};

}  // namespace tripled::test
