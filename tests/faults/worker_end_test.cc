// Workers that end: told to, killed by what they run, or unable to stay. The sweep ends with verdicts, a
// state and an exit status all the same, and what was not the project's fault is not its verdict.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/e2e/project.h"
#include "tests/faults/support.h"

namespace tripled::e2e {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> sweep_of(const fs::path& dir, const std::string& test, const std::string& stages,
                                  const std::string& profiles) {
  write_files(dir / "project", {{"Cargo.toml",
                                 "[package]\nname = \"victim\"\nversion = \"0.1.0\"\n"
                                 "edition = \"2021\"\n\n[profile.a]\ninherits = \"dev\"\n"
                                 "[profile.b]\ninherits = \"dev\"\n"},
                                {"src/lib.rs", "#[test]\nfn t() {\n" + test + "\n}\n"},
                                {"matrix.yaml",
                                 "tripled: 1\nproject: {name: victim, source: {path: .}}\n"
                                 "defaults: {toolchain: system, stages: [" +
                                     stages +
                                     "]}\n"
                                     "axes:\n  triple: [x86_64-unknown-linux-gnu]\n"
                                     "  profile: [" +
                                     profiles + "]\n"}});
  return in_directory(dir, {"sweep", (dir / "project" / "matrix.yaml").string(), "--slots", "1"});
}

// Its way up to the worker, which it kills.
constexpr const char* kills_its_worker = R"(
  let mut pid = std::process::id().to_string();
  loop {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    pid = status.lines().find_map(|l| l.strip_prefix("PPid:")).unwrap().trim().to_string();
    let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap();
    if line.contains("--exit-on-stdin-eof") { break; }
  }
  std::process::Command::new("/bin/kill").args(["-9", &pid]).status().unwrap();
  std::thread::sleep(std::time::Duration::from_secs(60));
)";

TEST(WorkerEnd, BatchesThatKillTheirWorkersArePoisonAndTheSweepEnds) {
  TemporaryDirectory dir;
  auto ran =
      run_tripled(dir.path(), sweep_of(dir.path(), kills_its_worker, "test-no-run, execute", "dev, a, b"));
  EXPECT_EQ(ran.status, 3) << ran.err << ran.out;
  EXPECT_FALSE(contains(ran.err, "again and again")) << "nine restarts, but each third one was progress";
  auto report = json_report(dir.path());
  ASSERT_EQ(report.at("cells").as_array().size(), 3u);
  for (const auto& cell : report.at("cells").as_array()) {
    EXPECT_EQ(text(job_of(cell, "test-no-run").at("verdict")), "pass");
    EXPECT_EQ(text(job_of(cell, "execute").at("verdict")), "broken");
    EXPECT_EQ(text(job_of(cell, "execute").at("attempts")), "3");
  }
}

TEST(WorkerEnd, AWorkerToldToStopLeavesItsJobsToTheNext) {
  TemporaryDirectory dir;
  Started sweep(dir.path(), sweep_of(dir.path(), "std::thread::sleep(std::time::Duration::from_secs(3));",
                                     "test-no-run, execute", "dev"));
  ASSERT_TRUE(eventually(180, [] { return !processes_with("deps/victim-").empty(); })) << sweep.err_so_far();
  for (auto pid : workers_of(dir.path())) ::kill(pid, SIGTERM);
  auto ran = sweep.wait(180);
  EXPECT_EQ(ran.status, 0) << ran.err << ran.out;
  auto report = json_report(dir.path());
  int attempts = 0;
  for (const auto& job : report.at("cells").as_array().at(0).at("jobs").as_array()) {
    EXPECT_EQ(text(job.at("verdict")), "pass") << text(job.at("stage"));
    attempts += job.at("attempts").to_number<int>();
  }
  EXPECT_EQ(attempts, 3) << "one of two jobs was made again";
}

// The worker can be started once; all later ones end at once.
TEST(WorkerEnd, WithoutAWorkerTheSweepEndsAndCanBeResumed) {
  TemporaryDirectory dir;
  auto bin = dir.path() / "bin";
  fs::create_directories(bin);
  fs::copy_file(tripled_program(), bin / "tripled");
  write_files(bin, {{"tripled-worker", "#!/bin/sh\n[ -e '" + (bin / "once").string() +
                                           "' ] && exit 1\n: > '" + (bin / "once").string() + "'\nexec '" +
                                           (tripled_program().parent_path() / "tripled-worker").string() +
                                           "' \"$@\"\n"}});
  fs::permissions(bin / "tripled-worker", fs::perms::owner_all);
  auto args = sweep_of(dir.path(), "std::thread::sleep(std::time::Duration::from_secs(3));",
                       "test-no-run, execute", "dev");
  ::setenv("TRIPLED_TEST_PROGRAM", (bin / "tripled").c_str(), 1);
  Started sweep(dir.path(), args);
  ::unsetenv("TRIPLED_TEST_PROGRAM");
  ASSERT_TRUE(eventually(180, [] { return !processes_with("deps/victim-").empty(); })) << sweep.err_so_far();
  for (auto pid : workers_of(dir.path())) ::kill(pid, SIGKILL);
  auto ran = sweep.wait(60);
  EXPECT_EQ(ran.status, 3) << ran.err;
  EXPECT_TRUE(contains(ran.err, "again and again")) << ran.err;
  EXPECT_TRUE(contains(ran.err, "--resume 1")) << ran.err;
  EXPECT_EQ(text(json_report(dir.path()).at("sweep").at("exit_status")), "3");
  auto resumed = run_tripled(dir.path(), in_directory(dir.path(), {"sweep", "--resume"}));
  EXPECT_EQ(resumed.status, 0) << resumed.err << resumed.out;
  auto report = json_report(dir.path());
  EXPECT_EQ(text(report.at("cells").as_array().at(0).at("verdict")), "pass");
}

}  // namespace
}  // namespace tripled::e2e
