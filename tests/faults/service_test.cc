// Faults of the service with the real programs: daemons, workers and shims that are killed, stopped, away or
// doubled in the middle of a sweep. The numbers are those of the list of faults (E.4); after each the
// invariants hold.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <ctime>

#include "schema/base/file.h"
#include "tests/faults/gated_project.h"
#include "tests/faults/invariants.h"
#include "tests/faults/support.h"

namespace tripled::e2e {
namespace {

namespace fs = std::filesystem;
namespace json = wire::json;
using testing::HasSubstr;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

constexpr const char* kShort = "{duration: 6s, heartbeat: 1s}";
constexpr const char* kLong = "{duration: 60s, heartbeat: 1s}";

class ServiceFault : public testing::Test {
 protected:
  void serve(const std::string& leases, const std::map<std::string, std::string>& env = {}) {
    ServeOptions options;
    options.leases = leases;
    options.local_slots = 0;
    options.env = env;
    fleet = std::make_unique<Fleet>(dir.path(), options);
  }
  void begin(int cells) {
    sweep = fleet->begin(project.submission(cells));
    ASSERT_FALSE(sweep.empty());
  }
  // Until so many tests were begun.
  void wait_for_begun(int count) {
    ASSERT_TRUE(eventually(90, [&] { return project.begun() >= count; }))
        << fleet->status() << fleet->served().ask("GET", "/api/v1/sweeps/" + sweep).body;
  }
  json::value passed() {
    auto report = fleet->served().finished(sweep, 240);
    EXPECT_EQ(report.at("sweep").at("exit_status"), 0) << json::serialize(report);
    for (const auto& cell : report.at("cells").as_array())
      EXPECT_EQ(text(cell.at("verdict")), "pass") << text(cell.at("id"));
    return report;
  }
  std::string stored(const std::string& sql) const { return query(database_of(*fleet), sql); }
  // By their path below the cache of their worker.
  std::vector<pid_t> tests_running() const {
    std::vector<pid_t> out;
    for (auto pid : processes_with(dir.path().string() + "/")) {
      auto program = read_file("/proc/" + std::to_string(pid) + "/cmdline", 4096);
      if (program && contains(program->substr(0, program->find('\0')), "deps/gated-")) out.push_back(pid);
    }
    return out;
  }

