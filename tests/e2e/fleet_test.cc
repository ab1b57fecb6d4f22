// More than one worker, each with work directories of its own: sources, setups and executables travel.
#include "tests/e2e/fleet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace tripled::e2e {
namespace {

namespace fs = std::filesystem;
namespace json = wire::json;
using testing::HasSubstr;

// Reads a file by CARGO_MANIFEST_DIR, one by OUT_DIR, and runs its own binary.
fs::path looking_around(const fs::path& dir) {
  const auto project = dir / "projects/around";
  write_files(project,
              {{"Cargo.toml", "[package]\nname = \"around\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
               {"build.rs",
                "fn main() {\n  let out = std::env::var(\"OUT_DIR\").unwrap();\n"
                "  std::fs::write(format!(\"{out}/made.txt\"), \"made by build.rs\").unwrap();\n}\n"},
               {"data/fixture.txt", "a fixture"},
               {"src/main.rs", "fn main() { println!(\"its own binary\"); }\n"},
               {"src/lib.rs", ""},
               {"tests/around.rs",
                "#[test]\nfn reads_by_manifest_dir() {\n"
                "  let text = std::fs::read_to_string(concat!(env!(\"CARGO_MANIFEST_DIR\"), "
                "\"/data/fixture.txt\"));\n"
                "  assert_eq!(text.unwrap(), \"a fixture\");\n}\n"
                "#[test]\nfn reads_by_working_directory() {\n"
                "  assert_eq!(std::fs::read_to_string(\"data/fixture.txt\").unwrap(), \"a fixture\");\n}\n"
                "#[test]\nfn reads_by_out_dir() {\n"
                "  let text = std::fs::read_to_string(concat!(env!(\"OUT_DIR\"), \"/made.txt\"));\n"
                "  assert_eq!(text.unwrap(), \"made by build.rs\");\n}\n"
                "#[test]\nfn runs_its_own_binary() {\n"
                "  let out = std::process::Command::new(env!(\"CARGO_BIN_EXE_around\")).output().unwrap();\n"
                "  assert_eq!(String::from_utf8(out.stdout).unwrap(), \"its own binary\\n\");\n}\n"}});
  return project;
}

TEST(Fleet, WhatOneWorkerLinksAnotherExecutesAtTheSamePaths) {
  TemporaryDirectory dir;
  Fleet fleet(dir.path());
  fleet.drain_local();
  fleet.start("board", {"--execute-only", "--slots", "8"});  // idlest, and not for what needs cargo
  fleet.start("builder", {"--compile-only"});
  auto report =
      fleet.sweep(submission(looking_around(dir.path()), "{triple: [x86_64-unknown-linux-gnu]}"), 240);
  ASSERT_TRUE(report.is_object());
  EXPECT_EQ(report.at("sweep").at("exit_status"), 0)
      << json::serialize(report) << fleet.log_of("builder") << fleet.log_of("board");
  const auto& cell = report.at("cells").at(0);
  const auto& execute = job_of(cell, "execute");
  EXPECT_EQ(execute.at("verdict"), "pass") << json::serialize(execute);
  EXPECT_EQ(job_of(cell, "test-no-run").at("worker"), "builder");
  EXPECT_EQ(execute.at("worker"), "board");
  // What it was shown lies below its own cache, and nothing of it at the builder's paths is the board's work.
  std::set<fs::path> archives;
  for (const auto& entry : fs::directory_iterator(dir.path() / "board/cache/archives"))
    if (entry.is_directory()) archives.insert(entry.path());
  EXPECT_EQ(archives.size(), 1u);
}

// It would end by SIGILL, and the tests would be blamed. No processor of these years has tbm.
TEST(Fleet, ExecutablesForAProcessorThatAWorkerLacksAreNotRunThere) {
  TemporaryDirectory dir;
  const auto project = dir.path() / "projects/small";
  write_files(project,
              {{"Cargo.toml", "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
               {"src/lib.rs", "#[test]\nfn works() {}\n"}});
  Fleet fleet(dir.path());
  fleet.drain_local();
  fleet.start("board", {"--execute-only"});
  fleet.start("builder", {"--compile-only"});
  const auto id = fleet.begin(submission(project, "{triple: [x86_64-unknown-linux-gnu]}",
                                         "toolchain: system, rustflags: [-C, target-feature=+tbm]"));
  ASSERT_FALSE(id.empty());
  EXPECT_TRUE(Fleet::eventually([&] {
    return fleet.status().find("compiled for a processor with tbm, which this worker's lacks") !=
           std::string::npos;
  })) << fleet.status()
      << fleet.log_of("board");
  EXPECT_EQ(fleet.served().ask("POST", "/api/v1/sweeps/" + id + "/cancel", "{\"now\": true}").status / 100,
            2u);
}

TEST(Fleet, CellsAreSharedAmongWorkersThatPreparedNothing) {
  TemporaryDirectory dir;
  const auto project = dir.path() / "projects/slow";
  write_files(project,
              {{"Cargo.toml", "[package]\nname = \"slow\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
               {"src/lib.rs",
                "#[test]\nfn takes_time() { std::thread::sleep(std::time::Duration::from_secs(3)); }\n"}});
  Fleet fleet(dir.path());
  fleet.drain_local();
  fleet.start("w1", {"--slots", "1"});
  fleet.start("w2", {"--slots", "1"});
  auto report = fleet.sweep(submission(project,
                                       "{triple: [x86_64-unknown-linux-gnu], variant: {a: {env: {A: a}}, b: "
                                       "{env: {A: b}}, c: {env: {A: c}}, d: {env: {A: d}}}}"),
                            240);
  ASSERT_TRUE(report.is_object());
  EXPECT_EQ(report.at("sweep").at("exit_status"), 0) << json::serialize(report);
  std::set<std::string> used;
  for (const auto& cell : report.at("cells").as_array()) {
    auto compiled = text(job_of(cell, "check").at("worker")),
         executed = text(job_of(cell, "execute").at("worker"));
    EXPECT_EQ(compiled, executed) << "executables lie where they were linked";
    used.insert(compiled);
  }
  EXPECT_THAT(used, testing::ElementsAre("w1", "w2"));
}

TEST(Fleet, CellOfALostWorkerIsLinkedAgainByAnother) {
  TemporaryDirectory dir;
  const auto project = dir.path() / "projects/slow";
  write_files(project,
              {{"Cargo.toml", "[package]\nname = \"slow\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
               {"src/lib.rs",
                "#[test]\nfn takes_time() { std::thread::sleep(std::time::Duration::from_secs(10)); }\n"}});
  Fleet fleet(dir.path());
  fleet.drain_local();
  fleet.start("w1");
  auto answer = fleet.served().ask("POST", "/api/v1/sweeps",
                                   submission(project, "{triple: [x86_64-unknown-linux-gnu]}"));
  ASSERT_EQ(answer.status, 201u) << answer.body;
  ASSERT_TRUE(Fleet::eventually([&] {
    return fleet.status().find("\"kind\": \"execute\",\n      \"worker\": \"w1\"") != std::string::npos;
  })) << fleet.status();
  fleet.start("w2");
  fleet.kill("w1");
  auto report = fleet.served().finished("1", 240);
  ASSERT_TRUE(report.is_object());
  EXPECT_EQ(report.at("sweep").at("exit_status"), 0) << json::serialize(report) << fleet.log_of("w2");
  const auto& execute = job_of(report.at("cells").at(0), "execute");
  EXPECT_EQ(execute.at("worker"), "w2");
  EXPECT_EQ(execute.at("attempts"), 2);
}

TEST(Fleet, LabelsChooseTheWorkerAndNobodyWithThemIsSaidToLack) {
  TemporaryDirectory dir;
  const auto project = dir.path() / "projects/small";
  write_files(project,
              {{"Cargo.toml", "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
               {"src/lib.rs", "#[test]\nfn works() {}\n"}});
  Fleet fleet(dir.path());
  auto answer = fleet.served().ask("POST", "/api/v1/sweeps",
                                   submission(project, "{triple: [x86_64-unknown-linux-gnu]}",
                                              "toolchain: system, worker: fast, stages: [check]"));
  ASSERT_EQ(answer.status, 201u) << answer.body;
  ASSERT_TRUE(Fleet::eventually([&] {
    return fleet.status().find("no worker has label fast") != std::string::npos;
  })) << fleet.status();
  fleet.start("w2", {"--label", "fast"});
  auto report = fleet.served().finished("1", 240);
  ASSERT_TRUE(report.is_object());
  EXPECT_EQ(report.at("sweep").at("exit_status"), 0) << json::serialize(report);
  EXPECT_EQ(job_of(report.at("cells").at(0), "check").at("worker"), "w2");
}

TEST(Fleet, LongTestsAreSharedAmongWorkersInTheNextSweep) {
  TemporaryDirectory dir;
  const auto project = dir.path() / "projects/long";
  std::string slow, source;
  for (int i = 0; i < 8; ++i)
    slow += "#[test]\nfn case_" + std::to_string(i) +
            "() { std::thread::sleep(std::time::Duration::from_secs(1)); }\n";
  write_files(project,
              {{"Cargo.toml", "[package]\nname = \"long\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
               {"src/lib.rs", "/// ```\n/// assert_eq!(1 + 1, 2);\n/// ```\npub fn documented() {}\n"},
               {"tests/slow.rs", slow},
               {"tests/quick.rs", "#[test]\nfn quick() {}\n"}});
  ServeOptions options;
  options.settings = "shards: {longer-than: 3s, most: 2}\n";
  Fleet fleet(dir.path(), options);
  fleet.drain_local();
  fleet.start("w1", {"--slots", "1"});
  fleet.start("w2", {"--slots", "1"});
  const auto body = submission(project, "{triple: [x86_64-unknown-linux-gnu]}",
                               "toolchain: system, stages: [test-no-run, execute], tests: {threads: 1}");
  auto whole = fleet.sweep(body, 240), divided = fleet.sweep(body, 240);
  ASSERT_TRUE(whole.is_object() && divided.is_object());
  EXPECT_EQ(whole.at("sweep").at("exit_status"), 0) << json::serialize(whole);
  EXPECT_EQ(divided.at("sweep").at("exit_status"), 0) << json::serialize(divided) << fleet.log_of("w2");
  const auto &once = job_of(whole.at("cells").at(0), "execute"),
             &shared = job_of(divided.at("cells").at(0), "execute");
  EXPECT_EQ(once.at("attempts"), 1);
  EXPECT_EQ(shared.at("attempts"), 2);
  EXPECT_EQ(once.at("tests").at("passed"), 10) << json::serialize(once);
  EXPECT_EQ(json::serialize(shared.at("tests")), json::serialize(once.at("tests")));
  std::set<std::string> workers;
  const auto ask = [&](const std::string& target) {
    auto answer = wire::parse(fleet.served().ask("GET", "/api/v1/" + target).body);
    if (!answer) throw std::runtime_error(answer.error().message());
    return *answer;
  };
  const auto cells = ask("sweeps/2/cells");
  const auto job = text(job_of(cells.at("cells").at(0), "execute").at("id"));
  const auto executed = ask("jobs/" + job);
  for (const auto& attempt : executed.at("attempts").as_array()) workers.insert(text(attempt.at("worker")));
  EXPECT_THAT(workers, testing::ElementsAre("w1", "w2"));
  std::set<std::int64_t> shards;
  for (const auto& attempt : executed.at("attempts").as_array())
    shards.insert(attempt.at("shard").to_number<std::int64_t>());
  EXPECT_THAT(shards, testing::ElementsAre(0, 1));
}

}  // namespace
}  // namespace tripled::e2e
