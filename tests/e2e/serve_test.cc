// The service end to end: a daemon, its worker, the real cargo, and everything asked over HTTP.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include "tests/e2e/project.h"
#include "tests/e2e/service.h"

namespace tripled::e2e {
namespace {

namespace fs = std::filesystem;
namespace json = wire::json;
using testing::HasSubstr;

// The body of POST /api/v1/sweeps.
std::string submission(const fs::path& project, const std::string& more = "") {
  json::object body;
  body["matrix"] = "tripled: 1\nproject: {source: {path: '" + project.string() +
                   "'}}\ndefaults: {toolchain: system}\naxes: {triple: [x86_64-unknown-linux-gnu]}\n" + more;
  body["file"] = "small.yaml";
  return json::serialize(body);
}

fs::path a_project(const fs::path& dir) {
  write_files(dir / "projects/small",
              {{"Cargo.toml", "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
               {"src/lib.rs", "pub fn one() -> u8 { 1 }\n#[test]\nfn is_one() { assert_eq!(one(), 1); }\n"}});
  return dir / "projects/small";
}

TEST(Serve, SweepOverTheApi) {
  TemporaryDirectory dir;
  auto project = a_project(dir.path());
  Served served(dir.path(), dir.path() / "projects");
  ASSERT_NE(served.port(), 0);

  struct stat secret {};
  ASSERT_EQ(::stat((dir.path() / "state/admin.token").c_str(), &secret), 0);
  EXPECT_EQ(secret.st_mode & 0777, 0600u);
  EXPECT_EQ(served.ask("GET", "/api/v1/sweeps", "", "").status, 401u);
  EXPECT_EQ(served.ask("GET", "/healthz", "", "").status, 200u);

  auto made = served.ask("POST", "/api/v1/tokens", R"({"name": "ci", "role": "submitter"})");
  ASSERT_EQ(made.status, 201u) << made.body;
  std::string ci(made.json().at("token").as_string());
  EXPECT_EQ(served.ask("GET", "/api/v1/tokens", "", ci).status, 403u);

  auto created = served.ask("POST", "/api/v1/sweeps", submission(project), ci);
  ASSERT_EQ(created.status, 201u) << created.body;
  auto report = served.finished("1", 300);
  EXPECT_EQ(report.at("sweep").at("exit_status"), 0) << json::serialize(report);
  EXPECT_EQ(text(report.at("cells").at(0).at("verdict")), "pass");
  EXPECT_EQ(report.at("cells").at(0).at("execution_coverage").at("native").at("passed"), 1);
  EXPECT_THAT(served.ask("GET", "/").body, HasSubstr("<!DOCTYPE html>"));
  EXPECT_THAT(served.ask("GET", "/api/v1/sweeps/1?format=text").body,
              HasSubstr("small compiles completely on 1 of 1"));
  EXPECT_EQ(text(served.ask("GET", "/api/v1/sweeps").json().at("sweeps").at(0).at("state")), "finished");
  EXPECT_EQ(text(served.ask("GET", "/api/v1/workers").json().at("workers").at(0).at("name")), "local");
  EXPECT_EQ(served.ask("GET", "/metrics", "", "").status, 401u);
  const std::string compiled =
      "tripled_compile_units{project=\"small\",matrix=\"small.yaml\",triple=\"x86_64-unknown-"
      "linux-gnu\",toolchain=\"system\",stage=\"build\",state=\"compiled\"} 1\n";
  const std::string passed = "toolchain=\"system\",runner=\"native\",state=\"passed\"} 1\n";
  auto metrics = served.ask("GET", "/metrics").body;
  EXPECT_THAT(metrics, HasSubstr(compiled));
  EXPECT_THAT(metrics, HasSubstr(passed));
  EXPECT_THAT(metrics, HasSubstr("tripled_workers{state=\"connected\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("tripled_sweeps_finished_total{exit_status=\"0\"} 1\n"));
  auto audit = served.ask("GET", "/api/v1/audit").body;
  EXPECT_THAT(audit, HasSubstr("\"who\": \"ci\""));
  EXPECT_THAT(audit, testing::Not(HasSubstr(ci)));

  EXPECT_EQ(served.ask("DELETE", "/api/v1/tokens/ci").status, 204u);
  EXPECT_EQ(served.ask("GET", "/api/v1/sweeps", "", ci).status, 401u);

  served.process().signal(SIGTERM);
  auto ended = served.process().wait(60);
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_THAT(ended.err, testing::Not(HasSubstr(ci)));

  // What the sweep showed is still shown after a restart.
  Served again(dir.path(), dir.path() / "projects");
  for (int i = 0; i < 50 && again.ask("GET", "/metrics").body.find(compiled) == std::string::npos; ++i)
    ::usleep(100'000);
  metrics = again.ask("GET", "/metrics").body;
  EXPECT_THAT(metrics, HasSubstr(compiled));
  EXPECT_THAT(metrics, HasSubstr(passed));
}

TEST(Serve, WhatCannotBeSweptIsRefusedWithItsPlace) {
  TemporaryDirectory dir;
  auto project = a_project(dir.path());
  write_files(dir.path(), {{"elsewhere/Cargo.toml", ""}});
  fs::create_directory_symlink(dir.path() / "elsewhere", dir.path() / "projects/link");
  Served served(dir.path(), dir.path() / "projects");
  ASSERT_NE(served.port(), 0);
  auto typo = served.ask("POST", "/api/v1/sweeps", submission(project, "ruls: []\n"));
  EXPECT_EQ(typo.status, 422u);
  EXPECT_THAT(typo.body, HasSubstr("small.yaml:5:1: unknown key `ruls`"));
  for (const auto& outside : {dir.path() / "elsewhere", dir.path() / "projects/link",
                              dir.path() / "projects/../elsewhere", fs::path("projects/small")}) {
    auto refused = served.ask("POST", "/api/v1/sweeps", submission(outside));
    EXPECT_EQ(refused.status, 422u) << outside << refused.body;
    EXPECT_THAT(refused.body, testing::AnyOf(HasSubstr("project-roots"), HasSubstr("absolute path")));
  }
  EXPECT_EQ(served.ask("POST", "/api/v1/sweeps/1/cancel").status, 422u);
  // A second daemon on the same state says who has it.
  fs::create_directory(dir.path() / "second");
  Started second(dir.path() / "second", {"serve", (dir.path() / "tripled.yaml").string()});
  auto ended = second.wait(60);
  EXPECT_EQ(ended.status, 2);
  EXPECT_THAT(ended.err, HasSubstr("tripled serve"));
}

// The daemon dies in the middle of a sweep; the next one goes on with it by itself.
TEST(Serve, KilledDaemonGoesOnAfterItsRestart) {
  TemporaryDirectory dir;
  auto project = a_project(dir.path());
  write_files(project,
              {{"src/lib.rs",
                "#[test]\nfn takes_time() { std::thread::sleep(std::time::Duration::from_secs(6)); }\n"}});
  {
    Served served(dir.path(), dir.path() / "projects");
    ASSERT_EQ(served.ask("POST", "/api/v1/sweeps", submission(project)).status, 201u);
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(180);
    auto runs = [&] {
      return served.ask("GET", "/api/v1/status").body.find("\"execute\"") != std::string::npos;
    };
    while (!runs() && std::chrono::steady_clock::now() < deadline) ::usleep(100'000);
    ASSERT_TRUE(runs());
    served.process().signal(SIGKILL);
    EXPECT_EQ(served.process().wait(30).status, -1);
  }
  Served again(dir.path(), dir.path() / "projects");
  ASSERT_NE(again.port(), 0);
  EXPECT_THAT(again.process().err_so_far(), HasSubstr("1 sweep go on"));
  auto report = again.finished("1", 180);
  EXPECT_EQ(report.at("sweep").at("exit_status"), 0) << json::serialize(report);
  EXPECT_EQ(text(report.at("cells").at(0).at("verdict")), "pass");
  const auto& cell = report.at("cells").at(0);
  EXPECT_EQ(job_of(cell, "build").at("attempts"), 1) << "a finished job was repeated";
}

TEST(Serve, CancelledSweepEndsAndSaysSo) {
  TemporaryDirectory dir;
  auto project = a_project(dir.path());
  write_files(project,
              {{"src/lib.rs",
                "#[test]\nfn hangs() { std::thread::sleep(std::time::Duration::from_secs(3600)); }\n"}});
  Served served(dir.path(), dir.path() / "projects");
  ASSERT_EQ(served.ask("POST", "/api/v1/sweeps", submission(project)).status, 201u);
  EXPECT_EQ(served.ask("POST", "/api/v1/sweeps/1/cancel?now=true").status, 202u);
  auto report = served.finished("1", 120);
  EXPECT_EQ(report.at("sweep").at("exit_status"), 130) << json::serialize(report);
  EXPECT_EQ(text(report.at("cells").at(0).at("verdict")), "cancelled");
}

// The command line speaks the API: a sweep is begun elsewhere, followed, and ends as it would here.
TEST(Serve, CommandLineAgainstADaemon) {
  TemporaryDirectory dir;
  auto project = a_project(dir.path());
  write_files(project, {{"matrix.yaml",
                         "tripled: 1\nproject: {source: {path: .}}\ndefaults: {toolchain: system}\n"
                         "axes: {triple: [x86_64-unknown-linux-gnu]}\n"}});
  Served served(dir.path(), dir.path() / "projects");
  ASSERT_NE(served.port(), 0);
  const std::map<std::string, std::string> env{
      {"TRIPLED_SERVER", "http://127.0.0.1:" + std::to_string(served.port())}};
  const auto file = (dir.path() / "state/admin.token").string();
  auto run = [&](std::vector<std::string> args) {
    args.insert(args.end(), {"--token-file", file});
    return run_tripled(dir.path(), args, env);
  };
  auto made = run({"token", "add", "ci", "submitter"});
  ASSERT_EQ(made.status, 0) << made.err;
  EXPECT_EQ(made.out.size(), 65u);
  EXPECT_EQ(run({"token", "add", "ci", "viewer"}).status, 2);
  EXPECT_THAT(run({"token"}).out, HasSubstr("ci                       submitter"));

  auto swept = run({"sweep", (project / "matrix.yaml").string(), "--server", env.at("TRIPLED_SERVER")});
  EXPECT_EQ(swept.status, 0) << swept.err;
  EXPECT_THAT(swept.err, HasSubstr("Begun sweep 1"));
  EXPECT_THAT(swept.out, HasSubstr("small compiles completely on 1 of 1 triple"));
  EXPECT_THAT(run({"status"}).out, HasSubstr("local                0 of 2 slots used, connected"));
  EXPECT_EQ(run({"workers", "drain", "local"}).status, 0);
  EXPECT_THAT(run({"workers"}).out, HasSubstr("draining"));
  const auto listed = wire::parse(run({"workers", "--json"}).out);
  ASSERT_TRUE(listed);
  const auto& machine = listed->at("workers").at(0).at("machine");
  EXPECT_GT(machine.at("memory").to_number<std::int64_t>(), 1 << 20);
  EXPECT_GT(machine.at("disk_free").to_number<std::int64_t>(), 0);
  EXPECT_FALSE(machine.at("cpu_flags").as_array().empty());
  auto refused =
      run({"sweep", (project / "matrix.yaml").string(), "--server", env.at("TRIPLED_SERVER"), "--detach"});
  EXPECT_EQ(refused.status, 3);
  EXPECT_THAT(refused.err, HasSubstr("no worker of pool `default` is connected that takes work"));
  EXPECT_EQ(run({"workers", "undrain", "local"}).status, 0);
  EXPECT_THAT(run({"report", "--format", "json", "--server", env.at("TRIPLED_SERVER")}).out,
              HasSubstr("\"format\": 1"));
  EXPECT_EQ(run({"cancel", "1"}).status, 2);

  // Without a token, with a wrong address, without a daemon.
  auto stranger = run_tripled(dir.path(), {"status"}, env);
  EXPECT_EQ(stranger.status, 2);
  EXPECT_THAT(stranger.err, HasSubstr("TRIPLED_TOKEN"));
  EXPECT_THAT(run({"status", "--server", "https://h:1", "--ca", "nowhere.pem"}).err,
              HasSubstr("--ca nowhere.pem"));
  EXPECT_THAT(run({"status", "--server", "http://127.0.0.1:1"}).err,
              HasSubstr("connecting to the daemon at 127.0.0.1:1"));
  EXPECT_THAT(run_tripled(dir.path(), {"status"}).err, HasSubstr("no daemon is named"));
}

// A worker of its own process, with a token of its name: it takes sweeps, survives the daemon's death with
// its job, and is adopted by the next one.
TEST(Serve, WorkerOutlivesTheDaemonAndKeepsItsJob) {
  TemporaryDirectory dir;
  auto project = a_project(dir.path());
  write_files(project,
              {{"src/lib.rs",
                "#[test]\nfn takes_time() { std::thread::sleep(std::time::Duration::from_secs(8)); }\n"}});
  auto served = std::make_unique<Served>(dir.path(), dir.path() / "projects");
  ASSERT_EQ(served->ask("POST", "/api/v1/workers/local/drain").status, 202u);
  auto made = served->ask("POST", "/api/v1/tokens", R"({"name": "w2", "role": "worker"})");
  ASSERT_EQ(made.status, 201u) << made.body;
  const std::map<std::string, std::string> env{
      {"TRIPLED_WORKER_TOKEN", std::string(made.json().at("token").as_string())}};
  auto start = [&](const std::string& name) {
    fs::create_directories(dir.path() / name);
    return std::make_unique<Started>(
        dir.path() / name,
        std::vector<std::string>{"--daemon", "127.0.0.1:" + std::to_string(served->port()), "--name", name,
                                 "--cache", test_cache().string(), "--state", (dir.path() / name).string()},
        env, fs::path(), worker_program());
  };
  auto impostor = start("w3")->wait(60);  // the token is w2's
  EXPECT_NE(impostor.status, 0);
  EXPECT_THAT(impostor.err, HasSubstr("the token is that of worker `w2`"));

  auto worker = start("w2");
  auto status = [&] { return served->ask("GET", "/api/v1/status").body; };
  auto eventually = [&](auto condition) {
    for (int i = 0; i < 600 && !condition(); ++i) ::usleep(100'000);
    return condition();
  };
  ASSERT_TRUE(eventually([&] { return status().find("\"w2\"") != std::string::npos; }))
      << worker->err_so_far();
  ASSERT_EQ(served->ask("POST", "/api/v1/sweeps", submission(project)).status, 201u);
  ASSERT_TRUE(eventually([&] {
    return status().find("\"kind\": \"execute\",\n      \"worker\": \"w2\"") != std::string::npos;
  })) << status();
  const auto port = served->port();
  served->process().signal(SIGKILL);
  EXPECT_EQ(served->process().wait(30).status, -1);
  served = std::make_unique<Served>(dir.path(), dir.path() / "projects", port);
  auto report = served->finished("1", 120);
  EXPECT_EQ(report.at("sweep").at("exit_status"), 0) << json::serialize(report) << worker->err_so_far();
  EXPECT_EQ(job_of(report.at("cells").at(0), "execute").at("attempts"), 1)
      << "the running job was begun again";
  auto tokens = served->ask("GET", "/api/v1/tokens").json();
  for (const auto& token : tokens.at("tokens").as_array())
    EXPECT_FALSE(token.at("last_seen").is_null()) << text(token.at("name"));
}

TEST(Serve, OwnWorkerFindsADaemonOnAnotherAddress) {
  TemporaryDirectory dir;
  write_files(
      dir.path(),
      {{"tripled.yaml", "tripled: 1\nlisten: 127.0.0.2:0\nstate: s\ncache: c\nlocal-worker: {slots: 1}\n"}});
  Started daemon(dir.path(), {"serve", (dir.path() / "tripled.yaml").string()});
  auto connected = [&] { return daemon.err_so_far().find("worker local connected") != std::string::npos; };
  for (int i = 0; i < 300 && !connected(); ++i) ::usleep(100'000);
  EXPECT_TRUE(connected()) << daemon.err_so_far();
}

TEST(Serve, CheckSaysWhatTheSettingsMean) {
  TemporaryDirectory dir;
  write_files(dir.path(), {{"tripled.yaml", "tripled: 1\nstate: s\nlocal-worker: {slots: 1}\n"},
                           {"bad.yaml", "tripled: 1\nlissten: x\n"}});
  auto good = run_tripled(dir.path(), {"serve", (dir.path() / "tripled.yaml").string(), "--check"});
  EXPECT_EQ(good.status, 0);
  EXPECT_THAT(good.out, HasSubstr("listen          127.0.0.1:7420"));
  EXPECT_THAT(good.out, HasSubstr("local-worker    1 slot"));
  EXPECT_FALSE(fs::exists(dir.path() / "s"));
  auto bad = run_tripled(dir.path(), {"serve", (dir.path() / "bad.yaml").string(), "--check"});
  EXPECT_EQ(bad.status, 2);
  EXPECT_THAT(bad.err, HasSubstr("bad.yaml:2:1: unknown key `lissten`"));
}

}  // namespace
}  // namespace tripled::e2e
