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

void wait_for_first_poll(const Served& served) {
  auto polled = [&] {
    return !served.ask("GET", "/api/v1/projects/small").json().at("refs").as_array().empty();
  };
  for (int i = 0; i < 300 && !polled(); ++i) ::usleep(200'000);
  EXPECT_TRUE(polled());
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
  wait_for_first_poll(*served);
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

// Holds a slot for a while.
std::string slow_submission(const fs::path& dir, const std::string& name) {
  write_files(
      dir / name,
      {{"Cargo.toml", "[package]\nname = \"" + name + "\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
       {"build.rs", "fn main() { std::thread::sleep(std::time::Duration::from_secs(100)) }\n"},
       {"src/lib.rs", ""}});
  json::object body;
  // Compiles that share a target dir wait for each other: the environment keeps them apart.
  body["matrix"] = "tripled: 1\nproject: {source: {path: '" + (dir / name).string() +
                   "'}}\ndefaults: {toolchain: system, stages: [check], env: {SLOW: " + name +
                   "}}\naxes: {triple: [x86_64-unknown-linux-gnu]}\n";
  return json::serialize(body);
}

TEST(Triggers, ANewerCommitDropsWhatOfItsBranchHasNotBegun) {
  TemporaryDirectory dir;
  Repository repository(dir.path() / "projects/small");
  Served served(dir.path(), dir.path() / "projects");
  ASSERT_NE(served.port(), 0);
  ASSERT_EQ(
      served.ask("POST", "/api/v1/projects", project_body(repository, R"(, "poll": {"every": "5s"})")).status,
      201u);
  ASSERT_EQ(served.ask("POST", "/api/v1/schedules", R"({"project": "small", "cron": "0 3 1 1 *"})").status,
            201u);
  for (const char* name : {"slow-1", "slow-2"})
    ASSERT_EQ(served.ask("POST", "/api/v1/sweeps", slow_submission(dir.path() / "projects", name)).status,
              201u);
  auto compiling = [&] {
    std::size_t count = 0;
    auto running = served.ask("GET", "/api/v1/status").json().at("running").as_array();
    for (const auto& batch : running) count += text(batch.at("kind")) == "compile";
    return count;
  };
  for (int i = 0; i < 300 && compiling() < 2; ++i) ::usleep(200'000);
  ASSERT_EQ(compiling(), 2u) << "both slots are taken";

  wait_for_first_poll(served);
  repository.commit("src/lib.rs", "pub fn two() {}\n");
  wait_for_sweeps(served, 3, 30);
  ASSERT_EQ(served.ask("POST", "/api/v1/schedules/1/run").status, 201u);
  repository.commit("src/lib.rs", "pub fn three() {}\n");
  wait_for_sweeps(served, 5, 30);
  for (const char* slow : {"1", "2"})
    EXPECT_EQ(served.ask("POST", "/api/v1/sweeps/" + std::string(slow) + "/cancel?now=true").status, 202u);
  for (const char* sweep : {"3", "4", "5"}) served.finished(sweep, 300);
  auto all = sweeps(served);
  auto ended = [&](std::size_t id) { return text(all.at(all.size() - id).at("exit_status")); };
  EXPECT_EQ(ended(3), "130") << "the older commit";
  EXPECT_EQ(ended(4), "0") << "a schedule's is never dropped";
  EXPECT_EQ(ended(5), "0");
  auto refs = served.ask("GET", "/api/v1/projects/small").json().at("refs");
  EXPECT_EQ(text(refs.at(0).at("sweep")), "5");
}

// The commands, and a repository that is none.
TEST(Triggers, CommandsAndAFailingPoll) {
  TemporaryDirectory dir;
  Repository repository(dir.path() / "projects/small");
  fs::create_directories(dir.path() / "projects/none");
  Served served(dir.path(), dir.path() / "projects");
  ASSERT_NE(served.port(), 0);
  const std::map<std::string, std::string> env{
      {"TRIPLED_SERVER", "http://127.0.0.1:" + std::to_string(served.port())}};
  auto run = [&](std::vector<std::string> args) {
    args.insert(args.end(), {"--token-file", (dir.path() / "state/admin.token").string()});
    return run_tripled(dir.path(), args, env);
  };
  auto added =
      run({"project", "add", "small", "--git", repository.path(), "--env", "QUICK", "--cells", "10"});
  EXPECT_EQ(added.status, 0) << added.err;
  auto twice = run({"project", "add", "small", "--git", repository.path()});
  EXPECT_EQ(twice.status, 2);
  EXPECT_THAT(twice.err, HasSubstr("there is a project `small` already"));
  EXPECT_EQ(run({"project", "add", "small", "--replace", "--git", repository.path()}).status, 0);
  auto none = (dir.path() / "projects/none").string();
  EXPECT_EQ(run({"project", "add", "none", "--git", none, "--poll", "5s"}).status, 0);
  write_files(dir.path() / "projects/here", {{"matrix.yaml", kMatrix}});
  EXPECT_EQ(run({"project", "add", "here", "--directory", (dir.path() / "projects/here").string()}).status,
            0);

  auto made =
      run({"schedule", "add", "small", "30 3 * * *", "--zone", "Europe/Berlin", "--catch-up", "once"});
  EXPECT_EQ(made.status, 0) << made.err;
  EXPECT_EQ(made.out, "1\n");
  EXPECT_THAT(run({"schedule", "add", "small", "@never"}).err, HasSubstr("`@never` is none of"));
  EXPECT_THAT(run({"schedule"}).out, HasSubstr("small                30 3 * * * (Europe/Berlin), next 20"));
  auto begun = run({"schedule", "run", "1"});
  EXPECT_EQ(begun.status, 0) << begun.err;
  EXPECT_EQ(begun.out, "1\n");
  EXPECT_THAT(run({"schedule", "show", "1"}).out, HasSubstr("started, sweep 1: asked for by admin-"));
  served.finished("1", 300);
  EXPECT_EQ(run({"schedule", "remove", "1"}).status, 0);
  EXPECT_EQ(run({"schedule", "remove", "1"}).status, 2);

  std::string shown;
  for (int i = 0; i < 150 && shown.find("polling failed") == std::string::npos; ++i) {
    shown = run({"project", "show", "none"}).out;
    ::usleep(200'000);
  }
  EXPECT_THAT(shown, HasSubstr("polling failed 1 times: "));
  EXPECT_THAT(shown, HasSubstr("does not appear to be a git repository"));
  EXPECT_EQ(run({"project", "remove", "none"}).status, 0);
  EXPECT_THAT(run({"project", "list", "--json"}).out, testing::Not(HasSubstr("\"none\"")));
}

}  // namespace
}  // namespace tripled::e2e
