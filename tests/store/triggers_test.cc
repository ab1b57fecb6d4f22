// Projects, schedules and fires: what comes back, what stands in the way of a second fire, what goes with
// what.
#include <gmock/gmock.h>

#include "tests/store/fixture.h"

namespace tripled::store {

BOOST_DESCRIBE_STRUCT(ProjectSettingsRow, (), (settings, created_at, polled_at, poll_failures, poll_error))
BOOST_DESCRIBE_STRUCT(ProjectRefRow, (), (project, ref, revision, seen_at, sweep, note))
BOOST_DESCRIBE_STRUCT(ScheduleRow, (),
                      (id, project, cron, zone, ref, overlap, catch_up, catch_up_ms, enabled, since,
                       created_by))
BOOST_DESCRIBE_STRUCT(FireRow, (),
                      (id, schedule, nominal, fold, due_at, recorded_at, cause, state, sweep, reason))

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ProjectSettings a_project() {
  ProjectSettings out;
  out.name = "sample";
  out.git = "https://git.example/sample.git";
  out.ref = "main";
  out.environment = {"QUICK"};
  out.cells = 40;
  out.poll = PollSettings{"10m", {"main", "release/*"}};
  return out;
}

ScheduleRow a_schedule() {
  ScheduleRow out;
  out.project = "sample";
  out.cron = "0 3 * * *";
  out.zone = "Europe/Berlin";
  out.ref = "main";
  out.overlap = Overlap::queue;
  out.catch_up = CatchUp::once;
  out.catch_up_ms = 7'200'000;
  out.since = 500;
  out.created_by = "ann";
  return out;
}

FireRow a_fire(ScheduleId schedule, SweepId sweep = 0) {
  FireRow out;
  out.schedule = schedule;
  out.nominal = "2026-11-27T03:00";
  out.due_at = 900;
  out.recorded_at = 950;
  out.sweep = sweep;
  return out;
}

class Triggers : public WritingTest {
 protected:
  Triggers() {
    write([&](Transaction& tx) {
      must(tx.put_project_settings(a_project(), 10));
      schedule = must(tx.put_schedule(a_schedule()));
    });
  }
  ScheduleId schedule = 0;
};

TEST_F(Triggers, ComeBackAsTheyWere) {
  write([&](Transaction& tx) {
    auto sweep = a_sweep();
    sweep.trigger = Trigger::schedule;
    sweep.ref = "main";
    auto id = must(tx.create_sweep(sweep));
    must(tx.add_fire(a_fire(schedule, id)));
    must(tx.put_project_ref({"sample", "main", "abc", 30, id, ""}));
    must(tx.set_polled("sample", 40));
    must(tx.set_poll_failed("sample", 2, "no route"));
  });
  auto r = reader();
  auto project = must(r.project_settings("sample"));
  ASSERT_TRUE(project);
  expect_same(*project, ProjectSettingsRow{a_project(), 10, 40, 2, "no route"});
  EXPECT_FALSE(must(r.project_settings("other")));
  auto wanted = a_schedule();
  wanted.id = schedule;
  expect_same(*must(r.schedule(schedule)), wanted);
  auto fires = must(r.fires(schedule, 10));
  ASSERT_EQ(fires.size(), 1u);
  auto fire = a_fire(schedule, 1);
  fire.id = 1;
  expect_same(fires[0], fire);
  expect_same(must(r.project_refs("sample")).at(0), ProjectRefRow{"sample", "main", "abc", 30, 1, ""});
  auto row = must(r.sweep(1));
  EXPECT_EQ(row->trigger, Trigger::schedule);
  EXPECT_EQ(row->ref, "main");
}

TEST_F(Triggers, SecondFireOfANominalTimeIsRefusedAndTakesNothingWithIt) {
  write([&](Transaction& tx) { must(tx.add_fire(a_fire(schedule))); });
  {
    Transaction tx = must(store.begin());
    must(tx.create_sweep(a_sweep()));
    auto again = tx.add_fire(a_fire(schedule));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().kind(), ErrorKind::conflict);
  }  // rolled back with its sweep
  EXPECT_EQ(sql("SELECT count(*) FROM sweeps"), "0");
  write([&](Transaction& tx) {
    auto second = a_fire(schedule);
    second.fold = 1;
    must(tx.add_fire(second));  // of the repeated hour
  });
  EXPECT_EQ(must(reader().fires(schedule, 10)).size(), 2u);
}

