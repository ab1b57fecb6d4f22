// Which cells `sweep --failed` repeats.
#include "daemon/cli/failed_cells.h"

#include "daemon/diagnosis/judge.h"
#include "tests/store/fixture.h"

namespace tripled::cli {
namespace {

store::CellRow cell_that_is(std::optional<Verdict> verdict) {
  store::CellRow out;
  out.verdict = verdict;
  return out;
}

store::JobRow job_that_is(Verdict verdict, bool unexpected = false) {
  store::JobRow out;
  out.verdict = verdict;
  out.stage = Stage::build;
  out.detail_json = wire::to_text_json(diagnosis::JobDetail{unexpected, {}, {}});
  return out;
}

TEST(FailedCells, WhatWasExpectedIsNotRepeated) {
  auto failed = cell_that_is(Verdict::fail);
  EXPECT_FALSE(needs_repeating(cell_that_is(Verdict::pass), {}));
  EXPECT_FALSE(needs_repeating(cell_that_is(Verdict::excluded), {}));
  EXPECT_TRUE(needs_repeating(cell_that_is(std::nullopt), {}));
  EXPECT_FALSE(needs_repeating(failed, {job_that_is(Verdict::fail), job_that_is(Verdict::blocked)}));
  EXPECT_TRUE(needs_repeating(failed, {job_that_is(Verdict::fail, true)}));
  EXPECT_TRUE(needs_repeating(failed, {job_that_is(Verdict::fail), job_that_is(Verdict::timeout, true)}));
  EXPECT_TRUE(needs_repeating(cell_that_is(Verdict::blocked), {job_that_is(Verdict::blocked)}));
  EXPECT_TRUE(needs_repeating(failed, {job_that_is(Verdict::fail), job_that_is(Verdict::cancelled)}));
  auto unmet = job_that_is(Verdict::fail);
  unmet.expectation = Expectation::unmet;
  EXPECT_TRUE(needs_repeating(failed, {unmet}));
  auto passed_unexpectedly = cell_that_is(Verdict::pass);
  passed_unexpectedly.expectation = Expectation::unmet;
  EXPECT_TRUE(needs_repeating(passed_unexpectedly, {}));
}

class Newest : public store::StoreTest {
 protected:
  // A sweep whose one cell did not pass.
  void add(const std::string& path, const std::string& matrix, const std::string& triple) {
    auto sweep = store::a_sweep();
    sweep.plan.project.source.path = path;
    sweep.plan.cells = {store::a_cell(triple)};
    sweep.matrix_file = matrix;
    auto open_store = open();
    auto tx = store::must(open_store.begin());
    auto id = store::must(tx.create_sweep(sweep));
    store::must(tx.set_cell_verdict(id, triple + "/bare", Verdict::fail, Expectation::none, ""));
    store::must(tx.commit());
  }
  std::set<std::string> failed(const std::string& path, const std::string& matrix) {
    Project project;
    project.name = "sample";
    project.source.path = path;
    auto cells = failed_cells(database, matrix, project);
    return cells ? *cells : std::set<std::string>{cells.error().message()};
  }
};

TEST_F(Newest, SweepIsOfThisMatrixAndProject) {
  using Cells = std::set<std::string>;
  add("/a", "/a/matrix.yaml", "a1");
  add("/a", "", "a2");
  add("/b", "/b/matrix.yaml", "b");
  EXPECT_EQ(failed("/a", "/a/matrix.yaml"), Cells{"a1/bare"});
  EXPECT_EQ(failed("/a", ""), Cells{"a2/bare"});
  EXPECT_EQ(failed("/b", "/b/matrix.yaml"), Cells{"b/bare"});
  EXPECT_EQ(failed("/b", ""), Cells{"--failed: no sweep of sample without a matrix is stored here"});
  EXPECT_EQ(failed("/b", "/a/matrix.yaml"), Cells{"--failed: no sweep of /a/matrix.yaml is stored here"});
}

}  // namespace
}  // namespace tripled::cli
