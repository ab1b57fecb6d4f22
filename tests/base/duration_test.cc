// Durations and times as people write and read them.
#include "schema/base/duration.h"

#include <gtest/gtest.h>

namespace tripled {
namespace {

TEST(ParseDuration, EveryUnitAndSumsOfThem) {
  EXPECT_EQ(parse_duration("500ms"), Millis(500));
  EXPECT_EQ(parse_duration("45s"), Millis(45'000));
  EXPECT_EQ(parse_duration("20m"), Millis(20 * 60'000));
  EXPECT_EQ(parse_duration("20min"), parse_duration("20m"));
  EXPECT_EQ(parse_duration("2h"), Millis(7'200'000));
  EXPECT_EQ(parse_duration("1d"), Millis(86'400'000));
  EXPECT_EQ(parse_duration("1h30m"), Millis(5'400'000));
  EXPECT_EQ(parse_duration("0s"), Millis(0));
}

TEST(ParseDuration, WhatIsNoDurationIsNone) {
  for (const char* text : {"", "5", "s", "1.5h", "-1s", "1h30", "1 h", " 1h", "1h ", "1x", "1H", "ms1",
                           "999999999999999999999s"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << "`" << text << "`";
}

TEST(ParseDuration, AYearIsTheLongest) {
  EXPECT_EQ(parse_duration("366d"), std::chrono::hours(366 * 24));
  EXPECT_EQ(parse_duration("367d"), std::nullopt);
  EXPECT_EQ(parse_duration("366d1ms"), std::nullopt);
  EXPECT_EQ(parse_duration("99999999999d"), std::nullopt);  // would overflow
}

TEST(FormatDuration, IsShortAndNeverShowsSixtyOfAnything) {
  EXPECT_EQ(format_duration(Millis(0)), "0ms");
  EXPECT_EQ(format_duration(Millis(999)), "999ms");
  EXPECT_EQ(format_duration(Millis(1000)), "1.0s");
  EXPECT_EQ(format_duration(Millis(4120)), "4.1s");
  EXPECT_EQ(format_duration(Millis(59'940)), "59.9s");
  EXPECT_EQ(format_duration(Millis(60'000)), "1m00s");
  EXPECT_EQ(format_duration(Millis(123'999)), "2m03s");
  EXPECT_EQ(format_duration(Millis(3'599'999)), "59m59s");
  EXPECT_EQ(format_duration(Millis(3'600'000)), "1h00m");
  EXPECT_EQ(format_duration(std::chrono::hours(49) + std::chrono::minutes(5)), "49h05m");
  EXPECT_EQ(format_duration(Millis(59'950)), "1m00s");  // rounded, not 60.0s
}

TEST(FormatTimestamp, IsRfc3339InUtc) {
  EXPECT_EQ(format_timestamp(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_timestamp(951'782'400'000), "2000-02-29T00:00:00Z");
  EXPECT_EQ(format_timestamp(1'795'253'400'999), "2026-11-21T09:30:00Z");  // milliseconds are left out
}

TEST(FormatTimestamp, DoesNotDependOnTheTimeZone) {
  ::setenv("TZ", "America/New_York", 1);
  ::tzset();
  EXPECT_EQ(format_timestamp(0), "1970-01-01T00:00:00Z");
  ::unsetenv("TZ");
  ::tzset();
}

TEST(UnixNow, IsInMilliseconds) {
  EXPECT_GT(unix_now_ms(), 1'700'000'000'000);
  EXPECT_LT(unix_now_ms(), 10'000'000'000'000);
}

}  // namespace
}  // namespace tripled
