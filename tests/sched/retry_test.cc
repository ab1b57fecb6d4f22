// What is tried again, how often and where; poison, quarantine, skip, cancel, rerun, recovery.
#include "tests/sched/world.h"

namespace tripled::sched {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Retry, InfrastructureFailureGoesToAnotherWorkerAfterABackoff) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a")});
  w.worker("w2");
  w.fail("a");
  EXPECT_EQ(w.state("a.job"), "ready");
  EXPECT_EQ(w.why("a"), "wait: next try in 5.0s");
  EXPECT_EQ(w.scheduler.next_deadline(), w.now + 5s);
  w.advance(5s);
  EXPECT_EQ(w.runs_on("a"), "w2");
  EXPECT_EQ(w.history("a.job"), "first could-not-start, infrastructure open");
}

TEST(Retry, ItWaitsForTheOtherWorkerWhileThatIsBusy) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a")});
  w.worker("w2");
  w.sweep("s", {compile("b")});
  w.fail("a");
  w.advance(5s);
  EXPECT_EQ(w.why("a"), "wait: no free slot on worker w2; not again on w1, where it failed");
  w.finish("b");
  EXPECT_EQ(w.runs_on("a"), "w2");
}

TEST(Retry, OnlyWorkerIsTakenAgain) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a")});
  w.fail("a");
  w.advance(5s);
  EXPECT_EQ(w.runs_on("a"), "w1");
}

TEST(Retry, InfrastructureRetriesAreBounded) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a")});
  w.fail("a");
  w.advance(5s);
  w.fail("a");
  w.advance(9s);
  EXPECT_THAT(w.running(), IsEmpty()) << "the backoff doubles";
  w.advance(1s);
  w.fail("a");
  EXPECT_EQ(w.state("a.job"), "done could-not-start");
  EXPECT_EQ(w.history("a.job"),
            "first could-not-start, infrastructure could-not-start, infrastructure could-not-start");
}

TEST(Retry, VerificationAndSecondOpinionSayWhatTheyAre) {
  World w;
  w.worker("w1");
  w.sweep("s", {execute("x")});
  w.done("x.job", Next::verify);
  EXPECT_EQ(w.state("x.job"), "ready");
  w.batch_done("x");
  w.done("x.job", Next::second_opinion);
  w.batch_done("x");
  w.finish("x");
  EXPECT_EQ(w.state("x.job"), "done exited");
  EXPECT_EQ(w.history("x.job"), "first exited, verification exited, second-opinion exited");
}

TEST(Retry, AttemptsAreBoundedWhateverTheirReason) {
  World w({.max_attempts = 3});
  w.worker("w1");
  w.sweep("s", {execute("x")});
  for (int i = 0; i < 3; ++i) {
    w.done("x.job", Next::verify);
    w.batch_done("x");
  }
  EXPECT_EQ(w.state("x.job"), "done exited");
}

TEST(Retry, OnlyWhatIsNotDoneIsGrantedAgain) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a").jobs({"check", "build"})});
  w.done("check");
  w.done("build", Next::retry_infrastructure, Outcome::signalled);
  w.batch_done("a");
  w.advance(5s);
  EXPECT_THAT(w.granted_jobs("a"), ElementsAre("build"));
}

// --- poison and quarantine
// ----------------------------------------------------------------------------------------

TEST(Poison, BatchLostOnThreeWorkersIsNotTriedAgain) {
  World w;
  w.sweep("s", {compile("a"), execute("x").after({"a"})});
  for (const char* name : {"w1", "w2", "w3", "w4"}) w.worker(name);
  for (int i = 0; i < 3; ++i) {
    ASSERT_NE(w.runs_on("a"), "");
    w.gone(w.runs_on("a"), true);
    w.advance(10s);
  }
  EXPECT_EQ(w.state("a.job"), "done worker-lost");
  EXPECT_EQ(w.history("a.job"), "first worker-lost, infrastructure worker-lost, infrastructure worker-lost");
  EXPECT_EQ(w.state("x.job"), "skipped") << "there is nothing to execute";
}

