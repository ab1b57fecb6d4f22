// Cron expressions: what is read, what is refused with its place, and when they are due.
#include "config/cron.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/base/duration.h"
#include "tests/config/support.h"

namespace tripled::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// 2026-10-25T00:59:00Z
std::int64_t utc(const std::string& text) {
  std::tm tm{};
  ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &tm);
  return ::timegm(&tm);
}

// `NOMINAL[+1 for the second time]=INSTANT`, the first `count` after `after`.
std::vector<std::string> due(const std::string& expression, const std::string& zone, const std::string& after,
                             int count) {
  auto cron = parse_cron(expression);
  auto where = TimeZone::find(zone);
  if (!cron || !where) return {"not read"};
  std::vector<std::string> out;
  for (auto at = utc(after); count > 0; --count) {
    auto next = next_after(*cron, *where, at);
    if (!next) return out;
    at = next->at;
    out.push_back(next->nominal + (next->fold ? "+1" : "") + "=" + format_timestamp(at * 1000));
  }
  return out;
}

TEST(Cron, FieldsListsRangesStepsAndNames) {
  EXPECT_THAT(due("30 3 * * *", "UTC", "2026-01-01T03:30:00Z", 2),
              ElementsAre("2026-01-02T03:30=2026-01-02T03:30:00Z", "2026-01-03T03:30=2026-01-03T03:30:00Z"));
  EXPECT_THAT(due("0-20/10,45 6,18 1 JAN,jul *", "UTC", "2026-01-02T00:00:00Z", 5),
              ElementsAre("2026-07-01T06:00=2026-07-01T06:00:00Z", "2026-07-01T06:10=2026-07-01T06:10:00Z",
                          "2026-07-01T06:20=2026-07-01T06:20:00Z", "2026-07-01T06:45=2026-07-01T06:45:00Z",
                          "2026-07-01T18:00=2026-07-01T18:00:00Z"));
  EXPECT_THAT(due("0 9 * * Mon-Wed", "UTC", "2026-01-07T10:00:00Z", 1),
              ElementsAre("2026-01-12T09:00=2026-01-12T09:00:00Z"));
  EXPECT_EQ(due("0 0 * * 0", "UTC", "2026-01-01T00:00:00Z", 3),
            due("0 0 * * 7", "UTC", "2026-01-01T00:00:00Z", 3));
  EXPECT_EQ(due("0 0 * * 0", "UTC", "2026-01-01T00:00:00Z", 3),
            due("@weekly", "UTC", "2026-01-01T00:00:00Z", 3));
  EXPECT_EQ(due("0 0 1 1 *", "UTC", "2026-01-01T00:00:00Z", 3),
            due("@yearly", "UTC", "2026-01-01T00:00:00Z", 3));
}

// crontab(5): both fields restricted, either is enough; a field that begins with `*` restricts beside the
// other.
TEST(Cron, DayOfMonthOrDayOfWeek) {
  EXPECT_THAT(due("0 0 13 * fri", "UTC", "2026-01-08T00:00:00Z", 3),
              ElementsAre("2026-01-09T00:00=2026-01-09T00:00:00Z", "2026-01-13T00:00=2026-01-13T00:00:00Z",
                          "2026-01-16T00:00=2026-01-16T00:00:00Z"));
  EXPECT_THAT(due("0 0 */2 * fri", "UTC", "2026-01-08T00:00:00Z", 2),
              ElementsAre("2026-01-09T00:00=2026-01-09T00:00:00Z", "2026-01-23T00:00=2026-01-23T00:00:00Z"));
}

TEST(Cron, LeapDays) {
  EXPECT_THAT(due("0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", 1),
              ElementsAre("2104-02-29T00:00=2104-02-29T00:00:00Z"));
}

