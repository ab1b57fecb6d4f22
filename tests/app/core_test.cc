// The daemon's core between a real store and a worker that is played by the test: what is stored of its
// words, and what a full disk, a restart and a worker that ends make of a sweep.
#include "daemon/app/core.h"

#include <algorithm>
#include <fstream>

#include "tests/store/fixture.h"

namespace tripled::app {
namespace {

using store::must;

class CoreTest : public store::StoreTest, public CoreListener {
 protected:
  CoreTest() { start(); }

  void start() {
    end();
    CoreOptions options;
    options.state = directory;
    options.policy.backoff = Millis(1);
    options.policy.poison_losses = 1;
    options.keep_events = keep_events;
    core =
        std::make_unique<Core>(io, options, open(), must(store::BlobStore::open(directory / "blobs")), *this);
    must(core->listen());
  }
  // Nothing that it posted may run behind its end.
  void end() {
    io.restart();
    while (io.poll() > 0) {
    }
    core.reset();
  }
  void add_sweep(std::vector<Stage> stages) {
    auto sweep = store::a_sweep();
    sweep.plan.cells.front().settings.stages = std::move(stages);
    id = must(core->add_sweep(sweep));
    turn();
  }

  // --- the worker
  void hello(std::vector<wire::HeldAttempt> held = {}) {
    wire::Hello message;
    message.worker = "w1";
    message.instance = instance;
    message.slots = 2;
    message.held = std::move(held);
    core->worker_opened(1, {"w1", Role::worker});
    say(message);
  }
  void say(wire::WorkerMessage message) {
    core->worker_message(1, std::move(message));
    turn();
  }
  sched::RunningBatch lease() {
    for (int i = 0; i < 100 && core->scheduler().running().empty(); ++i) turn();
    auto running = core->scheduler().running();
    std::string why = "nothing is leased";
    for (const auto& waiting : core->scheduler().waiting(std::chrono::steady_clock::now(), 10)) {
      const auto* wait = std::get_if<sched::Wait>(&waiting.placement);
      const auto* never = std::get_if<sched::Impossible>(&waiting.placement);
      why += "; batch " + waiting.batch + ": " + (wait ? wait->why : never ? never->why : "placed");
    }
    if (running.empty()) throw std::runtime_error(why);
    return running.front();
  }
  // The jobs of a batch, as stored.
  std::vector<store::JobRecord> jobs(const std::string& batch) {
    std::vector<store::JobRecord> out;
    for (auto& j : record().jobs)
      if (std::to_string(j.row.batch) == batch) out.push_back(j);
    return out;
  }
  wire::AttemptReport report(const sched::RunningBatch& l, const store::JobRecord& job, Outcome outcome,
                             wire::json::value body) {
    auto name = std::to_string(job.row.id);
    return {l.lease, name,    name + "#" + std::to_string(job.attempts.size()),
            l.epoch, outcome, std::move(body)};
  }
  // Every job of the only lease ends so.
  template <class Body>
  void finish(const Body& body, Outcome outcome = Outcome::exited) {
    auto l = lease();
    for (const auto& job : jobs(l.batch)) say(report(l, job, outcome, wire::to_json(body)));
    say(wire::BatchDone{l.lease, l.epoch});
  }
  void prepare_and_set_up() {
    PrepareResult prepared;
    prepared.snapshot = "s1";
    finish(prepared);
    SetupResult set_up;
    set_up.check.ok = true;
    finish(set_up);
  }

  // --- what came of it
  void expect_finished() {
    for (int i = 0; i < 1000 && finished == 0; ++i) turn();
    EXPECT_EQ(finished, id);
  }
  store::SweepRecord record() { return must(reader().load_sweep(id)); }
  const store::JobRecord job(BatchKind kind) {
    auto all = record();
    for (const auto& b : all.batches)
      if (b.kind == kind) return jobs(std::to_string(b.id)).front();
    throw std::runtime_error("no such batch");
  }
  std::string told(const std::string& kind) const {
    std::string out;
    for (const auto& e : events)
      if (e.kind == kind) out += e.text + "\n";
    return out;
  }

