// Many runs at once, and floods of output.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/workers_exec/support.h"
#include "workers/exec/log_store.h"

namespace tripled::test {
namespace {

using exec::OutcomeKind;

TEST(Parallel, HundredRunsInEightThreadsLeakNothing) {
  must_capture(shell("true"));
  const auto before = open_descriptors();
  std::atomic<int> next = 0, good = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = next++; i < 100; i = next++) {
        // Which descriptors does it see, and does it get its own output?
        auto got = must_capture(shell("echo " + std::to_string(i) + "; ls /proc/$$/fd; :"));
        if (got.out == std::to_string(i) + "\n0\n1\n2\n" && got.succeeded()) ++good;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 100);
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_TRUE(children_of(::getpid()).empty());
}

TEST(Parallel, FailuresLeakNothingEither) {
  const auto before = open_descriptors();
  for (int i = 0; i < 10; ++i) {
    exec::Command missing;
    missing.argv = {"/nonexistent/program"};
    EXPECT_EQ(must_capture(missing).result.kind, OutcomeKind::could_not_start);
    exec::CancelToken cancel;
    EXPECT_FALSE(exec::capture(shell("true"), {}, cancel, exec::ShimPath{"/nonexistent/worker"}));
  }
  EXPECT_EQ(open_descriptors(), before);
}

class CountingSink : public exec::OutputSink {
 public:
  void on_stdout(std::string_view bytes) override { count += bytes.size(); }
  void on_stderr(std::string_view bytes) override { count += bytes.size(); }
  std::uint64_t count = 0;
};

TEST(Flood, MemoryStaysBoundedAndBothEndsAreKept) {
#ifdef __SANITIZE_THREAD__
  constexpr std::uint64_t kFlood = 20'000'000;  // looking at each byte is slow there
#else
  constexpr std::uint64_t kFlood = 200'000'000;
#endif
  exec::BoundedLog log(1 << 20);
  CountingSink parser;
  exec::LogSink sink(log, &parser);
  exec::Limits limits;
  limits.timeout = Millis(240'000);
  exec::CancelToken cancel;
  const auto before = own_rss_bytes();
  auto got = exec::run(shell("echo first; yes 'a line of the flood' | head -c " + std::to_string(kFlood) +
                             "; echo; echo last"),
                       limits, sink, cancel, exec::ShimPath::self());
  ASSERT_TRUE(got);
  EXPECT_EQ(got->kind, OutcomeKind::exited);
  EXPECT_LT(own_rss_bytes(), before + (64u << 20));
  EXPECT_EQ(log.total_bytes(), kFlood + 6 + 1 + 5);
  EXPECT_EQ(parser.count, log.total_bytes());
  EXPECT_TRUE(log.truncated());
  auto text = log.text();
  EXPECT_LT(text.size(), (1u << 20) + 200);
  EXPECT_TRUE(text.starts_with("first\na line of the flood\n"));
  EXPECT_TRUE(text.ends_with("\nlast\n"));
}

TEST(Flood, DoesNotOutrunATimeout) {
  exec::BoundedLog log(1 << 16);
  exec::LogSink sink(log);
  exec::Limits limits;
  limits.timeout = Millis(500);
  exec::CancelToken cancel;
  auto got = exec::run(shell("yes; :"), limits, sink, cancel, exec::ShimPath::self());
  ASSERT_TRUE(got);
  EXPECT_EQ(got->kind, OutcomeKind::timed_out);
  EXPECT_GT(log.total_bytes(), 0u);
}

}  // namespace
}  // namespace tripled::test
