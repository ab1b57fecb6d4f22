// run_custom: a harness of the project's own is one test, judged by its exit status.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/workers_agent/fake_libtest.h"

namespace tripled::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TestResult result_of(const ProcessRecord& record, const std::string& out = "", const std::string& err = "") {
  agent::BinaryUnderTest binary;
  binary.package = "sample";
  binary.target = "fuzz";
  binary.kind = "test";
  int calls = 0;
  auto outcome = run_custom(binary, [&](const std::vector<std::string>&, exec::OutputSink& sink) {
    ++calls;
    sink.on_stdout(out);
    sink.on_stderr(err);
    return record;
  });
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(outcome.failure.has_value(), record.outcome == Outcome::could_not_start);
  EXPECT_EQ(outcome.process.outcome, record.outcome);
  EXPECT_EQ(outcome.tests.size(), 1u);
  auto result = outcome.tests.at(0);
  EXPECT_EQ(result.package, "sample");
  EXPECT_EQ(result.test, "fuzz");
  EXPECT_EQ(result.kind, "custom");
  return result;
}

TEST(Custom, StatusZeroPassesWhateverItPrinted) {
  auto result = result_of(ended(Outcome::exited, 0), "test result: FAILED. 0 passed; 1 failed", "error");
  EXPECT_EQ(result.state, TestState::passed);
  EXPECT_EQ(result.failure, std::nullopt);
  EXPECT_EQ(result.message, "");
  EXPECT_EQ(result.duration_ms, 5);
}

TEST(Custom, AnyOtherStatusFailsAndSaysWhatItPrinted) {
  auto result = result_of(ended(Outcome::exited, 3), "case 7 differs\n", "see above\n");
  EXPECT_EQ(result.state, TestState::failed);
  EXPECT_THAT(result.message, HasSubstr("status 3"));
  EXPECT_THAT(result.message, HasSubstr("case 7 differs"));
  EXPECT_THAT(result.message, HasSubstr("see above"));
  EXPECT_THAT(result.message, testing::Not(HasSubstr("summary")));  // it owes none
}

TEST(Custom, SignalIsACrash) {
  auto result = result_of(ended(Outcome::signalled, SIGSEGV));
  EXPECT_EQ(result.state, TestState::crashed);
  EXPECT_EQ(result.failure, TestFailureKind::signal);
  EXPECT_THAT(result.message, HasSubstr("signal 11"));
}

TEST(Custom, LimitsAreTimeouts) {
  for (auto outcome : {Outcome::timed_out, Outcome::no_output}) {
    auto result = result_of(ended(outcome, SIGKILL), "begun\n");
    EXPECT_EQ(result.state, TestState::timed_out);
    EXPECT_EQ(result.failure, TestFailureKind::timeout);
    EXPECT_THAT(result.message, HasSubstr("begun"));
  }
}

TEST(Custom, WhatDidNotRunHasNoVerdict) {
  auto missing = result_of(ended(Outcome::could_not_start, 0, "no such runner"));
  EXPECT_EQ(missing.state, TestState::not_run);
  EXPECT_EQ(missing.failure, std::nullopt);
  EXPECT_THAT(missing.message, HasSubstr("no such runner"));
  EXPECT_EQ(result_of(ended(Outcome::cancelled, SIGTERM)).state, TestState::not_run);
}

TEST(Custom, LastWordsAreKeptAndBounded) {
  auto result = result_of(ended(Outcome::exited, 1), std::string(3'000'000, '\xe9') + "the last word");
  EXPECT_THAT(result.message, HasSubstr("the last word"));
  EXPECT_THAT(result.message, HasSubstr("status 1"));
  EXPECT_LE(result.message.size(), 40u << 10);  // each bad byte becomes three
}

TEST(Custom, GetsTheSettingsArgumentsAndNoneOfLibtest) {
  agent::BinaryUnderTest binary;
  binary.settings.args = {"--seed", "7"};
  binary.settings.threads = 2;
  binary.settings.ignored = "both";
  std::vector<std::string> seen;
  run_custom(binary, [&](const std::vector<std::string>& args, exec::OutputSink&) {
    seen = args;
    return ended(Outcome::exited, 0);
  });
  EXPECT_THAT(seen, ElementsAre("--seed", "7"));
}

}  // namespace
}  // namespace tripled::test