  void turn() {
    io.restart();
    io.run_for(std::chrono::milliseconds(5));
  }
  void on_event(const SweepEvent& event) override { events.push_back(event); }
  void on_sweep_finished(store::SweepId sweep) override { finished = sweep; }
  void on_failed(const Error& error) override { failure = error.message(); }

  boost::asio::io_context io;
  std::unique_ptr<Core> core;
  store::SweepId id = 0, finished = 0;
  std::string instance = "i1", failure;
  std::int64_t keep_events = 0;
  std::vector<SweepEvent> events;
};

TEST_F(CoreTest, ATokenSpeaksForItsOwnWorkerAlone) {
  wire::Hello message;
  message.worker = "w1";
  message.instance = "i9";
  core->worker_opened(7, {"w2", Role::worker});
  core->worker_message(7, message);
  turn();
  EXPECT_FALSE(core->has_worker());
  EXPECT_TRUE(core->scheduler().workers().empty());
  hello();
  EXPECT_TRUE(core->has_worker());
}

TEST_F(CoreTest, AWorkerOfAnotherProtocolHasNoPartAndItsLeasesEnd) {
  add_sweep({Stage::check});
  hello();
  prepare_and_set_up();
  auto l = lease();
  auto running = report(l, jobs(l.batch).front(), Outcome::exited, nullptr);
  say(wire::Started{l.lease, running.job, running.attempt, l.epoch});
  core->worker_closed(1, "installed anew");
  turn();
  ASSERT_EQ(core->scheduler().running().size(), 1u) << "a lease outlives its connection";
  for (int protocol : {wire::oldest_protocol_version - 1, wire::protocol_version + 1}) {
    wire::Hello message;
    message.protocol = protocol;
    message.worker = "w1";
    message.instance = "i2";
    message.slots = 2;
    core->worker_opened(2, {"w1", Role::worker});
    core->worker_message(2, message);
    turn();
    EXPECT_FALSE(core->has_worker());
    EXPECT_TRUE(core->scheduler().running().empty());
  }
  EXPECT_EQ(job(BatchKind::compile).attempts.front().row.outcome, Outcome::worker_lost);
}

// It is a second process under the same name: the one that works is left alone.
TEST_F(CoreTest, AWorkerOfAnotherProtocolEndsNobodyElse) {
  add_sweep({Stage::check});
  hello();
  lease();
  wire::Hello message;
  message.protocol = wire::oldest_protocol_version - 1;
  message.worker = "w1";
  message.instance = "i2";
  core->worker_opened(2, {"w1", Role::worker});
  core->worker_message(2, message);
  turn();
  EXPECT_EQ(core->scheduler().running().size(), 1u);
}

TEST_F(CoreTest, AFullDiskIsWaitedOutAndNothingIsLost) {
  add_sweep({Stage::check});
  hello();
  prepare_and_set_up();
  auto l = lease();
  auto checked = jobs(l.batch).front();
  must(core->store_for_tests().limit_pages(1));
  AttemptResult result;
  for (unsigned i = 0, x = 1; i < 20'000; ++i) {  // more than the pages in use have room for
    x = x * 1664525 + 1013904223;
    result.notes.push_back(std::to_string(x));
  }
  say(report(l, checked, Outcome::exited, wire::to_json(result)));
  say(wire::BatchDone{l.lease, l.epoch});
  EXPECT_EQ(failure, "");
  EXPECT_EQ(finished, 0);
  EXPECT_FALSE(record().cells.front().verdict.has_value()) << "not stored, so not concluded";
  EXPECT_NE(told("storage").find("no room"), std::string::npos);
  EXPECT_EQ(told("job-finished").find("check"), std::string::npos);
  EXPECT_FALSE(core->add_sweep(store::a_sweep())) << "intake is closed";

  must(core->store_for_tests().limit_pages(0));
  expect_finished();
  EXPECT_NE(told("storage").find("room on the disk again"), std::string::npos);
  EXPECT_EQ(record().cells.front().verdict, Verdict::pass);
  EXPECT_EQ(job(BatchKind::compile).attempts.size(), 1u);
  expect_sound();
}

TEST_F(CoreTest, AStaleResultIsKeptWithItsSender) {
  add_sweep({Stage::check});
  hello();
  auto l = lease();
  auto prepare = jobs(l.batch).front();
  prepare_and_set_up();
  auto log = must(must(store::BlobStore::open(directory / "blobs")).put("a log"));
  AttemptResult late;
  late.log = log;
  say(report(l, prepare, Outcome::exited, wire::to_json(late)));
  auto stale = must(reader().stale_results(10));
  ASSERT_EQ(stale.size(), 1u);
  EXPECT_EQ(stale.front().worker, "w1");
  EXPECT_EQ(stale.front().instance, "i1");
  EXPECT_EQ(stale.front().log.hash, log.hash);
  EXPECT_EQ(stale.front().attempt, prepare.attempts.front().row.id);
  EXPECT_EQ(stale.front().epoch, 1);
}

// E.4 11: each message twice, and all of them again once their lease is over.
TEST_F(CoreTest, ResultsThatAreSentAgainAreNotStoredAgain) {
  add_sweep({Stage::check, Stage::build});
  hello();
  prepare_and_set_up();
  auto l = lease();
  std::vector<wire::AttemptReport> sent;
  for (const auto& checked : jobs(l.batch)) {
    auto one = report(l, checked, Outcome::exited, wire::to_json(AttemptResult()));
    for (int i = 0; i < 2; ++i) {
      say(wire::Started{l.lease, one.job, one.attempt, l.epoch});
      say(one);
    }
    sent.push_back(std::move(one));
  }
  for (int i = 0; i < 2; ++i) say(wire::BatchDone{l.lease, l.epoch});
  for (auto again = sent.rbegin(); again != sent.rend(); ++again) {
    auto other = *again;
    other.outcome = Outcome::signalled;
    say(other);
  }
  expect_finished();
  EXPECT_EQ(record().cells.front().verdict, Verdict::pass);
  for (const auto& j : jobs(l.batch)) {
    ASSERT_EQ(j.attempts.size(), 1u);
    EXPECT_EQ(j.attempts.front().row.outcome, Outcome::exited);
  }
  EXPECT_EQ(must(reader().stale_results(10)).size(), 2 * sent.size());
  expect_sound();
}

TEST_F(CoreTest, APendingVerificationIsInTheRow) {
  add_sweep({Stage::test_no_run, Stage::execute});
  hello();
  prepare_and_set_up();
  finish(AttemptResult());
  AttemptResult failing;
  auto test = store::a_test("adds", TestState::failed);
  test.failure = TestFailureKind::assert_;
  failing.tests = {test};
  auto l = lease();
  say(report(l, jobs(l.batch).front(), Outcome::exited, wire::to_json(failing)));
  EXPECT_EQ(job(BatchKind::execute).row.next_reason, AttemptReason::verification);
}

TEST_F(CoreTest, AWorkerThatEndsTakesNothingWithIt) {
  add_sweep({Stage::check});
  hello();
  PrepareResult stopped;
  stopped.error = "cancelled";
  finish(stopped, Outcome::cancelled);
  EXPECT_FALSE(record().prepare.has_value());
  prepare_and_set_up();
  AttemptResult cancelled;
  cancelled.process.outcome = Outcome::cancelled;
  finish(cancelled, Outcome::cancelled);
  AttemptResult killed;
  killed.process.outcome = Outcome::signalled;
  killed.process.code = 9;
  finish(killed, Outcome::signalled);
  finish(AttemptResult());
  expect_finished();
  EXPECT_EQ(record().cells.front().verdict, Verdict::pass);
  EXPECT_EQ(job(BatchKind::compile).attempts.size(), 3u);
}

TEST_F(CoreTest, InfrastructureFailuresAreRetriedSoOftenAndNoMore) {
  add_sweep({Stage::check});
  hello();
  prepare_and_set_up();
  AttemptResult result;
  result.process.outcome = Outcome::could_not_start;
  result.process.reason = "cannot start cargo";
  for (int i = 0; i < 3; ++i) finish(result, Outcome::could_not_start);
  expect_finished();
  EXPECT_EQ(record().cells.front().verdict, Verdict::broken);
  EXPECT_EQ(record().cells.front().reason, "cannot start cargo");
}

TEST_F(CoreTest, WhatBlockedIsNamed) {
  add_sweep({Stage::test_no_run, Stage::execute});
  hello();
  finish(PrepareResult());
  lease();  // of the setup, lost with the worker: poison
  core->worker_died("w1");
  turn();
  expect_finished();
  EXPECT_EQ(job(BatchKind::compile).row.blocked_by, "setup");
  EXPECT_EQ(job(BatchKind::execute).row.blocked_by, "setup");
  EXPECT_EQ(job(BatchKind::execute).row.verdict, Verdict::blocked);
}

TEST_F(CoreTest, AResultThatWaitedInTheSpoolIsTakenAfterARestart) {
  add_sweep({Stage::check});
  hello();
  prepare_and_set_up();
  auto l = lease();
  auto checked = report(l, jobs(l.batch).front(), Outcome::exited, wire::to_json(AttemptResult()));
  start();
  must(core->resume_sweep(id));
  instance = "i2";  // the worker process is new as well
  hello({{l.lease, "", checked.attempt, l.epoch, true}});
  ASSERT_EQ(core->scheduler().running().size(), 1u) << "its lease goes on";
  say(checked);
  expect_finished();
  EXPECT_EQ(record().cells.front().verdict, Verdict::pass);
  EXPECT_EQ(job(BatchKind::compile).attempts.size(), 1u);
}

// What runs ends first, and is the last: so it was wished before the daemon was killed.
TEST_F(CoreTest, ACancelOutlivesTheDaemon) {
  add_sweep({Stage::test_no_run, Stage::execute});
  hello();
  prepare_and_set_up();
  auto l = lease();
  auto compiled = report(l, jobs(l.batch).front(), Outcome::exited, wire::to_json(AttemptResult()));
  say(wire::Started{l.lease, compiled.job, compiled.attempt, l.epoch});
  must(core->cancel_sweep(id, false, {0, 7, "ci", "cancel", "{}"}));
  ASSERT_EQ(core->scheduler().running().size(), 1u) << "it is spared";
  start();
  EXPECT_EQ(must(reader().audit(1)).front().who, "ci");
  EXPECT_EQ(must(core->restore_running()), 1u);
  EXPECT_TRUE(core->is_cancelled(id));
  instance = "i2";
  hello({{l.lease, "", compiled.attempt, l.epoch, true}});
  say(compiled);
  expect_finished();
  EXPECT_EQ(job(BatchKind::compile).row.verdict, Verdict::pass);
  EXPECT_EQ(job(BatchKind::execute).row.verdict, Verdict::cancelled);
  EXPECT_TRUE(job(BatchKind::execute).attempts.empty());
}

// The daemon is killed between the commit and the first word to the scheduler.
TEST_F(CoreTest, ACancelAtOnceReachesTheWorkerThatComesBack) {
  add_sweep({Stage::check});
  hello();
  prepare_and_set_up();
  auto l = lease();
  auto running = report(l, jobs(l.batch).front(), Outcome::exited, wire::to_json(AttemptResult()));
  const auto& attempt = running.attempt;
  say(wire::Started{l.lease, running.job, attempt, l.epoch});
  end();
  {
    auto store = open();
    auto tx = must(store.begin());
    must(tx.cancel_sweep(id, true));
    must(tx.commit());
  }
  start();
  must(core->restore_running());
  hello({{l.lease, "", attempt, l.epoch, false}});
  AttemptResult killed;
  killed.process.outcome = Outcome::cancelled;
  say(wire::AttemptReport{l.lease, running.job, attempt, l.epoch, Outcome::cancelled, wire::to_json(killed)});
  say(wire::BatchDone{l.lease, l.epoch});
  expect_finished();
  EXPECT_EQ(record().cells.front().verdict, Verdict::cancelled);
  EXPECT_EQ(job(BatchKind::compile).attempts.size(), 1u) << "it is not tried again";
}

TEST_F(CoreTest, WhatDoesNotRunIsNotCancelled) {
  EXPECT_FALSE(core->cancel_sweep(99, true, {0, 7, "ci", "cancel", "{}"}));
  EXPECT_TRUE(must(reader().audit(1)).empty());
}

TEST_F(CoreTest, ALeaseThatCannotBeTakenIsNoLoss) {
  add_sweep({Stage::check});
  hello();
  auto l = lease();
  say(wire::LeaseReturned{l.lease, l.epoch});
  prepare_and_set_up();
  finish(AttemptResult());
  expect_finished();
  EXPECT_EQ(record().cells.front().verdict, Verdict::pass);
}

TEST_F(CoreTest, EventsOfOneTurnAreOneCommit) {
  add_sweep({Stage::check, Stage::build});
  hello();
  prepare_and_set_up();
  auto l = lease();
  auto before = core->commits();
  for (const auto& job : jobs(l.batch))
    core->worker_message(1, report(l, job, Outcome::exited, wire::to_json(AttemptResult())));
  core->worker_message(1, wire::BatchDone{l.lease, l.epoch});
  turn();
  EXPECT_EQ(core->commits(), before + 1);
  expect_finished();
}

TEST_F(CoreTest, OrphanedBlobsGoAtTheStart) {
  core.reset();  // its own look for orphans takes empty directories away: files are put by one thread
  auto blobs = must(store::BlobStore::open(directory / "blobs"));
  auto old = must(blobs.put("old")), young = must(blobs.put("young"));
  std::filesystem::last_write_time(must(blobs.path_of(old.hash)),
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(48));
  start();
  core.reset();  // waits for the thread of the files
  EXPECT_FALSE(blobs.has(old.hash));
  EXPECT_TRUE(blobs.has(young.hash)) << "a spooled result may name it";
}

// --- rerun

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
  core->change_worker(sched::UndrainWorker{"w1"});
  set_up_again();
  finish(AttemptResult());
  expect_finished();
  EXPECT_EQ(record().cells.front().verdict, Verdict::pass);
  EXPECT_EQ(must(reader().voided_attempts(checked.row.id)).size(), 1u) << "the new one is good";
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

TEST_F(CoreTest, EventsAreStoredWithWhatTheyTellOf) {
  add_sweep({Stage::check});
  hello();
  prepare_and_set_up();
  finish(AttemptResult());
  expect_finished();
  EXPECT_TRUE(must(reader().events(0, 0, 100)).empty()) << "only where they are kept";
  keep_events = 1000;
  start();
  add_sweep({Stage::check});
  instance = "i2";
  hello();
  prepare_and_set_up();
  finish(AttemptResult());
  expect_finished();
  std::vector<std::string> kinds;
  for (const auto& event : must(reader().events(0, id, 100))) kinds.push_back(event.kind);
  ASSERT_FALSE(kinds.empty());
  EXPECT_EQ(kinds.back(), "cell-finished");
  EXPECT_EQ(std::count(kinds.begin(), kinds.end(), "job-finished"), 3);
  EXPECT_EQ(must(reader().events(0, 0, 1)).front().kind, "worker");
}

TEST_F(CoreTest, ReadinessSaysWhyNoWorkIsTaken) {
  auto ask = [&](const std::string& path) {
    net::HttpResponse answer{0, "", ""};
    core->http({"GET", path, "", {}}, [&](net::HttpResponse response) { answer = std::move(response); });
    return answer;
  };
  EXPECT_EQ(ask("/readyz").status, 200u);
  EXPECT_EQ(ask("/readyz").body, "ready\n");
  core->drain();
  EXPECT_EQ(ask("/readyz").status, 503u);
  EXPECT_EQ(ask("/readyz").body, "draining: nothing more is started\n");
  EXPECT_EQ(ask("/healthz").status, 200u) << "the process is as it should be";
  core->store_for_tests().disk_is_full("no space");
  EXPECT_NE(ask("/readyz").body.find("the database takes nothing: "), std::string::npos);
}

}  // namespace
}  // namespace tripled::app
