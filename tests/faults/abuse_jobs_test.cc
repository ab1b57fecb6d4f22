// Jobs that take the disk, the memory, the processes or the log of whoever runs them (E.4 15, 20 to 23).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/faults/abuse.h"
#include "tests/faults/small_disk.h"

namespace tripled::e2e {
namespace {

namespace fs = std::filesystem;
namespace json = wire::json;
using testing::HasSubstr;
using testing::Not;

// E.4 15: the disk of a worker's target dirs fills up under a build.
TEST_F(Abuse, AWorkerWithoutRoomTakesNothingMoreAndGoesOnByItself) {
  SmallDisk disk(dir.path() / "w1/cache", "256m");
  if (!disk.mounted()) GTEST_SKIP() << disk.why_not();
  serve();
  fleet->start("w1", {"--least-free", "64 MiB"});
  auto project = crate(
      "victim", {{"build.rs", std::string(kWaitFor) + "fn main() {\n  std::fs::write(" + literal("begun") +
                                  ", \"\").unwrap();\n  wait_for(" + literal("go") + ");\n}\n"},
                 {"src/lib.rs", "pub fn f() {}\n"}});
  auto first = begin(project, "check");
  ASSERT_TRUE(eventually(90, [&] { return is_there("begun"); })) << fleet->status();
  disk.fill();
  touch("go");
  EXPECT_TRUE(eventually(60, [&] {
    return contains(fleet->status(), "worker w1 takes nothing for now: no room on the disk of ");
  })) << fleet->status();
  EXPECT_THAT(fleet->log_of("w1"), HasSubstr("nothing more is taken: no room on the disk of "));
  // Once, and as what it is.
  EXPECT_EQ(stored("SELECT count(*) FROM attempts a JOIN jobs j ON j.id = a.job WHERE j.stage = 'check'"),
            "1");
  EXPECT_THAT(json::serialize(result_of(attempt_of("check"))), HasSubstr("disk full"));
  fleet->start("w2");
  auto report = fleet->served().finished(first, 120);
  EXPECT_EQ(report.at("sweep").at("exit_status"), 0) << json::serialize(report);
  EXPECT_EQ(text(job_of(report.at("cells").at(0), "check").at("worker")), "w2");
  fleet->kill("w2");

  auto second = begin(project, "check");
  EXPECT_TRUE(eventually(30, [&] { return contains(fleet->status(), "takes nothing for now"); }))
      << "it does not forget";
  disk.make_room();
  report = fleet->served().finished(second, 120);
  EXPECT_EQ(report.at("sweep").at("exit_status"), 0) << json::serialize(report);
  EXPECT_THAT(fleet->log_of("w1"), HasSubstr("there is room on the disk again"));
  expect_invariants(*fleet, {"w1"}, "w1");
}

// Writes at least so many MiB, as fast as they are taken, until it is told to end.
std::string flood(const std::string& begun, const std::string& go, int mib) {
  return "#[test]\nfn floods() {\n  use std::io::Write;\n  let mut out = std::io::stdout().lock();\n"
         "  out.write_all(b\"the first words\\n\").unwrap();\n"
         "  let mut block = Vec::new();\n  let mut x: u32 = 1;\n"
         "  while block.len() < (1 << 20) {\n    x ^= x << 13; x ^= x >> 17; x ^= x << 5;\n"
         "    block.extend_from_slice(format!(\"{x:08x} a line of the flood\\n\").as_bytes());\n  }\n"
         "  std::fs::write(" +
         begun +
         ", \"\").unwrap();\n  for i in 0..1_000_000 {\n    out.write_all(&block).unwrap();\n    if i >= " +
         std::to_string(mib) + " && std::path::Path::new(" + go +
         ").exists() { break; }\n  }\n  out.write_all(b\"the last words\\n\").unwrap();\n}\n";
}

// E.4 20: at the full speed of the pipe, while another job is run beside it.
TEST_F(Abuse, AFloodedLogIsCutInTheMiddleAndCostsNobodyMemory) {
  serve();
  fleet->start("w1", {"--slots", "2"});
  auto calm = crate("calm", {{"src/lib.rs", "#[test]\nfn t() {}\n"}});
  auto report = fleet->served().finished(begin(calm, "test-no-run, execute"), 120);
  ASSERT_EQ(report.at("sweep").at("exit_status"), 0) << json::serialize(report);
  const auto daemon = fleet->served().process().pid(), worker = fleet->worker("w1").pid();
  const auto daemon_before = memory_now(daemon), worker_before = memory_now(worker);
  forget_peak(daemon);
  forget_peak(worker);

  const int mib = rounds(400, 5000);
  auto flooding = crate("flood", {{"src/lib.rs", flood(literal("begun"), literal("go"), mib)}});
  auto sweep = begin(flooding, "test-no-run, execute");
  ASSERT_TRUE(eventually(120, [&] { return is_there("begun"); })) << fleet->status();
  report = fleet->served().finished(begin(calm, "test-no-run, execute"), 120);
  EXPECT_EQ(report.at("sweep").at("exit_status"), 0) << "the other job: " << json::serialize(report);
  touch("go");
  report = fleet->served().finished(sweep, 240);
  EXPECT_EQ(report.at("sweep").at("exit_status"), 0) << json::serialize(report);
  if (!kSanitized) {
    EXPECT_LT(peak_memory(daemon), daemon_before + (64u << 20));
    EXPECT_LT(peak_memory(worker), worker_before + (64u << 20));
  }
  auto log =
      log_of(stored("SELECT a.id FROM attempts a JOIN jobs j ON j.id = a.job WHERE j.stage = 'execute' "
                    "AND j.sweep = " +
                    sweep));
  EXPECT_LE(log.size(), (8u << 20) + 200);
  EXPECT_THAT(log.substr(0, 100'000), HasSubstr("the first words\n"));
  EXPECT_THAT(log.substr(log.size() - 100'000), HasSubstr("the last words\n"));
  const auto at = log.find("[tripled: ");
  ASSERT_NE(at, std::string::npos);
  EXPECT_THAT(log.substr(at, 100),
              testing::ContainsRegex("^.tripled: [0-9]+ bytes .[0-9]+ lines. left out.\n"));
  EXPECT_GE(std::stoull(log.substr(at + 10)) + log.size(), static_cast<std::uint64_t>(mib) << 20);
  expect_invariants(*fleet, {"w1"});
}

// What a terminal, a page or a parser might take for its own.
std::string hostile_bytes() {
  std::string out("nul \0 not UTF-8 \xff\xfe\xc0\xaf ", 28);
  out +=
      "\x1b[31mred \x1b]0;a title\a \x1b]8;;http://evil.example\x1b\\a link\x1b]8;;\x1b\\ \x9b"
      "2J <script>alert(1)</script>\r\n";
  for (int i = 0; i < 256; ++i) out += static_cast<char>(i);
  return out + "\n";
}

// E.4 21: stored byte for byte, shown as text.
TEST_F(Abuse, AHostileLogIsStoredAsItIsAndShownAsText) {
  serve();
  fleet->start("w1");
  const auto hostile = hostile_bytes();
  write_files(dir.path() / "control", {{"words", hostile}});
  fs::create_directories(dir.path() / "cli");
  auto project = crate(
      "hostile",
      {{"src/lib.rs",
        "#[test]\nfn speaks() {\n  use std::io::Write;\n  let words = std::fs::read(" + literal("words") +
            ").unwrap();\n  let mut out = std::io::stdout().lock();\n  out.write_all(&words).unwrap();\n"
            "  let line = vec![b'x'; 1 << 20];\n  for _ in 0..100 { out.write_all(&line).unwrap(); }\n"
            "  out.write_all(b\"\\n\").unwrap();\n  out.write_all(&words).unwrap();\n  drop(out);\n"
            "  panic!(\"<script>alert(2)</script> \\u{1b}]0;a title\\u{7}\");\n}\n"}});
  auto sweep = begin(project, "test-no-run, execute");
  auto report = fleet->served().finished(sweep, 180);
  EXPECT_EQ(text(report.at("cells").at(0).at("verdict")), "fail") << json::serialize(report);

  // The newest attempt verifies the failed test: it says the same.
  const auto attempt = attempt_of("execute");
  const auto log = log_of(attempt);
  const auto first = log.find(hostile);
  ASSERT_NE(first, std::string::npos);
  const auto second = log.find(hostile, first + 1);
  ASSERT_NE(second, std::string::npos) << "the head and the tail";
  const auto marker = log.find("\n[tripled: ", first);
  ASSERT_LT(marker, second);
  EXPECT_EQ(log.find_first_not_of('x', first + hostile.size()), marker);
  const auto said = result_of(attempt).at("log_bytes").to_number<std::int64_t>();
  EXPECT_GT(said, 100 << 20);

  auto expect_text = [&](const std::string& shown, const std::string& where) {
    EXPECT_THAT(shown, HasSubstr("red")) << where;
    EXPECT_THAT(shown, HasSubstr("a link")) << where;
    for (const char* bad : {"\x1b", "\a", "a title", "evil.example"})
      EXPECT_THAT(shown, Not(HasSubstr(bad))) << where;
    EXPECT_EQ(shown.find('\0'), std::string::npos) << where;
    EXPECT_EQ(to_valid_utf8(shown), shown) << where;
  };
  auto lines = fleet->served().ask("GET", "/api/v1/attempts/" + attempt + "/log?tail=100");
  EXPECT_EQ(lines.status, 200u);
  expect_text(lines.body, "API");
  const std::vector<std::string> logs{"logs",
                                      "x86_64-unknown-linux-gnu",
                                      "execute",
                                      "--sweep",
                                      sweep,
                                      "--server",
                                      "http://127.0.0.1:" + std::to_string(fleet->served().port()),
                                      "--token-file",
                                      (dir.path() / "state/admin.token").string()};
  expect_text(run_tripled(dir.path() / "cli", logs).out, "tripled logs");
  auto raw = logs;
  raw.emplace_back("--raw");
  EXPECT_THAT(run_tripled(dir.path() / "cli", raw).out, HasSubstr(hostile));
  for (const char* page : {"/sweeps/", "/api/v1/sweeps/"}) {
    auto shown = fleet->served().ask("GET", page + sweep + (*(page + 1) == 'a' ? "?format=html" : ""));
    EXPECT_EQ(shown.status, 200u) << page;
    EXPECT_THAT(shown.body, Not(HasSubstr("<script>alert"))) << page;
    EXPECT_THAT(shown.body, HasSubstr("&lt;script&gt;alert(2)")) << page;
    EXPECT_THAT(shown.body, Not(HasSubstr("a title"))) << page;
  }
  expect_invariants(*fleet, {"w1"});
}

const char* const kHarmful = R"rust(
use std::process::Command;
fn sleep(seconds: u64) { std::thread::sleep(std::time::Duration::from_secs(seconds)); }
fn main() {
  let out = std::env::var("OUT_DIR").unwrap();
  match std::env::var("HARM").unwrap().as_str() {
    // A thousand processes, by doubling.
    "bomb" => { Command::new("/bin/sh").args(["-c",
        "f() { [ $1 -gt 9 ] || { f $(($1 + 1)) & f $(($1 + 1)) & }; sleep 600; }; f 0"]).spawn().unwrap(); sleep(600); }
    "hog" => {
      let mut all = Vec::new();
      for _ in 0..512 { all.push(vec![1u8; 8 << 20]); std::thread::sleep(std::time::Duration::from_millis(5)); }
      sleep(600);
    }
    "sparse" => std::fs::File::create(out + "/sparse").unwrap().set_len(50 << 30).unwrap(),
    "files" => for i in 0..FILES {
      if i % 1000 == 0 { std::fs::create_dir(format!("{out}/{}", i / 1000)).unwrap(); }
      std::fs::write(format!("{out}/{}/{i}", i / 1000), "").unwrap();
    }
    "daemon" => { Command::new("/bin/sh").args(["-c",
        "setsid sh -c '(trap \"\" TERM HUP; sleep 600) & (setsid sleep 600 &) &' </dev/null >/dev/null 2>&1 &"])
        .status().unwrap(); }
    other => panic!("{other}"),
  }
}
)rust";

// E.4 22, 23: what a build script must not take, or leave behind. No isolation: files are not counted.
TEST_F(Abuse, ABuildThatTakesTooMuchIsEndedAndTheLimitNamesTheCause) {
  serve();
  fleet->start("w1",
               {"--slots", "2", "--job-processes", "200", "--job-memory", "900 MiB", "--job-file", "1 GiB"});
  auto script = std::string(kHarmful);
  script.replace(script.find("FILES"), 5, std::to_string(rounds(20'000, 100'000)));
  auto project = crate("harmful", {{"build.rs", script}, {"src/lib.rs", ""}});
  std::string variants;
  const std::vector<std::string> all{"bomb", "hog", "sparse", "files", "daemon"};
  for (const auto& harm : all)
    variants += (variants.empty() ? "" : ", ") + harm + ": {env: {HARM: " + harm + "}}";
  auto sweep = begin(project, "check", ", variant: {" + variants + "}");
  auto report = fleet->served().finished(sweep, 240);
  std::map<std::string, std::pair<std::string, std::string>> ended;  // verdict, job
  for (const auto& cell : report.at("cells").as_array())
    for (const auto& harm : all)
      if (contains(text(cell.at("id")), harm))
        ended[harm] = {text(cell.at("verdict")), json::serialize(job_of(cell, "check"))};
  EXPECT_EQ(ended["bomb"].first, "broken") << ended["bomb"].second;
  EXPECT_THAT(ended["bomb"].second, HasSubstr("it had more than 200 processes at once"));
  EXPECT_EQ(ended["hog"].first, "broken") << ended["hog"].second;
  EXPECT_THAT(ended["hog"].second, HasSubstr("it took more than 900 MiB of memory"));
  EXPECT_EQ(ended["sparse"].first, "broken") << ended["sparse"].second;
  EXPECT_THAT(ended["sparse"].second, HasSubstr("a file grew larger than a job may write"));
  EXPECT_EQ(ended["files"].first, "pass") << ended["files"].second;
  EXPECT_EQ(ended["daemon"].first, "pass") << ended["daemon"].second;
  EXPECT_EQ(stored("SELECT count(*) FROM attempts a JOIN jobs j ON j.id = a.job WHERE j.stage = 'check'"),
            "5")
      << "what takes too much is not the machine's fault";
  EXPECT_EQ(stored("SELECT count(*) FROM quarantines"), "0");
  const auto enforced = json::serialize(result_of(attempt_of("check")).at("process").at("limits_enforced"));
  for (const char* name : {"process_tree", "processes", "memory", "file_size"})
    EXPECT_THAT(enforced, HasSubstr(name));
  EXPECT_EQ(::kill(fleet->worker("w1").pid(), 0), 0);
  expect_invariants(*fleet, {"w1"});
}

}  // namespace
}  // namespace tripled::e2e