TEST(Poison, BatchLostThreeTimesOnTheOnlyWorkerIsPoison) {
  World w;
  w.sweep("s", {compile("a")});
  for (int i = 1; i <= 3; ++i) {
    w.worker("w1", {.instance = std::to_string(i)});
    ASSERT_EQ(w.runs_on("a"), "w1");
    w.gone("w1", true);
    if (i == 3) {
      ASSERT_EQ(w.messages<BatchFinished>().size(), 1u);
      EXPECT_TRUE(w.messages<BatchFinished>()[0].poison);
    }
    w.advance(10s);
  }
  EXPECT_EQ(w.state("a.job"), "done worker-lost");
}

TEST(Poison, WithWorkersThatHaveNotTriedThreeLossesOnOneAreNotEnough) {
  World w;
  w.sweep("s", {compile("a").label("x")});
  w.worker("w1", {.labels = {"x"}});
  for (int i = 2; i <= 3; ++i) {
    w.worker("w1", {.labels = {"x"}, .instance = std::to_string(i)});
    w.advance(10s);
    ASSERT_EQ(w.runs_on("a"), "w1");
  }
  w.worker("w2", {.labels = {"x"}});
  w.gone("w1", true);
  w.advance(60s);
  EXPECT_EQ(w.runs_on("a"), "w2");
}

TEST(Poison, ResultThatComesLateTakesTheLossBack) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a").jobs({"one", "two"})});
  w.gone("w1");
  w.advance(60s);
  w.done("one");
  w.done("two", Next::verify);
  w.worker("w1", {.instance = "2"});
  EXPECT_EQ(w.history("two"), "first exited, verification open");
}

TEST(Quarantine, WorkerThatFailsOverDifferentCellsInARowGetsNothingMore) {
  World w({.quarantine_after = 2});
  w.worker("w1");
  w.sweep("s", {compile("a"), compile("b"), compile("c")});
  w.fail("a");
  w.fail("b");
  EXPECT_EQ(w.why("c"),
            "wait: worker w1 is in quarantine: 2 cells in a row failed here for infrastructure "
            "reasons, the last one b");
  EXPECT_EQ(w.rows.quarantines.at("w1").why, w.scheduler.workers()[0].quarantine);
  w.restart();
  w.worker("w1");
  EXPECT_THAT(w.running(), IsEmpty()) << "it outlives a restart";
  w.send(ReleaseWorker{"w1"});
  EXPECT_EQ(w.running().size(), 1u);
}

TEST(Quarantine, SuccessInBetweenStartsTheCountAnew) {
  World w({.quarantine_after = 2});
  w.worker("w1");
  w.sweep("s", {compile("a"), compile("b"), compile("c")});
  w.fail("a");
  w.finish("b");
  w.fail("c");
  EXPECT_EQ(w.scheduler.workers()[0].quarantine, "");
}

TEST(Quarantine, OneCellThatFailsAgainAndAgainIsNotTheWorkersFault) {
  World w({.infrastructure_retries = 9, .quarantine_after = 2});
  w.worker("w1");
  w.sweep("s", {compile("a")});
  for (int i = 0; i < 5; ++i) {
    w.fail("a");
    w.advance(60s);
  }
  EXPECT_EQ(w.scheduler.workers()[0].quarantine, "");
}

TEST(Quarantine, LosingManyBatchesAtOneStrokeCountsOnce) {
  World w({.quarantine_after = 2});
  w.worker("w1", {.slots = 4});
  w.sweep("s", {compile("a"), compile("b"), compile("c"), compile("d")});
  w.worker("w1", {.slots = 4, .instance = "2"});
  EXPECT_EQ(w.scheduler.workers()[0].quarantine, "");
}

TEST(Quarantine, PoisonBatchIsNotHeldAgainstTheWorker) {
  World w({.quarantine_after = 2});
  w.sweep("s", {compile("bad")});
  for (int i = 1; i <= 3; ++i) {
    w.worker("w1", {.instance = std::to_string(i)});
    w.gone("w1", true);
    w.advance(10s);
  }
  ASSERT_EQ(w.state("bad.job"), "done worker-lost");
  w.worker("w1", {.instance = "9"});
  w.sweep("s", {compile("a")});
  w.fail("a");
  EXPECT_EQ(w.scheduler.workers()[0].quarantine, "");
}

