// When a cron expression is due, beside a reference that walks every minute of real time and asks the C
// library what the clocks show: other code, other reading of zoneinfo.
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <random>
#include <set>

#include "config/cron.h"

namespace tripled::config {
namespace {

struct Minute {
  std::int64_t at = 0;     // seconds since the epoch
  std::int64_t local = 0;  // minutes, as if the local time were UTC
};

// Every minute of the years, as the clocks of the zone showed it.
std::vector<Minute> minutes_of(const char* zone, int first_year, int last_year) {
  ::setenv("TZ", zone, 1);
  ::tzset();
  std::vector<Minute> out;
  std::tm begin{}, end{};
  begin.tm_year = first_year - 1900;
  end.tm_year = last_year - 1899;
  begin.tm_mday = end.tm_mday = 1;
  const std::time_t until = ::timegm(&end);
  for (std::time_t at = ::timegm(&begin); at < until; at += 60) {
    std::tm shown{};
    ::localtime_r(&at, &shown);
    out.push_back({at, ::timegm(&shown) / 60});
  }
  return out;
}

struct Written {
  std::string text;
  std::set<int> minutes, hours, days, months, weekdays;
  bool elapsed = false, either_day = false;

  bool matches(std::int64_t local) const {
    std::time_t seconds = local * 60;
    std::tm tm{};
    ::gmtime_r(&seconds, &tm);
    bool day = days.count(tm.tm_mday) > 0, weekday = weekdays.count(tm.tm_wday) > 0;
    return minutes.count(tm.tm_min) && hours.count(tm.tm_hour) && months.count(tm.tm_mon + 1) &&
           (either_day ? day || weekday : day && weekday);
  }
};

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  Written make() {
    Written out;
    bool star_hour = false, star_day = false, star_weekday = false, star = false;
    auto minute = field(0, 59, 3, out.minutes, star);
    auto hour = field(0, 23, 3, out.hours, star_hour);
    auto day = field(1, 31, 2, out.days, star_day);
    auto month = field(1, 12, 1, out.months, star);
    auto weekday = field(0, 6, 2, out.weekdays, star_weekday);
    out.text = minute + " " + hour + " " + day + " " + month + " " + weekday;
    out.elapsed = star_hour;
    out.either_day = !star_day && !star_weekday;
    return out;
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

  // `*` in one of `stars` + 1 cases or more, else a list of values, ranges and steps.
  std::string field(int least, int most, int stars, std::set<int>& values, bool& star) {
    auto add = [&](int first, int last, int step) {
      for (int v = first; v <= last; v += step) values.insert(v);
    };
    star = below(4) >= stars || below(4) == 0;
    if (star) {
      int step = below(2) ? 1 : 1 + below(most);
      add(least, most, step);
      return step == 1 ? "*" : "*/" + std::to_string(step);
    }
    std::string text;
    for (int parts = 1 + below(3); parts > 0; --parts) {
      int first = least + below(most - least + 1), last = first + below(most - first + 1),
          step = 1 + below(5);
      if (below(2)) last = first;
      add(first, last, last > first ? step : 1);
      text += (text.empty() ? "" : ",") + std::to_string(first);
      if (last > first) text += "-" + std::to_string(last) + (step > 1 ? "/" + std::to_string(step) : "");
    }
    return text;
  }

  std::mt19937 random_;
};

struct Fired {
  std::int64_t local = 0, at = 0;
  bool operator==(const Fired&) const = default;
};

std::vector<Fired> reference(const Written& cron, const std::vector<Minute>& minutes) {
  std::vector<Fired> out;
  auto latest = minutes.front().local - 1;  // that the clocks ever showed
  for (const auto& m : minutes) {
    if (cron.elapsed) {
      if (cron.matches(m.local)) out.push_back({m.local, m.at});
      continue;
    }
    for (auto passed = latest + 1; passed <= m.local; ++passed) {  // more than one: a gap
      if (!cron.matches(passed)) continue;
      out.push_back({passed, m.at});
      break;
    }
    latest = std::max(latest, m.local);
  }
  return out;
}

std::int64_t local_minute(const std::string& nominal) {
  std::tm tm{};
  ::strptime(nominal.c_str(), "%Y-%m-%dT%H:%M", &tm);
  return ::timegm(&tm) / 60;
}

struct Years {
  const char* zone;
  int first, last;
};
class CronProperty : public ::testing::TestWithParam<Years> {};

TEST_P(CronProperty, AgreesWithEveryMinute) {
  const auto minutes = minutes_of(GetParam().zone, GetParam().first, GetParam().last);
  auto zone = TimeZone::find(GetParam().zone);
  ASSERT_TRUE(zone);
  std::size_t compared = 0;
  for (unsigned seed = 0; seed < 30; ++seed) {
    auto written = Generator(seed).make();
    auto expected = reference(written, minutes);
    auto cron = parse_cron(written.text);
    if (!cron) {  // days that no month has
      EXPECT_TRUE(expected.empty()) << written.text;
      continue;
    }
    auto at = minutes.front().at - 1;
    for (std::size_t i = 0;; ++i) {
      auto next = next_after(*cron, *zone, at);
      bool over = !next || next->at > minutes.back().at;
      ASSERT_EQ(over, i == expected.size()) << written.text << " after " << at << " seed " << seed;
      if (over) break;
      ASSERT_EQ((Fired{local_minute(next->nominal), next->at}), expected[i])
          << written.text << ": " << next->nominal << " seed " << seed;
      at = next->at;
      ++compared;
    }
    // From the middle of nowhere too, and back.
    std::mt19937 random(seed);
    for (int tries = 0; tries < 50 && !expected.empty(); ++tries) {
      auto i = random() % expected.size();
      auto found = last_between(*cron, *zone, minutes.front().at - 1, expected[i].at + random() % 2);
      ASSERT_TRUE(found) << written.text;
      ASSERT_EQ(found->at, expected[i].at) << written.text << " seed " << seed;
    }
  }
  EXPECT_GT(compared, 10'000u);
}

INSTANTIATE_TEST_SUITE_P(Zones, CronProperty,
                         ::testing::Values(Years{"UTC", 2024, 2024}, Years{"Europe/Berlin", 2025, 2026},
                                           Years{"America/New_York", 2026, 2026},
                                           Years{"Australia/Lord_Howe", 2025, 2025},
                                           Years{"Africa/Casablanca", 2024, 2025},
                                           Years{"Pacific/Apia", 2011, 2012}),
                         [](const auto& years) {
                           std::string name = years.param.zone;
                           for (char& c : name)
                             if (c == '/' || c == '_') c = 'x';
                           return name;
                         });

}  // namespace
}  // namespace tripled::config
