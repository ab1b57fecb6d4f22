// What is tried again, how often and where; poison and quarantine.
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

TEST(Retry, ElsewhereTriesEveryWorkerOnceAndHoldsNothingAgainstThem) {
  Policy policy;
  policy.quarantine_after = 1;
  World w(policy);
  w.worker("w1");
  w.sweep("s", {setup("u")});
  w.worker("w2");
  w.done("u.job", Next::elsewhere);
  w.batch_done("u");
  EXPECT_EQ(w.runs_on("u"), "w2");
  EXPECT_EQ(w.history("u.job"), "first exited, infrastructure open");
  w.done("u.job", Next::elsewhere);
  EXPECT_EQ(w.state("u.job"), "done exited");
  for (const auto& worker : w.scheduler.workers()) EXPECT_EQ(worker.quarantine, "");
}

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

}  // namespace
}  // namespace tripled::sched
