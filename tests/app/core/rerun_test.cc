// Cells of a sweep that are tried again in place, by a person's wish or because a worker was wrong.
#include <algorithm>
#include <thread>

#include "tests/app/core/core_fixture.h"

namespace tripled::app {
namespace {

web::RerunRequest everything_failed() {
  web::RerunRequest out;
  out.failed = true;
  return out;
}

class RerunTest : public CoreTest {
 protected:
  // One cell whose check failed; the sweep is over and has left memory, as the service does it.
  void a_failed_sweep() {
    add_sweep({Stage::check});
    hello();
    prepare_and_set_up();
    AttemptResult bad;
    bad.process.code = 101;
    bad.worst = Verdict::fail;
    UnitResult unit;
    unit.verdict = Verdict::fail;
    bad.units = {unit};
    finish(bad);
    expect_finished();
    leave_memory(1);
    ASSERT_EQ(record().cells.front().verdict, Verdict::fail);
  }
  void leave_memory(int exit_status) {
    core->finish_sweep(id, store::SweepState::finished, exit_status, [&] { core->forget_sweep(id); });
    for (int i = 0; i < 100 && core->is_running(id); ++i) turn();
    ASSERT_FALSE(core->is_running(id));
    finished = 0;
  }
  // A moment after all that was and before all that will be.
  static store::UnixMs later_now() {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    auto now = unix_now_ms();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return now;
  }
  void set_up_again() {
    SetupResult set_up;
    set_up.check.ok = true;
    finish(set_up);
  }
};

TEST_F(RerunTest, AFinishedSweepIsAmendedInPlace) {
  a_failed_sweep();
  auto cells = must(core->rerun(id, everything_failed(), "ann"));
  EXPECT_EQ(cells, std::vector<std::string>{store::a_cell().id});
  EXPECT_EQ(record().row.state, store::SweepState::running);
  EXPECT_FALSE(record().cells.front().verdict);
  set_up_again();
  EXPECT_NE(told("rerun").find("1 cell is tried again"), std::string::npos);
  finish(AttemptResult());
  expect_finished();
  EXPECT_EQ(record().cells.front().verdict, Verdict::pass);
  auto checked = job(BatchKind::compile);
  ASSERT_EQ(checked.attempts.size(), 2u);
  EXPECT_EQ(checked.attempts[1].row.n, 2);
  EXPECT_EQ(checked.attempts[1].row.epoch, 2) << "epochs go on";
  EXPECT_EQ(checked.attempts[1].row.reason, AttemptReason::rerun);
  auto earlier = must(reader().earlier_verdicts(checked.row.id));
  ASSERT_EQ(earlier.size(), 1u);
  EXPECT_EQ(earlier[0].verdict, Verdict::fail);
  EXPECT_EQ(must(reader().audit(1)).front().what, "rerun");
  EXPECT_EQ(job(BatchKind::prepare).attempts.size(), 1u) << "the sweep's sources are as they were";
  EXPECT_TRUE(core->scheduler().violations().empty());
  leave_memory(0);
  expect_sound();
}

TEST_F(RerunTest, ARestartGoesOnWithIt) {
  a_failed_sweep();
  core->worker_closed(1, "");  // nothing of it is granted before the restart
  must(core->rerun(id, everything_failed(), "ann"));
  start();
  EXPECT_EQ(must(core->restore_running()), 1u);
  instance = "i2";
  hello();
  set_up_again();
  finish(AttemptResult());
  expect_finished();
  EXPECT_EQ(record().cells.front().verdict, Verdict::pass);
  EXPECT_EQ(job(BatchKind::compile).attempts.at(1).row.reason, AttemptReason::rerun);
}

TEST_F(RerunTest, WhatCannotBeTriedAgainIsRefused) {
  add_sweep({Stage::check});
  web::RerunRequest named;
  named.cells = {store::a_cell().id};
  auto kind = [&](const web::RerunRequest& request) {
    return core->rerun(id, request, "ann").error().kind();
  };
  EXPECT_EQ(kind(named), ErrorKind::conflict) << "it runs";
  EXPECT_EQ(kind(everything_failed()), ErrorKind::usage) << "nothing failed yet";
  EXPECT_EQ(kind({}), ErrorKind::usage);
  hello();
  prepare_and_set_up();
  finish(AttemptResult());
  expect_finished();
  EXPECT_EQ(kind(named), ErrorKind::conflict) << "its end is not stored yet";
  leave_memory(0);
  EXPECT_EQ(kind(everything_failed()), ErrorKind::usage);
  named.cells = {"nothing"};
  EXPECT_EQ(kind(named), ErrorKind::usage);
  EXPECT_EQ(core->rerun(99, named, "ann").error().kind(), ErrorKind::usage);
}

TEST_F(RerunTest, ACellOfARunningSweepIsTriedAgainBesideTheOthers) {
  auto sweep = store::a_sweep();
  sweep.plan.cells = {store::a_cell(), store::a_cell("i686-unknown-linux-gnu")};
  for (auto& cell : sweep.plan.cells) cell.settings.stages = {Stage::check};
  id = must(core->add_sweep(sweep));
  hello();
  prepare_and_set_up();
  set_up_again();
  AttemptResult lost;
  lost.process.outcome = Outcome::could_not_start;
  for (int i = 0; i < 3; ++i)
    finish(lost, Outcome::could_not_start);  // the first cell; the second one compiles
  web::RerunRequest broken;
  broken.broken = true;
  auto cells = must(core->rerun(id, broken, "ann"));
  ASSERT_EQ(cells.size(), 1u);
  turn();
  EXPECT_EQ(core->scheduler().running().size(), 2u) << "its setup beside the other cell's compile";
  finish(AttemptResult());
  set_up_again();
  finish(AttemptResult());
  expect_finished();
  for (const auto& cell : record().cells) EXPECT_EQ(cell.verdict, Verdict::pass) << cell.cell.id;
  EXPECT_TRUE(core->scheduler().violations().empty());
}

TEST_F(RerunTest, ASetupThatOthersUseIsNotTakenFromThem) {
  auto sweep = store::a_sweep();
  auto other = store::a_cell();
  other.id += "-too";
  sweep.plan.cells = {store::a_cell(), other};
  for (auto& cell : sweep.plan.cells) cell.settings.stages = {Stage::check};
  id = must(core->add_sweep(sweep));
  hello();
  prepare_and_set_up();
  AttemptResult lost;
  lost.process.outcome = Outcome::could_not_start;
  for (int i = 0; i < 3; ++i) finish(lost, Outcome::could_not_start);
  web::RerunRequest broken;
  broken.broken = true;
  auto refused = core->rerun(id, broken, "ann");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::conflict);
  EXPECT_NE(refused.error().message().find("setup of s390x-unknown-linux-gnu"), std::string::npos);
  finish(AttemptResult());
  expect_finished();
}

web::VoidRequest all_of_w1() {
  web::VoidRequest out;
  out.worker = "w1";
  return out;
}

TEST_F(RerunTest, ResultsOfAWrongWorkerAreVoidAndItsCellsTriedAgain) {
  a_failed_sweep();
  auto later = all_of_w1();
  later.since = unix_now_ms() + 60'000;
  later.until = later.since + 1;
  auto nothing = must(core->void_worker(later, "ann"));
  EXPECT_EQ(nothing.attempts, 0);
  EXPECT_TRUE(nothing.reopened.empty());
  auto done = must(core->void_worker(all_of_w1(), "ann"));
  EXPECT_EQ(done.attempts, 3) << "prepare, setup, check";
  ASSERT_EQ(done.reopened.size(), 1u);
  EXPECT_EQ(done.reopened[0].cell, store::a_cell().id);
  EXPECT_TRUE(done.left.empty());
  auto checked = job(BatchKind::compile);
  EXPECT_EQ(must(reader().voided_attempts(checked.row.id)).count(checked.attempts[0].row.id), 1u);
  EXPECT_EQ(checked.attempts[0].row.outcome, Outcome::exited) << "the result itself stays";
  EXPECT_EQ(must(reader().audit(2))[1].what, "void");
  ASSERT_TRUE(core->scheduler().workers().front().draining) << "it is still wrong";
  EXPECT_FALSE(record().prepare) << "what prepared it is void, too";
  core->change_worker(sched::UndrainWorker{"w1"});
  prepare_and_set_up();
  finish(AttemptResult());
  expect_finished();
  EXPECT_EQ(record().cells.front().verdict, Verdict::pass);
  EXPECT_EQ(must(reader().voided_attempts(checked.row.id)).size(), 1u) << "the new one is good";
}

// The cell itself was compiled well: what it rests on was not.
TEST_F(RerunTest, ACellIsTriedAgainWhoseSetupOrPrepareAloneIsVoid) {
  add_sweep({Stage::check});
  hello();
  PrepareResult prepared;
  prepared.snapshot = "s1";
  finish(prepared);
  const auto after_prepare = later_now();
  set_up_again();
  const auto after_setup = later_now();
  finish(AttemptResult());
  expect_finished();
  leave_memory(0);

  web::VoidRequest request;
  request.worker = "w1";
  request.since = after_prepare;
  request.until = after_setup;
  auto done = must(core->void_worker(request, "ann"));
  EXPECT_EQ(done.attempts, 1);
  ASSERT_EQ(done.reopened.size(), 1u) << "by its setup";
  EXPECT_TRUE(record().prepare) << "that was well";
  set_up_again();
  finish(AttemptResult());
  expect_finished();
  leave_memory(0);
  auto checked = job(BatchKind::compile);
  ASSERT_EQ(checked.earlier.size(), 1u);
  EXPECT_EQ(checked.earlier[0].verdict, Verdict::pass);
  EXPECT_TRUE(checked.earlier[0].voided);
  EXPECT_FALSE(checked.voided);

  request.since = 0;
  request.until = after_prepare;
  done = must(core->void_worker(request, "ann"));
  ASSERT_EQ(done.reopened.size(), 1u) << "by what prepared its sweep";
  EXPECT_FALSE(record().prepare);
  prepare_and_set_up();
  finish(AttemptResult());
  expect_finished();
  EXPECT_EQ(record().cells.front().verdict, Verdict::pass);
  EXPECT_EQ(job(BatchKind::prepare).attempts.size(), 2u);
  EXPECT_TRUE(core->scheduler().violations().empty());
  expect_sound();
}

TEST_F(RerunTest, AnOlderSweepKeepsItsVerdictWhereResultsAreVoid) {
  a_failed_sweep();
  const auto older = id;
  add_sweep({Stage::check});
  auto done = must(core->void_worker(all_of_w1(), "ann"));
  EXPECT_TRUE(done.reopened.empty());
  ASSERT_EQ(done.left.size(), 1u);
  EXPECT_EQ(done.left[0].sweep, std::to_string(older));
  EXPECT_NE(done.left[0].why.find("newer sweep"), std::string::npos);
  id = older;
  EXPECT_EQ(record().cells.front().verdict, Verdict::fail);
  EXPECT_FALSE(must(reader().voided_attempts(job(BatchKind::compile).row.id)).empty());
  EXPECT_TRUE(job(BatchKind::compile).voided) << "and is shown as void";
}

TEST_F(RerunTest, TheExitStatusOfAFinishedSweepIsAmendedAndNothingElseOfIt) {
  a_failed_sweep();
  const auto before = record().row;
  ASSERT_EQ(before.exit_status, 1);
  core->amend_exit_status(id, 3, *before.finished_at);
  must(core->flush());
  auto amended = before;
  amended.exit_status = 3;
  store::expect_same(record().row, amended);
  EXPECT_FALSE(core->is_running(id));
  EXPECT_EQ(failure, "");
  expect_sound();
}

// Its exit status comes with its end.
TEST_F(RerunTest, TheExitStatusOfASweepThatRunsAgainIsNotAmended) {
  a_failed_sweep();
  const auto finished_at = *record().row.finished_at;
  must(core->rerun(id, everything_failed(), "ann"));
  core->amend_exit_status(id, 3, finished_at);
  must(core->flush());
  EXPECT_EQ(record().row.state, store::SweepState::running);
  EXPECT_FALSE(record().row.exit_status);
}

TEST_F(RerunTest, SourcesThatAnotherSweepChangedAreNotCompiled) {
  a_failed_sweep();
  auto first = id;
  add_sweep({Stage::check});
  PrepareResult other;
  other.snapshot = "s2";
  finish(other);
  auto refused = core->rerun(first, everything_failed(), "ann");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::conflict);
  EXPECT_NE(refused.error().message().find("sweep 2 of the same project"), std::string::npos);
}

TEST_F(RerunTest, AFailedPrepareIsRepeatedForItsCells) {
  add_sweep({Stage::check});
  hello();
  PrepareResult failed;
  failed.error = "no such directory";
  finish(failed);
  expect_finished();
  leave_memory(3);
  EXPECT_EQ(record().cells.front().verdict, Verdict::blocked);
  web::RerunRequest broken;
  broken.broken = true;
  must(core->rerun(id, broken, "ann"));
  EXPECT_FALSE(record().prepare);
  prepare_and_set_up();
  finish(AttemptResult());
  expect_finished();
  EXPECT_EQ(record().cells.front().verdict, Verdict::pass);
  EXPECT_EQ(record().row.snapshot, "s1");
}

}  // namespace
}  // namespace tripled::app
