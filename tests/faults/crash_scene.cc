#include "tests/faults/crash_scene.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <set>

#include "schema/base/failpoint.h"
#include "schema/base/file.h"
#include "schema/base/text.h"
#include "tests/faults/support.h"

namespace tripled::e2e {

namespace fs = std::filesystem;
namespace json = wire::json;

void for_each_pass(const std::string& failpoint, const std::vector<int>& passes,
                   const std::function<void(const std::string& armed)>& run) {
  for (int round = 0; round < rounds(1, 3); ++round)
    for (const int pass : passes) {
      const auto armed = pass == 1 ? failpoint : failpoint + ":" + std::to_string(pass);
      SCOPED_TRACE(armed);
      run(armed);
    }
}

std::map<std::string, std::string> armed_with(const std::string& armed) {
  if (armed.empty()) return {};
  return {{"TRIPLED_FAILPOINT", armed}};
}

std::string test_name_of(const testing::TestParamInfo<std::string>& failpoint) {
  return replace_all(failpoint.param, ".", "_");
}

static bool is_killed(const std::string& log) { return contains(log, "this process is killed"); }

void expect_died_at(const std::string& armed, const Ran& ran) {
  const auto name = armed.substr(0, armed.find(':'));
  EXPECT_EQ(ran.status, -1) << armed;
  EXPECT_THAT(ran.err, testing::HasSubstr("failpoint " + name + ": this process is killed"));
}

CrashScene::CrashScene() {
  project.let_go();
  ServeOptions options;
  options.leases = kCrashLeases;
  options.local_slots = 0;
  fleet = std::make_unique<Fleet>(dir.path(), options);
  fleet->start("w1");
  expect_passed(submit());
}

void CrashScene::restart_daemon(const std::string& armed) {
  fleet->options().env = armed_with(armed);
  fleet->stop_daemon(SIGKILL);
  fleet->start_daemon();
  EXPECT_TRUE(eventually(30, [&] {
    return fleet->is_connected("w1") || is_killed(fleet->served().process().err_so_far());
  })) << fleet->log_of("w1");
}

void CrashScene::expect_daemon_dies(const std::string& armed) {
  expect_died_at(armed, fleet->served().process().wait(60));
}

void CrashScene::restart_worker(const std::string& armed) {
  fleet->worker("w1").signal(SIGKILL);
  fleet->worker("w1").wait(30);
  EXPECT_TRUE(eventually(30, [&] { return !fleet->is_connected("w1"); }));
  std::vector<std::string> through;
  if (!armed.empty()) through = {"/usr/bin/env", "TRIPLED_FAILPOINT=" + armed};
  fleet->begin_start("w1", {}, through);
  EXPECT_TRUE(eventually(30, [&] { return fleet->is_connected("w1") || is_killed(fleet->log_of("w1")); }));
}

std::string CrashScene::submit(const std::string& more) {
  const auto number = std::to_string(++submitted_);
  write_files(dir.path() / "projects/gated", {{"notes/" + number, number}});
  auto body =
      wire::parse(project.submission(kCellsOfSweep, "toolchain: system, stages: [test-no-run, execute]"));
  if (!more.empty()) body->as_object()["pool"] = more;
  auto answer = fleet->served().ask("POST", "/api/v1/sweeps", json::serialize(*body));
  EXPECT_TRUE(answer.status == 201u || answer.status == 0) << answer.status << answer.body;
  return answer.status == 201u ? text(answer.json().at("id")) : "";
}

void CrashScene::settle() const {
  EXPECT_TRUE(eventually(60, [&] { return count("sweeps WHERE state = 'running'") == 0; }))
      << fleet->status() << fleet->log_of("w1") << fleet->served().process().err_so_far();
}

int CrashScene::count(const std::string& table_and_condition) const {
  return std::stoi(stored("SELECT count(*) FROM " + table_and_condition));
}

void CrashScene::expect_passed(const std::string& sweep) const {
  if (sweep.empty()) return;
  auto report = fleet->served().finished(sweep, 60);
  ASSERT_TRUE(report.is_object() && report.as_object().contains("cells")) << json::serialize(report);
  EXPECT_EQ(report.at("sweep").at("exit_status"), 0) << json::serialize(report);
  EXPECT_EQ(report.at("cells").as_array().size(), static_cast<std::size_t>(kCellsOfSweep));
  for (const auto& cell : report.at("cells").as_array())
    EXPECT_EQ(text(cell.at("verdict")), "pass") << json::serialize(cell);
}

void CrashScene::expect_files() const {
  const auto hashes = stored("SELECT group_concat(hash, ' ') FROM blobs");
  for (const auto& hash : split_words(hashes))
    EXPECT_TRUE(fs::exists(dir.path() / "state/blobs" / hash.substr(0, 2) / hash.substr(2))) << hash;
}

// A new failpoint that no scenario reaches is noticed.
TEST(Crash, EveryFailpointHasAScenario) {
  std::multiset<std::string> reached;
  for (const auto& part : {failpoints_of_daemon(), failpoints_of_storage(), failpoints_of_worker()})
    reached.insert(part.begin(), part.end());
  EXPECT_THAT(reached, testing::UnorderedElementsAreArray(std::begin(failpoints), std::end(failpoints)));
}

// The build that README and quickstart make, of which the Debian package is.
TEST(Crash, ProgramsForPeopleHaveNoFailpoints) {
  TemporaryDirectory dir;
  const auto configured = Started(dir.path(),
                                  {"-S", TRIPLED_SOURCE_DIR, "-B", (dir.path() / "build").string(), "-G",
                                   "Ninja", "-DTRIPLED_TESTS=OFF"},
                                  {}, {}, "/usr/bin/cmake")
                              .wait(120);
  ASSERT_EQ(configured.status, 0) << configured.err;
  auto rules = read_file(dir.path() / "build/build.ninja", 64u << 20);
  ASSERT_TRUE(rules);
  EXPECT_TRUE(contains(*rules, "failpoint.cc.o"));
  EXPECT_FALSE(contains(*rules, "-DTRIPLED_FAILPOINTS"));
}

}  // namespace tripled::e2e
