// What runs next, where, and why something does not run.
#include "tests/sched/world.h"

namespace tripled::sched {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Order, BatchWaitsForWhatItComesAfter) {
  World w;
  w.worker("w1", {.slots = 4});
  w.sweep("s", {setup("u").of("s390x-unknown-linux-gnu"), compile("c").after({"u"})});
  EXPECT_THAT(w.running(), ElementsAre("u"));
  EXPECT_EQ(w.state("c.job"), "blocked");
  EXPECT_EQ(w.why("c"), "wait: waiting for setup of s390x-unknown-linux-gnu");
  w.finish("u");
  EXPECT_EQ(w.runs_on("c"), "w1");
  EXPECT_EQ(w.why("c"), "on w1");
}

TEST(Order, AfterMayNameBatchesThatComeLater) {
  World w;
  w.worker("w1", {.slots = 4});
  w.sweep("s", {compile("c").after({"late"})});
  EXPECT_EQ(w.why("c"), "wait: waiting for batch late, which is not known");
  w.sweep("s", {setup("late")});
  EXPECT_THAT(w.running(), ElementsAre("late"));
  w.finish("late");
  EXPECT_THAT(w.running(), ElementsAre("c"));
}

TEST(Order, SlotsAreNeverExceeded) {
  World w;
  w.worker("w1", {.slots = 2});
  w.sweep("s", {compile("a"), compile("b"), compile("c")});
  EXPECT_THAT(w.running(), ElementsAre("a", "b"));
  EXPECT_EQ(w.why("c"), "wait: no free slot on worker w1");
  w.finish("a");
  EXPECT_THAT(w.running(), ElementsAre("b", "c"));
}

TEST(Order, BatchOfManySlotsTakesThemAll) {
  World w;
  w.worker("w1", {.slots = 3});
  w.sweep("s", {compile("big").slots(3), compile("small")});
  EXPECT_THAT(w.running(), ElementsAre("big"));
  w.sweep("s", {compile("huge").slots(4)});
  EXPECT_EQ(w.why("huge"), "impossible: no worker has 4 slots");
}

TEST(Order, WithoutWorkersEverythingWaits) {
  World w;
  w.sweep("s", {compile("a")});
  EXPECT_EQ(w.why("a"), "wait: no worker is connected");
}

TEST(Order, WhatNoWorkerCanDoIsImpossibleAndSaysWhy) {
  World w;
  w.worker("w1", {.labels = {"big"}, .toolchains = {"stable"}});
  w.worker("w2", {.toolchains = {"beta"}});
  w.sweep("s", {compile("a").toolchain("1.85"), compile("b").label("kvm"),
                compile("c").label("big").toolchain("beta")});
  EXPECT_EQ(w.why("a"), "impossible: no worker has toolchain 1.85");
  EXPECT_EQ(w.why("b"), "impossible: no worker has label kvm");
  EXPECT_EQ(w.why("c"), "impossible: no worker has all of toolchain beta, label big, 1 slot");
  w.worker("w3", {.labels = {"big", "kvm"}, .toolchains = {"1.85", "beta"}});
  EXPECT_EQ(w.running().size(), 1u);
  EXPECT_EQ(w.why("b"), "wait: no free slot on worker w3");
}

TEST(Order, HigherPriorityGoesFirst) {
  World w;
  w.sweep("s", {compile("low"), compile("high").priority(5)});
  w.worker("w1");
  EXPECT_THAT(w.running(), ElementsAre("high"));
}

TEST(Order, SweepWithFewestRunningGoesFirst) {
  World w;
  w.sweep("s", {compile("s1"), compile("s2"), compile("s3")});
  w.sweep("t", {compile("t1"), compile("t2"), compile("t3")});
  w.worker("w1", {.slots = 4});
  EXPECT_THAT(w.granted(), ElementsAre("s1", "t1", "s2", "t2"));
}

TEST(Order, EqualSweepsTakeTurns) {
  World w;
  w.sweep("s", {compile("s1"), compile("s2")});
  w.sweep("t", {compile("t1"), compile("t2")});
  w.worker("w1");
  EXPECT_THAT(w.running(), ElementsAre("s1"));
  w.finish("s1");
  EXPECT_THAT(w.running(), ElementsAre("t1"));
  w.finish("t1");
  EXPECT_THAT(w.running(), ElementsAre("s2"));
}

TEST(Order, WhatUnblocksOthersAndWhatEndsCellsGoesBeforeOtherCompiles) {
  World w;
  w.sweep("s", {compile("lone").expected(9000), execute("run"), compile("unblocks"),
                execute("later").after({"unblocks"}), setup("u"), prepare("p")});
  w.worker("w1", {.slots = 5});
  EXPECT_THAT(w.granted(), ElementsAre("p", "u", "run", "unblocks", "lone"));
}

