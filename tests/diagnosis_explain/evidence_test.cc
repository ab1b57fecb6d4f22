// Cfgs that were found in the evidence: tried first, and each judged.
#include "tests/diagnosis_explain/support.h"

namespace tripled::diagnosis {
namespace {

using namespace testing;
using ::testing::HasSubstr;

const std::vector<std::string> kUnix = {"x86_64-unknown-linux-gnu", "aarch64-apple-darwin",
                                        "x86_64-unknown-freebsd", "s390x-unknown-linux-gnu"};
const std::vector<std::string> kWindows = {"x86_64-pc-windows-gnu", "i686-pc-windows-msvc"};

CfgJudgement judge(const std::string& source, const std::vector<ExplainedCell>& cells) {
  return explain(cells, known(), {{source, "src/lib.rs:3"}}, {}).judgements.at(0);
}

// An item under cfg(unix) is missing where unix is off.
TEST(CfgInEvidence, AConfirmedOneComesFirstWhateverItsSize) {
  auto e =
      explain(cells(kWindows, kUnix), known(), {{"#[cfg(any(unix, target_os = \"wasi\"))]", "src/sys.rs:7"}},
              reach({"wasm32-unknown-unknown"}));
  EXPECT_EQ(e.judgements[0].answer, CfgAnswer::confirms);
  EXPECT_EQ(e.predicate, "cfg(not(any(unix, target_os = \"wasi\")))");
  EXPECT_EQ(e.from_evidence, "src/sys.rs:7");
  EXPECT_EQ(e.certainty, Certainty::ambiguous);  // cfg(windows) stands
  EXPECT_EQ(e.add_cell, "wasm32-unknown-unknown");
  EXPECT_THAT(to_text(e), HasSubstr("it stands in the evidence: src/sys.rs:7"));
}

TEST(CfgInEvidence, FailsWhereItIsOn) {
  EXPECT_EQ(judge("target.'cfg(windows)'.dependencies", cells(kWindows, kUnix)).predicate, "cfg(windows)");
  EXPECT_EQ(judge("cfg_attr(not(windows), path = \"x.rs\")", cells(kWindows, kUnix)).predicate,
            "cfg(windows)");
}

TEST(CfgInEvidence, ACounterExampleIsNamed) {
  auto j = judge("cfg(target_os = \"linux\")", cells(kWindows, kUnix));
  EXPECT_EQ(j.answer, CfgAnswer::contradicts);
  EXPECT_EQ(j.why, "aarch64-apple-darwin passes against it");
}

TEST(CfgInEvidence, WhatTheCellsDoNotTellIsNotTested) {
  auto all = cells(kWindows, kUnix);
  EXPECT_EQ(judge("cfg(target_os = \"haiku\")", all).why, "it is off on every cell");
  EXPECT_EQ(judge("cfg(feature = \"extra\")", all).why, "the features of the cells are not known");
  EXPECT_EQ(judge("cfg(loom)", all).why, "it asks for a cfg that rustc sets for no triple");
  EXPECT_THAT(judge("cfg(all(", all).why, HasSubstr("it cannot be read"));
  for (const auto* source : {"cfg(feature = \"extra\")", "cfg(loom)", "cfg(all("})
    EXPECT_EQ(judge(source, all).answer, CfgAnswer::untestable) << source;
}

TEST(CfgInEvidence, FeaturesOfTheCells) {
  std::vector<ExplainedCell> all;
  for (bool on : {true, false}) {
    auto c = cell(kUnix[0], on ? CellState::failing : CellState::passing);
    c.id += on ? "/extra" : "/bare";
    if (on) c.cfg.push_back("feature=\"extra\"");
    all.push_back(c);
  }
  auto e = explain(all, only({all[0]}), {{"cfg(feature = \"extra\")", ""}}, {});
  EXPECT_EQ(e.judgements[0].answer, CfgAnswer::confirms);
  EXPECT_EQ(to_text(e).substr(0, 68),
            "fails on exactly cfg(feature = \"extra\"): 1 of 1, passes on 1 of 1\nth");
}

}  // namespace
}  // namespace tripled::diagnosis
