// Leases: epochs, expiry, hello, revoke; what is accepted and what is stale.
#include "tests/sched/world.h"

namespace tripled::sched {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<Answer> answers(const World& w) {
  std::vector<Answer> out;
  for (const HelloAnswer& message : w.messages<HelloAnswer>())
    for (const auto& [item, answer] : message.items) out.push_back(answer);
  return out;
}

Stale stale(const World& w) {
  const auto results = w.messages<StaleResult>();
  EXPECT_EQ(results.size(), 1u);
  return results.empty() ? Stale::unknown_lease : results[0].why;
}

// --- time

TEST(Leases, HeartbeatKeepsALease) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a")});
  for (int i = 0; i < 10; ++i) {
    w.advance(50s);
    w.heartbeat("w1");
  }
  EXPECT_EQ(w.runs_on("a"), "w1");
  EXPECT_EQ(w.rows.held("a")->state, LeaseState::active);
}

TEST(Leases, NextDeadlineIsTheEndOfTheFirstLease) {
  World w;
  EXPECT_FALSE(w.scheduler.next_deadline());
  w.worker("w1");
  w.sweep("s", {compile("a")});
  EXPECT_EQ(w.scheduler.next_deadline(), w.now + 60s);
}

TEST(Leases, ExpiredLeaseReturnsJobToQueue) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a")});
  w.started("a.job");
  w.gone("w1");
  w.advance(59s);
  EXPECT_EQ(w.state("a.job"), "running");
  w.advance(1s);
  EXPECT_EQ(w.state("a.job"), "ready");
  EXPECT_EQ(w.newest("a").state, LeaseState::expired);
  EXPECT_EQ(w.history("a.job"), "first open") << "a late result is still welcome";
}

// Its connection may be half open: it would lose the batch again and again, until that is poison.
TEST(Leases, AWorkerOfWhichNothingIsHeardGetsNothingUntilItSpeaks) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a")});
  w.started("a.job");
  w.advance(60s);
  EXPECT_EQ(w.state("a.job"), "ready");
  EXPECT_EQ(w.history("a.job"), "first open");
  EXPECT_EQ(w.why("a"), "wait: nothing is heard of worker w1");
  w.advance(300s);
  EXPECT_EQ(w.state("a.job"), "ready") << "no attempt is spent on it";
  w.heartbeat("w1");
  EXPECT_EQ(w.runs_on("a"), "w1");
}

TEST(Leases, EpochGrowsAtAGrantNotAtExpiry) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a")});
  w.gone("w1");
  w.advance(60s);
  EXPECT_EQ(w.newest("a").epoch, 1);
  w.worker("w2");
  EXPECT_EQ(w.newest("a").epoch, 2);
  EXPECT_EQ(w.history("a.job"), "first worker-lost, infrastructure open");
}

TEST(Leases, LateResultOfTheCurrentEpochIsAccepted) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a")});
  w.gone("w1");
  w.advance(300s);
  EXPECT_EQ(w.scheduler.open_attempt(1, 1, "a.job"), "a.job#1");
  w.done("a.job");
  EXPECT_EQ(w.state("a.job"), "done exited");
  EXPECT_EQ(w.history("a.job"), "first exited");
  EXPECT_EQ(w.messages<SweepFinished>().size(), 1u);
}

TEST(Leases, WorkerThatLostEpochCannotFinish) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a")});
  w.advance(60s);
  w.worker("w2");
  ASSERT_EQ(w.newest("a").epoch, 2);
  EXPECT_FALSE(w.scheduler.open_attempt(1, 1, "a.job"));
  w.send(AttemptDone{1, 1, "a.job", Outcome::exited, Next::finished, {}, {}});
  EXPECT_EQ(stale(w), Stale::older_epoch);
  EXPECT_EQ(w.state("a.job"), "leased");
  w.send(Heartbeat{"w1", "w1-1", {1}});
  ASSERT_EQ(w.messages<Revoke>().size(), 1u);
  EXPECT_TRUE(w.messages<Revoke>()[0].now);
}

TEST(Leases, RepeatedResultIsAcceptedOnce) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a").jobs({"check", "build"})});
  w.done("check");
  w.done("check");
  EXPECT_EQ(stale(w), Stale::already_ended);
  EXPECT_EQ(w.history("check"), "first exited");
  w.send(AttemptDone{77, 1, "check", Outcome::exited, Next::finished, {}, {}});
  EXPECT_EQ(stale(w), Stale::unknown_lease);
}

TEST(Leases, WorkerThatWasSilentGoesOnIfNobodyGotItsBatch) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a")});
  w.started("a.job");
  w.gone("w1");
  w.advance(120s);
  ASSERT_EQ(w.state("a.job"), "ready");
  w.worker("w1", {.running = {w.item("a", "a.job#1")}});
  EXPECT_THAT(answers(w), ElementsAre(Answer::keep));
  EXPECT_EQ(w.state("a.job"), "running");
  EXPECT_EQ(w.newest("a").epoch, 1);
  w.done("a.job");
  EXPECT_EQ(w.history("a.job"), "first exited");
}

