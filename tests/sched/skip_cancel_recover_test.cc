// How work ends or comes back: skip, cancel, rerun, recovery.
#include "tests/sched/world.h"

namespace tripled::sched {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// --- skip

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
