// E.4 1: the daemon dies at every failpoint, the next one goes on: nothing that was acknowledged is missing,
// and nothing is done twice. E.4 13: a schedule's fires that were due meanwhile are caught up once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <ctime>

#include "schema/base/duration.h"
#include "schema/base/text.h"
#include "tests/faults/crash_scene.h"
#include "tests/faults/support.h"

namespace tripled::e2e {
namespace {

namespace json = wire::json;
using testing::HasSubstr;

// A sweep is asked for; the daemon dies in it and the next one ends it. No test is executed twice, for the
// worker lives.
void in_a_sweep(CrashScene& scene, const std::string& armed) {
  scene.restart_daemon(armed);
  const int sweeps = scene.count("sweeps"), begun = scene.project.begun();
  const auto acknowledged = scene.submit();
  scene.expect_daemon_dies(armed);
  scene.restart_daemon();
  scene.settle();
  scene.expect_passed(acknowledged);
  const int more = scene.count("sweeps") - sweeps;
  EXPECT_EQ(more, armed == "daemon.sweep.before_commit" ? 0 : 1);
  EXPECT_EQ(scene.project.begun() - begun, more * kCellsOfSweep);
}

// It dies in its start, while a sweep of the one before waits for it.
void in_the_start(CrashScene& scene, const std::string& armed) {
  const int begun = scene.project.begun();
  const auto acknowledged = scene.submit();
  scene.fleet->stop_daemon(SIGKILL);
  expect_died_at(armed, Started(scene.dir.path(), {"serve", (scene.dir.path() / "tripled.yaml").string()},
                                armed_with(armed))
                            .wait(60));
  scene.restart_daemon();
  scene.expect_passed(acknowledged);
  EXPECT_EQ(scene.project.begun() - begun, kCellsOfSweep);
}

void with_a_token(CrashScene& scene, const std::string& armed) {
  scene.restart_daemon(armed);
  const auto name = "lost-" + std::to_string(scene.count("tokens"));  // a revoked one keeps its name
  const auto body = R"({"name": ")" + name + R"(", "role": "viewer"})";
  EXPECT_EQ(scene.fleet->served().ask("POST", "/api/v1/tokens", body).status, 0u);
  scene.expect_daemon_dies(armed);
  scene.restart_daemon();
  // It is there and in the audit, though nobody was told it; somebody asks for another one.
  EXPECT_EQ(scene.fleet->served().ask("POST", "/api/v1/tokens", body).status, 409u);
  EXPECT_EQ(scene.count("audit WHERE what = 'add token' AND detail LIKE '%\"" + name + "\"%'"), 1);
  EXPECT_EQ(scene.fleet->served().ask("DELETE", "/api/v1/tokens/" + name).status / 100, 2u);
}

void with_a_cancel(CrashScene& scene, const std::string& armed) {
  scene.restart_daemon(armed);
  const auto sweep = scene.submit();
  EXPECT_EQ(scene.fleet->served().ask("POST", "/api/v1/sweeps/" + sweep + "/cancel?now=true").status, 0u);
  scene.expect_daemon_dies(armed);
  scene.restart_daemon();
  scene.settle();
  const bool stored = armed == "daemon.cancel.after_commit";
  EXPECT_EQ(scene.stored("SELECT exit_status FROM sweeps WHERE id = " + sweep), stored ? "130" : "0");
}

void with_a_rerun(CrashScene& scene, const std::string& armed) {
  const auto sweep = scene.submit();
  scene.expect_passed(sweep);
  scene.restart_daemon(armed);
  scene.settle();
  const int begun = scene.project.begun();
  EXPECT_EQ(scene.fleet->served()
                .ask("POST", "/api/v1/sweeps/" + sweep + "/rerun", R"({"triples": ["x86_64-*"]})")
                .status,
            0u);
  scene.expect_daemon_dies(armed);
  scene.restart_daemon();
  scene.settle();
  scene.expect_passed(sweep);
  const bool stored = armed == "daemon.rerun.after_commit";
  EXPECT_EQ(scene.project.begun() - begun, stored ? kCellsOfSweep : 0);
}

// Hourly for hours, and due ten minutes ago for the last time, while nobody ran: caught up once.
void with_a_missed_fire(CrashScene& scene, const std::string& armed) {
  scene.settle();
  auto matrix = wire::parse(
      scene.project.submission(kCellsOfSweep, "toolchain: system, stages: [test-no-run, execute]"));
  json::object settings{{"name", "nightly"},
                        {"directory", (scene.dir.path() / "projects/gated").string()},
                        {"matrix", matrix->at("matrix")}};
  auto put = scene.fleet->served().ask("POST", "/api/v1/projects", json::serialize(settings));
  ASSERT_TRUE(put.status == 201u || put.status == 409u) << put.body;
  const auto minute = (unix_now_ms() / 60'000 + 50) % 60;
  auto made = scene.fleet->served().ask(
      "POST", "/api/v1/schedules",
      R"({"project": "nightly", "catch_up": "once", "cron": ")" + std::to_string(minute) + R"( * * * *"})");
  ASSERT_EQ(made.status, 201u) << made.body;
  const auto id = text(made.json().at("id"));
  const int sweeps = scene.count("sweeps");
  scene.fleet->stop_daemon(SIGKILL);
  scene.stored("UPDATE schedules SET since = since - 5 * 3600000 WHERE id = " + id);
  scene.restart_daemon(armed);
  scene.expect_daemon_dies(armed);
  for (int restart = 0; restart < 2; ++restart) {
    scene.restart_daemon();
    EXPECT_TRUE(eventually(60, [&] { return scene.count("fires WHERE schedule = " + id) > 0; }));
    scene.settle();
  }
  EXPECT_EQ(scene.stored("SELECT group_concat(cause || ' ' || state) FROM fires WHERE schedule = " + id),
            "catch-up started");
  EXPECT_THAT(scene.stored("SELECT reason FROM fires WHERE schedule = " + id), HasSubstr("were missed"));
  EXPECT_EQ(scene.count("sweeps") - sweeps, 1);
  EXPECT_EQ(scene.fleet->served().ask("DELETE", "/api/v1/schedules/" + id).status / 100, 2u);
}

// Logs have hardly a ceiling: those of all but the newest sweep go.
void with_a_collection(CrashScene& scene, const std::string& armed) {
  scene.expect_passed(scene.submit());
  scene.fleet->options().settings = "disk: {logs: 1 B, collect-every: 1s}\n";
  scene.restart_daemon(armed);
  scene.expect_daemon_dies(armed);
  const int left = scene.count("blobs WHERE kind = 'log'");
  scene.expect_files();
  scene.restart_daemon();
  if (armed == "daemon.collection.before_commit") {
    EXPECT_TRUE(eventually(60, [&] { return scene.count("blobs WHERE kind = 'log'") < left; }));
  }
  scene.fleet->options().settings = "";
  scene.restart_daemon();
  scene.expect_files();
}

// The worker sleeps through its lease, and the daemon dies where it would say so.
void with_an_expiry(CrashScene& scene, const std::string& armed) {
  scene.project.hold();
  scene.fleet->options().leases = kShortCrashLeases;
  scene.restart_daemon(armed);
  const int begun = scene.project.begun();
  const auto acknowledged = scene.submit();
  ASSERT_TRUE(eventually(60, [&] { return scene.project.begun() > begun; })) << scene.fleet->status();
  scene.fleet->worker("w1").signal(SIGSTOP);
  scene.expect_daemon_dies(armed);
  scene.fleet->worker("w1").signal(SIGCONT);
  scene.fleet->options().leases = kCrashLeases;
  scene.restart_daemon();
  scene.project.let_go();
  scene.expect_passed(acknowledged);
}

// Commands about the same state, their output beside the daemon's.
Ran command(const CrashScene& scene, std::vector<std::string> args, const std::string& armed = "") {
  std::filesystem::create_directories(scene.dir.path() / "commands");
  return Started(scene.dir.path() / "commands", std::move(args), armed_with(armed)).wait(120);
}

std::vector<std::string> backup_of(const CrashScene& scene) {
  return {"backup", (scene.dir.path() / "backup").string(), "--state", (scene.dir.path() / "state").string()};
}

std::vector<std::string> restore_of(const CrashScene& scene) {
  return {"restore", (scene.dir.path() / "backup").string(), "--state",
          (scene.dir.path() / "restored").string(), "--replace"};
}

// While the daemon runs. The next one is whole and can be restored.
void with_a_backup(CrashScene& scene, const std::string& armed) {
  scene.expect_passed(scene.submit());
  expect_died_at(armed, command(scene, backup_of(scene), armed));
  auto again = command(scene, backup_of(scene));
  EXPECT_EQ(again.status, 0) << again.err << again.out;
  auto restored = command(scene, restore_of(scene));
  EXPECT_EQ(restored.status, 0) << restored.err;
  EXPECT_THAT(restored.out, testing::Not(HasSubstr("missing")));
}

// There is a database at every moment: a daemon that is started meanwhile must not begin an empty one.
void with_a_restore(CrashScene& scene, const std::string& armed) {
  const auto database = scene.dir.path() / "restored/tripled.db";
  for (const auto& args : {backup_of(scene), restore_of(scene)}) {
    auto done = command(scene, args);
    ASSERT_EQ(done.status, 0) << done.err;
  }
  expect_died_at(armed, command(scene, restore_of(scene), armed));
  ASSERT_TRUE(std::filesystem::exists(database));
  EXPECT_EQ(query(database, "PRAGMA integrity_check"), "ok");
  EXPECT_EQ(query(database, "SELECT count(*) FROM sweeps"), scene.stored("SELECT count(*) FROM sweeps"));
  auto again = command(scene, restore_of(scene));
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(query(database, "PRAGMA integrity_check"), "ok");
}

const std::map<std::string, Scenario<CrashScene&>>& scenarios() {
  static const std::map<std::string, Scenario<CrashScene&>> all{
      {"daemon.start.opened", {in_the_start}},
      {"daemon.start.restored", {in_the_start}},
      {"daemon.token.after_commit", {with_a_token}},
      {"daemon.sweep.before_commit", {in_a_sweep}},
      {"daemon.sweep.after_commit", {in_a_sweep}},
      {"daemon.upload.part_stored", {in_a_sweep}},
      {"daemon.upload.before_rename", {in_a_sweep}},
      {"daemon.upload.after_rename", {in_a_sweep}},
      {"daemon.blob.before_store", {in_a_sweep}},
      {"daemon.blob.stored", {in_a_sweep}},
      {"daemon.grant.before_commit", {in_a_sweep, {1, 2, 3}}},
      {"daemon.grant.before_send", {in_a_sweep, {1, 2, 3}}},
      {"daemon.grant.sent", {in_a_sweep, {1, 2, 3}}},
      {"daemon.result.received", {in_a_sweep, {1, 2, 3}}},
      {"daemon.result.before_commit", {in_a_sweep, {1, 2, 3}}},
      {"daemon.result.before_ack", {in_a_sweep, {1, 2, 3}}},
      {"daemon.result.acked", {in_a_sweep, {1, 2, 3}}},
      {"daemon.prepared.before_commit", {in_a_sweep}},
      {"daemon.finish.judged", {in_a_sweep}},
      {"daemon.finish.before_commit", {in_a_sweep}},
      {"daemon.finish.after_commit", {in_a_sweep}},
      {"daemon.cancel.before_commit", {with_a_cancel}},
      {"daemon.cancel.after_commit", {with_a_cancel}},
      {"daemon.rerun.before_commit", {with_a_rerun}},
      {"daemon.rerun.after_commit", {with_a_rerun}},
      {"daemon.fire.before_commit", {with_a_missed_fire}},
      {"daemon.fire.after_commit", {with_a_missed_fire}},
      {"daemon.collection.before_commit", {with_a_collection}},
      {"daemon.collection.rows_gone", {with_a_collection}},
      {"daemon.expiry.before_commit", {with_an_expiry}},
      {"daemon.backup.files_copied", {with_a_backup}},
      {"daemon.backup.database_copied", {with_a_backup}},
      {"daemon.backup.published", {with_a_backup}},
      {"daemon.restore.prepared", {with_a_restore}},
      {"daemon.restore.set_aside", {with_a_restore}},
  };
  return all;
}

class DaemonCrash : public testing::TestWithParam<std::string> {
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
CrashScene* DaemonCrash::scene = nullptr;

TEST_P(DaemonCrash, LosesNothing) {
  const auto& scenario = scenarios().at(GetParam());
  for_each_pass(GetParam(), scenario.passes, [&](const auto& armed) { scenario.run(*scene, armed); });
}

INSTANTIATE_TEST_SUITE_P(At, DaemonCrash, testing::ValuesIn(failpoints_of_daemon()), test_name_of);

}  // namespace

std::vector<std::string> failpoints_of_daemon() {
  std::vector<std::string> out;
  for (const auto& [name, scenario] : scenarios()) out.push_back(name);
  return out;
}

}  // namespace tripled::e2e