TEST(Leases, ExpiredLeaseDoesNotGoOnWhenItsLockWentToAnother) {
  World w;
  w.worker("w1", {.slots = 2});
  w.sweep("s", {compile("a").lock("X")});
  w.started("a.job");
  w.sweep("t", {compile("b").lock("X").priority(1)});
  w.advance(60s);  // no heartbeat came
  w.send(Heartbeat{"w1", "w1-1", {}});
  ASSERT_EQ(w.runs_on("b"), "w1");
  w.send(Heartbeat{"w1", "w1-1", {1, w.newest("b").lease}});
  ASSERT_EQ(w.messages<Revoke>().size(), 1u);
  EXPECT_EQ(w.messages<Revoke>()[0].lease, 1);
}

// --- hello

TEST(Hello, LeaseThatEndedWhileTheWorkerWasCutOffEndsWithItsResults) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a").cell("A"), execute("ax").cell("A").after({"a"})});
  w.started("a.job");
  w.gone("w1");
  w.worker("w1", {.running = {w.item("a", "a.job#1", true)}});  // the word that it is through was lost
  EXPECT_THAT(answers(w), ElementsAre(Answer::send));
  w.done("a.job");
  EXPECT_EQ(w.runs_on("ax"), "w1") << "and not after the time of the lease";
}

TEST(Hello, LeasesThatAreNotNamedEndAtOnce) {
  World w;
  w.worker("w1", {.slots = 2});
  w.sweep("s", {compile("a"), compile("b")});
  w.worker("w1", {.slots = 2, .running = {w.item("a", "a.job#1")}});
  EXPECT_THAT(answers(w), ElementsAre(Answer::keep));
  EXPECT_EQ(w.history("a.job"), "first open");
  EXPECT_EQ(w.history("b.job"), "first worker-lost, infrastructure open")
      << "granted again, in the same moment";
}

TEST(Hello, NewestInstanceWinsAndTheOlderIsTold) {
  World w;
  w.worker("w1");
  w.worker("w1", {.instance = "2"});
  ASSERT_EQ(w.messages<Replaced>().size(), 1u);
  EXPECT_EQ(w.messages<Replaced>()[0].instance, "w1-1");
  w.send(WorkerGone{"w1", "w1-1"});
  EXPECT_TRUE(w.scheduler.workers()[0].connected) << "the older session's end means nothing";
}

TEST(Hello, SameInstanceComesBackWithoutBeingReplaced) {
  World w;
  w.worker("w1");
  w.worker("w1");
  EXPECT_THAT(w.messages<Replaced>(), IsEmpty());
}

TEST(Hello, UnknownWorkIsStoppedAndUnknownResultsAreDropped) {
  World w;
  w.worker("w1", {.running = {{5, 1, "x", "x#1", false}, {6, 1, "y", "y#1", true}}});
  EXPECT_THAT(answers(w), ElementsAre(Answer::stop, Answer::drop));
}

TEST(Hello, RestartedWorkerWithSpooledResultsLosesTheRestOnly) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a").jobs({"check", "build"})});
  w.started("check");
  w.worker("w1", {.instance = "2", .running = {w.item("a", "check#1", true)}});
  EXPECT_THAT(answers(w), ElementsAre(Answer::send));
  EXPECT_EQ(w.history("build"), "first worker-lost");
  w.done("check");
  EXPECT_EQ(w.history("check"), "first exited");
  EXPECT_EQ(w.history("build"), "first worker-lost, infrastructure open");
}

TEST(Hello, SpooledResultOfAnExpiredLeaseIsAwaited) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a")});
  w.gone("w1");
  w.advance(60s);
  w.worker("w1", {.instance = "2", .running = {w.item("a", "a.job#1", true)}});
  EXPECT_THAT(answers(w), ElementsAre(Answer::send));
  EXPECT_THAT(w.granted(), IsEmpty());
  EXPECT_EQ(w.why("a"), "wait: waiting for a result of worker w1");
  w.done("a.job");
  EXPECT_EQ(w.state("a.job"), "done exited");
}

TEST(Hello, SpooledResultThatNeverComesIsGivenUp) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a")});
  w.gone("w1");
  w.advance(60s);
  w.worker("w1", {.instance = "2", .running = {w.item("a", "a.job#1", true)}});
  w.advance(60s);
  EXPECT_EQ(w.history("a.job"), "first worker-lost, infrastructure open");
}

TEST(Hello, DeadWorkerLosesItsLeasesAtOnce) {
  World w;
  w.worker("w1");
  w.worker("w2");
  w.sweep("s", {compile("a")});
  const std::string before = w.runs_on("a");
  w.gone(before, true);
  EXPECT_EQ(w.runs_on("a"), before == "w1" ? "w2" : "w1");
}

// --- the end of a lease

TEST(Leases, JobWithoutResultAtTheEndOfItsBatchIsLost) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a").jobs({"check", "build"})});
  w.done("check");
  w.batch_done("a");
  EXPECT_EQ(w.state("check"), "done exited");
  EXPECT_EQ(w.history("build"), "first worker-lost, infrastructure open");
}

