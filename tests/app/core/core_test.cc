// The daemon's core between a real store and a worker that is played by the test: what is stored of its
// words, and what a full disk, a restart and a worker that ends make of a sweep.
#include <algorithm>
#include <fstream>

#include "schema/base/hash.h"
#include "tests/app/core/core_fixture.h"
#include "tests/store/failing_sync.h"

namespace tripled::app {
namespace {

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

// A file that may be lost is no better than a row that may be: unlike a full disk it is not waited out.
TEST_F(CoreTest, AFailedSyncOfAFileIsTheEnd) {
  add_sweep({Stage::check});
  hello();
  EXPECT_EQ(core->health().status, 200u);
  const auto leases = must(reader().id_counters()).lease;
  {
    test::FailingSync failing(directory / "blobs", EIO);
    std::optional<unsigned> answered;
    core->http({"PUT", "/blobs/" + sha256_hex("a log"), "a log", {"w1", Role::worker}, {}},
               [&](net::HttpResponse response) { answered = response.status; });
    for (int i = 0; i < 1000 && !answered; ++i) turn();
    EXPECT_EQ(answered, 503u);
  }
  EXPECT_NE(failure.find("Input/output error"), std::string::npos) << failure;
  EXPECT_EQ(core->health().status, 503u);
  EXPECT_NE(core->health().body.find("Input/output error"), std::string::npos);
  EXPECT_EQ(core->readiness().status, 503u);
  finish(PrepareResult());
  EXPECT_FALSE(job(BatchKind::prepare).attempts.front().row.outcome) << "no result is taken any more";
  EXPECT_FALSE(core->add_sweep(store::a_sweep()));
  EXPECT_EQ(must(reader().id_counters()).lease, leases) << "nothing was granted since";
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

// It would take too much on another worker as well, and none of them is to blame.
TEST_F(CoreTest, WhatALimitEndedIsNotTriedAgain) {
  add_sweep({Stage::check});
  hello();
  prepare_and_set_up();
  AttemptResult result;
  result.process.outcome = Outcome::signalled;
  result.process.code = 9;
  result.process.reason = "was killed: it had more than 200 processes at once";
  result.broken_reason = "cargo " + result.process.reason;
  finish(result, Outcome::signalled);
  expect_finished();
  EXPECT_EQ(record().cells.front().verdict, Verdict::broken);
  EXPECT_EQ(record().cells.front().reason, result.broken_reason);
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

// Killed between the last result and the conclusion of the sweep.
TEST_F(CoreTest, ASweepOfWhichAllIsOverIsConcludedByTheNextDaemon) {
  add_sweep({Stage::check});
  hello();
  prepare_and_set_up();
  finish(AttemptResult());
  expect_finished();
  finished = 0;
  start();
  EXPECT_EQ(must(core->restore_running()), 1u);
  expect_finished();
  EXPECT_EQ(record().cells.front().verdict, Verdict::pass);
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
