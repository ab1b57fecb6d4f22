// What a schedule does: on time, late, over restarts and jumps of the clock, while its last sweep runs.
#include "daemon/app/triggers/schedule_fires.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

namespace tripled::app {
namespace {

using store::CatchUp;
using store::FireCause;
using store::FireState;
using store::Overlap;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::int64_t utc(const std::string& text) {  // 2026-11-27 03:00:05
  std::tm tm{};
  ::strptime(text.c_str(), "%Y-%m-%d %H:%M:%S", &tm);
  return ::timegm(&tm) * 1000;
}

// A daemon that looks when it is told to, keeps rows as the store does, and runs sweeps until they are ended.
class Looking {
 public:
  Looking(const std::string& cron, Overlap overlap, CatchUp catch_up, Millis age = std::chrono::hours(6),
          const std::string& zone = "UTC")
      : rules_{*config::parse_cron(cron), *config::TimeZone::find(zone), overlap, catch_up, age} {}

  void made(const std::string& at) { since_ = utc(at); }
  void end_sweep() { running_ = false; }
  // What happened, as `NOMINAL state`; empty: nothing.
  std::string look(const std::string& at) { return look(utc(at)); }
  std::string look(std::int64_t now) {
    auto decision = decide(rules_, history(now), now);
    next_ = decision.next;
    if (decision.begin_queued) {
      queued_ = false;
      running_ = true;
      ++sweeps_;
      return "queued one begins";
    }
    if (!decision.fire) return "";
    const auto& fire = *decision.fire;
    EXPECT_TRUE(rows_.emplace(std::pair(fire.due.nominal, fire.due.fold), fire.due.at * 1000).second)
        << "twice: " << fire.due.nominal;
    if (fire.state == FireState::started) running_ = true, ++sweeps_;
    if (fire.state == FireState::queued) queued_ = true;
    reason_ = fire.reason;
    cause_ = fire.cause;
    return fire.due.nominal + " " + to_text(fire.state);
  }
  const std::string& reason() const { return reason_; }
  FireCause cause() const { return cause_; }
  int sweeps() const { return sweeps_; }
  std::optional<std::int64_t> next() const { return next_; }

 private:
  ScheduleHistory history(std::int64_t now) const {
    ScheduleHistory out;
    out.since = since_;
    for (const auto& [key, due] : rows_) {
      out.recorded.insert(key);
      if (due <= now) out.last_due = std::max(out.last_due.value_or(due), due);
    }
    out.running = running_ ? 7 : 0;
    out.queued = queued_;
    return out;
  }

