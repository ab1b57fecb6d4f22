// Which cells a rerun picks.
#include "daemon/app/sweep/rerun_cells.h"

#include <gmock/gmock.h>

#include "tests/store/fixture.h"

namespace tripled::app {
namespace {

using testing::ElementsAre;

// fails: its execute failed. linkless: broken. waits: blocked by its setup. late: not over. good: passed.
// out: excluded.
store::SweepRecord a_record() {
  store::SweepRecord out;
  out.row.id = 1;
  auto cell = [&](const std::string& id, const std::string& triple, std::optional<Verdict> verdict) {
    store::CellRow row;
    row.cell.id = id;
    row.cell.triple = triple;
    row.verdict = verdict;
    out.cells.push_back(row);
  };
  auto job = [&](Stage stage, JobState state, std::optional<Verdict> verdict,
                 const std::string& blocked_by = "") {
    store::JobRecord record;
    record.row.cell = out.cells.back().cell.id;
    record.row.stage = stage;
    record.row.state = state;
    record.row.verdict = verdict;
    record.row.blocked_by = blocked_by;
    out.jobs.push_back(record);
  };
  cell("fails", "s390x-unknown-linux-gnu", Verdict::fail);
  job(Stage::build, JobState::done, Verdict::pass);
  job(Stage::execute, JobState::done, Verdict::fail);
  cell("linkless", "i686-unknown-linux-gnu", Verdict::broken);
  job(Stage::build, JobState::done, Verdict::broken);
  cell("waits", "i686-unknown-linux-gnu", Verdict::blocked);
  job(Stage::build, JobState::skipped, Verdict::blocked, "setup");
  cell("late", "s390x-unknown-linux-gnu", std::nullopt);
  job(Stage::build, JobState::running, std::nullopt);
  cell("good", "x86_64-unknown-linux-gnu", Verdict::pass);
  job(Stage::build, JobState::done, Verdict::pass);
  job(Stage::execute, JobState::done, Verdict::pass);
  cell("out", "x86_64-unknown-linux-gnu", Verdict::excluded);
  out.cells.back().reason = "not today";
  return out;
}

std::vector<std::string> picked(const web::RerunRequest& request) {
  return store::must(cells_to_rerun(a_record(), request));
}

TEST(CellsToRerun, AreNamedOrPickedByVerdict) {
  web::RerunRequest by_name, failed, broken, both;
  by_name.cells = {"good", "fails"};
  failed.failed = broken.broken = both.failed = both.broken = true;
  EXPECT_THAT(picked(by_name), ElementsAre("fails", "good")) << "in the order of the matrix";
  EXPECT_THAT(picked(failed), ElementsAre("fails"));
  EXPECT_THAT(picked(broken), ElementsAre("linkless", "waits"));
  EXPECT_THAT(picked(both), ElementsAre("fails", "linkless", "waits"));
}

TEST(CellsToRerun, RowsAndColumnsNarrowTogether) {
  web::RerunRequest row, column, failed_column;
  row.triples = {"s390x-*", "x86_64-*"};
  EXPECT_THAT(picked(row), ElementsAre("fails", "good")) << "what runs is left alone";
  column.stages = {"execute"};
  EXPECT_THAT(picked(column), ElementsAre("fails", "good"));
  column.failed = true;
  EXPECT_THAT(picked(column), ElementsAre("fails"));
  failed_column.stages = {"build"};
  failed_column.failed = true;
  EXPECT_EQ(cells_to_rerun(a_record(), failed_column).error().kind(), ErrorKind::usage) << "no build failed";
}

TEST(CellsToRerun, WhatIsNotThereOrNotOverIsRefused) {
  auto kind = [](std::vector<std::string> cells, std::vector<std::string> stages = {}) {
    web::RerunRequest request;
    request.cells = std::move(cells);
    request.stages = std::move(stages);
    return cells_to_rerun(a_record(), request).error().kind();
  };
  EXPECT_EQ(kind({}), ErrorKind::usage);
  EXPECT_EQ(kind({"nobody"}), ErrorKind::usage);
  EXPECT_EQ(kind({"out"}), ErrorKind::usage);
  EXPECT_EQ(kind({"late"}), ErrorKind::conflict);
  EXPECT_EQ(kind({"good"}, {"link"}), ErrorKind::usage);
}

}  // namespace
}  // namespace tripled::app
