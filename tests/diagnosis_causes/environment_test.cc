// Environment, crashes, process outcomes: they win; and who is the root of several failing units.
#include <gmock/gmock.h>

#include "tests/diagnosis_causes/support.h"

namespace tripled::diagnosis {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

Diagnostic type_error(const std::string& package = "sample") {
  auto out = error_at("src/lib.rs", 1, 5, "E0308", "mismatched types", "expected `u8`, found `&str`");
  out.package = package;
  return out;
}

TEST(Environment, WinsWhereverItAppearsInAUnit) {
  for (auto [text, cause] :
       {std::pair{"error: failed to write file: No space left on device (os error 28)",
                  "disk-full, certain, environment"},
        std::pair{"LLVM ERROR: out of memory", "out-of-memory, certain, environment"},
        std::pair{"rustc: Cannot allocate memory (os error 12)", "out-of-memory, certain, environment"}}) {
    EXPECT_THAT(causes_of(sample(), {type_error(), said(text, "", "sample")}), ElementsAre(cause)) << text;
    EXPECT_THAT(causes_of(sample(), {said(text, "", "sample"), type_error()}), ElementsAre(cause)) << text;
  }
}

TEST(Environment, CodeCanSayAnything) {
  auto error = error_at("src/lib.rs", 1, 1, "", "No space left on device");
  error.rendered = "1 | compile_error!(\"No space left on device\");";
  EXPECT_THAT(causes_of(sample(), {error}), ElementsAre(StartsWith("unsupported-on-purpose, guess")));
}

TEST(Environment, OfTheWholeCallWinsOverEverything) {
  EXPECT_THAT(
      causes_of(sample(),
                {type_error(), said("failed to write `/target/x`: No space left on device (os error 28)")}),
      ElementsAre("disk-full, certain, environment"));
}

TEST(Environment, NetworkAndRegistry) {
  EXPECT_THAT(
      causes_of(
          sample(),
          {said("failed to download from registry",
                "Caused by:\n  [6] Could not resolve hostname (Could not resolve host: registry.example)")}),
      ElementsAre("network, certain, environment"));
  EXPECT_THAT(
      causes_of(
          sample(),
          {said("no matching package named `x` found",
                "error: no matching package named `x` found\nAs a reminder, you're using offline mode")}),
      ElementsAre("network, likely, environment"));
  EXPECT_THAT(causes_of(sample(), {said("failed to get `x`",
                                        "Caused by:\n  failed to download from registry, got 503")}),
              ElementsAre("registry, likely, environment"));
  EXPECT_THAT(
      causes_of(sample(), {said("failed to query replaced source registry",
                                "failed to query replaced source registry\nConnection reset by peer")}),
      ElementsAre("network, certain, environment"));
}

TEST(Environment, ARefusedConnectionOfABuildScriptIsItsOwn) {
  auto script = said("build script of `sample v0.1.0` failed: cannot fetch: Connection refused",
                     "panicked at build.rs:3:5:\ncannot fetch: Connection refused", "sample");
  EXPECT_THAT(causes_of(sample(), {script}), ElementsAre("build-script-failed, certain, project"));
}

TEST(Crash, InternalErrorsAndSignals) {
  auto ice = said("internal compiler error: compiler/rustc_middle/src/ty.rs:1:1: broken MIR",
                  "error: internal compiler error: broken MIR", "sample");
  EXPECT_THAT(causes_of(sample(), {type_error(), ice}),
              ElementsAre(StartsWith("compiler-crash, certain, toolchain")));
  auto signal = said("could not compile `sample` (lib): rustc was ended by signal 11",
                     "error: could not compile `sample` (lib)\n\nCaused by:\n  process didn't exit "
                     "successfully: `rustc` (signal: 11, SIGSEGV: invalid memory reference)",
                     "sample");
  EXPECT_THAT(causes_of(sample(), {signal}), ElementsAre("compiler-crash, certain, toolchain"));
  auto killed = said("could not compile `sample` (lib): rustc was ended by signal 9",
                     "process didn't exit successfully: `rustc` (signal: 9, SIGKILL: kill)", "sample");
  EXPECT_THAT(causes_of(sample(), {killed}), ElementsAre("out-of-memory, likely, environment"));
}

TEST(Crash, AnErrorOfItsOwnOptionsIsNone) {
  auto options = said("could not compile `sample` (lib)",
                      "error: could not compile `sample` (lib)\n\nCaused by:\n  process didn't exit "
                      "successfully: `rustc -Zx` (exit status: 1)",
                      "sample");
  EXPECT_THAT(causes_of(sample(), {options}), ElementsAre("unknown, guess, project"));
  auto panic = options;
  panic.rendered =
      "error: could not compile `sample` (lib)\n\nCaused by:\n  process didn't exit successfully: `rustc` "
      "(exit status: 101)";
  EXPECT_THAT(causes_of(sample(), {panic}), ElementsAre("compiler-crash, likely, toolchain"));
}

TEST(Crash, WordsOfABuildScriptAreNone) {
  auto script = said("build script of `sample v0.1.0` failed: internal compiler error in the C compiler",
                     "internal compiler error in the C compiler", "sample");
  EXPECT_THAT(causes_of(sample(), {script}), ElementsAre("build-script-failed, certain, project"));
}

// crater#703: the kill comes first, whatever the compiler said before.
TEST(Process, TheOutcomeStandsBeforeTheText) {
  auto evidence = sample();
  evidence.process.outcome = Outcome::worker_lost;
  EXPECT_THAT(causes_of(evidence, {type_error()}), ElementsAre("worker-lost, certain, environment"));
  evidence.process.outcome = Outcome::signalled;
  evidence.process.code = 9;
  EXPECT_THAT(causes_of(evidence, {type_error()}), ElementsAre("out-of-memory, likely, environment"));
  evidence.process.outcome = Outcome::cancelled;
  EXPECT_THAT(causes_of(evidence, {type_error()}), IsEmpty());
}

TEST(Process, ALimitWithoutAnErrorIsUnknownButForALock) {
  auto evidence = sample();
  evidence.process.outcome = Outcome::timed_out;
  evidence.process.reason = "ran into the limit of 1 h";
  EXPECT_THAT(causes_of(evidence, {}), ElementsAre("unknown, guess, unknown"));
  EXPECT_THAT(causes_of(evidence, {type_error()}), ElementsAre("E0308 unknown, guess, project"));
  evidence.said = "    Blocking waiting for file lock on build directory";
  EXPECT_THAT(causes_of(evidence, {}), ElementsAre("lock-contention, certain, environment"));
}

TEST(Root, NothingFailedGivesNothing) { EXPECT_THAT(causes_of(sample(), {}), IsEmpty()); }

Unit unit(const std::string& package, std::vector<int> needs, bool host = false) {
  Unit out;
  out.package = out.target = package;
  out.kind = "lib";
  out.host = host;
  out.needs = std::move(needs);
  return out;
}

TEST(Root, TheDeepestFailingUnitIsItAndTheOthersWait) {
  auto evidence = sample();
  evidence.graph = {unit("deep", {}), unit("middle", {0}), unit("sample", {1}), unit("apart", {})};
  EXPECT_THAT(causes_of(evidence, {type_error("sample"), type_error("deep")}),
              ElementsAre("E0308 unknown, guess, project"));
  evidence.diagnostics = {type_error("sample"), type_error("apart"), type_error("deep")};
  auto out = diagnose(evidence);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0].package, "deep");
  EXPECT_EQ(out[1].package, "apart");
}

