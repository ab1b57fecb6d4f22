// What the tests of this folder share: scratch directories, a toolchain that is only files, and a cargo that
// is only a function.
#pragma once
#include <atomic>
#include <filesystem>
#include <functional>
#include <string>

#include "schema/model/toolchain.h"
#include "workers/toolchain/std_cache.h"
#include "workers/toolchain/tools.h"

namespace tripled::toolchain::test {

// Removed with everything in it at the end.
class ScratchDir {
 public:
  ScratchDir();
  ~ScratchDir();
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

void write(const std::filesystem::path& path, const std::string& text, bool executable = false);
std::string slurp(const std::filesystem::path& path);

inline constexpr const char* kHost = "x86_64-unknown-linux-gnu";
inline constexpr const char* kForeign = "s390x-unknown-linux-gnu";
inline constexpr const char* kBare = "thumbv7em-none-eabi";

// Files of a toolchain below `root`: host std, rust-src; rustc and cargo are names that only a fake runs.
// Knows the three triples above.
ToolchainFacts fake_toolchain(const std::filesystem::path& root);

// A RunTool that does as cargo -Zbuild-std: writes libraries into the target dir and reports them.
struct FakeCargo {
  std::atomic<int> builds{0};
  std::string content = "library";  // of every file it writes
  std::string failing_log;          // not empty: it fails with that on stderr
  std::function<void(const std::filesystem::path& target_dir)> halfway;  // after the first library
  std::vector<ToolCommand> commands;  // of cargo; for tests with one thread

  RunTool tool();

 private:
  Result<ToolOutput> build(const ToolCommand& command);
};

Surroundings no_surroundings();

// The real things.
RunTool real_tools();
std::filesystem::path test_cache();  // $TRIPLED_TEST_CACHE, else <build dir>/test-cache
// `system`, when it has rust-src; else its error is set and says why.
ToolchainFacts system_with_source();

}  // namespace tripled::toolchain::test
