// When a cron expression is due. Local times are counted in minutes since 1970-01-01T00:00 of the zone.
// Zones come from the date library over the system's zoneinfo, whose files must hold every transition they
// mean (Debian's do, up to 2037): version 3.0.1 does not read the rule at their end.
#include <date/tz.h>

#include <algorithm>
#include <cstdio>

#include "config/cron.h"

namespace tripled::config {
namespace {

using std::chrono::seconds;

constexpr std::int64_t kDay = 24 * 60;  // minutes
constexpr std::int64_t kYears = std::int64_t{60} * 366 * kDay;

// The smallest multiple of a minute that is not before `s`.
std::int64_t minute_from(std::int64_t s) { return s >= 0 ? (s + 59) / 60 : s / 60; }
std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0); }

bool day_matches(const Cron& cron, std::int64_t day) {
  date::local_days days{date::days{day}};
  date::year_month_day ymd{days};
  if (!(cron.months >> static_cast<unsigned>(ymd.month()) & 1)) return false;
  bool of_month = cron.days >> static_cast<unsigned>(ymd.day()) & 1;
  bool of_week = cron.weekdays >> date::weekday{days}.c_encoding() & 1;
  return cron.either_day ? of_month || of_week : of_month && of_week;
}

// The first minute of [`from`, `until`) that matches.
std::optional<std::int64_t> matching_minute(const Cron& cron, std::int64_t from, std::int64_t until) {
  for (auto day = floor_div(from, kDay); day * kDay < until; ++day) {
    if (!day_matches(cron, day)) continue;
    for (auto minute = std::max(from - day * kDay, std::int64_t{0}); minute < kDay; ++minute) {
      if (!(cron.hours >> (minute / 60) & 1)) {
        minute += 59 - minute % 60;
        continue;
      }
      if (!(cron.minutes >> (minute % 60) & 1)) continue;
      if (day * kDay + minute >= until) return std::nullopt;
      return day * kDay + minute;
    }
  }
  return std::nullopt;
}

std::string nominal_text(std::int64_t minute) {
  auto day = floor_div(minute, kDay), rest = minute - day * kDay;
  date::year_month_day ymd{date::local_days{date::days{day}}};
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d", static_cast<int>(ymd.year()),
                static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
                static_cast<int>(rest / 60), static_cast<int>(rest % 60));
  return text;
}

}  // namespace

class Due {
 public:
  Due(const Cron& cron, const TimeZone& zone)
      : cron_(cron), zone_(*static_cast<const date::time_zone*>(zone.zone_)) {}

  std::optional<Occurrence> after(std::int64_t at) const {
    return cron_.elapsed ? by_elapsed_time(at) : by_hour_of_day(at);
  }

  std::int64_t offset(std::int64_t at) const { return info(at).offset.count(); }

 private:
  date::sys_info info(std::int64_t at) const { return zone_.get_info(date::sys_seconds{seconds{at}}); }
  date::local_info local_info(std::int64_t minute) const {
    return zone_.get_info(date::local_seconds{seconds{minute * 60}});
  }

  // From one period of equal offset to the next.
  std::optional<Occurrence> by_elapsed_time(std::int64_t at) const {
    auto from = at + 1;
    for (const auto end = at + kYears * 60; from < end;) {
      auto period = info(from);
      auto offset = period.offset.count();
      auto until = std::min(period.end.time_since_epoch().count(), end);
      if (auto found = matching_minute(cron_, minute_from(from + offset), minute_from(until + offset))) {
        auto local = local_info(*found);
        bool second = local.result == date::local_info::ambiguous && local.second.offset == period.offset;
        return Occurrence{nominal_text(*found), second ? 1 : 0, *found * 60 - offset};
      }
      from = until;
    }
    return std::nullopt;
  }

  // Instants grow with nominal times, so the first later one is the next.
  std::optional<Occurrence> by_hour_of_day(std::int64_t at) const {
    auto local = floor_div(at + offset(at), 60) + 1;
    for (const auto end = local + kYears;;) {
      auto found = matching_minute(cron_, local, end);
      if (!found) return std::nullopt;
      auto instant = instant_of(*found);
      if (instant > at) return Occurrence{nominal_text(*found), 0, instant};
      local = *found + 1;
    }
  }

  std::int64_t instant_of(std::int64_t minute) const {
    auto local = local_info(minute);
    if (local.result == date::local_info::nonexistent) return local.first.end.time_since_epoch().count();
    return minute * 60 - local.first.offset.count();
  }

  const Cron& cron_;
  const date::time_zone& zone_;
};

Result<TimeZone> TimeZone::find(const std::string& name) {
  try {
    return TimeZone(name, date::locate_zone(name));
  } catch (const std::exception&) {
    return config_error("`" + name +
                        "` is not a time zone of this system: a name such as Europe/Berlin or UTC");
  }
}

std::optional<Occurrence> next_after(const Cron& cron, const TimeZone& zone, std::int64_t after) {
  return Due(cron, zone).after(after);
}

std::optional<Occurrence> last_between(const Cron& cron, const TimeZone& zone, std::int64_t after,
                                       std::int64_t until) {
  Due due(cron, zone);
  std::optional<Occurrence> out;
  // Back in growing steps: few are looked at, however many there are.
  for (std::int64_t step = 60; !out && after < until; step *= 8) {
    auto from = std::max(after, until - step);
    for (auto next = due.after(from); next && next->at <= until; next = due.after(next->at)) out = next;
    if (from == after) break;
  }
  return out;
}

std::string local_time(const TimeZone& zone, std::int64_t at) {
  static const Cron none{};
  auto local = at + Due(none, zone).offset(at);
  auto second = local - floor_div(local, 60) * 60;
  char text[16];
  std::snprintf(text, sizeof text, ":%02d", static_cast<int>(second));
  return nominal_text(floor_div(local, 60)) + text;
}

}  // namespace tripled::config
