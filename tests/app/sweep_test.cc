// Sweep::take and judge on records made by hand: what is verified, what a lost attempt means, what a cell
// ends with.
#include "daemon/app/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/wire/json.h"

namespace tripled::app {
namespace {

// One cell whose setup is job 11, whose compile batch has the jobs 21 (check) and 22 (build), and whose
// execute batch has 31.
store::SweepRecord a_record() {
  store::SweepRecord record;
  record.row.id = 1;
  store::CellRow cell;
  cell.sweep = 1;
  cell.cell.id = "s390x-unknown-linux-gnu/bare";
  cell.cell.triple = "s390x-unknown-linux-gnu";
  record.cells = {cell};
  record.prepare = PrepareResult();
  auto add = [&](std::int64_t batch, BatchKind kind,
                 const std::vector<std::pair<std::int64_t, std::optional<Stage>>>& jobs) {
    store::BatchRow row;
    row.id = batch;
    row.sweep = 1;
    row.kind = kind;
    if (kind == BatchKind::setup)
      row.setup_key = "s390x";
    else
      row.cell = cell.cell.id;
    record.batches.push_back(row);
    for (const auto& [id, stage] : jobs) {
      store::JobRecord job;
      job.row.id = id;
      job.row.sweep = 1;
      job.row.batch = batch;
      job.row.cell = cell.cell.id;
      job.row.stage = stage;
      record.jobs.push_back(job);
    }
  };
  store::SetupRow setup;
  setup.sweep = 1;
  setup.key = "s390x";
  record.setups = {setup};
  add(1, BatchKind::setup, {{11, std::nullopt}});
  add(2, BatchKind::compile, {{21, Stage::check}, {22, Stage::build}});
  add(3, BatchKind::execute, {{31, Stage::execute}});
  return record;
}

TestResult a_test(const std::string& name, TestState state) {
  TestResult test;
  test.package = test.target = "sample";
  test.kind = "lib";
  test.test = name;
  test.state = state;
  return test;
}

AttemptResult executed(std::vector<TestResult> tests) {
  AttemptResult result;
  result.tests = std::move(tests);
  return result;
}

AttemptResult compiled(Verdict verdict) {
  AttemptResult result;
  UnitResult unit;
  unit.package = unit.target = "sample";
  unit.kind = "lib";
  unit.verdict = verdict;
  result.units = {unit};
  if (verdict == Verdict::fail) {
    Diagnostic error;
    error.code = "E0432";
    error.message = "unresolved import `x`";
    result.errors = {error};
    result.error_count = 1;
    result.process.code = 101;
  }
  return result;
}

class SweepTest : public testing::Test {
 protected:
  TakenResult take(const std::string& job, const AttemptResult& result,
                   AttemptReason reason = AttemptReason::first) {
    auto taken = sweep.take(job, wire::to_json(result), reason);
    if (!taken) throw std::runtime_error(taken.error().message());
    return std::move(taken).value();
  }
  store::JobRow& end(const std::string& job, Outcome outcome = Outcome::exited) {
    auto& row = sweep.job(job);
    row.state = JobState::done;
    sweep.judge(row, outcome);
    return row;
  }

  Sweep sweep{a_record(), config::Catalogue::builtin()};
};

const AttemptResult failing = executed({a_test("a", TestState::passed), a_test("b", TestState::failed)});
const AttemptResult passing = executed({a_test("a", TestState::passed), a_test("b", TestState::passed)});

TEST_F(SweepTest, BodyThatIsNoResultIsAProtocolErrorAndIsNotCounted) {
  auto taken = sweep.take("21", wire::json::value("no object"), AttemptReason::first);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().kind(), ErrorKind::protocol);
  take("21", compiled(Verdict::pass));
  EXPECT_EQ(end("21").verdict, Verdict::pass);
}

TEST_F(SweepTest, FailedTestsAreVerifiedOnceAndCompileFailuresNever) {
  EXPECT_EQ(take("21", compiled(Verdict::fail)).next, sched::Next::finished);
  EXPECT_EQ(take("31", failing).next, sched::Next::verify);
  EXPECT_EQ(take("31", executed({a_test("b", TestState::failed)}), AttemptReason::verification).next,
            sched::Next::finished);
  EXPECT_EQ(end("31").verdict, Verdict::fail);
}

TEST_F(SweepTest, PassingAndTimedOutTestsAreNotVerified) {
  EXPECT_EQ(take("31", passing).next, sched::Next::finished);
  Sweep other{a_record(), config::Catalogue::builtin()};
  auto slow = executed({a_test("slow", TestState::timed_out)});
  auto taken = other.take("31", wire::to_json(slow), AttemptReason::first);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->next, sched::Next::finished);  // it would cost the same time again
}

