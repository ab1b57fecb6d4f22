// Where sources come from besides a directory: a published crate, a git repository; and which Cargo.lock they
// are compiled with. On the real cargo, git and registry.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/e2e/project.h"

namespace tripled::e2e {
namespace {

namespace fs = std::filesystem;

// Red on 32-bit x86 alone, wherever that is: src/unix/x86.rs imports what wasmtime-asm-macros does not have.
TEST(PublishedCrate, WasmtimeFiberIsRedOnThirtyTwoBitX86Alone) {
  if (!registry_reachable()) GTEST_SKIP() << "registry not reachable";
  TemporaryDirectory dir;
  write_files(dir.path(), {{"matrix.yaml", R"(tripled: 1
project: {name: wasmtime-fiber, source: {crate: wasmtime-fiber, version: 11.0.1}}
defaults: {toolchain: system, stages: [check], lints: cap}
axes:
  triple: [x86_64-unknown-linux-gnu, i686-unknown-linux-gnu, x86_64-unknown-freebsd, i686-unknown-freebsd]
)"}});
  auto ran =
      run_tripled(dir.path(), in_directory(dir.path(), {"sweep", (dir.path() / "matrix.yaml").string()}));
  EXPECT_EQ(ran.status, 1) << ran.err;
  auto report = json_report(dir.path());
  EXPECT_EQ(text(report.at("sweep").at("revision")), "11.0.1");
  for (const char* triple : {"x86_64-unknown-linux-gnu", "x86_64-unknown-freebsd"})
    EXPECT_EQ(text(cell_of(report, triple).at("verdict")), "pass") << triple;
  for (const char* triple : {"i686-unknown-linux-gnu", "i686-unknown-freebsd"}) {
    const auto& check = job_of(cell_of(report, triple), "check");
    EXPECT_EQ(text(check.at("verdict")), "fail") << triple;
    const auto& error = check.at("first_error");
    EXPECT_EQ(text(error.at("code")), "E0432");
    EXPECT_NE(text(error.at("message")).find("wasmtime_asm_macros::asm_sym"), std::string::npos);
    EXPECT_EQ(text(error.at("file")) + ":" + text(error.at("line")), "src/unix/x86.rs:13");
  }
  EXPECT_NE(notes_of(report).find("ships no Cargo.lock"), std::string::npos) << notes_of(report);
}

// The resolver refuses futures-util 0.3.30, which was yanked; it can be swept all the same.
TEST(PublishedCrate, AYankedVersionIsFetchedAndTheReportSaysSo) {
  if (!registry_reachable()) GTEST_SKIP() << "registry not reachable";
  TemporaryDirectory dir;
  write_files(dir.path(), {{"matrix.yaml", R"(tripled: 1
project: {name: futures-util, source: {crate: futures-util, version: 0.3.30}}
defaults: {toolchain: system, stages: [check], lints: cap, scope: --no-default-features}
axes: {triple: [x86_64-unknown-linux-gnu]}
)"}});
  auto ran =
      run_tripled(dir.path(), in_directory(dir.path(), {"sweep", (dir.path() / "matrix.yaml").string()}));
  EXPECT_EQ(ran.status, 0) << ran.err << ran.out;
  EXPECT_NE(notes_of(json_report(dir.path())).find("futures-util 0.3.30 is yanked"), std::string::npos);
}

TEST(PublishedCrate, AVersionThatIsNotThereIsSaidBeforeAnythingIsBuilt) {
  if (!registry_reachable()) GTEST_SKIP() << "registry not reachable";
  TemporaryDirectory dir;
  write_files(dir.path(), {{"matrix.yaml", R"(tripled: 1
project: {name: bitflags, source: {crate: bitflags, version: 77.0.0}}
defaults: {toolchain: system, stages: [check]}
axes: {triple: [x86_64-unknown-linux-gnu]}
)"}});
  auto ran =
      run_tripled(dir.path(), in_directory(dir.path(), {"sweep", (dir.path() / "matrix.yaml").string()}));
  EXPECT_EQ(ran.status, 3) << ran.err;
  EXPECT_NE(ran.out.find("no version 77.0.0 of the crate `bitflags`"), std::string::npos) << ran.out;
}

// bitflags 1 has no `parser` module, 2 has: which version a cell gets decides its verdict.
TEST(Lockfile, EachPolicyOfOneSweepHasItsOwnVersions) {
  if (!registry_reachable()) GTEST_SKIP() << "registry not reachable";
  TemporaryDirectory dir;
  auto project = dir.path() / "project";
  write_files(project, {{"Cargo.toml",
                         "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n"
                         "[dependencies]\nbitflags = \">=1.3.0, <3\"\n"},
                        {"src/lib.rs", "pub use bitflags::parser::ParseError;\n"},
                        {"matrix.yaml", R"(tripled: 1
project: {name: p, source: {path: .}}
defaults: {toolchain: system, stages: [check]}
axes:
  triple: [x86_64-unknown-linux-gnu]
  lock:
    as-is: {lockfile: as-is}
    locked: {lockfile: locked}
    latest: {lockfile: latest}
    minimal: {lockfile: minimal}
    direct: {lockfile: direct-minimal}
    msrv: {lockfile: msrv}
    pinned: {lockfile: latest, pins: {bitflags: 1.3.1}}
    impossible: {lockfile: latest, pins: {bitflags: 3.0.0}}
)"}});
  auto in_project = "cd '" + project.string() + "' && export CARGO_TERM_QUIET=true && /usr/bin/cargo ";
  ASSERT_EQ(std::system((in_project + "generate-lockfile").c_str()), 0);
  ASSERT_EQ(std::system((in_project + "update -p bitflags --precise 1.3.2").c_str()), 0);
  auto matrix = (project / "matrix.yaml").string();
  auto ran = run_tripled(dir.path(), in_directory(dir.path(), {"sweep", matrix}));
  EXPECT_EQ(ran.status, 1) << ran.err << ran.out;
  auto report = json_report(dir.path());
  auto verdict = [&](const std::string& lock) {
    return text(job_of(cell_of(report, "x86_64-unknown-linux-gnu/" + lock), "check").at("verdict"));
  };
  for (const char* old : {"as-is", "locked", "minimal", "direct", "pinned"})
    EXPECT_EQ(verdict(old), "fail") << old;
  for (const char* newer : {"latest", "msrv"}) EXPECT_EQ(verdict(newer), "pass") << newer;
  // What cannot be resolved is that cell's failure, in cargo's words, and no other's.
  const auto& impossible = job_of(cell_of(report, "x86_64-unknown-linux-gnu/impossible"), "check");
  EXPECT_EQ(text(impossible.at("verdict")), "fail");
  EXPECT_NE(text(impossible.at("reason")).find("bitflags"), std::string::npos)
      << text(impossible.at("reason"));
  EXPECT_EQ(text(cell_of(report, "x86_64-unknown-linux-gnu/impossible")
                     .at("compile_coverage")
                     .at("check")
                     .at("planned")),
            "null");
}

TEST(Lockfile, NothingToResolveWithIsTheMachinesFaultAndSaysWhatIsMissing) {
  TemporaryDirectory dir;
  auto project = dir.path() / "project";
  write_files(project, {{"Cargo.toml",
                         "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n"
                         "[dependencies]\nbitflags = \"1\"\n"},
                        {"src/lib.rs", ""},
                        {"matrix.yaml", R"(tripled: 1
project: {name: p, source: {path: .}}
defaults: {toolchain: system, stages: [check]}
axes: {triple: [x86_64-unknown-linux-gnu]}
)"}});
  // Nothing listens there, and nothing was fetched before.
  std::map<std::string, std::string> no_network{{"CARGO_HOME", (dir.path() / "cargo").string()},
                                                {"HTTPS_PROXY", "http://127.0.0.1:9"},
                                                {"https_proxy", "http://127.0.0.1:9"}};
  auto ran = run_tripled(dir.path(), in_directory(dir.path(), {"sweep", (project / "matrix.yaml").string()}),
                         no_network);
  EXPECT_EQ(ran.status, 3) << ran.err << ran.out;
  auto failure = json_report(dir.path()).at("sweep").at("prepare_failure");
  ASSERT_TRUE(failure.is_object());
  EXPECT_EQ(text(failure.at("verdict")), "broken");
}

TEST(Git, ARevisionIsSweptWithItsSubmodules) {
  TemporaryDirectory dir;
  auto inner = dir.path() / "inner", outer = dir.path() / "outer";
  auto git = [](const fs::path& at, const std::string& args) {
    auto command = "cd '" + at.string() +
                   "' && git -c user.name=t -c user.email=t@localhost -c protocol.file.allow=always " + args +
                   " >/dev/null 2>&1";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  };
  write_files(inner,
              {{"Cargo.toml", "[package]\nname = \"inner\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
               {"src/lib.rs", "pub fn one() -> u8 { 1 }\n"}});
  git(inner, "init -q && git add . && git -c user.name=t -c user.email=t@localhost commit -qm inner");
  write_files(outer, {{"Cargo.toml",
                       "[package]\nname = \"outer\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n"
                       "[workspace]\n\n[dependencies]\ninner = { path = \"inner\" }\n"},
                      {"src/lib.rs", "#[test] fn one() { assert_eq!(inner::one(), 1); }\n"}});
  git(outer, "init -q");
  git(outer, "submodule add '" + inner.string() + "' inner");
  git(outer, "add .");
  git(outer, "commit -qm good");
  git(outer, "tag good");
  write_files(outer, {{"src/lib.rs", "compile_error!(\"later\");\n"}});
  git(outer, "commit -qam later");
  // A submodule on the same machine is for git to refuse or allow, by the user's own configuration.
  write_files(dir.path(), {{"gitconfig", "[protocol \"file\"]\n\tallow = always\n"}});
  auto sweep = [&](const std::string& rev) {
    write_files(dir.path(), {{"matrix.yaml", "tripled: 1\nproject: {name: outer, source: {git: 'file://" +
                                                 outer.string() + "'" + rev +
                                                 ", submodules: true}}\ndefaults: {toolchain: system}\n"
                                                 "axes: {triple: [x86_64-unknown-linux-gnu]}\n"}});
    return run_tripled(dir.path(), in_directory(dir.path(), {"sweep", (dir.path() / "matrix.yaml").string()}),
                       {{"GIT_CONFIG_GLOBAL", (dir.path() / "gitconfig").string()}});
  };
  auto good = sweep(", rev: good");
  EXPECT_EQ(good.status, 0) << good.err << good.out;
  auto report = json_report(dir.path());
  EXPECT_EQ(text(report.at("sweep").at("revision")).size(), 40u);
  const auto& execution = cell_of(report, "x86_64-unknown-linux-gnu").at("execution_coverage");
  EXPECT_EQ(text(execution.at("native").at("passed")), "1");
  auto later = sweep("");  // the remote's HEAD
  EXPECT_EQ(later.status, 1) << later.err << later.out;
  EXPECT_NE(later.out.find("later"), std::string::npos) << later.out;
}

}  // namespace
}  // namespace tripled::e2e
