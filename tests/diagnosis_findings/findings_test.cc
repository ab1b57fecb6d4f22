#include "daemon/diagnosis/findings/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/diagnosis/causes/causes.h"
#include "tests/diagnosis_findings/support.h"

namespace tripled::diagnosis {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

const std::string x86 = "x86_64-unknown-linux-gnu", arm = "aarch64-unknown-linux-gnu",
                  s390x = "s390x-unknown-linux-gnu", ppc = "powerpc-unknown-linux-gnu";

KnownItem unit(Verdict verdict) { return {"demo", "demo", "", verdict}; }

std::vector<SweepJob> endian_sweep() {
  auto bad = diagnosis("demo", "demo", Cause::configured_out);
  return {job(x86, Stage::check, Verdict::pass, {unit(Verdict::pass)}),
          job(s390x, Stage::check, Verdict::fail, {unit(Verdict::fail)}, {bad}),
          job(arm, Stage::check, Verdict::pass, {unit(Verdict::pass)}),
          job(ppc, Stage::check, Verdict::fail, {unit(Verdict::fail)}, {bad})};
}

KnownTriples known() { return {{triple(x86), triple(s390x), triple(arm), triple(ppc)}}; }

TEST(Findings, EqualDiagnosesOfCellsAreOneFindingThatIsExplained) {
  auto findings = find(endian_sweep(), known(), true, {});
  ASSERT_THAT(findings, SizeIs(1));
  const auto& f = findings[0];
  EXPECT_EQ(f.key, finding_key(f.diagnosis));
  EXPECT_THAT(f.id, SizeIs(8));
  EXPECT_EQ(f.verdict, Verdict::fail);
  ASSERT_THAT(f.seen, SizeIs(2));
  EXPECT_EQ(f.seen[0].cell, ppc);
  EXPECT_THAT(f.seen[0].stages, ElementsAre(Stage::check));
  EXPECT_EQ(f.explanation.predicate, "cfg(target_endian = \"big\")");
  EXPECT_EQ(f.explanation.failing, 2);
  EXPECT_EQ(f.explanation.passing, 2);
}

TEST(Findings, NothingIsExactWhereNotEveryTripleIsKnown) {
  auto some = find(endian_sweep(), known(), false, {});
  ASSERT_THAT(some, SizeIs(1));
  EXPECT_NE(some[0].explanation.certainty, Certainty::exactly);
}

TEST(Findings, TheOrderOfJobsHasNoPart) {
  auto jobs = endian_sweep();
  const auto first = find(jobs, known(), true, {});
  for (int turn = 0; turn < 6; ++turn) {
    std::next_permutation(jobs.begin(), jobs.end(), [](const SweepJob& a, const SweepJob& b) {
      return a.diagnosed.cell.id < b.diagnosed.cell.id;
    });
    const auto again = find(jobs, known(), true, {});
    ASSERT_THAT(again, SizeIs(1));
    EXPECT_EQ(again[0].id, first[0].id);
    EXPECT_EQ(again[0].seen[0].cell, first[0].seen[0].cell);
    EXPECT_EQ(to_text(again[0].explanation), to_text(first[0].explanation));
  }
}

TEST(Findings, StagesOfACellAreSeenTogetherAndTheSurestDiagnosisIsShown) {
  auto guess = diagnosis("demo", "demo", Cause::configured_out, "x::y", Confidence::guess);
  auto certain = diagnosis("demo", "demo", Cause::configured_out, "x::y", Confidence::certain);
  certain.title = "the sure one";
  auto findings = find({job(x86, Stage::check, Verdict::fail, {unit(Verdict::fail)}, {guess}),
                        job(x86, Stage::build, Verdict::fail, {unit(Verdict::fail)}, {certain})},
                       known(), true, {});
  ASSERT_THAT(findings, SizeIs(1));
  ASSERT_THAT(findings[0].seen, SizeIs(1));
  EXPECT_THAT(findings[0].seen[0].stages, ElementsAre(Stage::check, Stage::build));
  EXPECT_EQ(findings[0].diagnosis.title, "the sure one");
}

TEST(Findings, OtherSubjectsAreOtherFindings) {
  auto findings = find({job(x86, Stage::check, Verdict::fail, {unit(Verdict::fail)},
                            {diagnosis("demo", "demo", Cause::configured_out, "a::b"),
                             diagnosis("demo", "demo", Cause::configured_out, "a::c")})},
                       known(), true, {});
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_NE(findings[0].id, findings[1].id);
}

TEST(Findings, FailuresComeBeforeWhatIsBrokenAndWideOnesFirst) {
  auto missing = diagnosis("", "", Cause::linker_missing, "cc");
  auto wide = diagnosis("demo", "demo", Cause::configured_out, "a::b");
  auto narrow = diagnosis("demo", "demo", Cause::configured_out, "a::c");
  auto findings = find({job(arm, Stage::build, Verdict::broken, {}, {missing}),
                        job(x86, Stage::check, Verdict::fail, {unit(Verdict::fail)}, {narrow, wide}),
                        job(s390x, Stage::check, Verdict::fail, {unit(Verdict::fail)}, {wide})},
                       known(), true, {});
  ASSERT_THAT(findings, SizeIs(3));
  EXPECT_EQ(findings[0].diagnosis.subject, "a::b");
  EXPECT_EQ(findings[1].diagnosis.subject, "a::c");
  EXPECT_EQ(findings[2].verdict, Verdict::broken);
}

TEST(Findings, WhatWasBlockedExcludedOrBrokenIsNoEvidenceAndIsCounted) {
  auto jobs = endian_sweep();
  jobs.push_back(job("riscv64gc-unknown-linux-gnu", Stage::check, Verdict::blocked));
  jobs.back().blocked_by = "nix";
  jobs.push_back(job("mips-unknown-linux-gnu", Stage::check, Verdict::excluded));
  auto findings = find(jobs, known(), true, {});
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].explanation.failing, 2);
  EXPECT_THAT(to_text(findings[0].explanation), HasSubstr("2 unknown (1 blocked by nix, 1 excluded)"));
}

}  // namespace
}  // namespace tripled::diagnosis
