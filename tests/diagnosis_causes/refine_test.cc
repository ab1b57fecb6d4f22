// What other cells of the sweep decide.
#include "daemon/diagnosis/causes/refine.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "schema/wire/json.h"
#include "tests/diagnosis_causes/support.h"

namespace tripled::diagnosis {
namespace {

using testing::ElementsAre;

DiagnosedJob job(const std::string& triple, Stage stage, Verdict verdict) {
  DiagnosedJob out;
  out.cell.id = out.cell.triple = triple;
  out.stage = stage;
  out.rustc = "1.96.0";
  out.known = {{"sample", "sample", "", verdict}};
  return out;
}

Diagnosis about(Cause cause, Confidence confidence = Confidence::guess) {
  Diagnosis out;
  out.cause = cause;
  out.confidence = confidence;
  out.fault = Fault::project;
  out.package = out.target = "sample";
  return out;
}

DiagnosedJob failing(const std::string& triple, const Diagnosis& d, Stage stage = Stage::check) {
  auto out = job(triple, stage, Verdict::fail);
  out.diagnoses = {d};
  return out;
}

// The first diagnosis of the first job, the same for every order of the others.
std::string refined(std::vector<DiagnosedJob> jobs) {
  auto out = in_short(refine(jobs)[0].diagnoses[0]);
  auto first = jobs[0].cell.id;
  std::reverse(jobs.begin(), jobs.end());
  EXPECT_EQ(in_short(refine(jobs).back().diagnoses[0]), out) << first;
  return out;
}

Diagnosis lint() {
  auto out = about(Cause::lint_everywhere);
  out.code = out.subject = "dead_code";
  return out;
}

TEST(Lints, OnEveryTripleOrOnSome) {
  EXPECT_EQ(refined({failing("a", lint()), failing("b", lint())}),
            "dead_code lint-everywhere, certain, project, dead_code");
  EXPECT_EQ(refined({failing("a", lint()), job("b", Stage::check, Verdict::pass)}),
            "dead_code lint-on-platform, certain, project, dead_code");
  EXPECT_EQ(refined({failing("a", lint())}), "dead_code lint-everywhere, guess, project, dead_code");
  EXPECT_EQ(refined({failing("a", lint()), job("b", Stage::check, Verdict::blocked)}),
            "dead_code lint-everywhere, guess, project, dead_code");
}

TEST(Lints, AnotherToolchainSaysNothingOfThePlatform) {
  auto older = job("b", Stage::check, Verdict::pass);
  older.rustc = "1.90.0";
  EXPECT_EQ(refined({failing("a", lint()), older}), "dead_code lint-everywhere, guess, project, dead_code");
}

TEST(Settings, ThatDifferAlone) {
  auto absent = about(Cause::item_absent_in_version, Confidence::likely);
  absent.code = "E0432";
  absent.subject = "foo::x";
  auto other = job("a", Stage::check, Verdict::pass);
  other.cell.id = "a/locked";
  other.cell.settings.lockfile = "shipped";
  EXPECT_EQ(refined({failing("a", absent), other}), "E0432 lock-drift, certain, dependency, foo::x");
  other.rustc = "1.95.0";
  EXPECT_EQ(refined({failing("a", absent), other}), "E0432 item-absent-in-version, likely, project, foo::x")
      << "differs in two things";
  other = job("a", Stage::check, Verdict::fail);
  other.cell.settings.lockfile = "shipped";
  EXPECT_EQ(refined({failing("a", absent), other}), "E0432 item-absent-in-version, likely, project, foo::x");
}

TEST(Settings, TheVersionThatPassesIsPinned) {
  auto absent = about(Cause::item_absent_in_version, Confidence::likely);
  absent.subject = "foo_bar::x";
  auto fails = failing("a", absent);
  fails.lock =
      "[[package]]\nname = \"foo-bar\"\nversion = \"1.3.0\"\n\n[[package]]\nname = \"z\"\nversion = "
      "\"1.0.0\"\n";
  auto passes = job("a", Stage::check, Verdict::pass);
  passes.cell.settings.lockfile = "minimal";
  passes.lock = "[[package]]\nname = \"foo-bar\"\nversion = \"1.0.0\"\n";
  auto out = refine({fails, passes})[0].diagnoses[0];
  ASSERT_EQ(out.mends.size(), 2u);
  EXPECT_EQ(out.mends[0].text, "cargo update -p foo-bar@1.3.0 --precise 1.0.0");
  EXPECT_EQ(out.mends[1].text, "lockfile: minimal");
}

TEST(Settings, PackagesAndFeatures) {
  auto unknown = about(Cause::unknown);
  auto other = job("a", Stage::check, Verdict::pass);
  other.cell.settings.scope = {"-p", "sample"};
  EXPECT_EQ(refined({failing("a", unknown), other}), "feature-unification, certain, project");
  other.cell.settings.scope = {"--no-default-features"};
  EXPECT_EQ(refined({failing("a", unknown), other}), "feature-combination, certain, project");
}

TEST(Settings, Toolchains) {
  auto unknown = about(Cause::unknown);
  auto other = job("a", Stage::check, Verdict::pass);
  other.rustc = "1.97.0";
  EXPECT_EQ(refined({failing("a", unknown), other}), "toolchain-too-old, certain, toolchain");
  other.rustc = "1.85.0";
  EXPECT_EQ(refined({failing("a", unknown), other}), "lint-everywhere, likely, project");
}

TEST(Settings, AFactOfThePlatformStays) {
  auto atomics = about(Cause::atomics_missing, Confidence::certain);
  auto other = job("a", Stage::check, Verdict::pass);
  other.cell.settings.scope = {"--no-default-features"};
  EXPECT_EQ(refined({failing("a", atomics), other}), "atomics-missing, certain, project");
}

TEST(TestBuild, WhereTheOtherStagesOfTheCellPass) {
  auto unknown = about(Cause::unknown);
  EXPECT_EQ(refined({failing("a", unknown, Stage::test_no_run), job("a", Stage::check, Verdict::pass)}),
            "test-build-only, likely, project");
  EXPECT_EQ(refined({failing("a", unknown, Stage::test_no_run), job("a", Stage::check, Verdict::fail)}),
            "unknown, guess, project");
  EXPECT_EQ(refined({failing("a", unknown, Stage::test_no_run), job("b", Stage::check, Verdict::pass)}),
            "unknown, guess, project");
}

// --- tests

DiagnosedJob executed(const std::string& triple, RunnerKind runner, Verdict verdict,
                      std::vector<std::string> cfg = {}) {
  auto out = job(triple, Stage::execute, verdict);
  out.runner = runner;
  out.cfg = std::move(cfg);
  out.known = {{"sample", "all", "t", verdict}};
  if (verdict == Verdict::pass) return out;
  auto d = about(Cause::test_assertion, Confidence::likely);
  d.target = "all";
  d.test = "t";
  d.evidence.push_back({"log", "", 0, 0, "assertion `left == right` failed"});
  out.diagnoses = {d};
  return out;
}

const std::vector<std::string> big64{"target_endian=\"big\"", "target_pointer_width=\"64\"",
                                     "target_has_atomic=\"64\""};
const std::vector<std::string> little64{"target_endian=\"little\"", "target_pointer_width=\"64\"",
                                        "target_has_atomic=\"64\""};
const std::vector<std::string> little32{"target_endian=\"little\"", "target_pointer_width=\"32\"",
                                        "target_has_atomic=\"64\""};

TEST(Suspects, WayOut) {
  auto suspect = executed("a", RunnerKind::emulated, Verdict::suspect);
  suspect.diagnoses[0].cause = Cause::emulator_syscall;
  suspect.diagnoses[0].fault = Fault::emulator;
  EXPECT_EQ(refined({suspect, executed("a", RunnerKind::native, Verdict::pass)}),
            "t: emulator-syscall, certain, emulator");
  EXPECT_EQ(refined({suspect, executed("a", RunnerKind::native, Verdict::fail)}),
            "t: test-assertion, certain, project");
  EXPECT_EQ(refined({suspect, executed("b", RunnerKind::native, Verdict::fail)}),
            "t: test-assertion, likely, project");
  EXPECT_EQ(refined({suspect, executed("b", RunnerKind::native, Verdict::pass)}),
            "t: emulator-syscall, likely, emulator");
}

TEST(Suspects, AnotherFailureThatPassesNativelyIsTheEmulatorsToo) {
  EXPECT_EQ(refined({executed("a", RunnerKind::emulated, Verdict::fail),
                     executed("a", RunnerKind::native, Verdict::pass)}),
            "t: test-assertion, likely, emulator");
}

TEST(Properties, TwoTriplesThatShareNothingElse) {
  auto first = executed("s390x", RunnerKind::native, Verdict::fail, big64);
  auto second = executed("sparc64", RunnerKind::native, Verdict::fail, big64);
  auto passing = executed("x86_64", RunnerKind::native, Verdict::pass, little64);
  EXPECT_EQ(refined({first, second, passing}),
            "t: test-endianness, likely, project if target_endian = \"big\"");
  EXPECT_EQ(refined({first, passing}), "t: test-endianness, guess, project if target_endian = \"big\"")
      << "one triple has many properties";
  first.diagnoses[0].cause = Cause::test_endianness;
  EXPECT_EQ(refined({first, passing}), "t: test-endianness, certain, project if target_endian = \"big\"");
}

TEST(Properties, ACounterExampleKeepsTheFirstLook) {
  auto first = executed("i686", RunnerKind::native, Verdict::fail, little32);
  auto second = executed("arm", RunnerKind::native, Verdict::fail, little32);
  auto other = executed("x86_64", RunnerKind::native, Verdict::fail, little64);
  auto passing = executed("s390x", RunnerKind::native, Verdict::pass, big64);
  EXPECT_EQ(refined({first, second, passing}),
            "t: test-pointer-width, likely, project if target_pointer_width = \"32\"");
  EXPECT_EQ(refined({first, second, other, passing}), "t: test-assertion, likely, project");
}

TEST(Properties, WhatFailsEverywhereIsNoneOfThem) {
  auto first = executed("s390x", RunnerKind::native, Verdict::fail, big64);
  first.diagnoses[0].cause = Cause::test_endianness;
  auto other = executed("x86_64", RunnerKind::native, Verdict::fail, little64);
  EXPECT_EQ(refined({first, other}), "t: test-assertion, likely, project");
}

}  // namespace
}  // namespace tripled::diagnosis
