#include "daemon/diagnosis/findings/cell_states.h"

#include <gtest/gtest.h>

#include "tests/diagnosis_findings/support.h"

namespace tripled::diagnosis {
namespace {

using namespace test;

const std::string x86 = "x86_64-unknown-linux-gnu";

Unit planned(const std::string& package, bool member, std::vector<int> needs = {}) {
  Unit out;
  out.package = out.target = package;
  out.kind = "lib";
  out.member = member;
  out.needs = std::move(needs);
  return out;
}

// app needs dep; tool needs nothing.
SweepJob with_dependency(Verdict app, Verdict tool) {
  auto out =
      job(x86, Stage::check, worse_of(app, tool), {{"app", "app", "", app}, {"tool", "tool", "", tool}});
  static const std::vector<Unit> graph{planned("app", true, {2}), planned("tool", true),
                                       planned("dep", false)};
  out.planned = &graph;
  return out;
}

TEST(UnitEnd, AUnitThatPassedPassesEvenIfTheJobFailed) {
  auto end = unit_end(with_dependency(Verdict::pass, Verdict::fail), diagnosis("app", "app", Cause::unknown));
  EXPECT_EQ(end.state, CellState::passing);
}

TEST(UnitEnd, AUnitThatFailedOtherwiseSaysNothingOfThisFinding) {
  auto end = unit_end(with_dependency(Verdict::fail, Verdict::pass), diagnosis("app", "app", Cause::unknown));
  EXPECT_EQ(end.state, CellState::unknown);
  EXPECT_EQ(end.why, "another failure");
}

TEST(UnitEnd, ADependencyPassedWhereSomethingThatNeedsItCompiled) {
  auto about = diagnosis("dep", "dep", Cause::unknown);
  EXPECT_EQ(unit_end(with_dependency(Verdict::pass, Verdict::fail), about).state, CellState::passing);
  // tool compiled, but does not need it.
  EXPECT_EQ(unit_end(with_dependency(Verdict::fail, Verdict::pass), about).state, CellState::unknown);
}

TEST(UnitEnd, WhatIsNotInTheGraphWasNotCompiled) {
  auto end =
      unit_end(with_dependency(Verdict::pass, Verdict::pass), diagnosis("windows-sys", "", Cause::unknown));
  EXPECT_EQ(end.state, CellState::unknown);
  EXPECT_EQ(end.why, "not compiled there");
}

TEST(UnitEnd, AFlakyTestIsNoEvidence) {
  auto about = diagnosis("app", "app", Cause::test_panic);
  about.test = "t";
  auto end = unit_end(job(x86, Stage::execute, Verdict::flaky, {{"app", "app", "t", Verdict::flaky}}), about);
  EXPECT_EQ(end.state, CellState::unknown);
  EXPECT_EQ(end.why, "flaky");
}

TEST(UnitEnd, ATestThatIsNotThereSaysNothing) {
  auto about = diagnosis("app", "app", Cause::test_panic);
  about.test = "t";
  auto end = unit_end(job(x86, Stage::execute, Verdict::pass, {{"app", "app", "u", Verdict::pass}}), about);
  EXPECT_EQ(end.why, "no such test there");
}

TEST(UnitEnd, OfABlockedJobTheReasonIsTold) {
  auto blocked = job(x86, Stage::build, Verdict::blocked);
  blocked.blocked_by = "nix/nix";
  auto end = unit_end(blocked, diagnosis("app", "app", Cause::unknown));
  EXPECT_EQ(end.state, CellState::unknown);
  EXPECT_EQ(end.why, "blocked by nix/nix");
}

TEST(UnitEnd, AFindingOfTheWholeJobPassesWhereTheJobPassed) {
  auto about = diagnosis("", "", Cause::linker_missing);
  EXPECT_EQ(unit_end(job(x86, Stage::build, Verdict::pass), about).state, CellState::passing);
  EXPECT_EQ(unit_end(job(x86, Stage::build, Verdict::fail), about).state, CellState::unknown);
}

}  // namespace
}  // namespace tripled::diagnosis
