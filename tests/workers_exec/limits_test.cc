// What the shim does about programs that take more than they may (E.4 22): the limit names the cause, and
// nothing of them is left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "tests/workers_exec/shim_test_main.h"
#include "tests/workers_exec/support.h"

namespace tripled::test {
namespace {

using exec::OutcomeKind;
using testing::Contains;

// Doubles until it is 2^argv[2] processes, which stay.
int bomb(int, char** argv) {
  for (int depth = std::atoi(argv[2]); depth > 0; --depth)
    if (::fork() < 0) break;
  ::sleep(600);
  return 0;
}
const bool bomb_registered = register_helper("helper-bomb", &bomb);

TEST(Limits, AForkBombIsEndedForItsProcesses) {
  ASSERT_TRUE(bomb_registered);
  const auto marker = unique_marker();
  exec::Limits limits;
  limits.timeout = Millis(60'000);
  limits.processes = 200;
  auto got = must_capture(helper({"helper-bomb", "11"}, marker), limits);
  EXPECT_EQ(got.result.kind, OutcomeKind::signalled);
  EXPECT_EQ(got.result.code, SIGKILL);
  EXPECT_EQ(got.result.exceeded, "it had more than 200 processes at once");
  EXPECT_EQ(exec::describe(got.result), "was killed: it had more than 200 processes at once");
  EXPECT_THAT(got.result.limits_enforced, Contains("processes"));
  EXPECT_EQ(got.result.survivors, 0);
  EXPECT_TRUE(processes_with(marker).empty());
}

TEST(Limits, AsManyProcessesAsAllowedAreLeftAlone) {
  exec::Limits limits;
  limits.processes = 40;
  auto got =
      must_capture(shell("for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.7 & done; wait; echo all"), limits);
  EXPECT_TRUE(got.succeeded()) << exec::describe(got.result);
  EXPECT_EQ(got.out, "all\n");
  EXPECT_EQ(got.result.exceeded, "");
}

// argv[2]: MiB; argv[3]: so many children that look at the same memory and write none of it.
int hog(int, char** argv) {
  const std::size_t size = static_cast<std::size_t>(std::atoi(argv[2])) << 20;
  const std::vector<char> memory(size, 1);
  for (int i = std::atoi(argv[3]); i > 0; --i)
    if (::fork() == 0) break;
  ::usleep(1'500'000);
  return memory[size / 2] - 1;
}
const bool hog_registered = register_helper("helper-hog", &hog);

TEST(Limits, AMemoryHogIsEndedForItsMemory) {
  ASSERT_TRUE(hog_registered);
  exec::Limits limits;
  limits.timeout = Millis(60'000);
  limits.memory = 100u << 20;
  auto got = must_capture(helper({"helper-hog", "200", "0"}, unique_marker()), limits);
  EXPECT_EQ(got.result.kind, OutcomeKind::signalled);
  EXPECT_EQ(got.result.exceeded, "it took more than 100 MiB of memory");
  EXPECT_THAT(got.result.limits_enforced, Contains("memory"));
}

TEST(Limits, SharedMemoryCountsOnce) {
  exec::Limits limits;
  limits.memory = 600u << 20;
  auto got = must_capture(helper({"helper-hog", "250", "4"}, unique_marker()), limits);
  EXPECT_TRUE(got.succeeded()) << exec::describe(got.result);
}

TEST(Limits, ASparseFileIsEndedForItsSize) {
  TemporaryDirectory dir;
  exec::Limits limits;
  limits.file_size = 1u << 30;
  auto command = shell("exec truncate -s 50G sparse");
  command.cwd = dir.path();
  auto got = must_capture(command, limits);
  EXPECT_FALSE(got.succeeded());
  EXPECT_EQ(exec::describe(got.result), "was killed: it wrote a file larger than 1 GiB");
  EXPECT_EQ(std::filesystem::file_size(dir.path() / "sparse"), 0u);
}

// A limit that is met while the program is being stopped changes nothing of why.
TEST(Limits, ATimeoutStaysOne) {
  exec::Limits limits;
  limits.timeout = Millis(100);
  limits.grace = Millis(2000);
  limits.processes = 3;
  auto got = must_capture(
      shell("trap 'for i in 1 2 3 4 5; do sleep 600 & done; wait; wait' TERM; sleep 600 & wait"), limits);
  EXPECT_EQ(got.result.kind, OutcomeKind::timed_out);
}

}  // namespace
}  // namespace tripled::test
