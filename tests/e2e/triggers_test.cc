// Sweeps that nobody asks for, end to end: a repository, a schedule, a new commit, a daemon that dies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>

#include "schema/base/text.h"
#include "tests/e2e/project.h"
#include "tests/e2e/service.h"

namespace tripled::e2e {
namespace {

namespace fs = std::filesystem;
namespace json = wire::json;
using testing::HasSubstr;

const std::string kMatrix =
    "tripled: 1\ndefaults: {toolchain: system, stages: [check]}\naxes: {triple: [x86_64-unknown-linux-gnu, "
    "i686-unknown-linux-gnu]}\nrules: [{match: triple = i686-*, when: {paths: [src/*]}}]\n";

class Repository {
 public:
  explicit Repository(const fs::path& dir) : dir_(dir) {
    write_files(dir_,
                {{"Cargo.toml", "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
                 {"src/lib.rs", "pub fn one() -> u8 { 1 }\n"},
                 {"matrix.yaml", kMatrix}});
    git("init -q -b main .");
    commit("README.md", "first");
  }
  void commit(const std::string& file, const std::string& text) {
    write_files(dir_, {{file, text}});
    git("add -A");
    git("commit -q -m change");
  }
  std::string path() const { return dir_.string(); }

 private:
  void git(const std::string& arguments) {
    auto command =
        "cd " + shell_quote(dir_.string()) + " && git -c user.name=t -c user.email=t@example " + arguments;
    ASSERT_EQ(std::system(command.c_str()), 0) << arguments;
  }
  fs::path dir_;
};

std::string project_body(const Repository& repository, const std::string& more = "") {
  return R"({"name": "small", "git": ")" + repository.path() + "\"" + more + "}";
}

json::array sweeps(const Served& served) {
  auto answer = served.ask("GET", "/api/v1/sweeps").json();
  return answer.is_object() ? answer.at("sweeps").as_array() : json::array();
}

// Newest first, when there are so many; what was seen last.
json::array wait_for_sweeps(const Served& served, std::size_t count, int seconds) {
  for (int i = 0; i < seconds * 5; ++i) {
    if (auto all = sweeps(served); all.size() >= count) return all;
    ::usleep(200'000);
  }
  ADD_FAILURE() << "no " << count << " sweeps: " << served.ask("GET", "/api/v1/projects/small").body;
  return sweeps(served);
}

void kill(Served& served) {
  served.process().signal(SIGKILL);
  served.process().wait(60);
}

TEST(Triggers, AMatrixFromARepositoryKeepsWithinItsLimits) {
  TemporaryDirectory dir;
  Repository repository(dir.path() / "projects/small");
  repository.commit("matrix.yaml", kMatrix + "env: {LD_PRELOAD: x}\n");
  Served served(dir.path(), dir.path() / "projects");
  ASSERT_NE(served.port(), 0);
  for (const char* bad :
       {R"({"name": "a", "git": "https://u:secret@git.example/a"})", R"({"name": "a", "git": "ext::sh"})",
        R"({"name": "a", "git": "/etc"})", R"({"name": "a/b", "git": "https://git.example/a"})",
        R"({"name": "a"})", R"({"name": "a", "git": "https://git.example/a", "poll": {"every": "1s"}})"})
    EXPECT_EQ(served.ask("POST", "/api/v1/projects", bad).status, 422u) << bad;
  ASSERT_EQ(served.ask("POST", "/api/v1/projects", project_body(repository)).status, 201u);
  EXPECT_EQ(served.ask("POST", "/api/v1/projects", project_body(repository)).status, 409u);
  auto wrong = served.ask("POST", "/api/v1/schedules", R"({"project": "small", "cron": "0 24 * * *"})");
  EXPECT_EQ(wrong.status, 422u);
  EXPECT_THAT(wrong.body, HasSubstr("hour at column 3"));
  ASSERT_EQ(served.ask("POST", "/api/v1/schedules", R"({"project": "small", "cron": "0 3 1 1 *"})").status,
            201u);
  auto run = served.ask("POST", "/api/v1/schedules/1/run");
  EXPECT_EQ(run.status, 422u) << run.body;
  EXPECT_THAT(run.body, HasSubstr("matrix.yaml:5:19: `env: LD_PRELOAD` is not among the variables"));
  EXPECT_TRUE(sweeps(served).empty());
}

TEST(Triggers, ScheduledAndPolledSweepsBeginOnceOverRestarts) {
  TemporaryDirectory dir;
  Repository repository(dir.path() / "projects/small");
  auto served = std::make_unique<Served>(dir.path(), dir.path() / "projects");
  ASSERT_NE(served->port(), 0);
  auto put =
      served->ask("POST", "/api/v1/projects", project_body(repository, R"(, "poll": {"every": "5s"})"));
  ASSERT_EQ(put.status, 201u) << put.body;
  ASSERT_EQ(served->ask("POST", "/api/v1/schedules", R"({"project": "small", "cron": "0 3 1 1 *"})").status,
            201u);

  // By hand.
  auto run = served->ask("POST", "/api/v1/schedules/1/run");
  ASSERT_EQ(run.status, 201u) << run.body;
  auto report = served->finished("1", 300);
  EXPECT_EQ(report.at("sweep").at("exit_status"), 0) << json::serialize(report);
  EXPECT_EQ(report.at("cells").as_array().size(), 2u);
  auto first = sweeps(*served).at(0);
  EXPECT_EQ(text(first.at("trigger")), "schedule");
  EXPECT_EQ(text(first.at("ref")), "main");
  EXPECT_EQ(text(first.at("project")), "small");
  auto schedule = served->ask("GET", "/api/v1/schedules/1").json();
  EXPECT_EQ(text(schedule.at("fires").at(0).at("sweep")), "1");
  EXPECT_EQ(text(schedule.at("fires").at(0).at("cause")), "person");

  // What was there when polling began is left alone; a new commit is swept.
  for (int i = 0;
       i < 200 && served->ask("GET", "/api/v1/projects/small").json().at("refs").as_array().empty(); ++i)
    ::usleep(200'000);
  repository.commit("README.md", "second");
  wait_for_sweeps(*served, 2, 60);
  kill(*served);
  served = std::make_unique<Served>(dir.path(), dir.path() / "projects");
  report = served->finished("2", 300);
  auto all = sweeps(*served);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(text(all.at(0).at("trigger")), "poll");
  EXPECT_EQ(text(cell_of(report, "x86_64-unknown-linux-gnu").at("verdict")), "pass");
  const auto& left_out = cell_of(report, "i686-unknown-linux-gnu");
  EXPECT_EQ(text(left_out.at("verdict")), "excluded");
  EXPECT_THAT(text(left_out.at("excluded_reason")), HasSubstr("no changed path matches `when: paths`"));
  // The cell that was left out still shows what the sweep before it found.
  const std::string i686 =
      "triple=\"i686-unknown-linux-gnu\",toolchain=\"system\",stage=\"check\",state=\"compiled\"} 1";
  std::string metrics;
  for (int i = 0; i < 50 && metrics.find(i686) == std::string::npos; ++i) {
    metrics = served->ask("GET", "/metrics").body;
    ::usleep(100'000);
  }
  EXPECT_THAT(metrics, HasSubstr(i686));

  // By the clock, and the daemon dies as soon as it has begun.
  ASSERT_EQ(served->ask("PUT", "/api/v1/schedules/1", R"({"cron": "* * * * *"})").status, 200u);
  wait_for_sweeps(*served, 3, 90);
  kill(*served);
  served = std::make_unique<Served>(dir.path(), dir.path() / "projects");
  ASSERT_EQ(served->ask("PUT", "/api/v1/schedules/1", R"({"cron": "0 3 1 1 *"})").status, 200u);
  served->finished("3", 300);
  ::sleep(7);  // a poll and a look at the schedules
  auto fires = served->ask("GET", "/api/v1/schedules/1").json().at("fires").as_array();
  std::size_t started = 0;
  for (const auto& fire : fires) started += text(fire.at("state")) == "started";
  std::size_t scheduled = 0, polled = 0;
  for (const auto& sweep : sweeps(*served)) {
    scheduled += text(sweep.at("trigger")) == "schedule";
    polled += text(sweep.at("trigger")) == "poll";
  }
  EXPECT_EQ(scheduled, started) << json::serialize(fires);
  EXPECT_EQ(polled, 1u);
  EXPECT_THAT(served->ask("GET", "/api/v1/audit").body, HasSubstr("run schedule"));
}

}  // namespace
}  // namespace tripled::e2e
