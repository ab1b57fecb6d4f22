// Sweep::take and judge on records made by hand: what is verified, what a lost attempt means, what a cell
// ends with.
#include "daemon/app/sweep/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/wire/json.h"

namespace tripled::app {
namespace {

// One cell whose setup is job 11, whose compile batch has the jobs 21 (check), 22 (build) and 23
// (test-no-run), and whose execute batch has 31.
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
    row.definition_json = wire::to_text_json(BatchDefinition());
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
  add(2, BatchKind::compile, {{21, Stage::check}, {22, Stage::build}, {23, Stage::test_no_run}});
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
    auto taken = sweep.take(job, wire::to_json(result), reason, "w1");
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
  auto taken = sweep.take("21", wire::json::value("no object"), AttemptReason::first, "w1");
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
  auto taken = other.take("31", wire::to_json(slow), AttemptReason::first, "w1");
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

TEST_F(SweepTest, SetupIsTriedElsewhereUntilAllThatIsNeededIsMetBySomeWorker) {
  BatchDefinition definition;
  definition.needs_link = definition.needs_run = true;
  auto record = a_record();
  definition.like_cell = record.cells.front().cell.id;
  record.batches.front().definition_json = wire::to_text_json(definition);
  for (auto& batch : record.batches)
    if (batch.kind != BatchKind::setup) {
      batch.setup_key = "s390x";
      batch.definition_json = wire::to_text_json(BatchDefinition());
    }
  Sweep two(std::move(record), config::Catalogue::builtin());
  SetupResult links, runs;
  links.check.ok = links.link.ok = true;
  links.run_native = {false, "no s390x here", ""};
  runs.check = {false, "toolchain stable is not here", ""};
  runs.runner.kind = RunnerKind::native;

  auto first = two.take("11", wire::to_json(links), AttemptReason::first, "w1");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->next, sched::Next::elsewhere);
  two.take_back("11");
  auto second = two.take("11", wire::to_json(runs), AttemptReason::infrastructure, "w2");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->next, sched::Next::finished);
  EXPECT_EQ(second->setup->result->worker, "w1") << "that of the one who can do most";
  std::map<std::string, std::string> lacks;
  for (const auto& lack : second->lacks)
    if (!lack.why.empty()) lacks[lack.worker + ": " + lack.ability] = lack.why;
  EXPECT_THAT(lacks, testing::ElementsAre(testing::Pair("w1: run s390x", "no s390x here"),
                                          testing::Pair("w2: check s390x", "toolchain stable is not here"),
                                          testing::Pair("w2: link s390x", "toolchain stable is not here")));
  EXPECT_FALSE(two.is_pinned_to(two.batch("3"), "w1")) << "w1 cannot run what it links";
  EXPECT_TRUE(two.is_pinned_to(two.batch("3"), "w2"));

  const auto compile = wire::from_text_json<CompileSpec>(two.spec("2", "w1")).value();
  EXPECT_TRUE(compile.archive);
  EXPECT_TRUE(compile.setup.link.ok);
  auto linked = compiled(Verdict::pass);
  linked.archive = ExecutionArchive{{"abc", 1}, {"/x"}, "2.34", {"avx2"}};
  ASSERT_TRUE(two.take("23", wire::to_json(linked), AttemptReason::first, "w1"));
  const auto execute = wire::from_text_json<ExecuteSpec>(two.spec("3", "w2")).value();
  EXPECT_EQ(execute.built_on, "w1");
  ASSERT_TRUE(execute.archive.has_value());
  EXPECT_EQ(execute.archive->glibc, "2.34");
  EXPECT_EQ(execute.setup.runner.kind, RunnerKind::native) << "w2's own setup";
  EXPECT_THAT(two.blobs_of("3"), testing::ElementsAre("abc"));
}

TEST_F(SweepTest, WhatNobodyCanRunIsBrokenWithTheReason) {
  sweep.give_up("3", "no worker has label z15");
  auto& row = sweep.job("31");
  row.state = JobState::skipped;
  sweep.judge_skipped(row, false);
  EXPECT_EQ(row.verdict, Verdict::broken);
  EXPECT_EQ(row.reason, "no worker has label z15");
}

TEST_F(SweepTest, SetupWithoutAResultOrWithoutAStdIsBroken) {
  auto& lost = end("11", Outcome::worker_lost);
  EXPECT_EQ(lost.verdict, Verdict::broken);
  EXPECT_EQ(lost.reason, "it has no result: worker-lost");
  SetupResult without_std;
  without_std.check = {false, "no rust-src", "rustup component add rust-src"};
  ASSERT_TRUE(sweep.take("11", wire::to_json(without_std), AttemptReason::first, "w1"));
  EXPECT_EQ(end("11").verdict, Verdict::broken);
  EXPECT_EQ(end("11").reason, "no rust-src");
  SetupResult good;
  good.check.ok = true;
  ASSERT_TRUE(sweep.take("11", wire::to_json(good), AttemptReason::first, "w1"));
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
                          AttemptReason::verification, "w1");
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->next, sched::Next::finished);
  auto& row = after.job("31");
  after.judge(row, Outcome::exited);
  EXPECT_EQ(row.verdict, Verdict::flaky);
}

}  // namespace
}  // namespace tripled::app
