// E.4 35: whoever does not end when it is told so ends at once when it is told again, and says that.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "schema/base/text.h"
#include "tests/faults/crash_scene.h"
#include "tests/faults/support.h"

namespace tripled::e2e {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

void expect_forced_end(Started& process) {
  process.signal(SIGTERM);
  ASSERT_TRUE(eventually(30, [&] { return contains(process.err_so_far(), "a second signal ends at once"); }));
  ASSERT_EQ(::kill(process.pid(), 0), 0) << "it ended by itself: " << process.err_so_far();
  process.signal(SIGTERM);
  auto ended = process.wait(8);  // less than what it waits for
  EXPECT_EQ(ended.status, -1);
  EXPECT_THAT(ended.err, HasSubstr("a second signal: this process ends at once"));
}

// It waits for its own worker, which does not listen.
TEST(SecondSignal, EndsADaemonThatWaits) {
  TemporaryDirectory dir;
  {
    Served served(dir.path(), dir.path());
    const auto workers = workers_of(dir.path());
    ASSERT_EQ(workers.size(), 1u);
    ::kill(workers.front(), SIGSTOP);
    expect_forced_end(served.process());
    ::kill(workers.front(), SIGCONT);
  }
  EXPECT_TRUE(eventually(30, [&] { return workers_of(dir.path()).empty(); })) << "it ends with its daemon";
  Served next(dir.path(), dir.path());
  EXPECT_EQ(next.ask("GET", "/api/v1/sweeps").status, 200u);
}

// It waits for a build that does not listen; that ends with it.
TEST(SecondSignal, EndsAWorkerAndWhatItRuns) {
  TemporaryDirectory dir;
  GatedProject project(dir.path());
  write_files(
      dir.path() / "projects/gated",
      {{"build.rs",
        "extern \"C\" { fn signal(number: i32, handler: usize) -> usize; }\n"
        "fn main() {\n  unsafe { signal(15, 1); }\n  std::fs::write(\"" +
            (dir.path() / "control/deaf").string() +
            "\", \"\").unwrap();\n  std::thread::sleep(std::time::Duration::from_secs(3600));\n}\n"}});
  ServeOptions options;
  options.leases = kCrashLeases;
  options.local_slots = 0;
  Fleet fleet(dir.path(), options);
  fleet.start("w1");
  const auto sweep = fleet.begin(project.submission(1));
  ASSERT_TRUE(eventually(120, [&] { return fs::exists(dir.path() / "control/deaf"); })) << fleet.status();
  expect_forced_end(fleet.worker("w1"));
  EXPECT_TRUE(
      eventually(30, [&] { return processes_with((dir.path() / "w1/cache").string() + "/").empty(); }));
  EXPECT_EQ(fleet.served().ask("POST", "/api/v1/sweeps/" + sweep + "/cancel?now=true").status, 202u);
  fleet.start("w1");
  EXPECT_EQ(fleet.served().finished(sweep, 60).at("sweep").at("exit_status"), 130);
  expect_invariants(fleet, {"w1"});
}

}  // namespace
}  // namespace tripled::e2e
