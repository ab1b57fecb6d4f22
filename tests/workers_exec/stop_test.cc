// Timeouts and cancelling.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "tests/workers_exec/support.h"

namespace tripled::test {
namespace {

using exec::OutcomeKind;
using testing::HasSubstr;

exec::Limits limits_of(Millis timeout, Millis grace) {
  exec::Limits limits;
  limits.timeout = timeout;
  limits.grace = grace;
  return limits;
}

TEST(Timeout, EndsAProgramThatTakesTooLong) {
  auto marker = unique_marker();
  auto got = must_capture(shell("echo begun; sleep 600", marker), limits_of(Millis(1500), Millis(5000)));
  EXPECT_EQ(got.result.kind, OutcomeKind::timed_out);
  EXPECT_EQ(got.result.code, SIGTERM);
  EXPECT_EQ(got.out, "begun\n");
  EXPECT_TRUE(processes_with(marker).empty());
}

TEST(Timeout, GraceLetsAProgramCleanUp) {
  auto got = must_capture(shell("trap 'echo cleaned; exit 3' TERM; echo ready; while :; do sleep 0.05; done"),
                          limits_of(Millis(3000), Millis(30'000)));
  EXPECT_EQ(got.result.kind, OutcomeKind::timed_out);
  EXPECT_EQ(got.result.code, 0);  // no signal ended it
  EXPECT_EQ(got.out, "ready\ncleaned\n");
}

TEST(Timeout, GraceCountsForTheChildrenToo) {
  // The shell dies at once; its child needs a while.
  auto got = must_capture(
      shell("( trap 'sleep 0.5; echo cleaned; exit 0' TERM; while :; do sleep 0.05; done ) & sleep 600"),
      limits_of(Millis(3000), Millis(30'000)));
  EXPECT_EQ(got.result.kind, OutcomeKind::timed_out);
  EXPECT_THAT(got.out, HasSubstr("cleaned"));
}

TEST(Timeout, IgnoredTermBecomesKill) {
  auto marker = unique_marker();
  auto got = must_capture(shell("trap '' TERM; while :; do sleep 0.05; done", marker),
                          limits_of(Millis(2000), Millis(300)));
  EXPECT_EQ(got.result.kind, OutcomeKind::timed_out);
  EXPECT_EQ(got.result.code, SIGKILL);
  EXPECT_TRUE(processes_with(marker).empty());
}

TEST(Timeout, StoppedProgramIsEnded) {
  auto got = must_capture(shell("kill -STOP $$; echo never"), limits_of(Millis(500), Millis(20'000)));
  EXPECT_EQ(got.result.kind, OutcomeKind::timed_out);
  EXPECT_EQ(got.result.code, SIGTERM);
}

TEST(NoOutput, EndsAProgramThatFallsSilent) {
  exec::Limits limits;
  limits.no_output_timeout = Millis(3000);
  // Five seconds of output: beyond the limit, which each line starts anew.
  auto got =
      must_capture(shell("for i in 1 2 3 4 5 6 7 8 9 10; do echo $i; sleep 0.5; done; sleep 600"), limits);
  EXPECT_EQ(got.result.kind, OutcomeKind::no_output);
  EXPECT_THAT(got.out, HasSubstr("\n10\n"));
  EXPECT_GE(got.result.duration, Millis(5000));
}

TEST(NoOutput, StderrCountsAsOutput) {
  exec::Limits limits;
  limits.no_output_timeout = Millis(3000);
  auto got = must_capture(shell("for i in 1 2 3 4 5 6 7 8; do echo $i >&2; sleep 0.5; done"), limits);
  EXPECT_EQ(got.result.kind, OutcomeKind::exited);
}

// A grace that no test lives to see the end of.
constexpr Millis kNever{3'600'000};

// cancel() once the program runs, from another thread.
exec::Captured cancelled_capture(const std::string& script, const std::string& marker, Millis grace,
                                 const std::function<void(exec::CancelToken&)>& cancel_it) {
  exec::CancelToken cancel;
  std::thread other([&] {
    EXPECT_TRUE(eventually([&] { return !processes_with(marker).empty(); }));
    cancel_it(cancel);
  });
  auto captured =
      exec::capture(shell(script, marker), limits_of(Millis(60'000), grace), cancel, exec::ShimPath::self());
  other.join();
  EXPECT_TRUE(captured);
  EXPECT_TRUE(processes_with(marker).empty());
  return captured ? *captured : exec::Captured{};
}

TEST(Cancel, AskedPolitely) {
  auto got = cancelled_capture("sleep 600", unique_marker(), Millis(30'000),
                               [](auto& token) { token.cancel(false); });
  EXPECT_EQ(got.result.kind, OutcomeKind::cancelled);
  EXPECT_EQ(got.result.code, SIGTERM);
}

TEST(Cancel, AtOnce) {
  auto got = cancelled_capture("trap '' TERM; while :; do sleep 1; done", unique_marker(), kNever,
                               [](auto& token) { token.cancel(true); });
  EXPECT_EQ(got.result.kind, OutcomeKind::cancelled);
  EXPECT_EQ(got.result.code, SIGKILL);
}

TEST(Cancel, PolitelyThenAtOnce) {
  auto got =
      cancelled_capture("trap '' TERM; while :; do sleep 1; done", unique_marker(), kNever, [](auto& token) {
        token.cancel(false);
        std::this_thread::sleep_for(Millis(200));
        token.cancel(true);
      });
  EXPECT_EQ(got.result.kind, OutcomeKind::cancelled);
  EXPECT_EQ(got.result.code, SIGKILL);
}

TEST(Cancel, BeforeTheStartNothingRuns) {
  exec::CancelToken cancel;
  cancel.cancel(false);
  auto got = exec::capture(shell("echo ran"), {}, cancel, exec::ShimPath::self());
  ASSERT_TRUE(got);
  EXPECT_EQ(got->result.kind, OutcomeKind::cancelled);
  EXPECT_EQ(got->out, "");
}

TEST(Cancel, OneTokenStopsManyRuns) {
  exec::CancelToken cancel;
  auto marker = unique_marker();
  std::vector<std::thread> threads;
  std::atomic<int> cancelled = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      auto got = exec::capture(shell("sleep 600", marker), limits_of(Millis(60'000), Millis(5000)), cancel,
                               exec::ShimPath::self());
      if (got && got->result.kind == OutcomeKind::cancelled) ++cancelled;
    });
  }
  EXPECT_TRUE(eventually([&] { return processes_with(marker).size() >= 4; }));
  cancel.cancel(false);
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(cancelled, 4);
}

}  // namespace
}  // namespace tripled::test