  ScheduleRules rules_;
  std::int64_t since_ = 0;
  std::map<std::pair<std::string, int>, std::int64_t> rows_;
  bool running_ = false, queued_ = false;
  std::string reason_;
  FireCause cause_ = FireCause::clock;
  std::optional<std::int64_t> next_;
  int sweeps_ = 0;
};

TEST(ScheduleFires, OnTimeOnce) {
  Looking nightly("0 3 * * *", Overlap::skip, CatchUp::none);
  nightly.made("2026-11-26 12:00:00");
  EXPECT_EQ(nightly.look("2026-11-27 02:59:59"), "");
  EXPECT_EQ(nightly.next(), utc("2026-11-27 03:00:00"));
  EXPECT_EQ(nightly.look("2026-11-27 03:00:00"), "2026-11-27T03:00 started");
  EXPECT_EQ(nightly.reason(), "");
  EXPECT_EQ(nightly.next(), utc("2026-11-28 03:00:00"));
  nightly.end_sweep();
  for (const char* later : {"2026-11-27 03:00:00", "2026-11-27 03:00:30", "2026-11-27 23:00:00"})
    EXPECT_EQ(nightly.look(later), "") << later;
}

TEST(ScheduleFires, WhatWasDueBeforeItWasMadeDoesNotCount) {
  Looking nightly("0 3 * * *", Overlap::skip, CatchUp::once);
  nightly.made("2026-11-27 03:00:10");
  EXPECT_EQ(nightly.look("2026-11-27 03:00:20"), "");
}

TEST(ScheduleFires, ARestartIsNoReasonToMissOne) {
  Looking nightly("0 3 * * *", Overlap::skip, CatchUp::none);
  nightly.made("2026-11-26 12:00:00");
  EXPECT_EQ(nightly.look("2026-11-27 03:04:00"), "2026-11-27T03:00 started");
  EXPECT_EQ(nightly.cause(), FireCause::clock);
}

TEST(ScheduleFires, LateOnesAreRecordedAsMissed) {
  Looking nightly("0 3 * * *", Overlap::skip, CatchUp::none);
  nightly.made("2026-11-20 12:00:00");
  EXPECT_EQ(nightly.look("2026-11-27 09:00:00"), "2026-11-27T03:00 missed");
  EXPECT_EQ(nightly.reason(), "noticed 6h00m late; 6 before it were missed");
  EXPECT_EQ(nightly.look("2026-11-27 09:00:30"), "");
  EXPECT_EQ(nightly.sweeps(), 0);
}

TEST(ScheduleFires, ManyMissedAreCaughtUpOnce) {
  Looking hourly("@hourly", Overlap::skip, CatchUp::once);
  hourly.made("2026-01-01 00:00:00");
  EXPECT_EQ(hourly.look("2026-11-27 09:30:00"), "2026-11-27T09:00 started");
  EXPECT_EQ(hourly.cause(), FireCause::catch_up);
  EXPECT_EQ(hourly.reason(), "noticed 30m00s late; 100 or more before it were missed");
  hourly.end_sweep();
  EXPECT_EQ(hourly.look("2026-11-27 09:30:30"), "");
  EXPECT_EQ(hourly.look("2026-11-27 10:00:00"), "2026-11-27T10:00 started");
  EXPECT_EQ(hourly.sweeps(), 2);
}

TEST(ScheduleFires, TooLateToCatchUp) {
  Looking nightly("0 3 * * *", Overlap::skip, CatchUp::once, std::chrono::hours(2));
  nightly.made("2026-11-26 12:00:00");
  EXPECT_EQ(nightly.look("2026-11-27 05:00:01"), "2026-11-27T03:00 missed");
  EXPECT_THAT(nightly.reason(), HasSubstr("later than may be caught up"));
}

TEST(ScheduleFires, SkipWhileTheLastSweepRuns) {
  Looking hourly("@hourly", Overlap::skip, CatchUp::none);
  hourly.made("2026-11-27 00:30:00");
  EXPECT_EQ(hourly.look("2026-11-27 01:00:00"), "2026-11-27T01:00 started");
  EXPECT_EQ(hourly.look("2026-11-27 02:00:00"), "2026-11-27T02:00 skipped");
  EXPECT_EQ(hourly.reason(), "sweep 7 of this schedule still runs");
  hourly.end_sweep();
  EXPECT_EQ(hourly.look("2026-11-27 02:00:30"), "");
  EXPECT_EQ(hourly.look("2026-11-27 03:00:00"), "2026-11-27T03:00 started");
}

TEST(ScheduleFires, OneWaitsWhereTheyQueue) {
  Looking hourly("@hourly", Overlap::queue, CatchUp::none);
  hourly.made("2026-11-27 00:30:00");
  hourly.look("2026-11-27 01:00:00");
  EXPECT_EQ(hourly.look("2026-11-27 02:00:00"), "2026-11-27T02:00 queued");
  EXPECT_EQ(hourly.look("2026-11-27 03:00:00"), "2026-11-27T03:00 skipped");
  EXPECT_THAT(hourly.reason(), HasSubstr("another fire waits"));
  hourly.end_sweep();
  EXPECT_EQ(hourly.look("2026-11-27 03:40:00"), "queued one begins");  // however late
  EXPECT_EQ(hourly.look("2026-11-27 04:00:00"), "2026-11-27T04:00 queued");
}

TEST(ScheduleFires, ClockADayAheadAndBackMakesNoDouble) {
  for (auto policy : {CatchUp::none, CatchUp::once}) {
    Looking nightly("0 3 * * *", Overlap::skip, policy, std::chrono::hours(24));
    nightly.made("2026-11-20 12:00:00");
    nightly.look("2026-11-27 03:00:00");
    nightly.end_sweep();
    EXPECT_EQ(nightly.look("2026-11-28 12:00:00"),
              policy == CatchUp::none ? "2026-11-28T03:00 missed" : "2026-11-28T03:00 started");
    nightly.end_sweep();
    EXPECT_EQ(nightly.look("2026-11-27 12:00:10"), "");  // back
    EXPECT_EQ(nightly.look("2026-11-28 03:00:00"), "");  // had its fire
    EXPECT_EQ(nightly.look("2026-11-29 03:00:00"), "2026-11-29T03:00 started");
  }
}

TEST(ScheduleFires, ClockFarAheadAndBackDoesNotSilenceIt) {
  Looking hourly("@hourly", Overlap::skip, CatchUp::none);
  hourly.made("2026-11-27 00:30:00");
  hourly.look("2026-11-27 01:00:00");
  hourly.end_sweep();
  EXPECT_EQ(hourly.look("2031-11-27 01:00:01"), "2031-11-27T01:00 started");
  hourly.end_sweep();
  EXPECT_EQ(hourly.look("2026-11-27 01:10:00"), "");
  EXPECT_EQ(hourly.look("2026-11-27 02:00:00"), "2026-11-27T02:00 started");
}

TEST(ScheduleFires, ClockAnHourBackRepeatsNothing) {
  Looking often("*/10 * * * *", Overlap::skip, CatchUp::none);
  often.made("2026-11-27 00:55:00");
  std::vector<std::string> fires;
  auto walk = [&](const char* from, const char* to) {
    for (auto at = utc(from); at <= utc(to); at += 15'000)
      if (auto what = often.look(at); !what.empty()) {
        fires.push_back(what);
        often.end_sweep();
      }
  };
  walk("2026-11-27 00:55:00", "2026-11-27 01:25:00");
  walk("2026-11-27 00:58:00", "2026-11-27 01:35:00");  // an NTP server was wrong
  EXPECT_THAT(fires, ElementsAre("2026-11-27T01:00 started", "2026-11-27T01:10 started",
                                 "2026-11-27T01:20 started", "2026-11-27T01:30 started"));
}

// The zone's own clock goes back; ours does not.
TEST(ScheduleFires, RepeatedHourOfTheZone) {
  Looking fixed("30 2 * * *", Overlap::skip, CatchUp::none, Millis(0), "Europe/Berlin"),
      wild("30 * * * *", Overlap::skip, CatchUp::none, Millis(0), "Europe/Berlin");
  int fixed_fires = 0, wild_fires = 0;
  fixed.made("2026-10-24 12:00:00");
  wild.made("2026-10-24 23:45:00");
  for (auto at = utc("2026-10-24 23:45:00"); at < utc("2026-10-25 04:00:00"); at += 30'000) {
    if (!fixed.look(at).empty()) ++fixed_fires;
    if (!wild.look(at).empty()) ++wild_fires;
    fixed.end_sweep();
    wild.end_sweep();
  }
  EXPECT_EQ(fixed_fires, 1);
  EXPECT_EQ(wild_fires, 4);
}

// The rules of a zone change with an update of the system: the instant moves, the fire stays the same.
TEST(ScheduleFires, AMovedInstantIsTheSameFire) {
  ScheduleRules rules{*config::parse_cron("0 3 * * *"), *config::TimeZone::find("UTC"), Overlap::skip,
                      CatchUp::none, Millis(0)};
  ScheduleHistory history;
  history.since = utc("2026-11-20 00:00:00");
  history.recorded = {{"2026-11-27T03:00", 0}};
  history.last_due = utc("2026-11-27 02:00:00");
  EXPECT_FALSE(decide(rules, history, utc("2026-11-27 03:00:10")).fire);
}

}  // namespace
}  // namespace tripled::app
