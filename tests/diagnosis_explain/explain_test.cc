// What is said of matrices from the field: big-endian, 32-bit, 64K pages, no 64-bit atomics.
#include <algorithm>

#include "schema/wire/json.h"
#include "tests/diagnosis_explain/support.h"

namespace tripled::diagnosis {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kS390x = "s390x-unknown-linux-gnu", kPowerpc64 = "powerpc64-unknown-linux-gnu",
                  kSparc64 = "sparc64-unknown-linux-gnu", kPowerpc = "powerpc-unknown-linux-gnu",
                  kMips = "mips-unknown-linux-gnu", kPowerpc64le = "powerpc64le-unknown-linux-gnu",
                  kI686 = "i686-unknown-linux-gnu", kArmv7 = "armv7-unknown-linux-gnueabihf",
                  kX86 = "x86_64-unknown-linux-gnu", kAarch64 = "aarch64-unknown-linux-gnu",
                  kRiscv = "riscv64gc-unknown-linux-gnu";

const std::vector<std::string> kLittle = {kX86,
                                          kAarch64,
                                          kRiscv,
                                          kI686,
                                          kArmv7,
                                          kPowerpc64le,
                                          "x86_64-unknown-linux-musl",
                                          "x86_64-unknown-freebsd",
                                          "x86_64-pc-windows-gnu"};

TEST(Explain, S390xAloneCannotTellBigEndianFromS390x) {
  auto e = explain(cells({kS390x}, kLittle), known(), {}, reach({kS390x, kX86, kPowerpc64}));
  EXPECT_EQ(e.certainty, Certainty::ambiguous);
  EXPECT_EQ(e.predicate, "cfg(target_endian = \"big\")");
  EXPECT_THAT(rivals(e), Contains("cfg(target_arch = \"s390x\")"));
  EXPECT_LE(e.rivals.size(), 5U);
  EXPECT_EQ(e.add_cell, kPowerpc64);
  auto text = to_text(e);
  EXPECT_THAT(
      text, HasSubstr("fails on cfg(target_endian = \"big\"): 1 of 1, passes on 9 of 9\nas well as on cfg("));
  EXPECT_THAT(text, HasSubstr("tripled sweep --add " + kPowerpc64));
  EXPECT_THAT(text, Not(HasSubstr("exactly")));
}

TEST(Explain, NoReachableTripleIsSaid) {
  auto e = explain(cells({kS390x}, kLittle), known(), {}, {});
  EXPECT_EQ(e.add_cell, "");
  EXPECT_THAT(to_text(e), HasSubstr("no triple in reach tells them apart"));
}

// Among just these triples nothing is left to be seen, so the word may be used.
TEST(Explain, BigEndianExactly) {
  auto all = cells({kS390x, kPowerpc64, kSparc64}, kLittle);
  auto e = explain(all, only(all), {}, {});
  EXPECT_EQ(to_text(e), "fails on exactly cfg(target_endian = \"big\"): 3 of 3, passes on 9 of 9");
  EXPECT_EQ(e.certainty, Certainty::exactly);
}

TEST(Explain, BigEndianAmongAllTriplesIsFirstAndNotExact) {
  auto e = explain(cells({kS390x, kPowerpc64, kSparc64, kPowerpc, kMips}, kLittle), known(), {},
                   reach({"aarch64_be-unknown-linux-gnu"}));
  EXPECT_EQ(e.predicate, "cfg(target_endian = \"big\")");
  EXPECT_NE(e.certainty, Certainty::exactly);
  EXPECT_EQ(e.add_cell, "aarch64_be-unknown-linux-gnu") << to_text(e);
  EXPECT_THAT(to_text(e), Not(HasSubstr("exactly")));
}

TEST(Explain, ThirtyTwoBit) {
  auto e = explain(cells({kI686, kArmv7}, {kX86, kAarch64, kRiscv, kS390x, kPowerpc64le}), known(), {},
                   reach({kPowerpc}));
  EXPECT_EQ(e.predicate, "cfg(target_pointer_width = \"32\")") << to_text(e);
  EXPECT_EQ(e.certainty, Certainty::ambiguous);
  EXPECT_THAT(rivals(e), Contains("cfg(any(target_arch = \"arm\", target_arch = \"x86\"))"));
  EXPECT_EQ(e.add_cell, kPowerpc);
}

TEST(Explain, NoSixtyFourBitAtomics) {
  auto e = explain(cells({kPowerpc, kMips}, {kX86, kAarch64, kS390x, kPowerpc64, kI686, kArmv7}), known(), {},
                   reach({"thumbv7em-none-eabi"}));
  auto all = rivals(e);
  all.insert(all.begin(), e.predicate);
  EXPECT_EQ(e.predicate, "cfg(not(target_has_atomic = \"64\"))") << to_text(e);
  EXPECT_EQ(e.certainty, Certainty::ambiguous);
}

std::vector<ExplainedCell> with_pages() {
  std::vector<ExplainedCell> out;
  auto add = [&](const std::string& name, const std::string& pages, CellState state) {
    auto c = cell(name, state);
    c.id += "/" + pages;
    c.attributes["page size"] = pages;
    out.push_back(c);
  };
  add(kPowerpc64le, "65536", CellState::failing);
  add(kPowerpc64le, "4096", CellState::passing);
  add(kAarch64, "65536", CellState::passing);
  add(kAarch64, "4096", CellState::passing);
  add(kX86, "4096", CellState::passing);
  return out;
}

// Neither the triple nor the page size alone.
TEST(Explain, PowerpcWithLargePages) {
  auto all = with_pages();
  all.pop_back();
  auto e = explain(all, only({all[0], all[2]}), {}, {});
  EXPECT_EQ(e.certainty, Certainty::exactly) << to_text(e);
  EXPECT_EQ(
      to_text(e),
      "fails on exactly cfg(target_arch = \"powerpc64\") and page size is 65536: 1 of 1, passes on 3 of 3");
}

// LLVM gives i64 four bytes on i686 Linux, eight on Windows.
TEST(Explain, AlignmentsComeFromTheDataLayout) {
  auto all = cells({kI686}, {"i686-pc-windows-gnu", kArmv7, kX86, kPowerpc});
  auto e = explain(all, only(all), {}, {});
  auto offered = rivals(e);
  offered.push_back(e.predicate);
  EXPECT_THAT(offered, Contains("alignment of i64 is 32")) << to_text(e);
}

// One half of an `or` cannot do without the other.
TEST(Explain, TwoTerms) {
  auto all = cells({kS390x, kPowerpc64, "x86_64-pc-windows-gnu", "aarch64-pc-windows-msvc"},
                   {kX86, kAarch64, kPowerpc64le, "x86_64-unknown-freebsd", "x86_64-unknown-linux-musl"});
  auto e = explain(all, known(), {}, reach({kSparc64}));
  EXPECT_EQ(e.predicate, "cfg(any(target_endian = \"big\", windows))") << to_text(e);
}

TEST(Explain, WordsAndTheSettingsOfTheDecidingCell) {
  std::vector<ExplainedCell> all;
  for (auto [stage, toolchain, state] : {std::tuple("execute", "nightly", CellState::failing),
                                         std::tuple("check", "stable", CellState::passing)}) {
    auto c = cell(kX86, state);
    c.id = std::string(stage) + toolchain;
    c.attributes = {{"stage", stage}, {"toolchain", toolchain}};
    all.push_back(c);
  }
  auto e = explain(all, only({all[0]}), {}, reach({kX86}));
  EXPECT_EQ(e.certainty, Certainty::ambiguous);
  EXPECT_EQ(e.predicate, "stage is execute");
  EXPECT_THAT(rivals(e), Contains("toolchain is nightly"));
  EXPECT_EQ(e.add_cell, kX86);
  EXPECT_FALSE(e.add_with.empty());
  EXPECT_NE(e.add_with, "stage execute, toolchain nightly");
  EXPECT_NE(e.add_with, "stage check, toolchain stable");
}

TEST(Explain, UnknownCellsAreNoEvidenceAndAreCounted) {
  auto all = cells({kS390x, kPowerpc64}, kLittle);
  for (const auto& name : {kMips, kPowerpc, kSparc64})
    all.push_back(cell(name, CellState::unknown, "blocked by nix"));
  auto e = explain(all, known(), {}, {});
  EXPECT_THAT(to_text(e), HasSubstr(": 2 of 2, passes on 9 of 9, 3 unknown (blocked by nix)"));
  all.push_back(cell("aarch64_be-unknown-linux-gnu", CellState::unknown, "excluded"));
  e = explain(all, known(), {}, {});
  EXPECT_THAT(to_text(e), HasSubstr("4 unknown (3 blocked by nix, 1 excluded)"));
  EXPECT_EQ(e.predicate, "cfg(target_endian = \"big\")");
}

TEST(Explain, NothingIsClaimedWhereAllCellsAgree) {
  EXPECT_EQ(to_text(explain(cells(kLittle, {}), known(), {}, reach(kLittle))),
            "fails everywhere it was tried: 9 of 9");
  EXPECT_EQ(to_text(explain(cells({}, kLittle), known(), {}, {})), "passes everywhere it was tried: 9 of 9");
  EXPECT_EQ(to_text(explain({cell(kX86, CellState::unknown, "flaky")}, known(), {}, {})),
            "nothing is known: no cell passes or fails, 1 unknown (flaky)");
}

TEST(Explain, ContradictoryCellsHaveNoPredicateAndANearestMiss) {
  auto all = cells({kS390x, kPowerpc64, kSparc64}, kLittle);
  auto twin = cell(kS390x, CellState::passing);
  twin.id = "s390x again";
  all.push_back(twin);
  auto e = explain(all, known(), {}, {});
  EXPECT_EQ(e.certainty, Certainty::none_found);
  EXPECT_EQ(e.predicate, "");
  EXPECT_EQ(e.near_miss, "cfg(target_endian = \"big\")");
  EXPECT_EQ(e.exceptions, (std::vector<std::string>{"s390x again"}));
  EXPECT_THAT(to_text(e), HasSubstr("no predicate was found that separates them\nnearest miss: "));
}

TEST(Explain, TheOrderOfTheCellsNeverMatters) {
  auto all = cells({kS390x, kI686}, {kX86, kAarch64, kPowerpc64le, kArmv7, "x86_64-unknown-linux-musl"});
  auto first = wire::to_text_json(explain(all, known(), {}, reach({kMips, kPowerpc, kRiscv})));
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.id > b.id; });
  EXPECT_EQ(first, wire::to_text_json(explain(all, known(), {}, reach({kRiscv, kPowerpc, kMips}))));
}

}  // namespace
}  // namespace tripled::diagnosis