  TemporaryDirectory dir;
  GatedProject project{dir.path()};
  std::unique_ptr<Fleet> fleet;
  std::string sweep;
};

int attempts(const json::value& cell) { return job_of(cell, "execute").at("attempts").to_number<int>(); }

pid_t parent_of(pid_t pid) {
  auto status = read_file("/proc/" + std::to_string(pid) + "/status", 1 << 16);
  for (const auto& line : split(status ? *status : "", '\n'))
    if (line.starts_with("PPid:")) return std::stoi(line.substr(5));
  return 0;
}

// E.4 3: kill -9 of a job's shim alone.
TEST_F(ServiceFault, AKilledShimCostsAnAttemptAndItsWorkerStays) {
  serve(kShort);
  fleet->start("w1");
  begin(1);
  wait_for_begun(1);
  // The test and its shims, the innermost of which is the test's parent.
  pid_t shim = 0;
  for (auto pid : tests_running())
    if (auto parent = parent_of(pid); parent > 1 && parent != fleet->worker("w1").pid()) shim = parent;
  ASSERT_GT(shim, 1);
  ::kill(shim, SIGKILL);
  wait_for_begun(2);
  project.let_go();
  auto report = passed();
  EXPECT_EQ(attempts(report.at("cells").at(0)), 2);
  EXPECT_EQ(::kill(fleet->worker("w1").pid(), 0), 0);
  expect_invariants(*fleet, {"w1"});
}

// E.4 4: the daemon is away for longer than the jobs take.
TEST_F(ServiceFault, ResultsWaitInTheSpoolWhileTheDaemonIsAway) {
  serve(kLong);
  fleet->start("w1", {"--slots", "1"});
  begin(2);
  wait_for_begun(1);
  const int begun = project.begun();
  fleet->stop_daemon(SIGKILL);
  project.let_go();
  EXPECT_TRUE(eventually(60, [&] { return tests_running().empty(); }));
  fleet->start_daemon();
  auto report = passed();
  EXPECT_EQ(begun, 1) << "its one slot";
  EXPECT_EQ(project.begun(), 2) << "none was run again";
  for (const auto& cell : report.at("cells").as_array()) EXPECT_EQ(attempts(cell), 1);
  expect_invariants(*fleet, {"w1"});
}

// E.4 5: the daemon is away for longer than a lease, and another worker is there.
TEST_F(ServiceFault, ADaemonThatWasAwayForLongHasEveryJobRunTwiceAtMost) {
  serve(kShort);
  fleet->start("w1");
  begin(2);
  wait_for_begun(1);
  fleet->start("w2");
  fleet->stop_daemon(SIGKILL);
  std::this_thread::sleep_for(std::chrono::seconds(8));
  fleet->start_daemon();
  project.let_go();
  auto report = passed();
  for (const auto& cell : report.at("cells").as_array()) EXPECT_LE(attempts(cell), 2);
  expect_invariants(*fleet, {"w1", "w2"});
}

// E.4 6: a worker that sleeps through its lease.
TEST_F(ServiceFault, AWorkerThatSleptLearnsThatItsJobIsAnothers) {
  serve(kShort);
  fleet->start("w1");
  begin(1);
  wait_for_begun(1);
  const auto old = tests_running();
  fleet->worker("w1").signal(SIGSTOP);
  fleet->start("w2");
  wait_for_begun(2);
  fleet->worker("w1").signal(SIGCONT);
  EXPECT_TRUE(eventually(90, [&] {
    for (auto pid : old)
      if (::kill(pid, 0) == 0) return false;
    return true;
  })) << fleet->log_of("w1");
  project.let_go();
  auto report = passed();
  const auto& execute = job_of(report.at("cells").at(0), "execute");
  EXPECT_EQ(text(execute.at("worker")), "w2");
  EXPECT_EQ(attempts(report.at("cells").at(0)), 2);
  EXPECT_EQ(stored("SELECT count(*) FROM leases WHERE state = 'expired'"), "1");
  expect_invariants(*fleet, {"w1", "w2"});
}

// E.4 6: it wakes up with the result.
TEST_F(ServiceFault, AResultOfAnExpiredLeaseIsNoVerdict) {
  serve(kShort);
  fleet->start("w1");
  begin(1);
  wait_for_begun(1);
  fleet->worker("w1").signal(SIGSTOP);
  fleet->start("w2");
  wait_for_begun(2);
  project.let_go();  // both tests end; only the worker is stopped, its shim and test are not
  auto report = passed();
  fleet->worker("w1").signal(SIGCONT);
  EXPECT_TRUE(Fleet::eventually([&] { return stored("SELECT count(*) FROM stale_results") == "1"; }))
      << fleet->log_of("w1");
  EXPECT_EQ(text(job_of(report.at("cells").at(0), "execute").at("worker")), "w2");
  EXPECT_EQ(
      stored("SELECT count(*) FROM attempts a JOIN jobs j ON j.id = a.job WHERE j.stage = 'execute' AND "
             "a.outcome = 'exited'"),
      "1");
  expect_invariants(*fleet, {"w1", "w2"});
}

// E.4 10: two workers that say they are the same.
TEST_F(ServiceFault, TheNewestOfTwoWorkersWithOneNameWins) {
  serve(kShort);
  fleet->start("w1");
  begin(2);
  wait_for_begun(1);
  fleet->start_double("w1", "w1-double");
  EXPECT_EQ(fleet->worker("w1").wait(60).status, 1);
  EXPECT_THAT(fleet->log_of("w1"), HasSubstr("a newer process of worker `w1` took over"));
  project.let_go();
  passed();
  EXPECT_EQ(::kill(fleet->worker("w1-double").pid(), 0), 0);
  expect_invariants(*fleet, {"w1-double"});
}

// E.4 12: the wall clock jumps; leases and what they lead to go by another one.
TEST_F(ServiceFault, AWallClockThatJumpsEndsNoLease) {
  const fs::path library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
  if (!fs::exists(library)) GTEST_SKIP() << "libfaketime is not installed";
  if (kSanitized) GTEST_SKIP() << "libfaketime cannot be loaded before a sanitizer";
  const auto clock = dir.path() / "clock";
  write_files(dir.path(), {{"clock", "+0"}});
  serve(kShort, {{"LD_PRELOAD", library.string()},
                 {"FAKETIME_TIMESTAMP_FILE", clock.string()},
                 {"FAKETIME_NO_CACHE", "1"},
                 {"FAKETIME_DONT_FAKE_MONOTONIC", "1"}});
  fleet->start("w1");
  begin(1);
  wait_for_begun(1);
  auto logged = [&](const std::string& day) {
    fleet->served().process().signal(SIGHUP);
    return contains(fleet->served().process().err_so_far(), "[" + day);
  };
  for (const auto* jump : {"+1d", "-1d"}) {
    write_files(dir.path(), {{"clock", jump}});
    const auto then = std::time(nullptr) + (*jump == '+' ? 86'400 : -86'400);
    char day[16] = {};
    std::tm parts{};
    std::strftime(day, sizeof day, "%Y-%m-%d", ::localtime_r(&then, &parts));
    EXPECT_TRUE(eventually(30, [&] { return logged(day); })) << "the clock of the daemon did not jump";
    std::this_thread::sleep_for(std::chrono::seconds(3));
  }
  project.let_go();
  auto report = passed();
  EXPECT_EQ(attempts(report.at("cells").at(0)), 1);
  EXPECT_EQ(stored("SELECT count(*) FROM leases WHERE state = 'expired'"), "0");
  expect_invariants(*fleet, {"w1"});
}

// E.4 24: what does not listen to SIGTERM.
TEST_F(ServiceFault, ABuildThatIgnoresSigtermEndsWithItsCancel) {
  write_files(dir.path() / "projects/gated",
              {{"build.rs",
                "extern \"C\" { fn signal(number: i32, handler: usize) -> usize; }\n"
                "fn main() {\n  unsafe { signal(15, 1); }\n"
                "  std::fs::write(\"" +
                    (dir.path() / "control/deaf").string() +
                    "\", \"\").unwrap();\n"
                    "  std::thread::sleep(std::time::Duration::from_secs(3600));\n}\n"}});
  serve(kShort);
  fleet->start("w1");
  begin(1);
  ASSERT_TRUE(eventually(120, [&] { return fs::exists(dir.path() / "control/deaf"); })) << fleet->status();
  EXPECT_EQ(fleet->served().ask("POST", "/api/v1/sweeps/" + sweep + "/cancel?now=true").status, 202u);
  auto report = fleet->served().finished(sweep, 60);
  EXPECT_EQ(report.at("sweep").at("exit_status"), 130) << json::serialize(report);
  EXPECT_EQ(text(report.at("cells").at(0).at("verdict")), "cancelled");
  EXPECT_TRUE(
      eventually(30, [&] { return processes_with(dir.path().string() + "/w1/cache/target").empty(); }));
  expect_invariants(*fleet, {"w1"});
}

// E.4 33: a worker that comes and goes while another one works.
TEST_F(ServiceFault, AWorkerThatComesAndGoesHarmsNobody) {
  serve(kShort);
  fleet->start("w2");
  begin(2);
  wait_for_begun(1);
  const int times = rounds(6, 60);
  for (int i = 0; i < times; ++i) {
    fleet->start("w1");
    fleet->kill("w1");
  }
  project.let_go();
  auto report = passed();
  for (const auto& cell : report.at("cells").as_array())
    EXPECT_EQ(text(job_of(cell, "execute").at("worker")), "w2");
  int lines = 0;
  for (const auto& line : split(fleet->served().process().err_so_far(), '\n')) lines += contains(line, "w1");
  EXPECT_GE(lines, times);
  EXPECT_LE(lines, times * 6) << fleet->served().process().err_so_far();
  expect_invariants(*fleet, {"w2"});
}

// E.4 35: SIGTERM in a sweep; the sweep goes on with the next daemon. Twice: crash_signals_test.cc.
TEST_F(ServiceFault, SigtermEndsTheDaemonAndTheNextOneGoesOn) {
  serve(kLong);
  fleet->start("w1");
  begin(2);
  wait_for_begun(1);
  fleet->served().process().signal(SIGTERM);
  auto ended = fleet->served().process().wait(60);
  EXPECT_EQ(ended.status, 0) << ended.err;
  fleet->start_daemon();
  project.let_go();
  auto report = passed();
  for (const auto& cell : report.at("cells").as_array()) EXPECT_EQ(attempts(cell), 1);
  expect_invariants(*fleet, {"w1"});
}

// E.4 35: SIGHUP with settings that cannot be read.
TEST_F(ServiceFault, BadSettingsChangeNothing) {
  serve(kShort);
  fleet->start("w1");
  begin(1);
  wait_for_begun(1);
  write_files(dir.path(), {{"tripled.yaml", "tripled: 1\nlissten: x\n"}});
  fleet->served().process().signal(SIGHUP);
  auto said = [&] { return contains(fleet->served().process().err_so_far(), "SIGHUP: nothing is changed"); };
  EXPECT_TRUE(eventually(60, said)) << fleet->served().process().err_so_far();
  EXPECT_THAT(fleet->served().process().err_so_far(), HasSubstr("tripled.yaml:2:1: unknown key `lissten`"));
  project.let_go();
  auto report = passed();
  EXPECT_EQ(attempts(report.at("cells").at(0)), 1);
  expect_invariants(*fleet, {"w1"});
}

}  // namespace
}  // namespace tripled::e2e
