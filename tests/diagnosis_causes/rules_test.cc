// Rules that the recorded corpus showed the want of (tests/corpus), on evidence made by hand.
#include <gmock/gmock.h>

#include "daemon/diagnosis/causes/cfg_macro.h"
#include "daemon/diagnosis/causes/refine.h"
#include "tests/diagnosis_causes/support.h"

namespace tripled::diagnosis {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string decided(const std::string& text, int line, int column) {
  auto gate = deciding_macro(text, RustSource(text), line, column);
  return gate ? gate->predicate : "none";
}

TEST(CfgMacro, DecidesOutsideOfAnIfToo) {
  EXPECT_EQ(decided("fn f() {\n  let x = cfg!(windows) && g();\n}\n", 2, 28), "windows");
  EXPECT_EQ(decided("fn f() {\n  cfg!(unix).then(|| g());\n}\n", 2, 23), "unix");
  EXPECT_EQ(decided("fn f() {\n  let x = cfg!(windows); g();\n}\n", 2, 26), "none");
  auto match = "fn f() {\n  match cfg!(windows) {\n    true => a(),\n    false => b(),\n  }\n}\n";
  EXPECT_EQ(decided(match, 3, 13), "windows");
  EXPECT_EQ(decided(match, 4, 14), "not(windows)");
  auto kept = "const WIN: bool = cfg!(windows);\nfn f() {\n  if !WIN {\n    g();\n  }\n  h();\n}\n";
  EXPECT_EQ(decided(kept, 4, 5), "not(windows)");
  EXPECT_EQ(decided(kept, 6, 3), "none");
}

TEST(Rules, ARenamedDependencyHasOneName) {
  auto evidence = sample();
  Dependency dependency;
  dependency.name = "old";
  dependency.rename = "new";
  dependency.requirement = "^1";
  dependency.kind = "normal";
  evidence.metadata.packages[0].dependencies = {dependency};
  EXPECT_THAT(causes_of(evidence, {error_at("src/lib.rs", 1, 5, "E0432", "unresolved import `old`",
                                            "use of unresolved module or unlinked crate `old`")}),
              ElementsAre("E0432 dependency-not-declared, certain, project, old"));
}

TEST(Rules, ABuildScriptHasDependenciesOfItsOwn) {
  auto evidence = sample();
  Dependency dependency;
  dependency.name = "helper";
  dependency.requirement = "^1";
  dependency.kind = "normal";
  evidence.metadata.packages[0].dependencies = {dependency};
  evidence.metadata.packages[0].targets.push_back({"build-script-build", "custom-build", "/src/build.rs"});
  EXPECT_THAT(causes_of(evidence, {error_at("build.rs", 1, 5, "E0432", "unresolved import `helper`",
                                            "use of unresolved module or unlinked crate `helper`")}),
              ElementsAre("E0432 dependency-not-declared, certain, project, helper"));
}

TEST(Rules, ADynamicLibraryIsNoneWhereThereAreNone) {
  auto evidence = sample();
  evidence.cell.triple = "x86_64-unknown-linux-musl";
  Package library;
  library.id = "shared 1.0.0";
  library.name = "shared";
  library.version = "1.0.0";
  library.manifest_path = "/other/Cargo.toml";
  library.targets = {{"shared", "lib", "/other/src/lib.rs", {"dylib"}}};
  evidence.metadata.packages[0].resolved["shared"] = library.id;
  evidence.metadata.packages.push_back(library);
  EXPECT_THAT(causes_of(evidence, {error_at("src/lib.rs", 1, 5, "E0463", "can't find crate for `shared`",
                                            "can't find crate")}),
              ElementsAre("E0463 artifact-unsupported, certain, dependency, dylib"));
}

TEST(Rules, NamesThatComeUnderFeaturesAlone) {
  auto evidence = sample();
  evidence.files["src/lib.rs"] =
      "#[cfg(feature = \"a\")]\nuse self::one as backend;\n#[cfg(feature = \"b\")]\nuse self::two as "
      "backend;\nmod one {}\nmod two {}\npub fn f() { backend::g() }\n";
  evidence.metadata.packages[0].features = {{"a", {}}, {"b", {}}};
  EXPECT_THAT(causes_of(evidence, {error_at("src/lib.rs", 7, 14, "E0433",
                                            "cannot find module or crate `backend` in this scope",
                                            "use of unresolved module or unlinked crate `backend`")}),
              ElementsAre("E0433 feature-combination, likely, project, backend if any(feature = \"a\", "
                          "feature = \"b\")"));
}

TEST(Rules, AVariableThatIsBoundForOtherPlatforms) {
  auto evidence = sample();
  evidence.files["src/lib.rs"] =
      "fn f() -> u8 {\n    #[cfg(windows)]\n    let x = 1;\n    #[cfg(target_os = \"macos\")]\n    let x = "
      "2;\n"
      "    x\n}\n";
  EXPECT_THAT(
      causes_of(evidence, {error_at("src/lib.rs", 6, 5, "E0425", "cannot find value `x` in this scope")}),
      ElementsAre("E0425 no-body-for-platform, likely, project, x if any(target_os = \"macos\", "
                  "windows)"));
}

TEST(Rules, IntegersThatAreOneTypeHere) {
  auto evidence = sample();
  evidence.files["src/lib.rs"] = "impl T for u8 {}\nimpl T for std::ffi::c_char {}\n";
  auto error =
      error_at("src/lib.rs", 2, 1, "E0119", "conflicting implementations of trait `T` for type `u8`");
  EXPECT_THAT(causes_of(evidence, {error}),
              ElementsAre("E0119 platform-type-differs, certain, project, c_char"));
  evidence.files["src/lib.rs"] = "impl T for u8 {}\nimpl T for u8 {}\n";
  EXPECT_THAT(causes_of(evidence, {error}), ElementsAre("E0119 unknown, guess, project"));
}

TEST(Rules, ARefusalStandsForWhatFollowsFromIt) {
  auto evidence = sample();
  evidence.files["src/lib.rs"] =
      "#[cfg(unix)]\ncompile_error!(\"unix is not supported\");\n#[cfg(windows)]\nmod imp;\nuse imp::x;\n";
  EXPECT_THAT(causes_of(evidence, {error_at("src/lib.rs", 2, 1, "", "unix is not supported"),
                                   error_at("src/lib.rs", 5, 5, "E0432", "unresolved import `imp`",
                                            "use of unresolved module or unlinked crate `imp`")}),
              ElementsAre("unsupported-on-purpose, certain, project, compile_error! if unix"));
}

TEST(Rules, ABuildScriptThatCallsTheHostsCompiler) {
  auto evidence = sample();
  evidence.cell.triple = "s390x-unknown-linux-gnu";
  evidence.files["build.rs"] =
      "fn main() { Command::new(\"gcc\"); println!(\"cargo:rustc-link-lib=static=low\"); }\n";
  Diagnostic error = said("linking with `s390x-linux-gnu-gcc` failed: exit status: 1", "", "sample");
  error.notes = {"note: ld: cannot find -llow: No such file or directory"};
  EXPECT_THAT(causes_of(evidence, {error}), ElementsAre("build-script-host, likely, project, low"));
  evidence.files.erase("build.rs");
  EXPECT_THAT(causes_of(evidence, {error}), ElementsAre("native-library-missing, certain, environment, low"));
}

TEST(Rules, APreparationSaysWhatCargoSaid) {
  PrepareResult prepare;
  prepare.error = "failed to get `x`";
  prepare.sources.emplace_back();
  prepare.sources[0].cargo_output =
      "    Updating index\nerror: failed to get `x` as a dependency\n\nCaused by:\n  [6] Couldn't resolve "
      "host "
      "name\n";
  EXPECT_THAT(in_short(diagnose(evidence_of(prepare))), ElementsAre("network, certain, environment"));
  EXPECT_THAT(in_short(diagnose(evidence_of(PrepareResult{}))), IsEmpty());
}

TEST(Rules, WhatATestStartsUnderAnEmulator) {
  const auto* s390x = "s390x-unknown-linux-gnu";
  EXPECT_THAT(causes_of_test(s390x, true,
                             failed_test("t",
                                         "thread 't' panicked at tests/t.rs:5:5:\nassertion `left "
                                         "== right` failed\n  left: Some(126)\n right: Some(0)")),
              ElementsAre("t: test-nested-exec, likely, emulator"));
  EXPECT_THAT(causes_of_test(s390x, true,
                             failed_test("t",
                                         "thread 't' panicked at tests/t.rs:5:5:\ncalled "
                                         "`Result::unwrap_err()` on an `Ok` value: "
                                         "ExitStatus(unix_wait_status(32512))")),
              ElementsAre("t: emulator-spawn, likely, emulator"));
  EXPECT_THAT(causes_of_test(s390x, true,
                             failed_test("seccomp_mode",
                                         "thread 'x' panicked at a.rs:1:1:\nInvalid "
                                         "argument (os error 22)")),
              ElementsAre("seccomp_mode: emulator-syscall, likely, emulator"));
}

TEST(Rules, HowLongATestSlept) {
  EXPECT_THAT(
      causes_of_test("x86_64-unknown-linux-gnu", false,
                     failed_test("t",
                                 "thread 't' panicked at a.rs:1:1:\nassertion `left == right` failed: "
                                 "slept 20.07ms\n  left: 2007\n right: 2000")),
      ElementsAre("t: test-time, likely, project"));
}

TEST(Rules, AShouldPanicThatDidNot) {
  EXPECT_THAT(causes_of_test("x86_64-unknown-linux-gnu", false,
                             failed_test("t", "note: test did not panic as expected at src/lib.rs:7:4")),
              ElementsAre("t: test-assertion, likely, project"));
}

TEST(Rules, WhatTheOldestVersionsLackIsNoDrift) {
  auto job = [](const char* id, const char* lockfile, Verdict verdict) {
    DiagnosedJob out;
    out.cell.id = id;
    out.cell.triple = "x86_64-unknown-linux-gnu";
    out.cell.settings.lockfile = lockfile;
    out.known = {{"sample", "sample", "", verdict}};
    return out;
  };
  auto oldest = job("oldest", "minimal", Verdict::fail), newest = job("newest", "latest", Verdict::pass);
  Diagnosis d;
  d.package = d.target = "sample";
  d.code = "E0599";
  oldest.diagnoses = {d};
  EXPECT_EQ(refine({oldest, newest})[0].diagnoses[0].cause, Cause::item_absent_in_version);
  auto drifts = job("newest", "latest", Verdict::fail), published = job("published", "as-is", Verdict::pass);
  drifts.diagnoses = {d};
  EXPECT_EQ(refine({drifts, published})[0].diagnoses[0].cause, Cause::lock_drift);
}

}  // namespace
}  // namespace tripled::diagnosis