// --- skip
// ---------------------------------------------------------------------------------------------------------

TEST(Skip, FailedPrepareSkipsWhatTheCallerNames) {
  World w;
  w.worker("w1");
  w.sweep("s", {prepare("p"), setup("u").after({"p"}), compile("c").after({"u"})});
  w.done("p.job", Next::finished, Outcome::exited, {}, {"u", "c"});
  w.batch_done("p");
  EXPECT_EQ(w.state("u.job"), "skipped");
  EXPECT_EQ(w.state("c.job"), "skipped");
  EXPECT_EQ(w.messages<SweepFinished>().size(), 1u);
}

TEST(Skip, BatchAfterASkippedOneIsSkippedToo) {
  World w;
  w.worker("w1");
  w.sweep("s", {setup("u"), compile("c").after({"u"}), execute("x").after({"c"})});
  w.send(SkipBatches{{"c"}});
  EXPECT_EQ(w.state("x.job"), "skipped");
  EXPECT_EQ(w.state("u.job"), "leased");
}

TEST(Skip, StrictGateSkipsTheRestOfTheBatch) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("c").jobs({"check", "build", "tests"}), execute("x").after({"c"})});
  w.started("check");
  w.done("check", Next::finished, Outcome::exited, {"build", "tests"}, {"x"});
  EXPECT_EQ(w.history("build"), "first not-run");
  EXPECT_EQ(w.state("tests"), "skipped");
  EXPECT_EQ(w.state("x.job"), "skipped");
  w.batch_done("c");
  EXPECT_EQ(w.newest("c").state, LeaseState::completed);
  EXPECT_EQ(w.messages<SweepFinished>().size(), 1u);
}

TEST(Skip, NothingIsSkippedWhileTheJobIsTriedAgain) {
  World w;
  w.worker("w1");
  w.sweep("s", {prepare("p"), compile("c").after({"p"})});
  w.done("p.job", Next::retry_infrastructure, Outcome::signalled, {}, {"c"});
  EXPECT_EQ(w.state("c.job"), "blocked");
}

// --- cancel
// -------------------------------------------------------------------------------------------------------

TEST(Cancel, RunningJobEndsFirst) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a").jobs({"check", "build"}), compile("b"), execute("x").after({"a"})});
  w.started("check");
  w.send(CancelSweep{"s", false});
  EXPECT_EQ(w.state("check"), "running");
  EXPECT_EQ(w.state("build"), "cancelled");
  EXPECT_EQ(w.state("b.job"), "cancelled");
  EXPECT_EQ(w.state("x.job"), "cancelled");
  ASSERT_EQ(w.messages<Revoke>().size(), 1u);
  EXPECT_FALSE(w.messages<Revoke>()[0].now);
  w.done("check", Next::verify);
  EXPECT_EQ(w.state("check"), "done exited") << "what was cancelled is not tried again";
  w.batch_done("a");
  EXPECT_EQ(w.messages<SweepFinished>().size(), 1u);
}

TEST(Cancel, NowKillsAndTheFirstCommittedWins) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a")});
  w.started("a.job");
  w.send(CancelSweep{"s", true});
  EXPECT_EQ(w.state("a.job"), "cancelled");
  EXPECT_TRUE(w.messages<Revoke>()[0].now);
  EXPECT_THAT(w.messages<SweepFinished>(), IsEmpty()) << "the worker still works";
  w.done("a.job");
  ASSERT_EQ(w.messages<StaleResult>().size(), 1u);
  EXPECT_EQ(w.state("a.job"), "cancelled");
  w.batch_done("a");
  EXPECT_EQ(w.messages<SweepFinished>().size(), 1u);
}

TEST(Cancel, LostJobOfACancelledSweepIsNotTriedAgain) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a")});
  w.started("a.job");
  w.send(CancelSweep{"s", false});
  w.advance(60s);
  EXPECT_EQ(w.state("a.job"), "cancelled");
  EXPECT_EQ(w.history("a.job"), "first worker-lost");
}

TEST(Cancel, OtherSweepsGoOn) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a")});
  w.sweep("t", {compile("b")});
  w.send(CancelSweep{"s", true});
  w.batch_done("a");
  EXPECT_THAT(w.running(), ElementsAre("b"));
  w.send(CancelSweep{"nobody", true});
  EXPECT_EQ(w.messages<Refused>().size(), 1u);
}

