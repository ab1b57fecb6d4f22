#include "workers/cargo/verdicts.h"

#include <gmock/gmock.h>

#include "tests/workers_cargo/support.h"

namespace tripled::cargo {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// Units, messages and errors of one recorded stage, concluded.
struct Stage3 {
  std::vector<Unit> units;
  BuildMessages messages;
  ConcludeInput input;

  Stage3(const std::string& graph, const std::string& said, bool tests, const std::string& triple = kHost)
      : units(units_of(graph, triple)), messages(messages_of(said, triple)) {
    input.planned = tests ? planned_tests(units, triple == kHost) : planned_compile(units, triple == kHost);
    input.cargo_errors = cargo_errors_of(said);
    input.process = exited(messages.success.value_or(false) ? 0 : 101);
    input.fault = {triple, kHost, true};
  }
  Conclusion conclude() {
    input.units = &units;
    input.messages = &messages;
    return conclude_units(input);
  }
};

TEST(Conclude, CleanForeignBuildPasses) {
  auto conclusion = Stage3("clean-build.96", "clean-build.96", false, kS390x).conclude();
  EXPECT_THAT(words(conclusion.units), UnorderedElementsAre("clean/clean=pass", "clean/clean=pass"));
  EXPECT_EQ(conclusion.verdict, Verdict::pass);
  EXPECT_THAT(conclusion.errors, IsEmpty());
  EXPECT_TRUE(conclusion.all_reached);
}

TEST(Conclude, CheckOfTheWorkspace) {
  auto conclusion = Stage3("workspace-check.96", "workspace-check.96", false).conclude();
  EXPECT_THAT(words(conclusion.units),
              UnorderedElementsAre("bhelp/bhelp=pass", "buildfail/buildfail=fail",
                                   "buildfail/build-script-build=pass", "clean/clean=pass",
                                   "clean/clean=pass", "clean/build-script-build=pass", "custom/custom=pass",
                                   "devhelp/devhelp=pass", "gated/gated=fail", "mac/mac=pass",
                                   "multi/multi=pass", "multi/b1=fail", "multi/b2=fail", "multi/b3=fail",
                                   "nolib/nolib=pass", "ongated/ongated=blocked", "ongated/ongated=blocked",
                                   "postmono/postmono=pass", "testonly/testonly=pass", "undef/undef=pass"));
  auto buildfail = find_unit(conclusion, "buildfail", "buildfail", false);
  EXPECT_EQ(buildfail->blocked_by, "buildfail/build-script-build");  // it compiled; running it failed
  EXPECT_EQ(buildfail->first_error->message, "build script of `buildfail v0.1.0` failed: no foo.pc");
  EXPECT_EQ(find_unit(conclusion, "ongated", "ongated", false)->blocked_by, "gated/gated");
  auto gated = find_unit(conclusion, "gated", "gated", false);
  EXPECT_EQ(gated->errors, 2);
  ASSERT_TRUE(gated->first_error);
  EXPECT_EQ(gated->first_error->code, "E0432");
  EXPECT_EQ(conclusion.verdict, Verdict::fail);
  EXPECT_TRUE(conclusion.all_reached);
}

TEST(Conclude, BuildFindsWhatCheckDoesNot) {
  auto conclusion = Stage3("workspace-check.96", "workspace-build.96", false).conclude();
  EXPECT_THAT(words(conclusion.units), AllOf(Contains("postmono/postmono=fail"), Contains("undef/undef=fail"),
                                             Contains("nolib/nolib=broken")));
  auto nolib = find_unit(conclusion, "nolib", "nolib", false);
  EXPECT_EQ(nolib->first_error->message, "linking with `cc` failed: exit status: 1");
  EXPECT_EQ(conclusion.broken_reason, "native library `nosuchnative` not found for x86_64-unknown-linux-gnu");
  EXPECT_EQ(conclusion.verdict, Verdict::fail);
}

// `cargo test --no-run` stops at the first failures; what it did not reach is not claimed.
TEST(Conclude, StoppedTestBuildLeavesUnitsOpen) {
  auto conclusion = Stage3("workspace-test.96", "workspace-test.96", true).conclude();
  EXPECT_FALSE(conclusion.all_reached);
  EXPECT_THAT(words(conclusion.units), Contains("multi/t4 test=cancelled"));
  EXPECT_THAT(words(conclusion.units), Contains("ongated/og test=blocked"));
}

class ConcludeTests : public testing::TestWithParam<const char*> {};

TEST_P(ConcludeTests, RestReachesEveryUnit) {
  std::string version = GetParam();
  Stage3 stage("workspace-test." + version, "workspace-test-rest." + version, true);
  auto conclusion = stage.conclude();
  EXPECT_TRUE(conclusion.all_reached);
  EXPECT_THAT(words(conclusion.units),
              UnorderedElementsAre(
                  "bhelp/bhelp test=pass", "buildfail/buildfail test=fail", "clean/clean test=pass",
                  "clean/clean test=pass", "clean/it test=pass", "clean/ex=pass", "custom/custom test=pass",
                  "custom/own test=pass", "devhelp/devhelp test=pass", "gated/gated test=fail",
                  "mac/mac test=pass", "multi/multi test=pass", "multi/b1 test=fail", "multi/b2 test=fail",
                  "multi/b3 test=fail", "multi/t1 test=fail", "multi/t2 test=fail", "multi/t3 test=fail",
                  "multi/t4 test=pass", "nolib/nolib test=broken", "ongated/ongated test=blocked",
                  "ongated/ongated test=blocked", "ongated/og test=blocked", "postmono/postmono test=pass",
                  "testonly/testonly test=fail", "undef/undef test=pass"));
  // the harness has one error more than the library, which says the same two
  auto gated = find_unit(conclusion, "gated", "gated", true);
  EXPECT_EQ(gated->errors, 3);
  EXPECT_EQ(gated->first_error->code, "E0432");
  EXPECT_EQ(find_unit(conclusion, "testonly", "testonly", true)->first_error->line, 2);
  // t1 to t4 need the binaries b1 to b3, which fail; cargo compiles the tests all the same, and the artefact
  // of t4 is in the recording
  EXPECT_EQ(find_unit(conclusion, "multi", "t4", true)->blocked_by, "");
  EXPECT_EQ(find_unit(conclusion, "ongated", "og", true)->blocked_by, "gated/gated");
}
INSTANTIATE_TEST_SUITE_P(Versions, ConcludeTests, testing::Values("96", "95"));

// What a library and its harness both say stands once in the job's list, in dependency order.
TEST(Conclude, JobsErrorsAreInDependencyOrder) {
  auto first = Stage3("workspace-test.96", "workspace-test-rest.96", true).conclude();
  ASSERT_FALSE(first.errors.empty());
  Stage3 shuffled("workspace-test.96", "workspace-test-rest.96", true);
  std::stable_partition(shuffled.messages.errors.begin(), shuffled.messages.errors.end(),
                        [](const CompilerError& e) { return e.unit.package == "multi"; });
  auto second = shuffled.conclude();
  ASSERT_EQ(first.errors.size(), second.errors.size());
  for (std::size_t i = 0; i < first.errors.size(); ++i) {
    EXPECT_EQ(first.errors[i].message, second.errors[i].message);
    EXPECT_EQ(first.errors[i].file, second.errors[i].file);
  }
  EXPECT_EQ(first.error_count, static_cast<std::int64_t>(first.errors.size()));
  auto gated = std::count_if(first.errors.begin(), first.errors.end(),
                             [](const Diagnostic& d) { return d.package == "gated"; });
  EXPECT_EQ(gated, 3);
}

TEST(Conclude, DependencysErrorIsTheJobs) {
  auto conclusion = Stage3("registry-dependency.96", "registry-dependency.96", false).conclude();
  EXPECT_THAT(words(conclusion.units), ElementsAre("reg/reg=fail", "reg/reg=fail"));
  EXPECT_EQ(conclusion.units[0].blocked_by, "winreg/winreg");
  EXPECT_EQ(conclusion.units[0].first_error->package, "winreg");
  ASSERT_EQ(conclusion.errors.size(), 1u);
  EXPECT_EQ(conclusion.errors[0].file, "winreg-0.52.0/src/lib.rs");
  EXPECT_EQ(conclusion.errors[0].package, "winreg");
  EXPECT_EQ(conclusion.verdict, Verdict::fail);
}

TEST(Conclude, MissingStdIsBroken) {
  auto conclusion = Stage3("no-std.96", "no-std.96", false, "riscv64gc-unknown-linux-gnu").conclude();
  EXPECT_THAT(words(conclusion.units), ElementsAre("base/base=broken", "base/base=blocked"));
  EXPECT_EQ(conclusion.verdict, Verdict::broken);
  EXPECT_EQ(conclusion.broken_reason, "no std for riscv64gc-unknown-linux-gnu in the toolchain");
  EXPECT_THAT(conclusion.broken_fix, HasSubstr("rustup target add riscv64gc-unknown-linux-gnu"));
}

TEST(Conclude, MissingLinkerIsBroken) {
  auto conclusion = Stage3("no-linker.96", "no-linker.96", false, kS390x).conclude();
  EXPECT_THAT(words(conclusion.units), ElementsAre("base/base=pass", "base/base=broken"));
  EXPECT_EQ(conclusion.broken_reason, "linker `nosuch-linux-gnu-gcc` not found");
  EXPECT_EQ(conclusion.broken_fix, "apt-get install gcc-nosuch-linux-gnu");
}

TEST(Conclude, BuildScriptWithoutACompilerIsBroken) {
  auto conclusion = Stage3("build-script-cc.96", "build-script-cc.96", false).conclude();
  EXPECT_THAT(words(conclusion.units),
              UnorderedElementsAre("nocc/build-script-build=pass", "nocc/nocc=broken", "nocc/nocc=broken"));
  EXPECT_EQ(conclusion.verdict, Verdict::broken);
  EXPECT_EQ(conclusion.broken_reason, "build script of `nocc`: program `s390x-linux-gnu-gcc` not found");
  EXPECT_EQ(conclusion.broken_fix, "apt-get install gcc-s390x-linux-gnu");
}

TEST(Conclude, BuildScriptsOwnErrorFails) {
  auto conclusion = Stage3("build-script-logged.96", "build-script-logged.96", false).conclude();
  EXPECT_EQ(conclusion.verdict, Verdict::fail);
  EXPECT_EQ(find_unit(conclusion, "bserr", "bserr", false)->blocked_by, "bserr/build-script-build");
  ASSERT_EQ(conclusion.errors.size(), 1u);
  EXPECT_THAT(conclusion.errors[0].message, HasSubstr("need libfoo"));
}

TEST(Conclude, KilledCompilerIsBroken) {
  auto conclusion = Stage3("killed.96", "killed.96", false).conclude();
  EXPECT_EQ(find_unit(conclusion, "killed", "killed", false)->verdict, Verdict::broken);
  EXPECT_EQ(conclusion.broken_reason, "rustc was killed by signal 9 (out of memory?)");
}

TEST(Conclude, FullDiskIsBroken) {
  auto conclusion = Stage3("disk-full.96", "disk-full.96", false).conclude();
  EXPECT_EQ(conclusion.verdict, Verdict::broken);
  EXPECT_THAT(conclusion.broken_reason, HasSubstr("disk full"));
}

TEST(Conclude, GlobalErrorsHitEveryUnit) {
  Stage3 stage("no-std.96", "no-std.96", false, "riscv64gc-unknown-linux-gnu");
  stage.messages = {};
  stage.input.cargo_errors = cargo_errors_of("unknown-feature.96");
  auto conclusion = stage.conclude();
  EXPECT_THAT(words(conclusion.units), ElementsAre("base/base=fail", "base/base=fail"));
  EXPECT_THAT(conclusion.units[0].first_error->message, HasSubstr("does not have that feature"));
  EXPECT_EQ(conclusion.errors.size(), 1u);
  stage.input.cargo_errors = cargo_errors_of("no-package.96");
  conclusion = stage.conclude();
  EXPECT_EQ(conclusion.verdict, Verdict::broken);
  EXPECT_THAT(conclusion.broken_reason, HasSubstr("network or registry: no matching package named"));
}

TEST(Conclude, TheProcessDecidesWhatWasNotReached) {
  Stage3 stage("workspace-test.96", "workspace-test.96", true);
  stage.input.process.outcome = Outcome::timed_out;
  auto conclusion = stage.conclude();
  EXPECT_EQ(find_unit(conclusion, "multi", "t4", true)->verdict, Verdict::timeout);
  EXPECT_EQ(find_unit(conclusion, "ongated", "og", true)->verdict, Verdict::blocked);
  stage.input.process.outcome = Outcome::cancelled;
  EXPECT_EQ(find_unit(stage.conclude(), "multi", "t4", true)->verdict, Verdict::cancelled);
  stage.input.process.outcome = Outcome::signalled;
  stage.input.process.code = 9;
  conclusion = stage.conclude();
  EXPECT_EQ(find_unit(conclusion, "multi", "t4", true)->verdict, Verdict::broken);
  EXPECT_EQ(conclusion.broken_reason, "cargo was ended by signal 9 (out of memory?)");
  stage.input.process.reason = "was killed: it had more than 200 processes at once";
  EXPECT_EQ(stage.conclude().broken_reason, "cargo was killed: it had more than 200 processes at once");
}

// cargo was ended between an error and its "could not compile".
TEST(Conclude, ErrorsWithoutCargosLineStillFail) {
  Stage3 stage("workspace-check.96", "workspace-check.96", false);
  stage.input.cargo_errors.clear();
  stage.input.process.outcome = Outcome::timed_out;
  auto conclusion = stage.conclude();
  EXPECT_EQ(find_unit(conclusion, "gated", "gated", false)->verdict, Verdict::fail);
  EXPECT_EQ(find_unit(conclusion, "buildfail", "buildfail", false)->verdict, Verdict::timeout);
}

TEST(Conclude, SilentFailureAndSilentSuccessAreNeverAPass) {
  Stage3 stage("clean-build.96", "clean-build.96", false, kS390x);
  stage.messages.artifacts.clear();
  auto conclusion = stage.conclude();  // exit status 0
  EXPECT_EQ(conclusion.verdict, Verdict::broken);
  EXPECT_THAT(conclusion.broken_reason, HasSubstr("did not report"));
  stage.input.process = exited(101);
  conclusion = stage.conclude();
  EXPECT_EQ(conclusion.verdict, Verdict::broken);
  EXPECT_EQ(conclusion.broken_reason, "cargo ended with status 101 and did not say why");
}

// The call that goes on after a failure may compile more than was asked for.
TEST(Conclude, FailuresOfUnplannedUnitsDoNotCount) {
  Stage3 stage("workspace-test.96", "workspace-test-rest.96", true);
  std::vector<int> only;
  for (int index : stage.input.planned)
    if (stage.units[static_cast<std::size_t>(index)].package == "clean") only.push_back(index);
  stage.input.planned = only;
  auto conclusion = stage.conclude();
  EXPECT_EQ(conclusion.verdict, Verdict::pass);
  EXPECT_THAT(conclusion.errors, IsEmpty());
}

TEST(Conclude, CheckIsImpliedUnitByUnit) {
  auto build = Stage3("workspace-check.96", "workspace-build.96", false).conclude();
  auto implied = implied_check(build.units);
  EXPECT_THAT(words(implied),
              AllOf(Contains("clean/clean=pass"), testing::Not(Contains("postmono/postmono=pass")),
                    testing::Not(Contains("ongated/ongated=blocked"))));
  for (const auto& unit : implied) EXPECT_TRUE(unit.implied);
}

// One error came once for a library and its harness, another twice: by cargo's counts the odd one is the
// harness's.
TEST(Conclude, ErrorsOfPlainAndHarnessAreShared) {
  std::vector<Unit> units(2);
  for (auto& unit : units) {
    unit.package = unit.target = "x";
    unit.version = "1.0.0";
    unit.kind = "lib";
  }
  units[1].harness = true;
  BuildMessages messages;
  auto error = [](const std::string& code, int line) {
    CompilerError out;
    out.unit = {"x", "1.0.0", "x", "lib", "", ""};
    out.diagnostic.code = code;
    out.diagnostic.line = line;
    return out;
  };
  messages.errors = {error("E1", 1), error("E2", 2), error("E1", 1), error("E3", 3)};
  CargoError plain, harness;
  plain.kind = harness.kind = CargoErrorKind::unit_failed;
  plain.package = harness.package = "x";
  plain.unit_kind = harness.unit_kind = "lib";
  harness.harness = true;
  plain.errors = 1;
  harness.errors = 3;
  ConcludeInput input;
  input.units = &units;
  input.planned = {0, 1};
  input.messages = &messages;
  input.cargo_errors = {harness, plain};
  input.process = exited(101);
  auto conclusion = conclude_units(input);
  EXPECT_EQ(conclusion.units[0].errors, 1);
  EXPECT_EQ(conclusion.units[1].errors, 3);
  EXPECT_EQ(conclusion.error_count, 3);
}

}  // namespace
}  // namespace tripled::cargo
