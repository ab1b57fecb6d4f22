// Records and limits that every stage shares.
#include <gtest/gtest.h>

#include "workers/agent/stage_run.h"

namespace tripled::agent {
namespace {

TEST(Environment, DifferenceIsWhatWasAddedOrChanged) {
  const cargo::Environment base{{"HOME", "/home/u"}, {"LANG", "C.UTF-8"}, {"PATH", "/usr/bin"}};
  const cargo::Environment full{
      {"HOME", "/home/u"}, {"LANG", "de_DE.UTF-8"}, {"CC", "s390x-gcc"}, {"EMPTY", ""}};
  EXPECT_EQ(
      environment_difference(base, full),
      (std::map<std::string, std::string>{{"LANG", "de_DE.UTF-8"}, {"CC", "s390x-gcc"}, {"EMPTY", ""}}));
  EXPECT_TRUE(environment_difference(base, base).empty());
}

TEST(Record, KeepsHowTheProcessEndedAndWhatItCost) {
  exec::ProcessResult result;
  result.kind = exec::OutcomeKind::timed_out;
  result.code = 9;
  result.duration = Millis(61'000);
  result.cpu = Millis(1'500);
  result.max_rss_bytes = 7;
  result.leftover_killed = 2;
  auto record = to_record(result);
  EXPECT_EQ(record.outcome, Outcome::timed_out);
  EXPECT_EQ(record.code, 9);
  EXPECT_EQ(record.duration_ms, 61'000);
  EXPECT_EQ(record.cpu_ms, 1'500);
  EXPECT_EQ(record.max_rss_bytes, 7u);
  EXPECT_EQ(record.leftover_killed, 2);
  EXPECT_NE(record.reason, "");
}

TEST(Record, OfAnErrorOfOursIsOneThatDidNotStart) {
  auto record = failed_record(Error(ErrorKind::tool, "the shim is gone"));
  EXPECT_EQ(record.outcome, Outcome::could_not_start);
  EXPECT_EQ(record.reason, "the shim is gone");
}

TEST(Limits, AreTheMatrixsElseLongerUnderEmulation) {
  CellSettings settings;
  const auto native = execute_limits(settings, RunnerKind::native);
  const auto emulated = execute_limits(settings, RunnerKind::emulated);
  ASSERT_TRUE(native.timeout && emulated.timeout && native.no_output_timeout && emulated.no_output_timeout);
  EXPECT_EQ(*emulated.timeout, *native.timeout * 4);
  EXPECT_EQ(*emulated.no_output_timeout, *native.no_output_timeout * 3);
  settings.timeout_ms = 7'000;
  settings.no_output_timeout_ms = 3'000;
  for (auto kind : {RunnerKind::native, RunnerKind::emulated}) {
    EXPECT_EQ(execute_limits(settings, kind).timeout, Millis(7'000));
    EXPECT_EQ(execute_limits(settings, kind).no_output_timeout, Millis(3'000));
  }
  EXPECT_EQ(compile_limits(settings).timeout, Millis(7'000));
}

}  // namespace
}  // namespace tripled::agent