TEST_F(SweepTest, TestThatPassesInItsVerificationIsFlaky) {
  take("31", failing);
  take("31", executed({a_test("b", TestState::passed)}), AttemptReason::verification);
  EXPECT_EQ(end("31").verdict, Verdict::flaky);
}

TEST_F(SweepTest, AttemptThatWasLostSaysNothingWhenAnotherSucceeded) {
  AttemptResult lost;
  lost.process.outcome = Outcome::worker_lost;
  sweep.take_lost("31", lost);
  take("31", passing, AttemptReason::infrastructure);
  EXPECT_EQ(end("31").verdict, Verdict::pass);
}

TEST_F(SweepTest, JobOfWhichEveryAttemptWasLostIsBrokenNotPassed) {
  EXPECT_EQ(end("21", Outcome::worker_lost).verdict, Verdict::broken);
}

TEST_F(SweepTest, SetupWithoutAResultOrWithoutAStdIsBroken) {
  auto& lost = end("11", Outcome::worker_lost);
  EXPECT_EQ(lost.verdict, Verdict::broken);
  EXPECT_EQ(lost.reason, "it has no result: worker-lost");
  SetupResult without_std;
  without_std.check = {false, "no rust-src", "rustup component add rust-src"};
  ASSERT_TRUE(sweep.take("11", wire::to_json(without_std), AttemptReason::first));
  EXPECT_EQ(end("11").verdict, Verdict::broken);
  EXPECT_EQ(end("11").reason, "no rust-src");
  SetupResult good;
  good.check.ok = true;
  ASSERT_TRUE(sweep.take("11", wire::to_json(good), AttemptReason::first));
  EXPECT_EQ(end("11").verdict, Verdict::pass);
}

TEST_F(SweepTest, CellTakesTheWorstOfItsJobsAndSaysWhy) {
  take("21", compiled(Verdict::pass));
  end("21");
  take("22", compiled(Verdict::fail));
  EXPECT_EQ(end("22").verdict, Verdict::fail);
  take("31", passing);
  end("31");
  auto cell = sweep.judge_cell("s390x-unknown-linux-gnu/bare");
  EXPECT_EQ(cell.verdict, Verdict::fail);
  EXPECT_THAT(cell.reason, testing::HasSubstr("E0432"));
  EXPECT_EQ(sweep.record().cells[0].verdict, Verdict::fail);
}

TEST_F(SweepTest, CellOfWhichSomethingWasSkippedIsNeverPass) {
  take("21", compiled(Verdict::pass));
  end("21");
  take("22", compiled(Verdict::pass));
  end("22");
  auto& execute = sweep.job("31");
  execute.state = JobState::skipped;
  sweep.judge_skipped(execute, false);
  EXPECT_EQ(execute.verdict, Verdict::blocked);
  EXPECT_EQ(sweep.judge_cell("s390x-unknown-linux-gnu/bare").verdict, Verdict::blocked);
}

TEST_F(SweepTest, ARestartJudgesAsIfItHadNotBeen) {
  auto record = a_record();
  store::AttemptRecord attempt;
  attempt.result = failing;
  record.jobs.back().attempts = {attempt};
  Sweep after{record, config::Catalogue::builtin()};
  auto taken = after.take("31", wire::to_json(executed({a_test("b", TestState::passed)})),
                          AttemptReason::verification);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->next, sched::Next::finished);
  auto& row = after.job("31");
  after.judge(row, Outcome::exited);
  EXPECT_EQ(row.verdict, Verdict::flaky);
}

}  // namespace
}  // namespace tripled::app
