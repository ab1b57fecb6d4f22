// The table of the exit status.
#include <gtest/gtest.h>

#include "tests/report/fixture.h"

namespace tripled::report {
namespace {

JobEntry job(Verdict verdict, std::vector<Verdict> unexpected = {},
             Expectation expectation = Expectation::none) {
  JobEntry out;
  out.verdict = verdict;
  out.unexpected_verdicts = std::move(unexpected);
  out.unexpected = !out.unexpected_verdicts.empty();
  out.expectation = expectation;
  return out;
}

JobEntry voided(JobEntry job) {
  job.voided = true;
  return job;
}

Report of(std::vector<JobEntry> jobs) {
  Report out;
  out.cells.emplace_back();
  out.cells[0].jobs = std::move(jobs);
  return out;
}

struct Row {
  const char* name;
  std::vector<JobEntry> jobs;
  int status, strict;
};

class ExitStatus : public testing::TestWithParam<Row> {};

TEST_P(ExitStatus, IsAsTheTableSays) {
  auto report = of(GetParam().jobs);
  EXPECT_EQ(exit_status(report, false, false), GetParam().status);
  EXPECT_EQ(exit_status(report, false, true), GetParam().strict);
  EXPECT_EQ(exit_status(report, true, false), 130);
}

const Row rows[] = {
    {"all_passed", {job(Verdict::pass), job(Verdict::pass)}, 0, 0},
    {"nothing_planned", {}, 0, 0},
    {"unexpected_fail", {job(Verdict::fail, {Verdict::fail})}, 1, 1},
    {"unexpected_timeout", {job(Verdict::timeout, {Verdict::timeout})}, 1, 1},
    {"unexpected_suspect", {job(Verdict::suspect, {Verdict::suspect})}, 1, 1},
    {"expected_fail", {job(Verdict::fail, {}, Expectation::met)}, 0, 0},
    {"unmet_expectation", {job(Verdict::pass, {}, Expectation::unmet)}, 1, 1},
    {"only_broken", {job(Verdict::broken, {Verdict::broken})}, 3, 3},
    {"expected_broken", {job(Verdict::broken, {}, Expectation::met)}, 0, 0},
    {"broken_and_blocked_by_it", {job(Verdict::broken, {Verdict::broken}), job(Verdict::blocked)}, 3, 3},
    {"blocked_by_an_expected_failure",
     {job(Verdict::fail, {}, Expectation::met), job(Verdict::blocked)},
     0,
     0},
    {"blocked_by_prepare", {job(Verdict::blocked), job(Verdict::blocked)}, 3, 3},
    {"broken_beside_fail",
     {job(Verdict::broken, {Verdict::broken}), job(Verdict::fail, {Verdict::fail})},
     1,
     1},
    {"an_expected_fail_hides_no_broken_unit",
     {job(Verdict::fail, {Verdict::broken}, Expectation::met)},
     3,
     3},
    {"flaky", {job(Verdict::flaky, {Verdict::flaky})}, 0, 1},
    {"void_pass", {voided(job(Verdict::pass)), job(Verdict::pass)}, 3, 3},
    {"void_fail", {voided(job(Verdict::fail, {Verdict::fail}))}, 3, 3},
    {"void_unmet_expectation", {voided(job(Verdict::pass, {}, Expectation::unmet))}, 3, 3},
    {"void_beside_fail", {voided(job(Verdict::pass)), job(Verdict::fail, {Verdict::fail})}, 1, 1},
    {"cancelled", {job(Verdict::cancelled, {Verdict::cancelled})}, 130, 130},
};
INSTANTIATE_TEST_SUITE_P(Table, ExitStatus, testing::ValuesIn(rows),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(PrepareFailure, OfTheProjectIsOneAndOfTheMachineIsThree) {
  auto report = of({job(Verdict::blocked)});
  report.sweep.prepare_failure = PrepareFailure{Verdict::fail, "failed to select a version"};
  EXPECT_EQ(exit_status(report, false, false), 1);
  report.sweep.prepare_failure->verdict = Verdict::broken;
  EXPECT_EQ(exit_status(report, false, false), 3);
}

}  // namespace
}  // namespace tripled::report
