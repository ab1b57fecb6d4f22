#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/report/html.h"
#include "daemon/report/junit.h"
#include "daemon/report/text.h"
#include "tests/report/fixture.h"

namespace tripled::report {
namespace {

using namespace fixture;
using testing::ElementsAre;
using testing::HasSubstr;

const Unit lib = unit("core", "core", "lib");
const Unit bin = unit("core", "tool", "bin");

TEST(Jobs, FirstErrorIsTheFirstOfTheAttempt) {
  SweepMaker sweep;
  sweep.cell("c", s390x)
      .compiled(Stage::check, {failed(lib, "E0432", "unresolved import", "src/lib.rs", 9),
                               failed(bin, "E0308", "mismatched types", "src/bin/tool.rs", 2)});
  const auto report = sweep.report();
  const auto& job = find_job(find_cell(report, "c"), Stage::check);
  ASSERT_TRUE(job.first_error);
  EXPECT_EQ(job.first_error->code, "E0432");
  EXPECT_EQ(job.first_error->file, "src/lib.rs");
  EXPECT_EQ(job.first_error->line, 9);
  EXPECT_EQ(job.first_error->package, "core");
  EXPECT_EQ(job.errors, 2);
  ASSERT_EQ(job.units.size(), 2u);
  EXPECT_EQ(job.units[1].first_error->code, "E0308");
  EXPECT_THAT(job.unexpected_verdicts, ElementsAre(Verdict::fail));
}

TEST(Jobs, AbsentPartsOfAnErrorAreNull) {
  SweepMaker sweep;
  auto broken = failed(bin, "", "linking with `cc` failed", "", 0);
  broken.first_error->package.clear();
  broken.first_error->rendered.clear();
  sweep.cell("c", s390x).compiled(Stage::build, {broken});
  const auto report = sweep.report();
  const auto& error = *find_job(find_cell(report, "c"), Stage::build).first_error;
  EXPECT_FALSE(error.code || error.file || error.line || error.package || error.rendered);
}

TEST(Jobs, RenderedTextIsBounded) {
  SweepMaker sweep;
  auto unit = failed(lib, "E0432", "m", "src/lib.rs", 1);
  unit.first_error->rendered.clear();
  for (int i = 0; i < 100; ++i) unit.first_error->rendered += "line\n";
  sweep.cell("c", s390x).compiled(Stage::check, {unit});
  const auto report = sweep.report();
  const auto& text = *find_job(find_cell(report, "c"), Stage::check).first_error->rendered;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 23);
}

TEST(Jobs, ExpectedFailuresCarryTheirReasonAndAreNotUnexpected) {
  SweepMaker sweep;
  ExpectedFailure known;
  known.unit = "core/core";
  known.error = "E0432";
  known.reason = "known since #7";
  sweep.cell("c", s390x)
      .expect(known)
      .compiled(Stage::check,
                {failed(lib, "E0432", "m", "src/lib.rs", 1), failed(bin, "E0308", "m", "src/m.rs", 1)});
  const auto report = sweep.report();
  const auto& job = find_job(find_cell(report, "c"), Stage::check);
  EXPECT_EQ(job.units[0].expected, "known since #7");
  EXPECT_FALSE(job.units[1].expected);
  EXPECT_EQ(job.expectation, Expectation::met);
  EXPECT_TRUE(job.unexpected);
  EXPECT_THAT(job.expected_reasons, ElementsAre("known since #7"));
}

TEST(Jobs, UnmetExpectationsAreNamed) {
  SweepMaker sweep;
  ExpectedFailure known;
  known.unit = "core/core";
  known.where = "matrix.yaml:7:9";
  sweep.cell("c", s390x).expect(known).compiled(Stage::check, {unit_result(lib)});
  const auto report = sweep.report();
  const auto& job = find_job(find_cell(report, "c"), Stage::check);
  EXPECT_EQ(job.expectation, Expectation::unmet);
  ASSERT_EQ(job.unmet.size(), 1u);
  EXPECT_NE(job.unmet[0].find("matrix.yaml:7:9"), std::string::npos);
  EXPECT_EQ(job.verdict, Verdict::pass);
}

TEST(Jobs, BrokenComesWithItsFix) {
  SweepMaker sweep;
  sweep.cell("c", s390x)
      .broken(Stage::build, "no linker s390x-linux-gnu-gcc", "apt-get install gcc-s390x-linux-gnu");
  const auto report = sweep.report();
  const auto& job = find_job(find_cell(report, "c"), Stage::build);
  EXPECT_EQ(job.verdict, Verdict::broken);
  EXPECT_EQ(job.reason, "no linker s390x-linux-gnu-gcc");
  EXPECT_EQ(job.fix, "apt-get install gcc-s390x-linux-gnu");
}

TEST(Jobs, TheSetupsFixStandsInForAMissingOne) {
  SweepMaker sweep;
  sweep.cell("c", s390x).broken(Stage::build, "no linker", "");
  sweep.record().setups[0].result->link = {false, "no linker", "apt-get install gcc-s390x-linux-gnu"};
  const auto report = sweep.report();
  EXPECT_EQ(find_job(find_cell(report, "c"), Stage::build).fix, "apt-get install gcc-s390x-linux-gnu");
}

TEST(Jobs, WhatWasLostBeforeAGoodAttemptSaysNothing) {
  SweepMaker sweep;
  sweep.cell("c", host).executed(RunnerKind::native, {test("core", "core", "lib", "a")});
  auto& attempts = sweep.record().jobs[0].attempts;
  store::AttemptRecord lost;
  lost.result.emplace();
  lost.result->process.outcome = Outcome::worker_lost;
  attempts.insert(attempts.begin(), lost);
  const auto report = build(sweep.record());
  const auto& job = find_job(find_cell(report, "c"), Stage::execute);
  EXPECT_EQ(job.attempts, 2);
  EXPECT_EQ(job.tests->executed, 1);
  EXPECT_EQ(job.runner->name, "native");
}

// Its first shard ran elsewhere: the job has one verdict, and that is void.
TEST(Jobs, AVerdictIsVoidIfOneShardIs) {
  SweepMaker sweep;
  sweep.cell("c", host).executed(RunnerKind::native, {test("core", "core", "lib", "a")});
  auto& jobs = sweep.record().jobs;
  jobs[0].row.verdict = Verdict::pass;
  jobs[0].attempts.front().row.worker = "good";
  auto second = jobs[0];
  second.row.id = 2;
  second.row.shard = 1;
  second.row.shard_of = jobs[0].row.id;
  second.row.verdict.reset();
  second.attempts.front().row.worker = "wrong";
  second.voided = true;
  jobs.push_back(second);
  const auto report = build(sweep.record());
  const auto& job = find_job(find_cell(report, "c"), Stage::execute);
  EXPECT_TRUE(job.voided);
  EXPECT_EQ(job.tests->executed, 0);
  EXPECT_THAT(to_text(report), HasSubstr("c execute: void: it was pass, on worker wrong"));
}

// A worker was found out to be wrong: what it said is shown as void, what it was stays readable.
TEST(Jobs, AVoidVerdictIsShownAsVoid) {
  SweepMaker sweep;
  sweep.cell("c", host).compiled(Stage::check, {unit_result(lib)}).compiled(Stage::build, {unit_result(lib)});
  for (auto& job : sweep.record().jobs) job.row.verdict = Verdict::pass;
  sweep.record().jobs[0].voided = true;
  sweep.record().jobs[0].attempts.front().row.worker = "w1";
  store::EarlierVerdict was;
  was.verdict = Verdict::fail;
  was.reason = "1 test fails";
  was.reopened_at = 5000;
  was.who = "ann";
  was.voided = true;
  sweep.record().jobs[1].earlier = {was};
  sweep.record().row.exit_status = 0;  // when nobody knew
  const auto report = build(sweep.record());
  const auto& cell = find_cell(report, "c");
  EXPECT_TRUE(find_job(cell, Stage::check).voided);
  EXPECT_EQ(find_job(cell, Stage::check).verdict, Verdict::pass) << "what it was";
  const auto& again = find_job(cell, Stage::build);
  EXPECT_FALSE(again.voided);
  ASSERT_EQ(again.earlier.size(), 1u);
  EXPECT_EQ(again.earlier[0].verdict, Verdict::fail);
  EXPECT_TRUE(again.earlier[0].voided);
  EXPECT_EQ(again.earlier[0].reopened_at, "1970-01-01T00:00:05Z");
  EXPECT_EQ(again.earlier[0].who, "ann");
  EXPECT_FALSE(again.earlier[0].finished_at);

  EXPECT_EQ(exit_status(report, false, false), 3);
  EXPECT_THAT(to_junit(report), HasSubstr("<error type=\"broken\" message=\"void: it was pass"));
  const auto text = to_text(report);
  EXPECT_THAT(text, HasSubstr("1 verdict is void and not"));
  EXPECT_THAT(text, HasSubstr("∅ void"));
  EXPECT_THAT(text, HasSubstr("Void, or tried again (2)"));
  EXPECT_THAT(text, HasSubstr("c check: void: it was pass, on worker w1"));
  EXPECT_THAT(text, HasSubstr("c build: earlier: fail, void (1 test fails)"));
  const auto html = to_html(report);
  EXPECT_THAT(html, HasSubstr(">void</abbr>"));
  EXPECT_THAT(html, HasSubstr("void: it was pass"));
  EXPECT_THAT(html, HasSubstr("earlier: fail, void (1 test fails)"));
}

TEST(Jobs, WhatIsNotOverIsCancelledAndSaysSo) {
  SweepMaker sweep;
  sweep.cell("c", host).blocked(Stage::check, "");
  sweep.record().jobs[0].row.verdict.reset();
  sweep.record().row.state = store::SweepState::interrupted;
  const auto report = build(sweep.record());
  EXPECT_EQ(find_cell(report, "c").jobs[0].verdict, Verdict::cancelled);
  EXPECT_EQ(find_cell(report, "c").jobs[0].reason, "stopped before it was over");
  EXPECT_EQ(find_cell(report, "c").verdict, Verdict::cancelled);
}

TEST(Sweep, TotalsNameEveryVerdict) {
  SweepMaker sweep;
  sweep.cell("a", host).compiled(Stage::check, {unit_result(lib)});
  sweep.cell("b", s390x).excluded("x");
  auto totals = sweep.report().sweep.totals;
  EXPECT_EQ(totals.size(), 9u);
  EXPECT_EQ(totals["pass"], 1);
  EXPECT_EQ(totals["excluded"], 1);
  EXPECT_EQ(totals["fail"], 0);
}

TEST(Sweep, NotesSayWhereTheyComeFrom) {
  SweepMaker sweep;
  sweep.cell("a", s390x).compiled(Stage::check, {unit_result(lib)});
  sweep.record().setups[0].result->notes = {"the loader of /usr/s390x-linux-gnu is used"};
  sweep.record().prepare->notes = {"the version is yanked"};
  sweep.record().plan.warnings = {"matrix.yaml:3:1: no cell is left"};
  EXPECT_THAT(sweep.report().sweep.notes,
              ElementsAre("matrix.yaml:3:1: no cell is left", "the version is yanked",
                          "s390x-unknown-linux-gnu: the loader of /usr/s390x-linux-gnu is used"));
}

}  // namespace
}  // namespace tripled::report
