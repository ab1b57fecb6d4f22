#include "daemon/report/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/report/fixture.h"

namespace tripled::report {
namespace {

using namespace fixture;
using testing::ElementsAre;
using testing::IsEmpty;

const Unit lib = unit("core", "core", "lib");
const Unit lib_tests = unit("core", "core", "lib", true);

UnitResult error() { return failed(lib, "E0432", "unresolved import `x`", "src/lib.rs", 9); }

TEST(Findings, TheSameFirstErrorIsOneFindingOverTriplesAndStages) {
  SweepMaker sweep;
  sweep.cell(i686, i686).compiled(Stage::check, {error()}).compiled(Stage::build, {error()});
  sweep.cell(s390x, s390x).compiled(Stage::check, {error()});
  auto findings = collect(sweep.report());
  ASSERT_EQ(findings.failures.size(), 1u);
  const auto& f = findings.failures[0];
  EXPECT_EQ(f.title, "error[E0432]: unresolved import `x`");
  EXPECT_EQ(f.place, "src/lib.rs:9");
  EXPECT_THAT(f.subjects, ElementsAre("core/core"));
  EXPECT_EQ(seen_text(f, 10), "on 2 triples: " + i686 + " (check, build), " + s390x + " (check)");
  EXPECT_EQ(seen_text(f, 1), "on 2 triples");
}

TEST(Findings, AnErrorOnAnotherLineIsAnotherFinding) {
  SweepMaker sweep;
  sweep.cell(i686, i686).compiled(Stage::check, {error()});
  sweep.cell(s390x, s390x)
      .compiled(Stage::check, {failed(lib, "E0432", "unresolved import `x`", "src/lib.rs", 10)});
  EXPECT_EQ(collect(sweep.report()).failures.size(), 2u);
}

TEST(Findings, FailingTestsAreFoldedAndSayHowTheyRan) {
  SweepMaker sweep;
  auto bad = test("core", "core", "lib", "tests::a", TestState::failed, "assertion failed: x");
  sweep.cell(host, host).executed(RunnerKind::native, {bad});
  sweep.cell(s390x, s390x).executed(RunnerKind::emulated, {bad});
  auto findings = collect(sweep.report());
  ASSERT_EQ(findings.failures.size(), 1u);
  EXPECT_EQ(findings.failures[0].title, "core: tests::a fails");
  EXPECT_EQ(seen_text(findings.failures[0], 10), "on 2 triples: " + host + ", " + s390x + " (emulated)");
}

TEST(Findings, ExpectedOnesStandApartEvenOfTheSameError) {
  SweepMaker sweep;
  ExpectedFailure known;
  known.unit = "core";
  known.reason = "known";
  sweep.cell(i686, i686).expect(known).compiled(Stage::check, {error()});
  sweep.cell(s390x, s390x).compiled(Stage::check, {error()});
  auto findings = collect(sweep.report());
  ASSERT_EQ(findings.failures.size(), 1u);
  EXPECT_EQ(findings.failures[0].seen[0].cell, s390x);
  ASSERT_EQ(findings.expected.size(), 1u);
  EXPECT_EQ(findings.expected[0].expected, "known");
}

TEST(Findings, BrokenOnesAreFoldedByReasonAndFix) {
  SweepMaker sweep;
  for (const auto& triple : {i686, s390x})
    sweep.cell(triple, triple)
        .broken(Stage::build, "no linker", "install it")
        .broken(Stage::test_no_run, "no linker", "install it");
  auto findings = collect(sweep.report());
  EXPECT_THAT(findings.failures, IsEmpty());
  ASSERT_EQ(findings.broken.size(), 1u);
  EXPECT_EQ(findings.broken[0].fix, "install it");
  EXPECT_EQ(seen_text(findings.broken[0], 10), "at build, test-no-run on 2 triples: " + i686 + ", " + s390x);
}

TEST(Findings, ADependencysErrorIsAFindingOfTheJob) {
  SweepMaker sweep;
  auto waiting = unit_result(lib_tests, Verdict::blocked);
  waiting.blocked_by = "cpu-tools/cpu_tools";
  sweep.cell(s390x, s390x).compiled(Stage::test_no_run, {waiting});
  auto dependency =
      failed(unit("cpu-tools", "cpu_tools", "lib"), "E0432", "no `x86_64`", "support/cpu.rs", 3);
  sweep.record().jobs[0].attempts[0].result->errors = {*dependency.first_error};
  auto findings = collect(sweep.report());
  ASSERT_EQ(findings.failures.size(), 1u);
  EXPECT_EQ(findings.failures[0].place, "support/cpu.rs:3");
  EXPECT_THAT(findings.failures[0].subjects, ElementsAre("cpu-tools"));
  EXPECT_THAT(findings.failures[0].blocks, ElementsAre("core/core"));
}

TEST(Findings, WhatAFailingUnitBlocksIsNamed) {
  SweepMaker sweep;
  auto waiting = unit_result(unit("core", "tool", "bin"), Verdict::blocked);
  waiting.blocked_by = "core/core";
  sweep.cell(s390x, s390x).compiled(Stage::check, {error(), waiting});
  EXPECT_THAT(collect(sweep.report()).failures[0].blocks, ElementsAre("core/tool"));
}

TEST(Findings, ABlockedCellThatNothingExplainsIsShown) {
  SweepMaker sweep;
  for (const auto& triple : {i686, s390x})
    sweep.cell(triple, triple).blocked(Stage::check, "prepare failed: no network");
  auto findings = collect(sweep.report());
  ASSERT_EQ(findings.not_run.size(), 1u);
  EXPECT_EQ(findings.not_run[0].title, "prepare failed: no network");
  EXPECT_EQ(findings.not_run[0].seen.size(), 2u);
}

TEST(Findings, ABlockedStageBehindAFailureIsNoFindingOfItsOwn) {
  SweepMaker sweep;
  sweep.cell(s390x, s390x)
      .compiled(Stage::check, {error()})
      .blocked(Stage::execute, "nothing before it succeeded");
  auto findings = collect(sweep.report());
  EXPECT_EQ(findings.failures.size() + findings.broken.size(), 1u);
}

TEST(Findings, ExpectedOnesAreFoldedHoweverEachTripleWordsThem) {
  SweepMaker sweep;
  ExpectedFailure known;
  known.unit = "core";
  known.reason = "links a library that no machine has";
  for (const auto& triple : {i686, s390x})
    sweep.cell(triple, triple)
        .expect(known)
        .compiled(Stage::build, {failed(lib, "", "linking with `" + triple + "-gcc` failed", "", 0)});
  auto findings = collect(sweep.report());
  ASSERT_EQ(findings.expected.size(), 1u);
  EXPECT_EQ(findings.expected[0].seen.size(), 2u);
}

TEST(Findings, CellsOfOneTripleAreCountedAsCells) {
  SweepMaker sweep;
  sweep.cell("s390x/a", s390x).compiled(Stage::check, {error()});
  sweep.cell("s390x/b", s390x).compiled(Stage::check, {error()});
  EXPECT_EQ(seen_text(collect(sweep.report()).failures[0], 10), "at check on 2 cells: s390x/a, s390x/b");
}

}  // namespace
}  // namespace tripled::report
