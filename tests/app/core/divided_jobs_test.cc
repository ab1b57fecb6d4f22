// Execute jobs that are divided: planned by the last sweep's durations, leased shard by shard, judged as one.
#include "daemon/report/load.h"
#include "tests/app/core/core_fixture.h"

namespace tripled::app {
namespace {

class DividedJobs : public CoreTest {
 protected:
  DividedJobs() {
    shards = {Millis(1000), 3};
    start();
  }

  static Executable binary(const std::string& target) {
    Executable out;
    out.package = "sample";
    out.target = target;
    out.kind = "test";
    out.path = "/cache/" + target;
    return out;
  }
  static AttemptResult executed(const std::string& target, TestState state) {
    AttemptResult out;
    out.runner.kind = RunnerKind::native;
    TestResult test;
    test.package = "sample";
    test.target = target;
    test.kind = "test";
    test.test = "of_" + target;
    test.state = state;
    test.duration_ms = 1500;
    out.tests = {test};
    return out;
  }
  void compile() {
    AttemptResult built;
    built.executables = {binary("one"), binary("two")};
    finish(built);
  }
  // A sweep whose tests took three seconds.
  void sweep_before() {
    add_sweep({Stage::execute});
    hello();
    prepare_and_set_up();
    compile();
    auto ran = executed("one", TestState::passed);
    ran.tests.push_back(executed("two", TestState::passed).tests.front());
    finish(ran);
    expect_finished();
    auto row = job(BatchKind::execute).row;
    row.started_at = 1000;  // played, it took no time
    row.finished_at = 4000;
    auto tx = must(core->store_for_tests().begin());
    must(tx.update_job(row));
    must(tx.commit());
    core->finish_sweep(id, store::SweepState::finished, 0, [] {});
    must(core->flush());
    core->forget_sweep(id);
    finished = 0;
  }
  void begin_divided() {
    sweep_before();
    add_sweep({Stage::execute});
    prepare_and_set_up();
    compile();
    turn();
  }
  std::vector<store::JobRow> shard_rows() {
    std::vector<store::JobRow> out;
    for (auto& j : record().jobs)
      if (j.row.stage == Stage::execute) out.push_back(j.row);
    return out;
  }
};

TEST_F(DividedJobs, WhatTookLongIsLeasedShardByShardInTheNextSweep) {
  begin_divided();
  auto rows = shard_rows();
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].shard_of, 0);
  EXPECT_EQ(rows[1].shard_of, rows[0].id);
  EXPECT_EQ(rows[2].shard, 2);
  EXPECT_EQ(core->scheduler().running().size(), 2u) << "as many as there are slots";
  EXPECT_EQ(must(reader().jobs_of_cell(id, record().cells.front().cell.id)).size(), 2u)
      << "compile and execute: shards are parts of it";
}

TEST_F(DividedJobs, ItsVerdictIsThatOfAllShards) {
  begin_divided();
  finish(executed("one", TestState::passed));
  finish(executed("two", TestState::timed_out));
  finish(executed("three", TestState::passed));
  expect_finished();
  EXPECT_EQ(shard_rows()[0].verdict, Verdict::timeout);
  EXPECT_EQ(record().cells.front().verdict, Verdict::timeout);
  EXPECT_EQ(must(reader().attempts(shard_rows()[0].id)).size(), 3u);
  auto from = reader();
  auto report = must(report::load(from, id));
  ASSERT_EQ(report.cells.front().jobs.size(), 2u);
  const auto& execute = report.cells.front().jobs.back();
  EXPECT_EQ(execute.verdict, Verdict::timeout);
  EXPECT_EQ(execute.attempts, 3);
  ASSERT_TRUE(execute.tests);
  EXPECT_EQ(execute.tests->executed, 3);
  EXPECT_EQ(execute.tests->failed, 1);
}

TEST_F(DividedJobs, ItGoesOnAfterARestartInTheMiddle) {
  begin_divided();
  finish(executed("one", TestState::passed));
  std::vector<wire::HeldAttempt> held;
  for (const auto& l : core->scheduler().running())
    held.push_back({l.lease, l.batch, std::to_string(jobs(l.batch).front().row.id) + "#1", l.epoch, false});
  ASSERT_EQ(held.size(), 2u);
  start();
  must(core->restore_running());
  hello(held);
  for (int i = 0; i < 2; ++i) finish(executed("two" + std::to_string(i), TestState::passed));
  expect_finished();
  EXPECT_EQ(shard_rows()[0].verdict, Verdict::pass);
}

TEST_F(DividedJobs, AreTriedAgainWholeWhereOneShardIsVoid) {
  begin_divided();
  finish(executed("one", TestState::passed));
  finish(executed("two", TestState::passed));
  const auto before_last = unix_now_ms();
  while (unix_now_ms() == before_last) {
  }
  finish(executed("three", TestState::passed));
  expect_finished();
  core->finish_sweep(id, store::SweepState::finished, 0, [] {});
  must(core->flush());
  core->forget_sweep(id);
  finished = 0;
  web::VoidRequest request;
  request.worker = "w1";
  request.since = before_last + 1;
  request.until = unix_now_ms() + 1;
  auto done = must(core->void_worker(request, "ann"));
  EXPECT_EQ(done.attempts, 1) << "the last shard alone";
  ASSERT_EQ(done.reopened.size(), 1u);
  EXPECT_EQ(shard_rows()[2].shard_of, shard_rows()[0].id);
  SetupResult set_up;
  set_up.check.ok = true;
  finish(set_up);
  compile();
  turn();
  auto from = reader();
  auto waiting = must(report::load(from, id));
  EXPECT_EQ(waiting.cells.front().execution_coverage.native.executed, 0);
  for (int i = 0; i < 3; ++i) finish(executed("again" + std::to_string(i), TestState::passed));
  expect_finished();
  EXPECT_EQ(shard_rows()[0].verdict, Verdict::pass);
  auto report = must(report::load(from, id));
  const auto& execute = report.cells.front().jobs.back();
  EXPECT_FALSE(execute.voided);
  ASSERT_EQ(execute.earlier.size(), 1u);
  EXPECT_TRUE(execute.earlier[0].voided);
  EXPECT_EQ(execute.tests->executed, 3);
}

}  // namespace
}  // namespace tripled::app
