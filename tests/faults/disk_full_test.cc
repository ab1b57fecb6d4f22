// The disk that holds the state fills up in the middle of a sweep and gets room again: the sweep says so,
// waits, and ends with every verdict. On the real cargo, with the state on a small file system of its own.
#include <gtest/gtest.h>

#include <thread>

#include "tests/e2e/project.h"
#include "tests/faults/small_disk.h"
#include "tests/faults/support.h"

namespace tripled::e2e {
namespace {

namespace fs = std::filesystem;

// Two cells that are executed one after the other, each for some seconds.
std::vector<std::string> slow_sweep(const fs::path& dir) {
  write_files(dir / "project", {{"Cargo.toml",
                                 "[package]\nname = \"slow\"\nversion = \"0.1.0\"\n"
                                 "edition = \"2021\"\n"},
                                {"src/lib.rs",
                                 "#[test]\nfn takes_its_time() {\n"
                                 "  std::thread::sleep(std::time::Duration::from_secs(4));\n}\n"},
                                {"matrix.yaml", R"(tripled: 1
project: {name: slow, source: {path: .}}
defaults: {toolchain: system, stages: [test-no-run, execute]}
axes:
  triple: [x86_64-unknown-linux-gnu]
  profile: [dev, release]
)"}});
  return in_directory(dir, {"sweep", (dir / "project" / "matrix.yaml").string(), "--slots", "1"});
}

void expect_every_verdict(const wire::json::value& report) {
  ASSERT_EQ(report.at("cells").as_array().size(), 2u);
  for (const auto& cell : report.at("cells").as_array()) {
    EXPECT_EQ(text(cell.at("verdict")), "pass") << text(cell.at("id"));
    EXPECT_EQ(text(job_of(cell, "execute").at("attempts")), "1");
  }
}

TEST(DiskFull, TheSweepWaitsForRoomAndGoesOn) {
  TemporaryDirectory dir;
  SmallDisk disk(dir.path() / "state");
  if (!disk.mounted()) GTEST_SKIP() << disk.why_not();
  Started sweep(dir.path(), slow_sweep(dir.path()));
  ASSERT_TRUE(eventually(180, [] { return !processes_with("deps/slow-").empty(); })) << sweep.err_so_far();
  disk.fill();
  EXPECT_TRUE(eventually(60, [&] { return contains(sweep.err_so_far(), "no room on the disk"); }))
      << sweep.err_so_far();
  for (int i = 0; i < 20; ++i) {  // what the ballast gave up is gone as well
    disk.fill();
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  EXPECT_FALSE(contains(sweep.err_so_far(), "room on the disk again"));
  ASSERT_TRUE(eventually(0, [&] { return ::kill(sweep.pid(), 0) == 0; })) << sweep.err_so_far();
  disk.make_room();
  auto ran = sweep.wait(120);
  EXPECT_EQ(ran.status, 0) << ran.err << ran.out;
  EXPECT_TRUE(contains(ran.err, "room on the disk again")) << ran.err;
  expect_every_verdict(json_report(dir.path()));
}

int jobs_passed(const Started& sweep) {
  int count = 0;
  for (const auto& line : split(sweep.err_so_far(), '\n')) count += trim(line).starts_with("pass ");
  return count;
}

// Only the room of the ballast is left: the job that runs is concluded, no other one is begun.
TEST(DiskFull, WhatIsOnItsWayFindsTheBallast) {
  TemporaryDirectory dir;
  SmallDisk disk(dir.path() / "state");
  if (!disk.mounted()) GTEST_SKIP() << disk.why_not();
  Started sweep(dir.path(), slow_sweep(dir.path()));
  ASSERT_TRUE(eventually(180, [&] { return jobs_passed(sweep) == 1; })) << sweep.err_so_far();
  disk.fill();
  ASSERT_TRUE(eventually(60, [&] { return contains(sweep.err_so_far(), "no room on the disk"); }))
      << sweep.err_so_far();
  EXPECT_TRUE(eventually(30, [&] { return jobs_passed(sweep) == 2; })) << sweep.err_so_far();
  std::this_thread::sleep_for(std::chrono::seconds(6));
  EXPECT_EQ(jobs_passed(sweep), 2) << "nothing is granted meanwhile";
  disk.make_room();
  auto ran = sweep.wait(120);
  EXPECT_EQ(ran.status, 0) << ran.err << ran.out;
  expect_every_verdict(json_report(dir.path()));
}

}  // namespace
}  // namespace tripled::e2e