TEST(Order, LongestExpectedGoesFirstThenTheOrderOfInsertion) {
  World w;
  w.sweep("s", {compile("a"), compile("b").expected(10), compile("c").expected(20), compile("d")});
  w.worker("w1", {.slots = 4});
  EXPECT_THAT(w.granted(), ElementsAre("c", "b", "a", "d"));
}

TEST(Order, CellComesBackToTheWorkerThatHadIt) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("c").cell("A"), execute("x").cell("A").after({"c"})});
  w.worker("w2", {.slots = 8});
  w.finish("c");
  EXPECT_EQ(w.runs_on("x"), "w1");
}

TEST(Order, FreestWorkerIsTaken) {
  World w;
  w.worker("w1", {.slots = 2});
  w.worker("w2", {.slots = 3});
  w.sweep("s", {compile("a"), compile("b"), compile("c")});
  EXPECT_EQ(w.runs_on("a"), "w2");
  EXPECT_EQ(w.runs_on("b"), "w1");
  EXPECT_EQ(w.runs_on("c"), "w2");
}

// --- locks and lanes

TEST(Limits, OneProjectHasItsSlotsOverAllSweepsAndWorkers) {
  World w;
  w.send(ProjectLimit{"demo", 2});
  w.worker("w1", {.slots = 2});
  w.worker("w2", {.slots = 2});
  w.sweep("s", {compile("a").project("demo"), compile("b").project("demo"), compile("c").project("demo")});
  w.sweep("t", {compile("d").project("demo")});
  w.sweep("u", {compile("e").project("other")});
  EXPECT_THAT(w.running(), ElementsAre("a", "b", "e"));
  EXPECT_EQ(w.why("c"), "wait: project demo has the 2 slots that it may have");
  EXPECT_EQ(w.why("d"), "wait: project demo has the 2 slots that it may have");
  w.finish("a");
  EXPECT_EQ(w.running().size(), 3u) << "one of demo's comes up";
  w.gone("w1", true);
  w.gone("w2", true);
  EXPECT_THAT(w.running(), IsEmpty());
  EXPECT_EQ(w.why("c"), "wait: no worker is connected");
}

TEST(Limits, LoweredOneLetsWhatRunsEnd) {
  World w;
  w.worker("w1", {.slots = 3});
  w.sweep("s", {compile("a").project("demo"), compile("b").project("demo"), compile("c").project("demo")});
  EXPECT_EQ(w.running().size(), 3u);
  w.sweep("s", {compile("d").project("demo")});
  w.send(ProjectLimit{"demo", 1});
  EXPECT_EQ(w.running().size(), 3u);
  w.finish("a");
  w.finish("b");
  EXPECT_THAT(w.running(), ElementsAre("c"));
  EXPECT_EQ(w.why("d"), "wait: project demo has the 1 slot that it may have");
  w.send(ProjectLimit{"demo", 0});
  EXPECT_THAT(w.running(), ElementsAre("c", "d"));
}

// What the daemon had granted goes on and counts; the limit is said again.
TEST(Limits, HeldLeasesCountAfterARestart) {
  World w;
  w.send(ProjectLimit{"demo", 1});
  w.worker("w1", {.slots = 2});
  w.sweep("s", {compile("a").project("demo"), compile("b").project("demo")});
  w.restart();
  w.send(ProjectLimit{"demo", 1});
  w.worker("w1", {.slots = 2, .running = {w.item("a")}});
  EXPECT_THAT(w.running(), ElementsAre("a"));
  EXPECT_EQ(w.why("b"), "wait: project demo has the 1 slot that it may have");
}

TEST(Locks, TwoBatchesOfOneLockNeverRunAtOnce) {
  World w;
  w.worker("w1", {.slots = 4});
  w.sweep("s", {compile("a").lock("target-dir:X"), compile("b").lock("target-dir:X"), compile("c")});
  EXPECT_THAT(w.running(), ElementsAre("a", "c"));
  EXPECT_EQ(w.why("b"), "wait: target dir in use by cell a");
  w.finish("a");
  EXPECT_THAT(w.running(), ElementsAre("b", "c"));
}

TEST(Locks, EveryWorkerHasItsOwn) {
  World w;
  w.worker("w1", {.slots = 4});
  w.worker("w2", {.slots = 4});
  w.sweep("s", {compile("a").lock("target-dir:X"), compile("b").lock("target-dir:X"),
                compile("c").lock("target-dir:X")});
  EXPECT_THAT(w.running(), ElementsAre("a", "b"));
  EXPECT_NE(w.runs_on("a"), w.runs_on("b"));
  EXPECT_EQ(w.why("c"), "wait: target dir in use by cell a");
  w.finish("b");
  EXPECT_THAT(w.running(), ElementsAre("a", "c"));
}

