// Sweeps that were forgotten come back beside those that run.
#include "tests/sched/world.h"

namespace tripled::sched {
namespace {

using testing::ElementsAre;

TEST(Add, AForgottenSweepComesBackWithItsHistoryAndLeavesOthersAlone) {
  World w;
  w.worker("w1", {.slots = 2});
  w.sweep("old", {prepare("p"), compile("a").after({"p"}), compile("b").after({"p"})});
  w.finish("p");
  w.finish("a");
  w.finish("b");
  const auto forgotten = std::exchange(w.rows, {});
  w.rows.last_lease = forgotten.last_lease;
  w.send(ForgetSweep{"old"});
  w.sweep("new", {compile("x"), compile("y")});
  w.finish("y");
  ASSERT_THAT(w.running(), ElementsAre("x"));

  auto back = forgotten.rows();
  for (auto& job : back.jobs)
    if (job.job == "a.job") job = {"a.job", JobState::blocked, std::nullopt, AttemptReason::rerun};
  for (const auto& batch : back.batches) w.rows.add(batch);
  for (const auto& job : back.jobs) w.rows.jobs[job.job] = job;
  w.rows.attempts.insert(forgotten.attempts.begin(), forgotten.attempts.end());
  w.rows.leases.insert(forgotten.leases.begin(), forgotten.leases.end());
  w.scheduler.add(back, w.now);
  w.send(Tick{});
  EXPECT_THAT(w.running(), ElementsAre("a", "x"));
  EXPECT_EQ(w.newest("a").epoch, 2) << "epochs go on";
  w.finish("a");
  EXPECT_EQ(w.history("a.job"), "first exited, rerun exited");
  EXPECT_EQ(w.messages<SweepFinished>().size(), 1u);
  EXPECT_EQ(w.state("b.job"), "done exited");
  EXPECT_EQ(w.history("b.job"), "first exited");
  EXPECT_THAT(w.running(), ElementsAre("x"));
}

}  // namespace
}  // namespace tripled::sched