// --- rerun
// --------------------------------------------------------------------------------------------------------

TEST(Rerun, FinishedJobIsTriedAgainInPlace) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a").jobs({"check", "build"})});
  w.send(Rerun{{"build"}});
  EXPECT_EQ(w.messages<Refused>().size(), 1u) << "its batch is not finished";
  w.finish("a");
  w.send(Rerun{{"build"}});
  EXPECT_THAT(w.granted_jobs("a"), ElementsAre("build"));
  w.finish("a");
  EXPECT_EQ(w.history("build"), "first exited, rerun exited");
  EXPECT_EQ(w.messages<SweepFinished>().size(), 1u);
}

TEST(Rerun, WaitsForWhatIsRerunBeforeIt) {
  World w;
  w.worker("w1", {.slots = 4});
  w.sweep("s", {compile("a"), execute("x").after({"a"}).cell("a")});
  w.finish("a");
  w.finish("x");
  w.send(Rerun{{"x.job", "a.job"}});
  EXPECT_THAT(w.running(), ElementsAre("a"));
  EXPECT_EQ(w.state("x.job"), "blocked");
  w.finish("a");
  EXPECT_THAT(w.running(), ElementsAre("x"));
}

TEST(Rerun, StartsWithFreshRetries) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a")});
  for (int i = 0; i < 3; ++i) {
    w.fail("a");
    w.advance(60s);
  }
  ASSERT_EQ(w.state("a.job"), "done could-not-start");
  w.send(Rerun{{"a.job"}});
  w.fail("a");
  EXPECT_EQ(w.state("a.job"), "ready");
}

// --- recovery
// -----------------------------------------------------------------------------------------------------

TEST(Recovery, LiveLeaseGetsOneFullGraceAndIsAdopted) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a"), compile("b")});
  w.started("a.job");
  w.advance(50s);
  w.restart();
  EXPECT_EQ(w.scheduler.next_deadline(), w.now + 60s);
  EXPECT_THAT(w.running(), ElementsAre("a"));
  w.worker("w1", {.running = {w.item("a", "a.job#1")}});
  EXPECT_EQ(w.messages<HelloAnswer>()[0].items[0].second, Answer::keep);
  w.finish("a");
  EXPECT_EQ(w.history("a.job"), "first exited");
  EXPECT_THAT(w.running(), ElementsAre("b"));
}

TEST(Recovery, LeaseThatNobodyNamesExpires) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a")});
  w.restart();
  w.worker("w2");
  EXPECT_THAT(w.granted(), IsEmpty());
  w.advance(60s);
  EXPECT_EQ(w.runs_on("a"), "w2");
}

TEST(Recovery, LockAndLaneAreStillHeld) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a").cell("A").lock("X").lane("L"), execute("ax").cell("A").lane("L").after({"a"}),
                compile("b").cell("B").lane("L")});
  w.finish("a");
  w.send(Pause{"test"});
  w.batch_done("ax");
  w.restart();
  w.worker("w9", {.slots = 4});
  EXPECT_THAT(w.running(), ElementsAre("ax"));
  EXPECT_EQ(w.why("b"), "wait: L in use by cell A");
}

TEST(Recovery, LeaseIdsAreNeverUsedAgain) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a")});
  w.finish("a");
  w.rows.forget("s");
  w.restart();
  w.worker("w1");
  w.sweep("t", {compile("b")});
  EXPECT_EQ(w.newest("b").lease, 2);
}

TEST(Recovery, BatchThatWasReadyWhenItsPrerequisiteIsRerunStaysReady) {
  World w;
  w.worker("w1");
  w.sweep("s", {setup("u"), compile("c1").after({"u"}), compile("c2").after({"u"})});
  w.finish("u");
  w.send(Rerun{{"u.job"}});
  EXPECT_EQ(w.state("c2.job"), "ready");
  w.restart();
  w.worker("w2", {.slots = 3});
  EXPECT_EQ(w.running().size(), 3u);
}

}  // namespace
}  // namespace tripled::sched