TEST(Leases, ReturnedLeaseIsNoLossAndWaitsALittle) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a")});
  w.send(LeaseReturned{1, 1});
  EXPECT_EQ(w.history("a.job"), "first cancelled");
  EXPECT_EQ(w.why("a"), "wait: next try in 5.0s");
  w.advance(5s);
  EXPECT_EQ(w.runs_on("a"), "w1");
}

TEST(Leases, DrainedWorkerGetsNothingMore) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a"), compile("b")});
  w.send(DrainWorker{"w1", false});
  w.finish("a");
  EXPECT_THAT(w.running(), IsEmpty());
  EXPECT_EQ(w.why("b"), "wait: worker w1 is draining");
  w.send(UndrainWorker{"w1"});
  EXPECT_THAT(w.running(), ElementsAre("b"));
}

TEST(Leases, WorkerThatRefusesGetsNothingUntilItTakesLeasesAgain) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a"), compile("b")});
  Heartbeat beat{"w1", w.instances["w1"], {w.newest("a").lease}, "no room on the disk"};
  w.send(beat);
  EXPECT_EQ(w.runs_on("a"), "w1") << "what runs there goes on";
  w.finish("a");
  EXPECT_THAT(w.running(), IsEmpty());
  EXPECT_EQ(w.why("b"), "wait: worker w1 takes nothing for now: no room on the disk");
  EXPECT_EQ(w.scheduler.workers().front().refuses, "no room on the disk");
  beat.instance = "another";
  beat.refuses = "";
  w.send(beat);
  EXPECT_THAT(w.running(), IsEmpty()) << "not its own word";
  w.worker("w2");
  EXPECT_EQ(w.runs_on("b"), "w2") << "others do";
  w.sweep("t", {compile("c")});
  w.heartbeat("w1");
  EXPECT_EQ(w.runs_on("c"), "w1");
}

// What it was told to say does not outlive the process.
TEST(Leases, RefusalEndsWithItsProcess) {
  World w;
  w.worker("w1");
  w.send(Heartbeat{"w1", w.instances["w1"], {}, "no room on the disk"});
  w.worker("w1");  // the same one comes back
  w.sweep("s", {compile("a")});
  EXPECT_EQ(w.why("a"), "wait: worker w1 takes nothing for now: no room on the disk");
  w.worker("w1", {1, {}, {}, "2"});
  EXPECT_EQ(w.runs_on("a"), "w1");
}

TEST(Leases, RevokedLeaseHoldsItsSlotAndLockUntilTheWorkerConfirms) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a").lock("X")});
  w.started("a.job");
  w.worker("w2");
  w.send(DrainWorker{"w1", true});
  ASSERT_EQ(w.messages<Revoke>().size(), 1u);
  EXPECT_TRUE(w.messages<Revoke>()[0].now);
  EXPECT_EQ(w.state("a.job"), "ready");
  EXPECT_EQ(w.why("a"), "wait: waiting for worker w1 to stop");
  w.batch_done("a");
  EXPECT_EQ(w.runs_on("a"), "w2");
  EXPECT_EQ(w.rows.leases.at(1).state, LeaseState::revoked);
}

TEST(Leases, RevokedLeaseEndsWithItsTimeWhenTheWorkerIsSilent) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a")});
  w.worker("w2");
  w.send(DrainWorker{"w1", true});
  w.heartbeat("w1");
  w.advance(60s);
  EXPECT_EQ(w.runs_on("a"), "w2");
}

// --- brakes

TEST(Brakes, DrainGrantsNothingMoreAndLetsRunningEnd) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a"), compile("b")});
  w.send(Drain{});
  EXPECT_TRUE(w.scheduler.draining());
  w.finish("a");
  EXPECT_THAT(w.running(), IsEmpty());
  EXPECT_EQ(w.why("b"), "wait: draining");
  w.send(Undrain{});
  EXPECT_THAT(w.running(), ElementsAre("b"));
}

TEST(Brakes, PauseSaysWhyAndResumeGoesOn) {
  World w;
  w.worker("w1");
  w.send(Pause{"disk full"});
  w.sweep("s", {compile("a")});
  EXPECT_EQ(w.why("a"), "wait: paused: disk full");
  w.send(Resume{});
  EXPECT_THAT(w.running(), ElementsAre("a"));
}

TEST(Brakes, NoLeaseExpiresWhilePaused) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a")});
  w.send(Pause{"disk full"});
  w.advance(1h);
  EXPECT_THAT(w.running(), ElementsAre("a"));
  EXPECT_FALSE(w.scheduler.next_deadline()) << "nothing is due that would be done";
  w.send(Resume{});
  EXPECT_THAT(w.running(), ElementsAre("a"));
  w.advance(w.policy.lease - 1s);
  w.finish("a");
  EXPECT_EQ(w.history("a.job"), "first exited");
}

}  // namespace
}  // namespace tripled::sched
