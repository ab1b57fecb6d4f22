#include "daemon/history/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tripled::history {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

CellPast cell(const std::string& id, Verdict verdict, std::set<std::string> findings = {}) {
  CellPast out;
  out.id = id;
  out.verdict = verdict;
  out.findings = std::move(findings);
  return out;
}

SweepPast sweep(const std::string& id, std::vector<CellPast> cells) {
  SweepPast out;
  out.id = id;
  out.revision = "rev" + id;
  out.conditions = {{"sources", "s" + id}, {"lock", "l"}, {"matrix", "m"}, {"rules", "1"}};
  out.cells = std::move(cells);
  return out;
}

std::vector<Change> changes(const Comparison& c) {
  std::vector<Change> out;
  for (const auto& t : c.transitions) out.push_back(t.change);
  return out;
}

TEST(Compare, EqualSweepsHaveNoTransitions) {
  auto a = sweep("1", {cell("x", Verdict::pass), cell("y", Verdict::fail, {"f"})});
  auto b = a;
  b.id = "2";
  auto c = compare(a, b);
  EXPECT_THAT(c.transitions, IsEmpty());
  EXPECT_EQ(c.same, 2);
  EXPECT_FALSE(is_worse(c));
}

TEST(Compare, EachKindOfTransition) {
  auto a = sweep(
      "1", {cell("bad", Verdict::pass), cell("broke", Verdict::pass), cell("fixed", Verdict::fail, {"f"}),
            cell("flaky", Verdict::pass), cell("gone", Verdict::pass), cell("other", Verdict::fail, {"f"}),
            cell("unbroke", Verdict::broken)});
  auto b =
      sweep("2", {cell("bad", Verdict::timeout, {"g"}), cell("broke", Verdict::broken, {"l"}),
                  cell("fixed", Verdict::pass), cell("flaky", Verdict::flaky), cell("new", Verdict::pass),
                  cell("other", Verdict::fail, {"g"}), cell("unbroke", Verdict::pass)});
  auto c = compare(a, b);
  EXPECT_THAT(changes(c), ElementsAre(Change::regression, Change::new_failure, Change::flaky, Change::broken,
                                      Change::fixed, Change::unbroken, Change::new_cell, Change::vanished));
  EXPECT_EQ(c.transitions[0].cell, "bad");
  EXPECT_THAT(c.transitions[0].appeared, ElementsAre("g"));
  EXPECT_THAT(c.transitions[1].appeared, ElementsAre("g"));
  EXPECT_THAT(c.transitions[1].gone, ElementsAre("f"));
  EXPECT_THAT(c.transitions[4].gone, ElementsAre("f"));
  EXPECT_EQ(c.transitions[6].before, std::nullopt);
  EXPECT_EQ(c.transitions[7].after, std::nullopt);
  EXPECT_TRUE(is_worse(c));
}

TEST(Compare, FewerFindingsAreNoNewFailure) {
  auto c = compare(sweep("1", {cell("x", Verdict::fail, {"f", "g"})}),
                   sweep("2", {cell("x", Verdict::fail, {"g"})}));
  EXPECT_THAT(changes(c), ElementsAre(Change::partly_fixed));
  EXPECT_THAT(c.transitions[0].gone, ElementsAre("f"));
  EXPECT_FALSE(is_worse(c));
}

TEST(Compare, WhatWasNotTriedOnOneSideSaysNothing) {
  auto a = sweep("1", {cell("x", Verdict::pass), cell("y", Verdict::cancelled)});
  auto b = sweep("2", {cell("x", Verdict::blocked), cell("y", Verdict::fail, {"f"})});
  auto c = compare(a, b);
  EXPECT_THAT(c.transitions, IsEmpty());
  EXPECT_EQ(c.not_comparable, 2);
}

TEST(Compare, AnExcludedCellIsAsIfItWereNotThere) {
  auto c = compare(sweep("1", {cell("x", Verdict::excluded), cell("y", Verdict::pass)}),
                   sweep("2", {cell("x", Verdict::pass), cell("y", Verdict::excluded)}));
  EXPECT_THAT(changes(c), ElementsAre(Change::new_cell, Change::vanished));
}

TEST(Compare, WhatANarrowedSweepLacksDidNotVanish) {
  auto a = sweep("1", {cell("x", Verdict::pass), cell("y", Verdict::pass)});
  auto b = sweep("2", {cell("y", Verdict::fail, {"f"})});
  b.partial = true;
  EXPECT_THAT(changes(compare(a, b)), ElementsAre(Change::regression));
  EXPECT_THAT(changes(compare(b, a)), ElementsAre(Change::fixed)) << "x is not new";
}

// Evidence that is gone cannot be diagnosed by newer rules.
TEST(Compare, WithoutFindingsOnOneSideAFailureIsNotANewOne) {
  auto c = compare(sweep("1", {cell("x", Verdict::fail)}), sweep("2", {cell("x", Verdict::fail, {"f"})}));
  EXPECT_THAT(c.transitions, IsEmpty());
}

TEST(Compare, AnExpectationThatHoldsNoLongerIsATransitionOfItsOwn) {
  auto a = sweep("1", {cell("x", Verdict::fail, {"f"})});
  auto b = sweep("2", {cell("x", Verdict::pass)});
  b.cells[0].unmet = true;
  auto c = compare(a, b);
  EXPECT_THAT(changes(c), ElementsAre(Change::expectation_unmet, Change::fixed));
  EXPECT_TRUE(is_worse(c));
}

TEST(Compare, ARevisionRangeIsGivenWhereTheRevisionAloneChanged) {
  auto a = sweep("1", {cell("x", Verdict::pass)});
  auto b = sweep("2", {cell("x", Verdict::fail, {"f"})});
  auto c = compare(a, b);
  EXPECT_EQ(c.revision_range, "rev1..rev2");
  EXPECT_THAT(c.transitions[0].also_changed, ElementsAre("sources s1 -> s2"));
  a.cells[0].conditions["toolchain"] = "1.95.0";
  b.cells[0].conditions["toolchain"] = "1.96.0";
  c = compare(a, b);
  EXPECT_EQ(c.revision_range, std::nullopt);
  EXPECT_THAT(c.transitions[0].also_changed, ElementsAre("sources s1 -> s2", "toolchain 1.95.0 -> 1.96.0"));
}

TEST(Compare, AConditionThatIsNotKnownOnOneSideDidNotChange) {
  auto a = sweep("1", {cell("x", Verdict::pass)});
  auto b = sweep("2", {cell("x", Verdict::fail, {"f"})});
  a.cells[0].conditions["std"] = "";
  b.cells[0].conditions["std"] = "abc";
  EXPECT_EQ(compare(a, b).revision_range, "rev1..rev2");
}

}  // namespace
}  // namespace tripled::history