TEST(Locks, WaitersOfALockGoInTheirOrder) {
  World w;
  w.worker("w1", {.slots = 2});
  w.sweep("s", {compile("a").lock("X"), compile("b").lock("X"), compile("c").lock("X").priority(1)});
  EXPECT_THAT(w.running(), ElementsAre("c"));
  w.finish("c");
  EXPECT_THAT(w.running(), ElementsAre("a"));
  w.finish("a");
  EXPECT_THAT(w.running(), ElementsAre("b"));
}

TEST(Locks, WaiterThatNobodyCanTakeDoesNotBarTheOthers) {
  World w;
  w.worker("w1", {.slots = 2, .toolchains = {"stable"}});
  w.sweep("s", {compile("a").lock("X").toolchain("stable"),
                compile("never").lock("X").toolchain("1.0").priority(9),
                compile("b").lock("X").toolchain("stable")});
  w.finish("a");
  EXPECT_THAT(w.running(), ElementsAre("b"));
}

TEST(Locks, CancelledWaiterGivesItsTurnToTheNext) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a").lock("X"), compile("b").lock("X"), compile("c").lock("X")});
  w.sweep("t", {compile("other").priority(5)});
  w.finish("a");
  EXPECT_THAT(w.running(), ElementsAre("other"));
  w.send(CancelBatch{"b", false});
  w.finish("other");
  EXPECT_THAT(w.running(), ElementsAre("c"));
}

TEST(Lanes, LaneIsHeldFromFirstGrantUntilTheCellIsFinished) {
  World w;
  w.worker("w1", {.slots = 4});
  w.sweep("s", {compile("a").cell("A").lane("target-dir:X/t"),
                execute("ax").cell("A").lane("target-dir:X/t").after({"a"}),
                compile("b").cell("B").lane("target-dir:X/t")});
  EXPECT_THAT(w.running(), ElementsAre("a"));
  w.finish("a");
  EXPECT_THAT(w.running(), ElementsAre("ax"));
  EXPECT_EQ(w.why("b"), "wait: target dir in use by cell A");
  w.finish("ax");
  EXPECT_THAT(w.running(), ElementsAre("b"));
  ASSERT_EQ(w.messages<CellFinished>().size(), 1u);
  EXPECT_EQ(w.messages<CellFinished>()[0].cell, "A");
}

TEST(Lanes, BatchesOfTheCellThatGetsTheLaneRunTogether) {
  World w;
  w.worker("w1", {.slots = 4});
  w.sweep("s", {compile("a").cell("A").lane("L"), compile("b1").cell("B").lane("L"),
                compile("b2").cell("B").lane("L")});
  EXPECT_THAT(w.running(), ElementsAre("a"));
  w.finish("a");
  EXPECT_THAT(w.running(), ElementsAre("b1", "b2"));
}

// --- news

TEST(News, BatchCellAndSweepAreFinishedOnce) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("c").cell("A").jobs({"check", "build"})});
  for (const char* job : {"check", "build"}) {
    w.started(job);
    w.done(job);
    EXPECT_THAT(w.messages<BatchFinished>(), IsEmpty());
  }
  w.batch_done("c");
  EXPECT_EQ(w.messages<BatchFinished>().size(), 1u);
  EXPECT_EQ(w.messages<CellFinished>().size(), 1u);
  EXPECT_EQ(w.messages<SweepFinished>().size(), 1u);
  w.batch_done("c");
  EXPECT_THAT(w.effects, IsEmpty());
}

TEST(News, CountsFollowTheJobs) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a"), compile("b"), execute("c").after({"a"})});
  auto jobs = w.scheduler.counts().jobs;
  EXPECT_EQ(jobs[JobState::leased], 1);
  EXPECT_EQ(jobs[JobState::ready], 1);
  EXPECT_EQ(jobs[JobState::blocked], 1);
  w.finish("a");
  EXPECT_EQ(w.scheduler.counts("s").jobs[JobState::done], 1);
  EXPECT_EQ(w.scheduler.counts("s").batches_finished, 1);
  EXPECT_EQ(w.scheduler.counts("nobody").batches, 0);
}

// --- abilities and pins

