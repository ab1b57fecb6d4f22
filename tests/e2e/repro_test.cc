// The script that `tripled repro` prints, run by hand, comes to the same end as the sweep did.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>

#include "schema/base/file.h"
#include "tests/e2e/project.h"

namespace tripled::e2e {
namespace {

namespace fs = std::filesystem;

struct ScriptRan {
  int status = -1;
  std::string out;
};

ScriptRan run_script(const fs::path& dir, const std::vector<std::string>& args) {
  auto words = args;
  words.insert(words.begin(), "repro");
  words.insert(words.end(), {"--state", (dir / "state").string()});
  auto printed = run_tripled(dir, words);
  EXPECT_EQ(printed.status, 0) << printed.err;
  auto script = dir / "again.sh", log = dir / "again.log";
  write_files(dir, {{"again.sh", printed.out}});
  int status = std::system(("timeout 900 sh '" + script.string() + "' >'" + log.string() + "' 2>&1").c_str());
  ScriptRan out;
  out.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (auto text = read_file(log)) out.out = *text;
  return out;
}

TEST(Repro, EveryStageEndsAsItDidInTheSweep) {
  TemporaryDirectory dir;
  auto project = dir.path() / "project";
  write_files(project, {{"Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
                        {"src/lib.rs", R"(/// ```
/// assert_eq!(p::one(), 1);
/// ```
pub fn one() -> u8 { 1 }
#[cfg(broken)]
pub fn two() -> u8 { "two" }
#[test]
fn native_bytes() { assert_eq!(0x0102u16.to_ne_bytes(), [2, 1]); }
)"},
                        {"src/bin/my-tool.rs",
                         "fn main() { println!(\"tool of {}\", std::env::var(\"WHO\").unwrap()); }\n"},
                        {"tests/tool.rs", R"(#[test]
fn says_who() {
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_my-tool")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&out.stdout), "tool of me and you\n");
}
)"},
                        {"matrix.yaml", R"(tripled: 1
project: {name: p, source: {path: .}}
defaults: {toolchain: system, env: {WHO: me and you}}
axes:
  triple: [x86_64-unknown-linux-gnu]
  variant:
    good: {}
    bad: {rustflags: --cfg broken, stages: [check]}
)"}});
  auto swept =
      run_tripled(dir.path(), in_directory(dir.path(), {"sweep", (project / "matrix.yaml").string()}));
  EXPECT_EQ(swept.status, 1) << swept.err << swept.out;
  const std::string good = "x86_64-unknown-linux-gnu/good", bad = "x86_64-unknown-linux-gnu/bad";

  auto compiled = run_script(dir.path(), {bad});
  EXPECT_EQ(compiled.status, 101) << compiled.out;
  EXPECT_NE(compiled.out.find("E0308"), std::string::npos) << compiled.out;

  auto passed = run_script(dir.path(), {good});
  EXPECT_EQ(passed.status, 0) << passed.out;
  for (const char* said : {"says_who ... ok", "native_bytes ... ok", "Doc-tests"})
    EXPECT_NE(passed.out.find(said), std::string::npos) << said << "\n" << passed.out;

  auto one = run_script(dir.path(), {good, "--test", "says_who"});
  EXPECT_EQ(one.status, 0) << one.out;
  EXPECT_EQ(one.out.find("native_bytes"), std::string::npos) << one.out;
}

TEST(Repro, OfAFailureUnderTheEmulatorFailsInTheSameTest) {
  TemporaryDirectory dir;
  auto matrix = fs::path(TRIPLED_SOURCE_DIR) / "tests" / "fixtures" / "sample" / "matrix.yaml";
  auto swept = run_tripled(dir.path(), in_directory(dir.path(), {"sweep", matrix.string(), "--triple",
                                                                 "s390x-unknown-linux-gnu", "-p", "endian"}));
  EXPECT_EQ(swept.status, 0) << swept.err;
  auto again = run_script(dir.path(), {"s390x-unknown-linux-gnu", "--stage", "execute"});
  EXPECT_EQ(again.status, 101) << again.out;
  EXPECT_NE(again.out.find("tests::format_is_little_endian ... FAILED"), std::string::npos) << again.out;
}

TEST(Repro, OfWhatIsNotThereIsAUsageErrorThatHelps) {
  TemporaryDirectory dir;
  auto project = dir.path() / "project";
  write_files(project, {{"Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
                        {"src/lib.rs", ""},
                        {"matrix.yaml",
                         "tripled: 1\nproject: {name: p, source: {path: .}}\ndefaults: {toolchain: "
                         "system, stages: [check]}\naxes: {triple: [x86_64-unknown-linux-gnu]}\n"}});
  auto swept =
      run_tripled(dir.path(), in_directory(dir.path(), {"sweep", (project / "matrix.yaml").string()}));
  EXPECT_EQ(swept.status, 0) << swept.err;
  auto refused = run_tripled(
      dir.path(), {"repro", "x86_64-unknown-linux-gno", "--state", (dir.path() / "state").string()});
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.err.find("did you mean `x86_64-unknown-linux-gnu`"), std::string::npos) << refused.err;
}

}  // namespace
}  // namespace tripled::e2e
