// E.4 2: the worker dies at every failpoint. Its jobs are leased again, each has one result that counts, and
// no process of a job is left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "schema/base/text.h"
#include "tests/faults/crash_scene.h"
#include "tests/faults/support.h"
#include "tests/workers_toolchain/support.h"
#include "workers/toolchain/std_cache.h"

namespace tripled::e2e {
namespace {

namespace fs = std::filesystem;
namespace json = wire::json;
namespace tool = toolchain;

// Whatever the worker started has ended with it.
void expect_no_orphans(const CrashScene& scene, const std::string& worker) {
  const auto of_it = (scene.dir.path() / worker / "cache").string() + "/";
  EXPECT_TRUE(eventually(30, [&] { return processes_with(of_it).empty(); }));
}

// Each job has one attempt that ran to its end, whatever was lost before.
void expect_one_result_each(const CrashScene& scene, const std::string& sweep) {
  EXPECT_EQ(scene.stored("SELECT j.id FROM jobs j WHERE j.sweep = " + sweep +
                         " AND (SELECT count(*) FROM attempts a WHERE a.job = j.id AND a.outcome = 'exited') "
                         "<> 1"),
            "");
  EXPECT_EQ(scene.stored("SELECT a.job FROM attempts a JOIN jobs j ON j.id = a.job WHERE j.sweep = " + sweep +
                         " AND a.outcome NOT IN ('exited', 'worker-lost')"),
            "");
}

void in_a_sweep(CrashScene& scene, const std::string& armed) {
  scene.restart_worker(armed);
  const auto sweep = scene.submit();
  expect_died_at(armed, scene.fleet->worker("w1").wait(60));
  expect_no_orphans(scene, "w1");
  scene.restart_worker();
  scene.expect_passed(sweep);
  expect_one_result_each(scene, sweep);
}

void in_the_hello(CrashScene& scene, const std::string& armed) {
  const auto sweep = scene.submit();
  scene.restart_worker(armed);
  expect_died_at(armed, scene.fleet->worker("w1").wait(60));
  scene.restart_worker();
  scene.expect_passed(sweep);
  expect_one_result_each(scene, sweep);
}

// One worker links, another one executes; one of them dies.
void between_workers(CrashScene& scene, const std::string& armed) {
  const std::string pool = "moved";
  const auto dying = armed.starts_with("worker.archive.packed") ? "links" : "runs";
  auto start = [&](const std::string& name, const std::string& with) {
    std::vector<std::string> through;
    if (!with.empty()) through = {"/usr/bin/env", "TRIPLED_FAILPOINT=" + with};
    scene.fleet->start(name, {"--pool", pool, name == "links" ? "--compile-only" : "--execute-only"},
                       through);
  };
  start("links", dying == std::string("links") ? armed : "");
  start("runs", dying == std::string("runs") ? armed : "");
  const auto sweep = scene.submit(pool);
  expect_died_at(armed, scene.fleet->worker(dying).wait(120));
  expect_no_orphans(scene, dying);
  start(dying, "");
  scene.expect_passed(sweep);
  expect_one_result_each(scene, sweep);
  for (const auto* name : {"links", "runs"}) EXPECT_EQ(scene.fleet->stop(name), 0);
}

// A std that is being published: half of it is never used, all of it is not built again.
void with_a_std(CrashScene&, const std::string& armed) {
  tool::test::ScratchDir root;
  const auto facts = tool::test::fake_toolchain(root / "rust");
  tool::test::FakeCargo cargo;
  auto obtain = [&] {
    tool::StdCache cache(root / "std", {}, tool::test::no_surroundings(), cargo.tool());
    return cache.obtain(facts, tool::test::kForeign, tool::StdMode::full);
  };
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::setenv("TRIPLED_FAILPOINT", armed.c_str(), 1);
    ::_exit(obtain().has_value() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  auto got = obtain();
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(got->built_now, armed == "worker.std.before_publish");
  EXPECT_TRUE(fs::exists(fs::path(got->entry.dir) / "lib/liballoc-17.rlib"));
  EXPECT_TRUE(fs::is_empty(root / "std/building"));
}

struct Scenario {
  void (*run)(CrashScene&, const std::string& armed);
  int passes = 1;  // so often it passes there at least
};

const std::map<std::string, Scenario>& scenarios() {
  static const std::map<std::string, Scenario> all{
      {"worker.hello", {in_the_hello}},
      {"worker.leased", {in_a_sweep, 3}},
      {"worker.started", {in_a_sweep, 3}},
      {"worker.prepare.copied", {in_a_sweep}},
      {"worker.prepare.shared", {in_a_sweep}},
      {"worker.before_spawn", {in_a_sweep, 3}},
      {"worker.spawned", {in_a_sweep, 3}},
      {"worker.running", {in_a_sweep, 3}},
      {"worker.log.before_upload", {in_a_sweep, 3}},
      {"worker.log.uploaded", {in_a_sweep, 3}},
      {"worker.result.before_spool", {in_a_sweep, 3}},
      {"worker.result.spooled", {in_a_sweep, 3}},
      {"worker.result.sent", {in_a_sweep, 3}},
      {"worker.result.acked", {in_a_sweep, 3}},
      {"worker.batch.done", {in_a_sweep, 3}},
      {"worker.archive.packed", {between_workers}},
      {"worker.archive.unpacked", {between_workers}},
      {"worker.std.before_publish", {with_a_std}},
      {"worker.std.published", {with_a_std}},
  };
  return all;
}

class WorkerCrash : public testing::TestWithParam<std::string> {
 protected:
  static void SetUpTestSuite() { scene = new CrashScene; }
  static void TearDownTestSuite() {
    scene->settle();
    scene->expect_files();
    expect_invariants(*scene->fleet, {"w1"});
    delete scene;
    scene = nullptr;
  }
  static CrashScene* scene;
};
CrashScene* WorkerCrash::scene = nullptr;

TEST_P(WorkerCrash, CostsAnAttemptAtMost) {
  const auto& scenario = scenarios().at(GetParam());
  for (int round = 1; round <= rounds(1, 3); ++round)
    scenario.run(*scene, at_pass(GetParam(), std::min(round, scenario.passes)));
}

INSTANTIATE_TEST_SUITE_P(At, WorkerCrash, testing::ValuesIn(failpoints_of_worker()), test_name_of);

// It does not come back, and another one is there: within a lease and a moment that one has the job.
TEST(WorkerCrashAlone, AnotherWorkerHasTheJobWhenTheLeaseIsOver) {
  TemporaryDirectory dir;
  GatedProject project(dir.path());
  ServeOptions options;
  options.leases = kShortCrashLeases;
  options.local_slots = 0;
  Fleet fleet(dir.path(), options);
  fleet.start("w1", {}, {"/usr/bin/env", "TRIPLED_FAILPOINT=worker.result.before_spool:3"});
  project.let_go();
  const auto sweep = fleet.begin(project.submission(1));
  expect_died_at("worker.result.before_spool:3", fleet.worker("w1").wait(90));
  fleet.start("w2");
  auto report = fleet.served().finished(sweep, 120);
  EXPECT_EQ(report.at("sweep").at("exit_status"), 0) << json::serialize(report);
  EXPECT_EQ(query(database_of(fleet), "SELECT count(*) FROM leases WHERE state = 'expired'"), "1");
  EXPECT_EQ(query(database_of(fleet),
                  "SELECT count(*) FROM leases WHERE state = 'expired' AND ended_at > "
                  "granted_at + 60000"),
            "0");
  expect_invariants(fleet, {"w2"});
}

}  // namespace

std::vector<std::string> failpoints_of_worker() {
  std::vector<std::string> out;
  for (const auto& [name, scenario] : scenarios()) out.push_back(name);
  return out;
}

}  // namespace tripled::e2e
