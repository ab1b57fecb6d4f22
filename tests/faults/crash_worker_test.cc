// E.4 2: the worker dies at every failpoint. Its jobs are leased again, each has one result that counts, and
// no process of a job is left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>

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

// The one before it was killed, too, somewhere in its jobs.
void in_the_middle(CrashScene& scene, const std::string& armed) {
  const auto sweep = scene.submit();
  scene.restart_worker(armed);
  expect_died_at(armed, scene.fleet->worker("w1").wait(60));
  scene.restart_worker();
  scene.expect_passed(sweep);
  expect_one_result_each(scene, sweep);
}

// It dies while it says what it has: whoever asked is told, and can ask again.
void in_a_question(CrashScene& scene, const std::string& armed) {
  scene.restart_worker(armed);
  auto answer = scene.fleet->served().ask("POST", "/api/v1/sweeps", scene.project.submission(kCellsOfSweep));
  EXPECT_EQ(answer.status, 503u) << answer.body;
  expect_died_at(armed, scene.fleet->worker("w1").wait(60));
  scene.restart_worker();
  const auto sweep = scene.submit();
  scene.expect_passed(sweep);
  expect_one_result_each(scene, sweep);
}

// Worker `links` links, worker `runs` executes, in a pool of theirs.
constexpr const char* kPool = "moved";
void start_of_two(Fleet& fleet, const std::string& name, const std::string& armed) {
  std::vector<std::string> through;
  if (!armed.empty()) through = {"/usr/bin/env", "TRIPLED_FAILPOINT=" + armed};
  fleet.start(name, {"--pool", kPool, name == "links" ? "--compile-only" : "--execute-only"}, through);
}

// Only stages: setups are asked of one worker after the other by design.
void expect_one_result_each_stage(const CrashScene& scene, const std::string& sweep) {
  EXPECT_EQ(scene.stored("SELECT j.id FROM jobs j WHERE j.stage IS NOT NULL AND j.sweep = " + sweep +
                         " AND (SELECT count(*) FROM attempts a WHERE a.job = j.id AND a.outcome = 'exited') "
                         "<> 1"),
            "");
}

// One of the two dies.
void between_workers(CrashScene&, const std::string& armed) {
  CrashScene scene;
  const std::string dying = armed.starts_with("worker.archive.packed") ? "links" : "runs";
  for (const std::string name : {"links", "runs"})
    start_of_two(*scene.fleet, name, name == dying ? armed : "");
  const auto sweep = scene.submit(kPool);
  expect_died_at(armed, scene.fleet->worker(dying).wait(120));
  expect_no_orphans(scene, dying);
  start_of_two(*scene.fleet, dying, "");
  scene.expect_passed(sweep);
  expect_one_result_each_stage(scene, sweep);
  scene.expect_files();
}

// Whether a std was built anew; nullopt: the process was killed. In a process of its own, for what is armed
// is read once.
std::optional<bool> obtain_std(const fs::path& root, const ToolchainFacts& facts, const std::string& armed) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("TRIPLED_FAILPOINT", armed.c_str(), 1);
    tool::test::FakeCargo cargo;
    tool::StdCache cache(root / "std", {}, tool::test::no_surroundings(), cargo.tool());
    auto got = cache.obtain(facts, tool::test::kForeign, tool::StdMode::full);
    const bool whole = got && fs::exists(fs::path(got->entry.dir) / "lib/liballoc-17.rlib");
    ::_exit(!whole ? 9 : got->built_now ? 1 : 0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return std::nullopt;
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) < 2) << status;
  return WEXITSTATUS(status) == 1;
}

// A std that is being published: half of it is never used, all of it is not built again.
void with_a_std(CrashScene&, const std::string& armed) {
  tool::test::ScratchDir root;
  const auto facts = tool::test::fake_toolchain(root / "rust");
  EXPECT_EQ(obtain_std(root.path(), facts, armed), std::nullopt);
  EXPECT_EQ(obtain_std(root.path(), facts, ""), armed == "worker.std.before_publish");
  EXPECT_TRUE(fs::is_empty(root / "std/building"));
}

const std::map<std::string, Scenario<CrashScene&>>& scenarios() {
  static const std::map<std::string, Scenario<CrashScene&>> all{
      {"worker.hello", {in_the_middle}},
      {"worker.leased", {in_a_sweep, {1, 2, 3}}},
      {"worker.started", {in_a_sweep, {1, 2, 3}}},
      {"worker.prepare.copied", {in_a_sweep}},
      {"worker.prepare.shared", {in_a_sweep}},
      {"worker.before_spawn", {in_a_question}},
      {"worker.spawned", {in_the_middle, {1, 2, 3}}},
      {"worker.running", {in_a_sweep, {1, 2, 3}}},
      {"worker.log.before_upload", {in_a_sweep, {1, 2, 3}}},
      {"worker.log.uploaded", {in_a_sweep, {1, 2, 3}}},
      {"worker.result.before_spool", {in_a_sweep, {1, 2, 3}}},
      {"worker.result.spooled", {in_a_sweep, {1, 2, 3}}},
      {"worker.result.sent", {in_a_sweep, {1, 2, 3}}},
      {"worker.result.acked", {in_a_sweep, {1, 2, 3}}},
      {"worker.batch.done", {in_a_sweep, {1, 2, 3}}},
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
  for_each_pass(GetParam(), scenario.passes, [&](const auto& armed) { scenario.run(*scene, armed); });
}

INSTANTIATE_TEST_SUITE_P(At, WorkerCrash, testing::ValuesIn(failpoints_of_worker()), test_name_of);

// E.4 1, of two workers that can do half of it each: what the daemon knew of them outlives it.
TEST(DaemonCrashBetweenWorkers, EachGoesOnWithItsHalf) {
  CrashScene scene;
  for (const auto* name : {"links", "runs"}) start_of_two(*scene.fleet, name, "");
  for_each_pass("daemon.result.before_ack", {2, 3, 4, 5, 6}, [&](const std::string& armed) {
    scene.restart_daemon(armed);
    for (const auto* name : {"links", "runs"})
      EXPECT_TRUE(eventually(30, [&] { return scene.fleet->is_connected(name); })) << name;
    const auto sweep = scene.submit(kPool);
    scene.expect_daemon_dies(armed);
    scene.restart_daemon();
    scene.expect_passed(sweep);
    expect_one_result_each_stage(scene, sweep);
  });
}

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
