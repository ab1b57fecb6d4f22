// kill -9 of daemon and worker, Ctrl-C, and what --resume makes of it: no process of a job survives, finished
// jobs are not repeated, every cell ends in one verdict. On the real cargo, with the sample's crates that
// hang and that daemonise.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <thread>

#include "tests/faults/support.h"

namespace tripled::e2e {
namespace {

namespace fs = std::filesystem;
namespace json = wire::json;

std::vector<std::string> sweep_args(const fs::path& dir) {
  auto matrix = fs::path(TRIPLED_SOURCE_DIR) / "tests" / "fixtures" / "sample" / "matrix.yaml";
  return in_directory(
      dir, {"sweep", matrix.string(), "--triple", "x86_64-unknown-linux-gnu", "-p", "hang", "-p", "daemon"});
}

// Test executables lie below the cache.
std::vector<pid_t> jobs_running() { return processes_with((test_cache() / "target").string()); }

const json::value& job(const json::value& report, const std::string& stage) {
  for (const auto& j : report.at("cells").as_array().at(0).at("jobs").as_array())
    if (j.at("stage").as_string() == stage) return j;
  static const json::value none;
  ADD_FAILURE() << "no job " << stage;
  return none;
}

TEST(Kill, DaemonKilledLeavesNothingAndResumeGoesOn) {
  TemporaryDirectory dir;
  {
    Started sweep(dir.path(), sweep_args(dir.path()));
    ASSERT_TRUE(eventually(180, [] { return !processes_with("deps/hang-").empty(); })) << sweep.err_so_far();
    sweep.signal(SIGKILL);
    EXPECT_EQ(sweep.wait(30).status, -1);
  }
  EXPECT_TRUE(eventually(30, [] { return jobs_running().empty(); }));
  EXPECT_TRUE(eventually(30, [&] { return workers_of(dir.path()).empty(); }));
  auto resumed = run_tripled(dir.path(), in_directory(dir.path(), {"sweep", "--resume"}));
  EXPECT_EQ(resumed.status, 0) << resumed.err << resumed.out;
  auto report = json_report(dir.path());
  EXPECT_EQ(job(report, "build").at("attempts").to_number<int>(), 1) << "a finished job was repeated";
  EXPECT_EQ(job(report, "execute").at("verdict").as_string(), "timeout");
  EXPECT_TRUE(jobs_running().empty());
}

TEST(Kill, WorkerKilledCostsAnAttemptNoVerdict) {
  TemporaryDirectory dir;
  Started sweep(dir.path(), sweep_args(dir.path()));
  ASSERT_TRUE(eventually(180, [] { return !processes_with("deps/hang-").empty(); })) << sweep.err_so_far();
  auto workers = workers_of(dir.path());
  ASSERT_FALSE(workers.empty());
  ::kill(workers.front(), SIGKILL);
  auto ran = sweep.wait(300);
  EXPECT_EQ(ran.status, 0) << ran.err << ran.out;
  auto report = json_report(dir.path());
  EXPECT_EQ(job(report, "execute").at("verdict").as_string(), "timeout");
  EXPECT_GE(job(report, "execute").at("attempts").to_number<int>(), 2);
  EXPECT_EQ(job(report, "build").at("attempts").to_number<int>(), 1);
  EXPECT_TRUE(eventually(30, [] { return jobs_running().empty(); }));
}

TEST(Kill, SecondCtrlCKillsAndResumeGoesOn) {
  TemporaryDirectory dir;
  Started sweep(dir.path(), sweep_args(dir.path()));
  ASSERT_TRUE(eventually(180, [] { return !processes_with("deps/hang-").empty(); })) << sweep.err_so_far();
  sweep.signal(SIGINT);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  sweep.signal(SIGINT);
  auto ran = sweep.wait(60);
  EXPECT_EQ(ran.status, 130) << ran.err;
  EXPECT_NE(ran.err.find("--resume"), std::string::npos);
  EXPECT_TRUE(eventually(30, [] { return jobs_running().empty(); }));
  auto resumed = run_tripled(dir.path(), in_directory(dir.path(), {"sweep", "--resume"}));
  EXPECT_EQ(resumed.status, 0) << resumed.err << resumed.out;
}

TEST(Kill, ASecondSweepSaysWhoHoldsTheLock) {
  TemporaryDirectory dir;
  TemporaryDirectory second;
  Started sweep(dir.path(), sweep_args(dir.path()));
  ASSERT_TRUE(eventually(60, [&] { return fs::exists(dir.path() / "state" / "tripled.db"); }));
  ASSERT_TRUE(eventually(60, [&] { return !workers_of(dir.path()).empty(); }));
  auto args = sweep_args(dir.path());
  auto refused = Started(second.path(), args).wait(60);
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.err.find(std::to_string(sweep.pid())), std::string::npos) << refused.err;
  sweep.signal(SIGINT);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  sweep.signal(SIGINT);
  EXPECT_EQ(sweep.wait(60).status, 130);
}

}  // namespace
}  // namespace tripled::e2e
