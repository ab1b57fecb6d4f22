// What a schedule does now: a pure decision over what is due, what is recorded and whether the last sweep
// still runs. No clock and no store here; io thread or test.
//
// The wall clock may jump. Forward: what was passed over is late, and the catch-up policy says what becomes
// of it. Back: what is recorded stays recorded under its nominal time, so it does not come again; what is
// later than the clock now shows counts for nothing else.
#pragma once
#include <set>
#include <string>
#include <utility>

#include "config/cron.h"
#include "daemon/store/trigger_rows.h"
#include "schema/base/duration.h"

namespace tripled::app {

// A fire that begins no later than this after it was due is on time: a restart lies in between.
inline constexpr Millis fire_on_time{5 * 60 * 1000};

struct ScheduleRules {
  config::Cron cron;
  config::TimeZone zone;
  store::Overlap overlap = store::Overlap::skip;
  store::CatchUp catch_up = store::CatchUp::none;
  Millis catch_up_age{0};  // how late one may be to be caught up
};

// What is known of it. Times are milliseconds since the epoch.
struct ScheduleHistory {
  std::int64_t since = 0;                          // what was due earlier does not count
  std::set<std::pair<std::string, int>> recorded;  // nominal times and folds that have their fire
  std::optional<std::int64_t> last_due;            // of the recorded ones that are not later than now
  std::int64_t running = 0;                        // its last sweep, while it runs or is being begun; 0: none
  bool queued = false;                             // a fire waits for that
};

struct FireDecision {
  config::Occurrence due;
  store::FireState state = store::FireState::started;  // started: its sweep is to be begun now
  store::FireCause cause = store::FireCause::clock;
  std::string reason;
};

struct ScheduleDecision {
  std::optional<FireDecision> fire;  // to be recorded; of those that are due together the newest
  bool begin_queued = false;         // the fire that waits: nothing else is decided with it
  std::optional<std::int64_t> next;  // when the next one is due
};

ScheduleDecision decide(const ScheduleRules& rules, const ScheduleHistory& history, std::int64_t now);

}  // namespace tripled::app
