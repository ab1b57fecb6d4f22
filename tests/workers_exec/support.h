// What the tests of workers/exec share: shell commands, a marker that finds its processes again, bounded
// waiting.
#pragma once
#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "workers/exec/capture.h"
#include "workers/exec/process_tree.h"

namespace tripled::test {

// `/bin/sh -c script` with PATH and the given marker in its environment.
exec::Command shell(const std::string& script, const std::string& marker = "");
// This test program as a registered helper.
exec::Command helper(const std::vector<std::string>& arguments, const std::string& marker);
std::string own_path();

// A text no other process has.
std::string unique_marker();
// Living processes with `marker` in their environment or arguments.
std::vector<pid_t> processes_with(const std::string& marker);
// Living direct children of this process: the outer processes of shims.
std::vector<exec::ProcessEntry> children_of(pid_t pid);

// Looks until `condition` holds; false after `bound`.
bool eventually(const std::function<bool()>& condition, Millis bound = Millis(20'000));
std::size_t open_descriptors();
std::uint64_t own_rss_bytes();

exec::Captured must_capture(const exec::Command& command, const exec::Limits& limits = {});
// A new, empty directory; removed by the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace tripled::test
