// From facts to verdicts (DESIGN.md, "Verdicts"): one law a test.
#include "daemon/diagnosis/judge.h"

#include <gtest/gtest.h>

namespace tripled::diagnosis {
namespace {

UnitResult unit(const std::string& package, Verdict verdict, const std::string& code = "") {
  UnitResult out;
  out.package = package;
  out.target = package;
  out.kind = "lib";
  out.verdict = verdict;
  if (!code.empty()) {
    out.first_error.emplace();
    out.first_error->code = code;
    out.first_error->package = package;
  }
  return out;
}

AttemptResult compiled(std::vector<UnitResult> units, int status) {
  AttemptResult out;
  out.process.code = status;
  out.units = std::move(units);
  return out;
}

TestResult test(const std::string& name, TestState state, const std::string& message = "") {
  TestResult out;
  out.package = out.target = "p";
  out.kind = "lib";
  out.test = name;
  out.state = state;
  out.message = message;
  return out;
}

AttemptResult executed(std::vector<TestResult> tests, RunnerKind runner = RunnerKind::native) {
  AttemptResult out;
  out.tests = std::move(tests);
  out.runner.kind = runner;
  return out;
}

TEST(JudgeCompile, TakesTheWorstOfItsUnits) {
  auto v = judge_compile(compiled({unit("a", Verdict::pass), unit("b", Verdict::fail, "E0432")}, 101));
  EXPECT_EQ(v.verdict, Verdict::fail);
  ASSERT_EQ(v.items.size(), 1u);
  EXPECT_EQ(v.items[0].error, "E0432");
}

TEST(JudgeCompile, AFailedCargoIsNeverAPass) {
  EXPECT_EQ(judge_compile(compiled({unit("a", Verdict::pass)}, 101)).verdict, Verdict::fail);
}

TEST(JudgeCompile, PreflightThatFailedIsBrokenWithItsReason) {
  AttemptResult result = compiled({unit("a", Verdict::broken)}, 0);
  result.process.outcome = Outcome::not_run;
  result.broken_reason = "linker `x` not found";
  auto v = judge_compile(result);
  EXPECT_EQ(v.verdict, Verdict::broken);
  EXPECT_EQ(v.reason, "linker `x` not found");
}

TEST(JudgeCompile, ATimeLimitIsATimeoutAndACancelIsCancelled) {
  auto result = compiled({unit("a", Verdict::pass)}, 0);
  result.process.outcome = Outcome::timed_out;
  EXPECT_EQ(judge_compile(result).verdict, Verdict::timeout);
  result.process.outcome = Outcome::cancelled;
  EXPECT_EQ(judge_compile(result).verdict, Verdict::cancelled);
}

TEST(JudgeExecute, FailedThenPassedIsFlaky) {
  auto v =
      judge_execute({executed({test("t", TestState::failed)}), executed({test("t", TestState::passed)})});
  EXPECT_EQ(v.verdict, Verdict::flaky);
}

TEST(JudgeExecute, FailedTwiceIsAFailure) {
  auto v =
      judge_execute({executed({test("t", TestState::failed)}), executed({test("t", TestState::failed)})});
  EXPECT_EQ(v.verdict, Verdict::fail);
}

TEST(JudgeExecute, AnEmulationGapIsSuspectOnlyUnderAnEmulator) {
  auto gap = test("t", TestState::failed,
                  "Os { code: 38, kind: Unsupported, message: \"Function not implemented\" }");
  EXPECT_EQ(judge_execute({executed({gap}, RunnerKind::emulated)}).verdict, Verdict::suspect);
  EXPECT_EQ(judge_execute({executed({gap}, RunnerKind::native)}).verdict, Verdict::fail);
}

TEST(JudgeExecute, NothingToRunIsBlockedAndNeverPass) {
  AttemptResult nothing;
  nothing.process.outcome = Outcome::not_run;
  EXPECT_EQ(judge_execute({nothing}).verdict, Verdict::blocked);
  EXPECT_EQ(judge_execute({executed({test("t", TestState::not_run)})}).verdict, Verdict::blocked);
}

TEST(JudgeCompile, AnUncountedFailureOfCargoIsNoFailureOfTheCell) {
  auto result = compiled({unit("a", Verdict::pass)}, 101);
  result.uncounted_failure = "macros/macros (proc-macro, for the host) failed";
  EXPECT_EQ(judge_compile(result).verdict, Verdict::pass);
  result.units.front().verdict = Verdict::fail;
  EXPECT_EQ(judge_compile(result).verdict, Verdict::fail);
}

TEST(JudgeCompile, ADependencysErrorIsNotHiddenBehindABrokenOne) {
  auto result = compiled({unit("a", Verdict::broken)}, 101);
  result.broken_reason = "native library `z` is missing";
  result.errors.resize(1);
  result.errors[0].package = "dependency";
  result.errors[0].code = "E0432";
  EXPECT_EQ(judge_compile(result).verdict, Verdict::broken);
  result.worst = Verdict::fail;
  EXPECT_EQ(judge_compile(result).verdict, Verdict::fail);
}

TEST(JudgeCompile, WhatNobodyTriedIsBrokenAndNeverPass) {
  AttemptResult result;
  result.process.outcome = Outcome::not_run;
  EXPECT_EQ(judge_compile(result).verdict, Verdict::broken);
}

TEST(JudgeExecute, SkippedByTheMatrixIsNeitherBlockedNorWorse) {
  EXPECT_EQ(judge_execute({executed({test("a", TestState::passed), test("b", TestState::skipped)})}).verdict,
            Verdict::pass);
  EXPECT_EQ(judge_execute({executed({test("a", TestState::failed), test("b", TestState::skipped)})}).verdict,
            Verdict::fail);
  EXPECT_EQ(judge_execute({executed({test("a", TestState::skipped)})}).verdict, Verdict::excluded);
}

struct WholeBinary {
  Outcome outcome;
  RunnerKind runner;
  const char* text;
  Verdict verdict;
};
class AWholeBinary : public testing::TestWithParam<WholeBinary> {};
TEST_P(AWholeBinary, IsJudgedByItsOutcomeFirst) {
  auto result = executed({test("a", TestState::passed)}, GetParam().runner);
  result.binary_failures.push_back({"p", "it", "test", false, GetParam().outcome, GetParam().text});
  auto verdict = judge_execute({result});
  EXPECT_EQ(verdict.verdict, GetParam().verdict);
  ASSERT_EQ(verdict.items.size(), 1u);
  EXPECT_EQ(verdict.items[0].package + "/" + verdict.items[0].target, "p/it");
}
INSTANTIATE_TEST_SUITE_P(
    Outcomes, AWholeBinary,
    testing::Values(WholeBinary{Outcome::signalled, RunnerKind::native, "killed", Verdict::fail},
                    WholeBinary{Outcome::no_output, RunnerKind::native, "silent", Verdict::timeout},
                    WholeBinary{Outcome::could_not_start, RunnerKind::native, "gone", Verdict::broken},
                    WholeBinary{Outcome::exited, RunnerKind::emulated, "Exec format error", Verdict::suspect},
                    WholeBinary{Outcome::exited, RunnerKind::native, "Exec format error", Verdict::fail}));

TEST(JudgeExecute, AFlakyTestKeepsHowItFailedAndASuspectSaysWhichGap) {
  auto failed = test("a", TestState::crashed, "boom");
  failed.failure = TestFailureKind::signal;
  auto flaky = merged_tests({executed({failed}), executed({test("a", TestState::passed)})});
  ASSERT_EQ(flaky.size(), 1u);
  EXPECT_TRUE(flaky[0].flaky);
  EXPECT_EQ(flaky[0].failure, TestFailureKind::signal);
  EXPECT_EQ(flaky[0].message, "boom");
  auto suspect =
      merged_tests({executed({test("a", TestState::failed, "Exec format error")}, RunnerKind::emulated)});
  EXPECT_TRUE(suspect[0].suspect);
  EXPECT_NE(suspect[0].message.find("gap of the emulator"), std::string::npos);
}

TEST(Verify, RepeatsFailuresButNoHangsAndNoFloods) {
  auto hang = test("h", TestState::timed_out);
  EXPECT_EQ(to_verify(executed({test("t", TestState::failed), hang, test("ok", TestState::passed)})).size(),
            1u);
  std::vector<TestResult> many(51, test("t", TestState::failed));
  EXPECT_TRUE(to_verify(executed(many)).empty());
}

ExpectedFailure expect(const std::string& unit_glob, std::optional<Stage> stage,
                       const std::string& code = "") {
  ExpectedFailure out;
  out.unit = unit_glob;
  out.stage = stage;
  out.error = code;
  out.where = "m.yaml:3:5";
  return out;
}

JudgedJob job(Stage stage, const AttemptResult& result) {
  return judged_job(stage, judge_compile(result), {result});
}

TEST(Expectations, MetNeverChangesTheVerdict) {
  auto result = compiled({unit("a", Verdict::fail, "E0432")}, 101);
  auto out = check_expectations({expect("a", Stage::build, "E0432")}, {job(Stage::build, result)});
  EXPECT_EQ(out[0].expectation, Expectation::met);
  EXPECT_FALSE(out[0].unexpected);
  EXPECT_EQ(judge_compile(result).verdict, Verdict::fail);
}

TEST(Expectations, AnUnexpectedPassIsUnmetAndNamesItsPlace) {
  auto out = check_expectations({expect("a", Stage::build)},
                                {job(Stage::build, compiled({unit("a", Verdict::pass)}, 0))});
  EXPECT_EQ(out[0].expectation, Expectation::unmet);
  ASSERT_EQ(out[0].unmet.size(), 1u);
  EXPECT_EQ(out[0].unmet[0].rfind("m.yaml:3:5: expected fail of a at build", 0), 0u) << out[0].unmet[0];
}

TEST(Expectations, WhateverElseFailsIsUnexpected) {
  auto result = compiled({unit("a", Verdict::fail, "E0432"), unit("b", Verdict::fail, "E0308")}, 101);
  auto out = check_expectations({expect("a", Stage::build)}, {job(Stage::build, result)});
  EXPECT_EQ(out[0].expectation, Expectation::met);
  EXPECT_TRUE(out[0].unexpected);
}

TEST(Expectations, AboutAUnitThatIsNotPlannedSayNothing) {
  auto out = check_expectations({expect("z", Stage::build)},
                                {job(Stage::build, compiled({unit("a", Verdict::pass)}, 0))});
  EXPECT_EQ(out[0].expectation, Expectation::none);
}

TEST(Expectations, AboutWhatWasNeverTriedSayNothing) {
  AttemptResult preflight = compiled({unit("a", Verdict::broken)}, 0);
  preflight.process.outcome = Outcome::not_run;
  preflight.broken_reason = "linker not found";
  auto out = check_expectations({expect("a", Stage::build)}, {job(Stage::build, preflight)});
  EXPECT_EQ(out[0].expectation, Expectation::none);
  auto blocked = compiled({unit("b", Verdict::fail, "E0308"), unit("a", Verdict::blocked)}, 101);
  out = check_expectations({expect("a", Stage::build)}, {job(Stage::build, blocked)});
  EXPECT_EQ(out[0].expectation, Expectation::none);
}

TEST(Expectations, OfATimeoutOrABrokenUnitCoversTheJob) {
  auto late = compiled({unit("a", Verdict::timeout)}, 0);
  late.process.outcome = Outcome::timed_out;
  auto e = expect("a", Stage::build);
  e.verdict = Verdict::timeout;
  auto out = check_expectations({e}, {job(Stage::build, late)});
  EXPECT_EQ(out[0].expectation, Expectation::met);
  EXPECT_FALSE(out[0].unexpected);
  AttemptResult preflight = compiled({unit("a", Verdict::broken)}, 0);
  preflight.process.outcome = Outcome::not_run;
  preflight.broken_reason = "linker not found";
  e.verdict = Verdict::broken;
  out = check_expectations({e}, {job(Stage::build, preflight)});
  EXPECT_EQ(out[0].expectation, Expectation::met);
  EXPECT_FALSE(out[0].unexpected);
}

TEST(Expectations, AnAllowedFailureMayBeAbsent) {
  auto allowed = expect("a", Stage::build);
  allowed.required = false;
  auto out = check_expectations({allowed}, {job(Stage::build, compiled({unit("a", Verdict::pass)}, 0))});
  EXPECT_EQ(out[0].expectation, Expectation::none);
  EXPECT_FALSE(out[0].unexpected);
}

// --- shards

TEST(JoinedShards, AreJudgedAsOneJob) {
  auto joined =
      joined_shards({{executed({test("a", TestState::passed)})},
                     {executed({test("b", TestState::failed)}), executed({test("b", TestState::passed)})},
                     {executed({test("c", TestState::failed)}), executed({test("c", TestState::failed)})}});
  ASSERT_EQ(joined.size(), 2u);
  EXPECT_EQ(joined[0].tests.size(), 3u);
  auto tests = merged_tests(joined);
  ASSERT_EQ(tests.size(), 3u);
  for (const auto& t : tests) EXPECT_EQ(t.flaky, t.test == "b") << t.test;
  auto v = judge_execute(joined);
  EXPECT_EQ(v.verdict, Verdict::fail);
  EXPECT_EQ(v.items.size(), 2u);
}

TEST(JoinedShards, OneThatDidNotRunIsNoPassOfTheOthers) {
  auto lost = executed({});
  lost.process.outcome = Outcome::not_run;
  lost.broken_reason = "the executables are not to be had";
  auto v = judge_execute(joined_shards({{lost}, {executed({test("b", TestState::passed)})}}));
  EXPECT_EQ(v.verdict, Verdict::broken);
  EXPECT_EQ(v.reason, "shard 1 of 2 did not run: the executables are not to be had");
  v = judge_execute(joined_shards({{lost}, {executed({test("b", TestState::failed)})}}));
  EXPECT_EQ(v.verdict, Verdict::fail) << "what another one found stands";
}

TEST(JoinedShards, WhereNoneRanTheFirstSaysWhy) {
  auto lost = executed({});
  lost.process.outcome = Outcome::worker_lost;
  auto joined = joined_shards({{lost}, {lost}});
  ASSERT_EQ(joined.size(), 1u);
  EXPECT_EQ(joined[0].process.outcome, Outcome::worker_lost);
  EXPECT_TRUE(joined_shards({{}, {}}).empty());
}

}  // namespace
}  // namespace tripled::diagnosis