TEST(Abilities, WhatAWorkerLacksKeepsItsBatchesAway) {
  World w;
  w.worker("w1", {.slots = 2});
  w.send(WorkerLacks{"w1", "link s390x", "no linker for s390x: apt install gcc-s390x-linux-gnu"});
  w.sweep("s", {compile("a").ability("link s390x"), compile("b").ability("check s390x")});
  EXPECT_THAT(w.running(), ElementsAre("b"));
  EXPECT_EQ(w.why("a"), "impossible: worker w1 cannot: no linker for s390x: apt install gcc-s390x-linux-gnu");
  w.worker("w2");
  EXPECT_EQ(w.runs_on("a"), "w2");
}

TEST(Abilities, AreFoundAgainAndForgottenWithTheProcess) {
  World w;
  w.worker("w1", {.slots = 2});
  w.send(WorkerLacks{"w1", "x", "why"});
  w.send(WorkerLacks{"w1", "y", "why"});
  w.sweep("s", {compile("a").ability("x"), compile("b").ability("y")});
  EXPECT_THAT(w.running(), IsEmpty());
  w.send(WorkerLacks{"w1", "x", ""});
  EXPECT_THAT(w.running(), ElementsAre("a"));
  w.worker("w1", {.slots = 2, .instance = "2"});
  EXPECT_EQ(w.runs_on("b"), "w1");
}

TEST(Abilities, OfBeforeAreKnownBeforeAnythingIsGranted) {
  World w;
  w.worker("w1");
  w.gone("w1", true);
  w.sweep("s", {compile("a").ability("x")});
  w.instances["w1"] = "w1-2";
  w.send(WorkerHello{"w1", "w1-2", 1, {}, {}, {}, {{"x", "why"}}});
  EXPECT_THAT(w.running(), IsEmpty());
  EXPECT_EQ(w.why("a"), "impossible: worker w1 cannot: why");
}

TEST(Elsewhere, AWorkerThatWasLostIsStillAsked) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a")});
  w.worker("w2");
  w.done(w.granted_jobs("a").front(), Next::elsewhere);
  w.batch_done("a");
  EXPECT_EQ(w.runs_on("a"), "w2");
  w.gone("w2", true);
  EXPECT_EQ(w.runs_on("a"), "w1") << "nobody else is there";
  w.worker("w2", {.instance = "2"});
  w.done(w.granted_jobs("a").front(), Next::elsewhere);
  w.batch_done("a");
  EXPECT_EQ(w.runs_on("a"), "w2");
}

TEST(Pins, BatchWaitsForItsWorkerAlone) {
  World w;
  w.worker("w1");
  w.sweep("s", {prepare("p"), execute("a").after({"p"})});
  w.send(PinBatch{"a", "w2"});
  w.finish("p");
  EXPECT_EQ(w.why("a"), "wait: waiting for worker w2, which has what it needs");
  w.worker("w2");
  EXPECT_EQ(w.runs_on("a"), "w2");
}

TEST(Pins, UnpinnedBatchGoesAnywhere) {
  World w;
  w.worker("w1");
  w.worker("w2");
  w.gone("w2");
  w.sweep("s", {prepare("p"), execute("a").after({"p"})});
  w.send(PinBatch{"a", "w2"});
  w.finish("p");
  EXPECT_EQ(w.runs_on("a"), "");
  w.send(PinBatch{"a", ""});
  EXPECT_EQ(w.runs_on("a"), "w1");
}

TEST(Affinity, CompileGoesWhereItsTripleWasSetUp) {
  World w;
  w.worker("w1");
  w.sweep("s", {setup("u"), compile("a").after({"u"})});
  w.worker("w2");
  w.worker("w0", {.slots = 8});
  w.finish("u");
  EXPECT_EQ(w.runs_on("a"), "w1");
}

TEST(News, ForgottenSweepLeavesNothing) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a").lock("X").lane("L")});
  w.send(ForgetSweep{"s"});
  EXPECT_EQ(w.messages<Refused>().size(), 1u);
  w.finish("a");
  w.rows.forget("s");
  w.send(ForgetSweep{"s"});
  EXPECT_EQ(w.scheduler.counts().batches, 0);
  EXPECT_EQ(w.why("a"), "impossible: no batch a");
}

TEST(News, WaitingBatchesAreListedOldestFirstWithTheirReason) {
  World w;
  w.worker("w1");
  w.sweep("s", {compile("a"), compile("b"), execute("c").after({"a"})});
  const auto waiting = w.scheduler.waiting(w.now, 10);
  ASSERT_EQ(waiting.size(), 2u);
  EXPECT_EQ(waiting[0].batch, "b");
  EXPECT_EQ(std::get<Wait>(waiting[1].placement).why, "waiting for compile of a");
  EXPECT_EQ(w.scheduler.waiting(w.now, 1).size(), 1u);
}

}  // namespace
}  // namespace tripled::sched
