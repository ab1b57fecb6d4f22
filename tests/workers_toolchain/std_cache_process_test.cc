// Two processes at one cache: one that is killed in the middle of a build, and two that want the same.
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "tests/workers_exec/shim_test_main.h"
#include "tests/workers_toolchain/support.h"
#include "workers/toolchain/std_cache.h"

extern char** environ;

namespace tripled::toolchain::test {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<StdCache> cache_below(const fs::path& root, FakeCargo& cargo) {
  return std::make_unique<StdCache>(root / "std", StdCacheOptions{}, no_surroundings(), cargo.tool());
}

// <program> std-builder ROOT hang|slow: obtains a std below ROOT; its cargo says `halfway` by a file, then
// hangs until it is killed, or takes a moment.
int std_builder(int argc, char** argv) {
  if (argc != 4) return 2;
  fs::path root = argv[2];
  bool hang = std::string(argv[3]) == "hang";
  FakeCargo cargo;
  cargo.halfway = [&](const fs::path&) {
    std::ofstream(root / ("halfway-" + std::to_string(::getpid()))) << "x";
    std::this_thread::sleep_for(hang ? std::chrono::seconds(120) : std::chrono::seconds(1));
  };
  auto got = cache_below(root, cargo)->obtain(fake_toolchain(root / "rust"), kForeign, StdMode::full);
  return got && got.value().failure.kind == StdFailureKind::none ? 0 : 1;
}
const bool kRegistered = tripled::test::register_helper("std-builder", &std_builder);

class Builder {
 public:
  Builder(const fs::path& root, const std::string& how) {
    std::string self = fs::read_symlink("/proc/self/exe"), name = "std-builder", where = root, mode = how;
    char* argv[] = {self.data(), name.data(), where.data(), mode.data(), nullptr};
    if (::posix_spawn(&pid_, self.c_str(), nullptr, nullptr, argv, environ) != 0) pid_ = -1;
  }
  ~Builder() {
    if (pid_ > 0) kill_and_wait();
  }
  void kill_and_wait() {
    ::kill(pid_, SIGKILL);
    wait();
  }
  int wait() {
    int status = -1;
    if (pid_ > 0) ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }
  fs::path halfway(const fs::path& root) const { return root / ("halfway-" + std::to_string(pid_)); }

 private:
  pid_t pid_ = -1;
};

bool appears(const fs::path& path) {
  for (int i = 0; i < 3000 && !fs::exists(path); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  return fs::exists(path);
}

class StdProcesses : public testing::Test {
 protected:
  StdProcesses() : toolchain_(fake_toolchain(root_ / "rust")) {}
  ScratchDir root_;
  ToolchainFacts toolchain_;
  FakeCargo cargo_;
};

TEST_F(StdProcesses, AHalfBuiltOneOfAKilledProcessIsNeverUsedAndSwept) {
  ASSERT_TRUE(kRegistered);
  Builder builder(root_.path(), "hang");
  ASSERT_TRUE(appears(builder.halfway(root_.path())));
  auto cache = cache_below(root_.path(), cargo_);
  cache->sweep_scratch();
  EXPECT_FALSE(fs::is_empty(root_ / "std/building")) << "a living build is left alone";
  EXPECT_TRUE(cache->list().empty());
  builder.kill_and_wait();
  EXPECT_FALSE(fs::is_empty(root_ / "std/building")) << "or this test shows nothing";
  cache->sweep_scratch();
  EXPECT_TRUE(fs::is_empty(root_ / "std/building"));
  auto got = cache->obtain(toolchain_, kForeign, StdMode::full).value();
  EXPECT_TRUE(got.built_now);
  EXPECT_TRUE(fs::exists(fs::path(got.entry.dir) / "lib/liballoc-17.rlib"));
}

TEST_F(StdProcesses, TheSecondWaitsForTheFirst) {
  Builder builder(root_.path(), "slow");
  ASSERT_TRUE(appears(builder.halfway(root_.path())));
  // To check as well: the full one that is being built will serve.
  auto got = cache_below(root_.path(), cargo_)->obtain(toolchain_, kForeign, StdMode::check).value();
  EXPECT_FALSE(got.built_now);
  EXPECT_EQ(got.entry.mode, StdMode::full);
  EXPECT_EQ(cargo_.builds, 0);
  EXPECT_EQ(builder.wait(), 0);
}

}  // namespace
}  // namespace tripled::toolchain::test
