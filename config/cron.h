// Cron expressions (crontab(5)) and when they are due in a time zone. Pure: no clock; the zones are those of
// the operating system (zoneinfo), read once. Any thread.
//
// What one is due at has two readings. An hour field that begins with `*` goes by elapsed time: due at every
// minute of real time whose local time matches, so twice in a repeated hour and never in a skipped one. Any
// other hour field names hours of the day: due once in a repeated hour (the first time) and, where its time
// is skipped, right after the gap. What would be due more than once at one instant is due once, under the
// first of its nominal times.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "schema/base/result.h"

namespace tripled::config {

struct Cron {
  std::string text;  // as written
  // Bit n: the value n. Weekdays: 0 is Sunday.
  std::uint64_t minutes = 0;
  std::uint32_t hours = 0, days = 0;
  std::uint16_t months = 0;
  std::uint8_t weekdays = 0;
  bool elapsed = false;  // the hour field begins with `*`
  // Neither field of days begins with `*`: a day matches by either, else by both (crontab(5)).
  bool either_day = false;
};

// `30 3 * * mon-fri`, lists, ranges, steps, names of months and weekdays (7 is Sunday too), @hourly, @daily,
// @midnight, @weekly, @monthly, @yearly, @annually. config error that names the field and the column; also
// for days that no month has.
Result<Cron> parse_cron(std::string_view text);

class TimeZone {
 public:
  // config error: the system does not know it.
  static Result<TimeZone> find(const std::string& name);  // Europe/Berlin, UTC
  const std::string& name() const { return name_; }

 private:
  friend class Due;
  TimeZone(std::string name, const void* zone) : name_(std::move(name)), zone_(zone) {}
  std::string name_;
  const void* zone_;  // of the library; lives as long as the program
};

struct Occurrence {
  std::string nominal;  // the local time it is named by: 2026-10-25T02:30
  int fold = 0;         // 1: the second of a repeated hour
  std::int64_t at = 0;  // seconds since the epoch
  bool operator==(const Occurrence&) const = default;
};

// The first one later than `after` (seconds since the epoch). nullopt: none within 60 years.
std::optional<Occurrence> next_after(const Cron& cron, const TimeZone& zone, std::int64_t after);
// The last one of (`after`, `until`].
std::optional<Occurrence> last_between(const Cron& cron, const TimeZone& zone, std::int64_t after,
                                       std::int64_t until);
// The local time of an instant, to the second: 2026-10-25T02:30:00.
std::string local_time(const TimeZone& zone, std::int64_t at);

}  // namespace tripled::config