TEST(Root, OfATestsDependencySaysThatOnlyTestsNeedIt) {
  auto evidence = sample();
  Package helper;
  helper.id = "helper 1.0.0";
  helper.name = "helper";
  helper.version = "1.0.0";
  helper.source = "registry";
  helper.manifest_path = "/registry/helper-1.0.0/Cargo.toml";
  Dependency dev;
  dev.name = "helper";
  dev.kind = "dev";
  evidence.metadata.packages[0].dependencies = {dev};
  evidence.metadata.packages[0].resolved["helper"] = helper.id;
  evidence.metadata.packages.push_back(helper);
  evidence.diagnostics = {type_error("helper")};
  EXPECT_EQ(in_short(diagnose(evidence)[0]), "E0308 unknown, guess, dependency");
  evidence.stage = Stage::test_no_run;
  auto out = diagnose(evidence);
  EXPECT_EQ(in_short(out[0]), "E0308 test-build-only, likely, dependency");
  EXPECT_THAT(out[0].evidence.back().text, testing::HasSubstr("only tests need `helper`"));
}

TEST(Root, OfTwoVariantsOfADependencyNobodyKnowsWhichFailed) {
  auto evidence = sample();
  evidence.graph = {unit("deep", {}), unit("deep", {}, true), unit("sample", {0})};
  evidence.diagnostics = {type_error("sample"), type_error("deep")};
  EXPECT_EQ(diagnose(evidence).size(), 2u);
}

TEST(Keys, SayNothingOfLinesVersionsAndTriples) {
  auto a = sample(), b = sample();
  a.diagnostics = {type_error()};
  b.diagnostics = {type_error()};
  b.diagnostics[0].line = b.diagnostics[0].spans[0].line = 77;
  b.cell.triple = "s390x-unknown-linux-gnu";
  b.metadata.packages[0].version = "0.2.0";
  EXPECT_EQ(finding_key(diagnose(a)[0]), finding_key(diagnose(b)[0]));
  EXPECT_EQ(finding_key(diagnose(a)[0]), "unexplained/sample/sample/E0308/");
}

TEST(Keys, OfDoctestsHaveNoLine) {
  Diagnosis d;
  d.cause = Cause::doctest_only;
  d.package = "sample";
  d.test = "src/lib.rs - f (line 3)";
  EXPECT_EQ(finding_key(d), "doctest-only/sample//src/lib.rs - f/");
}

TEST(Log, WordsOfCargoArePlaced) {
  auto evidence = sample();
  evidence.cargo = {{"", "failed", "error: failed\n  No space left on device (os error 28)", 4711}};
  auto out = diagnose(evidence);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].cause, Cause::disk_full);
  EXPECT_EQ(out[0].evidence[1].offset, 4711u);
}

TEST(Keys, OfCausesThatASecondLookExchangesAreTheSame) {
  Diagnosis d;
  d.package = "sample";
  d.test = "a";
  d.cause = Cause::test_assertion;
  auto before = finding_key(d);
  d.cause = Cause::emulator_syscall;
  EXPECT_EQ(finding_key(d), before);
  d.cause = Cause::test_endianness;
  EXPECT_EQ(finding_key(d), before);
  d.test.clear();
  d.cause = Cause::lint_everywhere;
  before = finding_key(d);
  d.cause = Cause::lint_on_platform;
  EXPECT_EQ(finding_key(d), before);
  d.cause = Cause::linker_missing;
  EXPECT_NE(finding_key(d), before);
}

}  // namespace
}  // namespace tripled::diagnosis