TEST_F(Triggers, QueuedFireBegins) {
  FireId fire = 0;
  write([&](Transaction& tx) {
    auto row = a_fire(schedule);
    row.state = FireState::queued;
    fire = must(tx.add_fire(row));
  });
  write([&](Transaction& tx) {
    auto sweep = must(tx.create_sweep(a_sweep()));
    must(tx.set_fire(fire, FireState::started, sweep, ""));
  });
  auto fires = must(reader().fires(schedule, 1));
  EXPECT_EQ(fires.at(0).state, FireState::started);
  EXPECT_EQ(fires.at(0).sweep, 1);
}

TEST_F(Triggers, TheOldestFiresGo) {
  write([&](Transaction& tx) {
    for (int i = 0; i < most_fires + 5; ++i) {
      auto fire = a_fire(schedule);
      fire.nominal = "2026-" + std::to_string(i);
      must(tx.add_fire(fire));
    }
  });
  auto fires = must(reader().fires(schedule, most_fires + 5));
  ASSERT_EQ(fires.size(), static_cast<std::size_t>(most_fires));
  EXPECT_EQ(fires.back().nominal, "2026-5");
}

TEST_F(Triggers, WhatIsGoneTakesNoMore) {
  Transaction tx = must(store.begin());
  EXPECT_EQ(tx.add_fire(a_fire(77)).error().kind(), ErrorKind::usage);
  EXPECT_EQ(tx.put_project_ref({"gone", "main", "abc", 30, 0, ""}).error().kind(), ErrorKind::usage);
  EXPECT_TRUE(tx.commit());
}

TEST_F(Triggers, ScheduleGoesWithItsProjectAndTheSweepStays) {
  write([&](Transaction& tx) {
    auto sweep = must(tx.create_sweep(a_sweep()));
    must(tx.add_fire(a_fire(schedule, sweep)));
    must(tx.put_project_ref({"sample", "main", "abc", 30, sweep, ""}));
  });
  write([&](Transaction& tx) { must(tx.remove_project_settings("sample")); });
  EXPECT_THAT(must(reader().schedules()), IsEmpty());
  EXPECT_EQ(sql("SELECT count(*) FROM fires"), "0");
  EXPECT_EQ(sql("SELECT count(*) FROM project_refs"), "0");
  EXPECT_EQ(sql("SELECT count(*) FROM sweeps"), "1");
  Transaction tx = must(store.begin());
  EXPECT_EQ(tx.remove_project_settings("sample").error().kind(), ErrorKind::usage);
  EXPECT_EQ(tx.remove_schedule(schedule).error().kind(), ErrorKind::usage);
}

TEST_F(Triggers, QueuedPollSweepsAreThoseOfWhichNothingWasGivenOut) {
  SweepId queued = 0;
  write([&](Transaction& tx) {
    auto sweep = a_sweep();
    sweep.trigger = Trigger::poll;
    sweep.ref = "main";
    queued = must(tx.create_sweep(sweep));
    must(tx.put_batch(a_batch(queued)));
    auto begun = must(tx.create_sweep(sweep));
    must(tx.put_lease(a_lease(must(tx.put_batch(a_batch(begun))), 1)));
    sweep.ref = "release/1";
    must(tx.create_sweep(sweep));
    sweep.ref = "main";
    sweep.trigger = Trigger::schedule;
    must(tx.create_sweep(sweep));
    sweep.trigger = Trigger::poll;
    must(tx.finish_sweep(must(tx.create_sweep(sweep)), SweepState::finished, 0, 2000));
  });
  EXPECT_THAT(must(reader().queued_poll_sweeps("sample", "main")), ElementsAre(queued));
}

}  // namespace
}  // namespace tripled::store