TEST(Cron, FixedHourOnceInTheRepeatedHourAndRightAfterTheGap) {
  EXPECT_THAT(due("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2),
              ElementsAre("2026-10-25T02:30=2026-10-25T00:30:00Z", "2026-10-26T02:30=2026-10-26T01:30:00Z"));
  EXPECT_THAT(due("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2),
              ElementsAre("2026-03-29T02:30=2026-03-29T01:00:00Z", "2026-03-30T02:30=2026-03-30T00:30:00Z"));
  // Half an hour at Lord Howe; a whole day at Apia, whose two midnights are one instant.
  EXPECT_THAT(due("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", 1),
              ElementsAre("2026-10-04T02:15=2026-10-03T15:30:00Z"));
  EXPECT_THAT(due("0 0 * * *", "Pacific/Apia", "2011-12-29T11:00:00Z", 2),
              ElementsAre("2011-12-30T00:00=2011-12-30T10:00:00Z", "2012-01-01T00:00=2011-12-31T10:00:00Z"));
}

TEST(Cron, HourWildcardGoesByElapsedTime) {
  EXPECT_THAT(due("30 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", 3),
              ElementsAre("2026-10-25T02:30=2026-10-25T00:30:00Z", "2026-10-25T02:30+1=2026-10-25T01:30:00Z",
                          "2026-10-25T03:30=2026-10-25T02:30:00Z"));
  EXPECT_THAT(due("@hourly", "Europe/Berlin", "2026-03-28T23:30:00Z", 3),
              ElementsAre("2026-03-29T01:00=2026-03-29T00:00:00Z", "2026-03-29T03:00=2026-03-29T01:00:00Z",
                          "2026-03-29T04:00=2026-03-29T02:00:00Z"));
}

TEST(Cron, TheLastOneBefore) {
  auto zone = TimeZone::find("UTC");
  ASSERT_TRUE(zone);
  auto last = [&](const char* expression, const char* after, const char* until) {
    auto found = last_between(*parse_cron(expression), *zone, utc(after), utc(until));
    return found ? found->nominal : std::string("none");
  };
  EXPECT_EQ(last("* * * * *", "2020-01-01T00:00:00Z", "2026-01-01T00:00:30Z"), "2026-01-01T00:00");
  EXPECT_EQ(last("0 3 * * *", "2020-01-01T00:00:00Z", "2026-01-01T02:59:59Z"), "2025-12-31T03:00");
  EXPECT_EQ(last("@yearly", "2020-01-01T00:00:00Z", "2026-12-01T00:00:00Z"), "2026-01-01T00:00");
  EXPECT_EQ(last("0 3 * * *", "2026-01-01T03:00:00Z", "2026-01-02T02:00:00Z"), "none");
  EXPECT_EQ(last("0 3 * * *", "2026-01-03T03:00:00Z", "2026-01-02T02:00:00Z"), "none");
}

TEST(Cron, LocalTimes) {
  auto zone = TimeZone::find("Asia/Kolkata");
  ASSERT_TRUE(zone);
  EXPECT_EQ(local_time(*zone, utc("2026-01-01T00:00:07Z")), "2026-01-01T05:30:07");
}

struct Refused {
  const char* text;
  const char* message;
};
class RefusedCron : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedCron, SaysFieldAndPlace) {
  auto read = parse_cron(GetParam().text);
  ASSERT_FALSE(read) << GetParam().text;
  EXPECT_EQ(read.error().kind(), ErrorKind::config);
  EXPECT_THAT(read.error().message(), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Of, RefusedCron,
    ::testing::Values(
        Refused{"", "five fields are wanted, minute, hour, day of month, month, day of week; found 0"},
        Refused{"0 3 * *", "found 4"}, Refused{"0 3 * * * root", "found 6"},
        Refused{"0 24 * * *", "hour at column 3: `24` is not a number from 0 to 23"},
        Refused{"0,60 3 * * *", "minute at column 3: `60` is not a number from 0 to 59"},
        Refused{"0 3 0 * *", "day of month at column 5: `0` is not a number from 1 to 31"},
        Refused{"0 3 * janu *",
                "month at column 7: `janu` is not a number from 1 to 12 or a name such as `jan`"},
        Refused{"0 3 * * 1-8", "day of week at column 11: `8` is not a number from 0 to 7"},
        Refused{"0 9-5 * * *", "hour at column 3: the range `9-5` is empty"},
        Refused{"5/10 * * * *", "minute at column 1: a step belongs to `*` or a range"},
        Refused{"*/0 * * * *", "minute at column 3: `0` is not a step from 1 to 59"},
        Refused{"0 3,, * * *", "hour at column 5: `` is not a number"},
        Refused{"0 -3 * * *", "hour at column 3: `` is not a number"},
        Refused{"0 3 31 4,6 *", "day of month at column 5: no month that is named has such a day"},
        Refused{"0 3 30 2 *", "no month that is named has such a day"},
        Refused{"@reboot", "`@reboot` is none of @hourly"}));

TEST(TimeZone, UnknownOnesAreRefused) {
  for (const char* name : {"Europe/Berln", "", "../../etc/passwd", "CEST5"}) {
    auto zone = TimeZone::find(name);
    ASSERT_FALSE(zone) << name;
    EXPECT_EQ(zone.error().kind(), ErrorKind::config);
    EXPECT_THAT(zone.error().message(), HasSubstr("is not a time zone of this system"));
  }
}

}  // namespace
}  // namespace tripled::config
