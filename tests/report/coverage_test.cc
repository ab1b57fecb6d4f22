// Each rule of DESIGN.md "Two coverages, never merged" by name.
#include <gtest/gtest.h>

#include "tests/report/fixture.h"

namespace tripled::report {
namespace {

using namespace fixture;

const Unit lib = unit("core", "core", "lib");
const Unit bin = unit("core", "tool", "bin");
const Unit lib_tests = unit("core", "core", "lib", true);
const Unit api_tests = unit("core", "api", "test", true);
const Unit doctests = unit("core", "core", "doctest");
const Unit macro_lib = unit("derive", "derive", "proc-macro", false, true);
const Unit macro_tests = unit("derive", "derive", "proc-macro", true, true);
const Unit script = unit("core", "build-script-build", "custom-build", false, true);

const std::vector<Unit> build_units{script, lib, bin};
const std::vector<Unit> test_units{lib_tests, api_tests, doctests};

const std::vector<TestResult> all_tests{
    test("core", "core", "lib", "tests::a"), test("core", "core", "lib", "tests::b"),
    test("core", "core", "lib", "tests::slow", TestState::ignored), test("core", "api", "test", "round_trip"),
    test("core", "core", "doctest", "src/lib.rs - f (line 3)")};

std::vector<TestResult> tests_of(const std::string& target, const std::string& kind) {
  std::vector<TestResult> out;
  for (const auto& t : all_tests)
    if (t.target == target && t.kind == kind) out.push_back(t);
  return out;
}

std::vector<UnitResult> passed(const std::vector<Unit>& units) {
  std::vector<UnitResult> out;
  for (const auto& u : units)
    if (u.kind != "doctest") out.push_back(unit_result(u));
  return out;
}

// The host's cell: everything compiled and run.
void add_host(SweepMaker& sweep) {
  sweep.cell("host", host)
      .plan(build_units, test_units)
      .compiled(Stage::test_no_run, passed(test_units))
      .executed(RunnerKind::native, all_tests);
}

TEST(CompileCoverage, CountsCompiledOfPlannedPerStage) {
  SweepMaker sweep;
  sweep.cell("c", s390x)
      .plan(build_units, test_units)
      .compiled(Stage::check, {unit_result(lib), failed(bin, "E0432", "no", "src/bin/tool.rs", 1)})
      .compiled(Stage::build, {unit_result(lib), unit_result(bin)});
  auto coverage = find_cell(sweep.report(), "c").compile_coverage;
  ASSERT_EQ(coverage.size(), 2u);
  EXPECT_EQ(coverage["check"].planned, 2);
  EXPECT_EQ(coverage["check"].compiled, 1);
  EXPECT_DOUBLE_EQ(coverage["check"].ratio.value(), 0.5);
  EXPECT_EQ(coverage["build"].compiled, 2);
}

TEST(CompileCoverage, BrokenCellStillShowsNothingOfPlanned) {
  SweepMaker sweep;
  sweep.cell("c", s390x).plan(build_units, test_units).broken(Stage::check, "no std", "rustup target add x");
  auto coverage = find_cell(sweep.report(), "c").compile_coverage;
  EXPECT_EQ(coverage["check"].planned, 2);
  EXPECT_EQ(coverage["check"].compiled, 0);
  EXPECT_DOUBLE_EQ(coverage["check"].ratio.value(), 0.0);
}

// A worker was found out to be wrong and nothing was made again yet: it is planned, and no more is known.
TEST(VoidResults, CountNowhereWhilePlannedStays) {
  SweepMaker sweep;
  add_host(sweep);
  sweep.cell("c", s390x)
      .plan(build_units, test_units)
      .compiled(Stage::check, {unit_result(lib), unit_result(bin)})
      .compiled(Stage::test_no_run, passed(test_units))
      .executed(RunnerKind::emulated, all_tests);
  sweep.report();
  auto& record = sweep.record();
  for (auto& job : record.jobs)
    if (job.row.cell == "c" && job.row.stage != Stage::test_no_run) job.voided = true;
  record.row.state = store::SweepState::finished;
  record.row.exit_status = 0;  // as it was then
  auto report = build(record);
  const auto& cell = find_cell(report, "c");
  EXPECT_EQ(cell.compile_coverage.at("check").planned, 2);
  EXPECT_EQ(cell.compile_coverage.at("check").compiled, 0);
  EXPECT_GT(cell.compile_coverage.at("test-no-run").compiled, 0) << "another worker did that";
  EXPECT_EQ(cell.execution_coverage.planned, 4) << "as the host lists them";
  EXPECT_EQ(cell.execution_coverage.planned_from, PlannedFrom::reference);
  EXPECT_EQ(cell.execution_coverage.emulated.executed, 0);
  EXPECT_EQ(cell.execution_coverage.ratio, 0.0);
  EXPECT_FALSE(cell.pass_ratio);
  EXPECT_EQ(cell.verdict, Verdict::broken);
  EXPECT_EQ(report.sweep.totals.at("broken"), 1);
  EXPECT_EQ(find_cell(report, "host").execution_coverage.native.executed, 4);
  EXPECT_EQ(report.sweep.exit_status, 3);
}

TEST(VoidResults, WhatAWrongWorkerBuiltWasNotExecuted) {
  SweepMaker sweep;
  add_host(sweep);
  sweep.cell("c", s390x)
      .plan(build_units, test_units)
      .compiled(Stage::test_no_run, passed(test_units))
      .executed(RunnerKind::emulated, all_tests);
  sweep.report();
  for (auto& job : sweep.record().jobs)
    if (job.row.cell == "c" && job.row.stage == Stage::test_no_run) job.voided = true;
  auto report = build(sweep.record());
  const auto& cell = find_cell(report, "c");
  EXPECT_TRUE(find_job(cell, Stage::execute).voided);
  EXPECT_EQ(cell.execution_coverage.emulated.executed, 0);
  EXPECT_EQ(cell.execution_coverage.planned, 4);
}

TEST(CompileCoverage, HostUnitsCountInTheHostsCellOnly) {
  SweepMaker sweep;
  std::vector<Unit> build = build_units, tests = test_units;
  build.push_back(macro_lib);
  tests.push_back(macro_tests);
  for (const auto& triple : {host, s390x})
    sweep.cell(triple, triple).plan(build, tests).blocked(Stage::check, "b").blocked(Stage::test_no_run, "b");
  auto report = sweep.report();
  EXPECT_EQ(find_cell(report, host).compile_coverage.at("check").planned,
            4);  // lib, bin, proc-macro, build script
  EXPECT_EQ(find_cell(report, host).compile_coverage.at("test-no-run").planned, 3);
  EXPECT_EQ(find_cell(report, s390x).compile_coverage.at("check").planned, 2);
  EXPECT_EQ(find_cell(report, s390x).compile_coverage.at("test-no-run").planned, 2);
}

TEST(CompileCoverage, UnknownWhereCargoCannotPlan) {
  SweepMaker sweep;
  sweep.cell("c", s390x).cannot_plan("feature `x` is not there").broken(Stage::check, "cannot plan", "");
  const auto report = sweep.report();
  const auto& cell = find_cell(report, "c");
  EXPECT_FALSE(cell.compile_coverage.at("check").planned);
  EXPECT_FALSE(cell.compile_coverage.at("check").ratio);
  EXPECT_FALSE(cell.execution_coverage.planned);
  EXPECT_EQ(cell.execution_coverage.planned_from, PlannedFrom::unknown);
}

TEST(CompileCoverage, DependenciesAreNotUnits) {
  SweepMaker sweep;
  auto dependency = unit("libc", "libc", "lib");
  dependency.member = false;
  sweep.cell("c", s390x).plan({dependency, lib}, {}).blocked(Stage::check, "b");
  EXPECT_EQ(find_cell(sweep.report(), "c").compile_coverage.at("check").planned, 1);
}

TEST(ExecutionCoverage, OwnListsWhereEverythingRan) {
  SweepMaker sweep;
  add_host(sweep);
  const auto report = sweep.report();
  const auto& coverage = find_cell(report, "host").execution_coverage;
  EXPECT_EQ(coverage.planned, 4);
  EXPECT_EQ(coverage.ignored, 1);  // apart
  EXPECT_EQ(coverage.planned_from, PlannedFrom::own);
  EXPECT_EQ(coverage.native.executed, 4);
  EXPECT_EQ(coverage.emulated.executed, 0);
  EXPECT_DOUBLE_EQ(coverage.ratio.value(), 1.0);
  EXPECT_DOUBLE_EQ(find_cell(report, "host").pass_ratio.value(), 1.0);
  EXPECT_EQ(find_job(find_cell(report, "host"), Stage::execute).tests->ignored, 1);
}

TEST(ExecutionCoverage, UnitsThatDidNotCompileTakeTheReferencesList) {
  SweepMaker sweep;
  add_host(sweep);
  sweep.cell("s390x", s390x)
      .plan(build_units, test_units)
      .compiled(Stage::test_no_run,
                {failed(lib_tests, "E0432", "no", "src/lib.rs", 1), unit_result(api_tests)})
      .executed(RunnerKind::emulated, tests_of("api", "test"));
  const auto report = sweep.report();
  const auto& coverage = find_cell(report, "s390x").execution_coverage;
  EXPECT_EQ(coverage.planned, 4);
  EXPECT_EQ(coverage.planned_from, PlannedFrom::mixed);
  EXPECT_EQ(coverage.native.executed, 0);
  EXPECT_EQ(coverage.emulated.executed, 1);
  EXPECT_DOUBLE_EQ(coverage.ratio.value(), 0.25);
}

TEST(ExecutionCoverage, DoctestsStayPlannedWhenTheLibraryDoesNotCompile) {
  SweepMaker sweep;
  add_host(sweep);
  sweep.cell("s390x", s390x)
      .plan({lib}, {lib_tests, doctests})
      .compiled(Stage::test_no_run, {failed(lib_tests, "E0432", "no", "src/lib.rs", 1)})
      .executed(RunnerKind::emulated, {});
  EXPECT_EQ(find_cell(sweep.report(), "s390x").execution_coverage.planned, 3);  // two of the lib, one doctest
}

TEST(ExecutionCoverage, CheckOnlyTripleShowsNothingOfPlanned) {
  SweepMaker sweep;
  add_host(sweep);
  sweep.cell("bsd", freebsd).plan(build_units, test_units).compiled(Stage::check, passed({lib, bin}));
  const auto report = sweep.report();
  const auto& cell = find_cell(report, "bsd");
  EXPECT_EQ(cell.execution_coverage.planned, 4);
  EXPECT_EQ(cell.execution_coverage.planned_from, PlannedFrom::reference);
  EXPECT_EQ(cell.execution_coverage.ignored, 1);
  EXPECT_DOUBLE_EQ(cell.execution_coverage.ratio.value(), 0.0);
  EXPECT_FALSE(cell.pass_ratio);
  EXPECT_EQ(cell.verdict, Verdict::pass);
}

TEST(ExecutionCoverage, MatrixsReferenceGoesBeforeTheHost) {
  SweepMaker sweep;
  sweep.record().plan.reference = i686;
  add_host(sweep);
  auto more = all_tests;
  more.push_back(test("core", "core", "lib", "tests::only_on_i686"));
  sweep.cell("i686", i686)
      .plan(build_units, test_units)
      .compiled(Stage::test_no_run, passed(test_units))
      .executed(RunnerKind::native, more);
  sweep.cell("bsd", freebsd).plan(build_units, test_units).compiled(Stage::check, passed({lib, bin}));
  EXPECT_EQ(find_cell(sweep.report(), "bsd").execution_coverage.planned, 5);
}

TEST(ExecutionCoverage, ElseTheCellInWhichTheUnitListsMost) {
  SweepMaker sweep;
  sweep.cell("few", i686)
      .plan({}, {lib_tests})
      .compiled(Stage::test_no_run, passed({lib_tests}))
      .executed(RunnerKind::native, {all_tests[0]});
  sweep.cell("most", s390x)
      .plan({}, {lib_tests})
      .compiled(Stage::test_no_run, passed({lib_tests}))
      .executed(RunnerKind::emulated, {all_tests[0], all_tests[1]});
  sweep.cell("bsd", freebsd).plan({}, {lib_tests}).compiled(Stage::check, {});
  EXPECT_EQ(find_cell(sweep.report(), "bsd").execution_coverage.planned, 2);
}

TEST(ExecutionCoverage, AnotherScopesCellIsNoReferenceButMayListMost) {
  SweepMaker sweep;
  add_host(sweep);
  sweep.cell("narrow", host)
      .scope({"-p", "core"})
      .plan({lib}, {lib_tests})
      .compiled(Stage::check, passed({lib}));
  const auto report = sweep.report();
  EXPECT_EQ(find_cell(report, "narrow").execution_coverage.planned, 2);
  EXPECT_EQ(find_cell(report, "narrow").execution_coverage.planned_from, PlannedFrom::reference);
}

TEST(ExecutionCoverage, ElseAnEarlierSweepsList) {
  SweepMaker sweep;
  sweep.cell("bsd", freebsd).plan({lib}, {lib_tests, doctests}).compiled(Stage::check, passed({lib}));
  store::TestList lib_list{{"core", "core", "lib"}, 3, "host", {{"a", false}, {"b", false}, {"c", true}}};
  store::TestList doc_list{{"core", "core", "doctest"}, 3, "host", {{"d", false}}};
  const auto report = sweep.report({lib_list, doc_list});
  const auto& coverage = find_cell(report, "bsd").execution_coverage;
  EXPECT_EQ(coverage.planned, 3);
  EXPECT_EQ(coverage.ignored, 1);
  EXPECT_EQ(coverage.planned_from, PlannedFrom::reference);
}

TEST(ExecutionCoverage, UnknownWhereNobodyListsAUnit) {
  SweepMaker sweep;
  sweep.cell("s390x", s390x)
      .plan({}, {lib_tests, api_tests})
      .compiled(Stage::test_no_run,
                {failed(lib_tests, "E0432", "no", "src/lib.rs", 1), unit_result(api_tests)})
      .executed(RunnerKind::emulated, tests_of("api", "test"));
  const auto report = sweep.report();
  const auto& coverage = find_cell(report, "s390x").execution_coverage;
  EXPECT_FALSE(coverage.planned);
  EXPECT_FALSE(coverage.ratio);
  EXPECT_FALSE(coverage.ignored);
  EXPECT_EQ(coverage.planned_from, PlannedFrom::unknown);
  EXPECT_EQ(coverage.emulated.executed, 1);  // what ran is known
}

TEST(ExecutionCoverage, ABinaryWithoutTestsHasAnEmptyList) {
  SweepMaker sweep;
  sweep.cell("host", host)
      .plan({}, {lib_tests, doctests})
      .compiled(Stage::test_no_run, passed({lib_tests}))
      .executed(RunnerKind::native, {});
  const auto report = sweep.report();
  const auto& coverage = find_cell(report, "host").execution_coverage;
  EXPECT_EQ(coverage.planned, 0);
  EXPECT_EQ(coverage.planned_from, PlannedFrom::own);
  EXPECT_FALSE(coverage.ratio);  // nothing of nothing
}

TEST(ExecutionCoverage, ABinaryThatCouldNotBeListedIsUnknown) {
  SweepMaker sweep;
  sweep.cell("host", host)
      .plan({}, {lib_tests})
      .compiled(Stage::test_no_run, passed({lib_tests}))
      .executed(RunnerKind::native, {})
      .last()
      .binary_failures = {{"core", "core", "lib", false, Outcome::signalled,
                           "core/core could not list its tests: killed by signal 11"}};
  const auto report = sweep.report();
  EXPECT_FALSE(find_cell(report, "host").execution_coverage.planned);
  EXPECT_EQ(find_job(find_cell(report, "host"), Stage::execute).notes.size(), 1u);
}

TEST(ExecutionCoverage, TestsThatARuleSkipsStayPlanned) {
  SweepMaker sweep;
  auto tests = all_tests;
  tests[1].state = TestState::skipped;
  sweep.cell("host", host)
      .plan(build_units, test_units)
      .compiled(Stage::test_no_run, passed(test_units))
      .executed(RunnerKind::native, tests);
  const auto report = sweep.report();
  EXPECT_NE(find_job(find_cell(report, "host"), Stage::execute).verdict, Verdict::blocked);
  EXPECT_EQ(find_cell(report, "host").execution_coverage.planned, 4);
  EXPECT_EQ(find_cell(report, "host").execution_coverage.native.executed, 3);
  EXPECT_EQ(find_job(find_cell(report, "host"), Stage::execute).tests->skipped, 1);
}

TEST(ExecutionCoverage, HangAndCrashRanToAVerdict) {
  SweepMaker sweep;
  auto tests = all_tests;
  tests[0].state = TestState::timed_out;
  tests[1].state = TestState::crashed;
  sweep.cell("host", host)
      .plan(build_units, test_units)
      .compiled(Stage::test_no_run, passed(test_units))
      .executed(RunnerKind::native, tests);
  const auto report = sweep.report();
  const auto& cell = find_cell(report, "host");
  EXPECT_EQ(cell.execution_coverage.native.executed, 4);
  EXPECT_EQ(cell.execution_coverage.native.passed, 2);
  EXPECT_DOUBLE_EQ(cell.pass_ratio.value(), 0.5);
}

TEST(ExecutionCoverage, AHostExecutableInAForeignCellCountsForTheHostOnly) {
  SweepMaker sweep;
  std::vector<TestResult> tests{test("derive", "derive", "proc-macro", "tests::parses"), all_tests[0],
                                all_tests[1]};
  for (const auto& triple : {host, s390x})
    sweep.cell(triple, triple)
        .plan({}, {macro_tests, lib_tests})
        .compiled(Stage::test_no_run, passed({macro_tests, lib_tests}))
        .executed(triple == host ? RunnerKind::native : RunnerKind::emulated, tests);
  const auto report = sweep.report();
  EXPECT_EQ(find_cell(report, host).execution_coverage.planned, 3);
  EXPECT_EQ(find_cell(report, host).execution_coverage.native.executed, 3);
  EXPECT_EQ(find_cell(report, s390x).execution_coverage.planned, 2);
  EXPECT_EQ(find_cell(report, s390x).execution_coverage.emulated.executed, 2);
  EXPECT_EQ(find_cell(report, s390x).execution_coverage.native.executed, 0);
}

TEST(ExecutionCoverage, ACustomHarnessIsTheTestOfItsUnit) {
  SweepMaker sweep;
  sweep.cell("host", host)
      .plan({}, {api_tests})
      .compiled(Stage::test_no_run, passed({api_tests}))
      .executed(RunnerKind::native, {test("core", "api", "custom", "api")});
  sweep.cell("bsd", freebsd).plan({}, {api_tests}).compiled(Stage::check, {});
  const auto report = sweep.report();
  EXPECT_EQ(find_cell(report, "host").execution_coverage.planned, 1);
  EXPECT_EQ(find_cell(report, "bsd").execution_coverage.planned, 1);
}

TEST(ExecutionCoverage, FlakyTestsPassedAndAreNamed) {
  SweepMaker sweep;
  auto tests = all_tests;
  tests[0] = test("core", "core", "lib", "tests::a", TestState::failed, "first time");
  sweep.cell("host", host)
      .plan(build_units, test_units)
      .compiled(Stage::test_no_run, passed(test_units))
      .executed(RunnerKind::native, tests)
      .verified({test("core", "core", "lib", "tests::a")});
  const auto report = sweep.report();
  const auto& cell = find_cell(report, "host");
  EXPECT_EQ(cell.verdict, Verdict::flaky);
  EXPECT_EQ(cell.execution_coverage.native.passed, 4);
  const auto& job = find_job(cell, Stage::execute);
  EXPECT_EQ(job.attempts, 2);
  ASSERT_EQ(job.failures.size(), 1u);
  EXPECT_EQ(job.failures[0].verdict, Verdict::flaky);
  EXPECT_EQ(job.failures[0].message, "first time");
}

TEST(ExecutionCoverage, ASecondOpinionOnNativeIsNativeExecution) {
  SweepMaker sweep;
  sweep.cell("s390x", s390x)
      .plan({}, {lib_tests})
      .compiled(Stage::test_no_run, passed({lib_tests}))
      .executed(RunnerKind::emulated,
                {test("core", "core", "lib", "tests::a", TestState::failed, "m"), all_tests[1]})
      .verified({all_tests[0]})
      .last()
      .runner.kind = RunnerKind::native;
  const auto report = sweep.report();
  const auto& coverage = find_cell(report, "s390x").execution_coverage;
  EXPECT_EQ(coverage.native.executed, 1);
  EXPECT_EQ(coverage.emulated.executed, 1);
}

TEST(ExecutionCoverage, ACompileStageNeverAddsToIt) {
  SweepMaker sweep;
  sweep.cell("c", s390x)
      .plan(build_units, test_units)
      .compiled(Stage::test_no_run, passed({lib_tests, api_tests}));
  const auto report = sweep.report();
  const auto& coverage = find_cell(report, "c").execution_coverage;
  EXPECT_EQ(coverage.native.executed + coverage.emulated.executed, 0);
  EXPECT_FALSE(coverage.planned);
}

TEST(ExecutionCoverage, ExcludedCellsPlanNothing) {
  SweepMaker sweep;
  sweep.cell("x", s390x).excluded("no emulator here");
  const auto report = sweep.report();
  EXPECT_EQ(find_cell(report, "x").verdict, Verdict::excluded);
  EXPECT_EQ(find_cell(report, "x").excluded_reason, "no emulator here");
  EXPECT_TRUE(find_cell(report, "x").compile_coverage.empty());
  EXPECT_FALSE(find_cell(report, "x").execution_coverage.planned);
}

}  // namespace
}  // namespace tripled::report
