#include "daemon/app/triggers/schedule_fires.h"

#include <algorithm>

#include "schema/base/text.h"

namespace tripled::app {
namespace {

using store::CatchUp;
using store::FireCause;
using store::FireState;
using store::Overlap;

// More are not counted: the number is for people.
constexpr std::size_t kMostCounted = 100;

// How many were due after `from` and before `until`, in words; empty: none.
std::string earlier_ones(const ScheduleRules& rules, std::int64_t from, std::int64_t until) {
  std::size_t count = 0;
  for (auto next = config::next_after(rules.cron, rules.zone, from);
       next && next->at < until && count < kMostCounted;
       next = config::next_after(rules.cron, rules.zone, next->at))
    ++count;
  if (count == 0) return {};
  return (count == kMostCounted ? std::to_string(count) + " or more" : std::to_string(count)) +
         " before it " + (count == 1 ? "was" : "were") + " missed";
}

void add(std::string& reason, const std::string& more) {
  if (!more.empty()) reason += (reason.empty() ? "" : "; ") + more;
}

// The overlap policy, of a fire that would begin.
void settle_overlap(const ScheduleRules& rules, const ScheduleHistory& history, FireDecision& fire) {
  if (history.running == 0) return;
  auto sweep = "sweep " + std::to_string(history.running) + " of this schedule still runs";
  if (rules.overlap == Overlap::queue && !history.queued) {
    fire.state = FireState::queued;
    add(fire.reason, sweep);
    return;
  }
  fire.state = FireState::skipped;
  add(fire.reason, rules.overlap == Overlap::queue ? sweep + " and another fire waits" : sweep);
}

void settle_lateness(const ScheduleRules& rules, Millis late, FireDecision& fire) {
  if (late <= fire_on_time) return;
  fire.reason = "noticed " + format_duration(late) + " late";
  if (rules.catch_up == CatchUp::once && late <= rules.catch_up_age) {
    fire.cause = FireCause::catch_up;
    return;
  }
  fire.state = FireState::missed;
  if (rules.catch_up == CatchUp::once) fire.reason += ", later than may be caught up";
}

}  // namespace

ScheduleDecision decide(const ScheduleRules& rules, const ScheduleHistory& history, std::int64_t now) {
  ScheduleDecision out;
  const auto from = std::max(history.since, history.last_due.value_or(history.since)) / 1000;
  if (auto next = config::next_after(rules.cron, rules.zone, std::max(from, now / 1000)))
    out.next = next->at * 1000;
  if (history.queued && history.running == 0) {
    out.begin_queued = true;
    return out;
  }
  auto due = config::last_between(rules.cron, rules.zone, from, now / 1000);
  if (!due || history.recorded.count({due->nominal, due->fold})) return out;
  FireDecision fire;
  fire.due = *due;
  settle_lateness(rules, Millis(now - due->at * 1000), fire);
  if (fire.state != FireState::missed) settle_overlap(rules, history, fire);
  add(fire.reason, earlier_ones(rules, from, due->at));
  out.fire = std::move(fire);
  return out;
}

}  // namespace tripled::app
