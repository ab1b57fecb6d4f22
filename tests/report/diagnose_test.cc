// Findings in the report: from what jobs left behind to what every rendering shows.
#include "daemon/report/diagnose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/report/explain_text.h"
#include "daemon/report/findings.h"
#include "daemon/report/html.h"
#include "daemon/report/junit.h"
#include "daemon/report/text.h"
#include "tests/report/fixture.h"

namespace tripled::report {
namespace {

using namespace fixture;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const Unit lib = unit("core", "core", "lib");

UnitResult error(int line = 9) {
  return failed(lib, "E0433", "cannot find module or crate `posix` in this scope", "src/lib.rs", line);
}

std::optional<std::string> nothing_kept(const std::string&) { return std::nullopt; }

Report diagnosed(SweepMaker& sweep) {
  auto report = sweep.report();
  add_findings(report, diagnose_sweep(sweep.record(), nothing_kept));
  return report;
}

void two_fail_two_pass(SweepMaker& sweep) {
  sweep.cell(host, host).compiled(Stage::check, {unit_result(lib)});
  sweep.cell(s390x, s390x).compiled(Stage::check, {unit_result(lib)});
  sweep.cell(freebsd, freebsd).compiled(Stage::check, {error()});
  sweep.cell(i686, i686).compiled(Stage::check, {error(10)});
}

TEST(Diagnosed, ASweepWithoutFailuresHasAnEmptyListOfFindings) {
  SweepMaker sweep;
  sweep.cell(host, host).compiled(Stage::check, {unit_result(lib)});
  auto report = diagnosed(sweep);
  ASSERT_TRUE(report.findings.has_value());
  EXPECT_THAT(*report.findings, IsEmpty());
}

// The line has no part in what a finding is.
TEST(Diagnosed, OneFindingOverCellsInTheReportAndForPeople) {
  SweepMaker sweep;
  two_fail_two_pass(sweep);
  auto report = diagnosed(sweep);
  ASSERT_THAT(*report.findings, SizeIs(1));
  const auto& f = report.findings->front();
  EXPECT_EQ(f.package, "core");
  EXPECT_EQ(f.code, "E0433");
  EXPECT_THAT(f.cells, SizeIs(2));
  EXPECT_EQ(f.explanation.failing, 2);
  EXPECT_EQ(f.explanation.passing, 2);

  auto shown = collect(report);
  ASSERT_THAT(shown.failures, SizeIs(1));
  EXPECT_EQ(shown.failures[0].entry, &f);
  EXPECT_THAT(to_text(report), HasSubstr("finding " + f.id));
  EXPECT_THAT(to_html(report), HasSubstr("finding " + f.id));
  EXPECT_THAT(to_junit(report), HasSubstr("finding " + f.id));
}

TEST(Diagnosed, WhatIsVoidIsNoEvidence) {
  SweepMaker sweep;
  two_fail_two_pass(sweep);
  auto report = sweep.report();
  for (auto& job : sweep.record().jobs) job.voided = true;
  EXPECT_THAT(diagnose_sweep(sweep.record(), nothing_kept).findings, IsEmpty());
}

TEST(Diagnosed, ExcludedAndBlockedCellsAreUnknown) {
  SweepMaker sweep;
  two_fail_two_pass(sweep);
  sweep.cell("b", s390x).blocked(Stage::check, "posix");
  auto report = diagnosed(sweep);
  ASSERT_THAT(*report.findings, SizeIs(1));
  ASSERT_THAT(report.findings->front().explanation.unknown, SizeIs(1));
  EXPECT_EQ(report.findings->front().explanation.unknown[0].cells, 1);
}

TEST(Diagnosed, WhatTheMatrixExpectsStandsApartAndIsMarked) {
  SweepMaker sweep;
  ExpectedFailure known;
  known.stage = Stage::check;
  known.unit = "core";
  known.reason = "#77";
  sweep.cell(host, host).compiled(Stage::check, {unit_result(lib)});
  sweep.cell(freebsd, freebsd).expect(known).compiled(Stage::check, {error()});
  sweep.cell(i686, i686).compiled(Stage::check, {error()});
  auto report = diagnosed(sweep);
  auto shown = collect(report);
  ASSERT_THAT(shown.failures, SizeIs(1));
  ASSERT_THAT(shown.expected, SizeIs(1));
  EXPECT_EQ(shown.failures[0].entry, shown.expected[0].entry) << "one finding, in cells of both kinds";
  EXPECT_EQ(shown.failures[0].seen.front().cell, i686);
  EXPECT_EQ(shown.expected[0].seen.front().cell, freebsd);
}

// std, a linker or a program that is missing: one finding stands for every unit of the job.
TEST(Diagnosed, ABrokenJobIsToldOnceAndItsFixIsTheWorkers) {
  SweepMaker sweep;
  sweep.cell(s390x, s390x)
      .broken(Stage::build, "linker `s390x-linux-gnu-gcc` not found", "apt-get install gcc-s390x-linux-gnu");
  auto report = diagnosed(sweep);
  auto shown = collect(report);
  EXPECT_THAT(shown.broken, SizeIs(1));
  EXPECT_THAT(shown.failures, IsEmpty());
  auto text = to_text(report);
  EXPECT_THAT(text, HasSubstr("fix: apt-get install gcc-s390x-linux-gnu"));
  EXPECT_THAT(text, Not(HasSubstr("fails on"))) << "where a program is missing says nothing of the code";
}

TEST(Explain, AFindingIsNamedByTheBeginningOfItsIdAndACellByItsOwn) {
  SweepMaker sweep;
  two_fail_two_pass(sweep);
  auto report = diagnosed(sweep);
  const auto& id = report.findings->front().id;
  for (const auto& word : {id, id.substr(0, 4), freebsd}) {
    auto found = named_findings(report, word);
    ASSERT_TRUE(found.has_value()) << word;
    ASSERT_THAT(*found, SizeIs(1)) << word;
    EXPECT_EQ(found->front()->id, id);
  }
  auto none = named_findings(report, host);
  ASSERT_TRUE(none.has_value());
  EXPECT_THAT(*none, IsEmpty());
  EXPECT_FALSE(named_findings(report, id.substr(0, 3)).has_value()) << "too short to mean one";
  auto wrong = named_findings(report, "x86_64-unknown-freebsdd");
  ASSERT_FALSE(wrong.has_value());
  EXPECT_THAT(wrong.error().message(), HasSubstr("did you mean `" + freebsd + "`"));
}

TEST(Explain, TellsCauseCellsEvidenceAndWhatToDo) {
  SweepMaker sweep;
  two_fail_two_pass(sweep);
  auto report = diagnosed(sweep);
  auto text = explain_text(report.findings->front(), {});
  for (const char* part :
       {"finding", "where", freebsd.c_str(), "cause", "whose", "evidence", "src/lib.rs:10", "next"})
    EXPECT_THAT(text, HasSubstr(part));
  auto cell = explain_cell_text(report, find_cell(report, freebsd), {});
  EXPECT_THAT(cell, HasSubstr("check"));
  EXPECT_THAT(cell, HasSubstr(report.findings->front().id));
  EXPECT_THAT(list_text(report, {}), HasSubstr(report.findings->front().id));
}

}  // namespace
}  // namespace tripled::report
