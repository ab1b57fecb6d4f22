// What of a report becomes metrics: sums over cells of a triple, runners apart, and never more than was
// planned.
#include "daemon/app/service/coverage_metrics.h"

#include <gtest/gtest.h>

namespace tripled::app {
namespace {

const std::string host = "x86_64-unknown-linux-gnu", s390x = "s390x-unknown-linux-gnu",
                  freebsd = "x86_64-unknown-freebsd";

report::CellEntry a_cell(const std::string& triple, int planned, int compiled) {
  report::CellEntry cell;
  cell.id = triple;
  cell.triple = triple;
  cell.toolchain = "stable";
  cell.compile_coverage["check"] = {planned, compiled, std::nullopt};
  report::JobEntry job;
  job.stage = Stage::check;
  job.verdict = planned == compiled ? Verdict::pass : Verdict::fail;
  cell.jobs = {job};
  return cell;
}

report::Report a_report(std::vector<report::CellEntry> cells) {
  report::Report out;
  out.sweep.project = "sample";
  out.sweep.matrix = "/src/sample/matrix.yaml";
  out.sweep.toolchains = {
      {"stable", "1.96.0", "rustc 1.96.0\nhost: x86_64-unknown-linux-gnu\nrelease: 1.96.0"}};
  out.cells = std::move(cells);
  return out;
}

const metrics::ExecutionTests& tests_of(const metrics::MatrixCoverage& all, const std::string& triple,
                                        RunnerKind runner) {
  for (const auto& tests : all.execution)
    if (tests.triple == triple && tests.runner == runner) return tests;
  static const metrics::ExecutionTests none;
  ADD_FAILURE() << "no " << triple << " " << to_text(runner);
  return none;
}

TEST(CoverageMetrics, CellsOfOneTripleAreSummed) {
  auto first = a_cell(s390x, 20, 19), second = a_cell(s390x, 5, 5);
  second.id = "release";
  auto all = coverage_metrics(a_report({first, second, a_cell(host, 20, 20)}));
  EXPECT_EQ(all.project, "sample");
  EXPECT_EQ(all.matrix, "matrix.yaml");
  ASSERT_EQ(all.compile.size(), 2u);
  EXPECT_EQ(all.compile[0].triple, s390x);
  EXPECT_EQ(all.compile[0].planned, 25);
  EXPECT_EQ(all.compile[0].compiled, 24);
  EXPECT_EQ((all.cells[{Stage::check, Verdict::pass}]), 2);
  EXPECT_EQ((all.cells[{Stage::check, Verdict::fail}]), 1);
}

TEST(CoverageMetrics, CheckOnlyTripleHasPlannedTestsAndNoneRun) {
  auto cell = a_cell(freebsd, 20, 20);
  cell.execution_coverage.planned = 47;
  auto all = coverage_metrics(a_report({cell}));
  ASSERT_EQ(all.execution.size(), 1u);
  const auto& tests = tests_of(all, freebsd, RunnerKind::emulated);
  EXPECT_EQ(tests.planned, 47);
  EXPECT_EQ(tests.executed, 0);
}

TEST(CoverageMetrics, PlannedTestsCountOnceWhenBothRunnersRan) {
  auto cell = a_cell(s390x, 20, 20);
  cell.execution_coverage.planned = 50;
  cell.execution_coverage.emulated = {40, 38};
  cell.execution_coverage.native = {4, 4};
  auto all = coverage_metrics(a_report({cell}));
  const auto& emulated = tests_of(all, s390x, RunnerKind::emulated);
  const auto& native = tests_of(all, s390x, RunnerKind::native);
  EXPECT_EQ(*emulated.planned + *native.planned, 50);
  EXPECT_EQ(emulated.executed, 40);
  EXPECT_EQ(emulated.passed, 38);
  EXPECT_EQ(native.planned, 4);
}

TEST(CoverageMetrics, HostRunsNativelyEvenBeforeItRan) {
  auto cell = a_cell(host, 20, 0);
  cell.execution_coverage.planned = 49;
  auto all = coverage_metrics(a_report({cell}));
  EXPECT_EQ(tests_of(all, host, RunnerKind::native).planned, 49);
}

TEST(CoverageMetrics, UnknownStaysUnknownAndExcludedIsNotThere) {
  auto unknown = a_cell(s390x, 0, 0), excluded = a_cell(freebsd, 20, 0);
  unknown.compile_coverage["check"].planned.reset();
  excluded.excluded_reason = "no such linker";
  auto all = coverage_metrics(a_report({unknown, excluded}));
  ASSERT_EQ(all.compile.size(), 1u);
  EXPECT_FALSE(all.compile[0].planned);
  EXPECT_FALSE(tests_of(all, s390x, RunnerKind::emulated).planned);
}

}  // namespace
}  // namespace tripled::app
