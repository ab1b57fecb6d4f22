// Which sweeps move the coverage gauges of a matrix.
#include "daemon/app/service/coverage_evidence.h"

#include <gtest/gtest.h>

#include "daemon/report/load.h"
#include "tests/store/fixture.h"

namespace tripled::app {
namespace {

using store::must;
using store::SweepId;
using store::Trigger;

class CoverageEvidence : public store::WritingTest {
 protected:
  // A finished sweep of two cells; `when` left out those that `left_out` names.
  SweepId sweep(Trigger trigger, const std::string& ref, const std::set<std::string>& left_out = {},
                bool partial = false) {
    SweepId id = 0;
    write([&](store::Transaction& tx) {
      auto row = store::a_sweep();
      row.trigger = trigger;
      row.ref = ref;
      row.plan.partial = partial;
      row.plan.cells = {store::a_cell("s390x-unknown-linux-gnu"), store::a_cell("i686-unknown-linux-gnu")};
      for (auto& cell : row.plan.cells) {
        cell.settings.stages = {Stage::check};
        if (!left_out.count(cell.triple)) continue;
        cell.excluded_reason = "no changed path";
        cell.provenance["when"] = "matrix.yaml:1:1";
      }
      id = must(tx.create_sweep(row));
      for (const auto& cell : row.plan.cells) {
        auto job = store::a_job(id, 0, Stage::check);
        job.cell = cell.id;
        job.state = JobState::skipped;
        job.verdict = cell.excluded_reason.empty() ? Verdict::broken : Verdict::excluded;
        must(tx.put_job(job));
      }
      must(tx.finish_sweep(id, store::SweepState::finished, 0, 2000));
    });
    return id;
  }
  bool counts(SweepId id) {
    auto r = reader();
    return must(is_evidence(r, *must(r.sweep(id))));
  }
  void know_project() {
    write([](store::Transaction& tx) {
      store::ProjectSettings settings;
      settings.name = "sample";
      settings.git = "https://git.example/sample";
      settings.ref = "main";
      must(tx.put_project_settings(settings, 1));
    });
  }
  // Jobs by verdict, of the coverage that this sweep gives.
  std::map<Verdict, std::int64_t> shown(SweepId id) {
    auto r = reader();
    auto coverage = coverage_of(r, *must(r.sweep(id)), must(report::load(r, id)));
    std::map<Verdict, std::int64_t> out;
    for (const auto& [key, count] : coverage.cells) out[key.second] += count;
    return out;
  }
};

TEST_F(CoverageEvidence, WhatOnlyPeopleSweepIsShownByThem) {
  EXPECT_TRUE(counts(sweep(Trigger::person, "")));
  EXPECT_FALSE(counts(sweep(Trigger::person, "", {}, true)));
}

TEST_F(CoverageEvidence, TheMainRefCountsAndPeopleNoMore) {
  know_project();
  auto by_hand = sweep(Trigger::person, "");
  EXPECT_FALSE(counts(sweep(Trigger::poll, "topic")));
  EXPECT_TRUE(counts(by_hand)) << "the main ref was not swept yet";
  EXPECT_TRUE(counts(sweep(Trigger::schedule, "main")));
  EXPECT_TRUE(counts(sweep(Trigger::poll, "main")));
  EXPECT_FALSE(counts(by_hand));
  EXPECT_FALSE(counts(sweep(Trigger::person, "main")));
}

TEST_F(CoverageEvidence, CellsThatWhenLeftOutKeepTheirLastResult) {
  know_project();
  auto all = sweep(Trigger::schedule, "main");
  EXPECT_EQ(shown(all), (std::map<Verdict, std::int64_t>{{Verdict::broken, 2}}));
  sweep(Trigger::poll, "topic");
  auto some = sweep(Trigger::poll, "main", {"i686-unknown-linux-gnu"});
  EXPECT_EQ(shown(some), (std::map<Verdict, std::int64_t>{{Verdict::broken, 2}}));
}

TEST_F(CoverageEvidence, WithoutAnEarlierResultTheyAreNotShown) {
  know_project();
  sweep(Trigger::poll, "topic");  // of another ref
  auto some = sweep(Trigger::poll, "main", {"i686-unknown-linux-gnu"});
  EXPECT_EQ(shown(some), (std::map<Verdict, std::int64_t>{{Verdict::broken, 1}}));
}

// A night that goes on: what is over is shown, the rest as the night before left it.
TEST_F(CoverageEvidence, ARunningSweepMovesACellWhenTheCellEnds) {
  know_project();
  sweep(Trigger::schedule, "main");
  SweepId id = 0;
  std::vector<Cell> cells;
  std::vector<store::JobRow> jobs;
  write([&](store::Transaction& tx) {
    auto row = store::a_sweep();
    row.trigger = Trigger::schedule;
    row.ref = "main";
    row.plan.cells.clear();
    for (const auto* triple : {"s390x-unknown-linux-gnu", "i686-unknown-linux-gnu", "riscv64gc-new"})
      row.plan.cells.push_back(store::a_cell(triple));
    for (auto& cell : row.plan.cells) cell.settings.stages = {Stage::check};
    cells = row.plan.cells;
    id = must(tx.create_sweep(row));
    for (const auto& cell : cells) {
      auto job = store::a_job(id, 0, Stage::check);
      job.cell = cell.id;
      job.id = must(tx.put_job(job));
      jobs.push_back(job);
    }
  });
  auto coverage = [&] {
    auto now = coverage_while_running(database, id);
    EXPECT_TRUE(now);
    std::map<Verdict, std::int64_t> out;
    if (now)
      for (const auto& [key, count] : now->cells) out[key.second] += count;
    return out;
  };
  EXPECT_EQ(coverage(), (std::map<Verdict, std::int64_t>{{Verdict::broken, 2}}))
      << "all as the night before; the new cell has no result to show";
  write([&](store::Transaction& tx) {
    auto& job = jobs[0];
    job.state = JobState::done;
    job.outcome = Outcome::exited;
    job.verdict = Verdict::pass;
    must(tx.update_job(job));
    must(tx.set_cell_verdict(id, cells[0].id, Verdict::pass, Expectation::none, ""));
  });
  EXPECT_EQ(coverage(), (std::map<Verdict, std::int64_t>{{Verdict::pass, 1}, {Verdict::broken, 1}}));
}

TEST_F(CoverageEvidence, ARunningSweepOfAPersonMovesNothing) {
  SweepId id = 0;
  write([&](store::Transaction& tx) { id = must(tx.create_sweep(store::a_sweep())); });
  EXPECT_FALSE(coverage_while_running(database, id));
}

// What is known again is what was made again: neither the void result nor an older night's.
TEST_F(CoverageEvidence, CellsThatAreMadeAgainBecauseTheyAreVoidAreOnlyPlanned) {
  for (auto trigger : {Trigger::person, Trigger::schedule}) {
    sweep(trigger, "main");
    const auto id = sweep(trigger, "main");
    auto jobs = must(reader().load_sweep(id)).jobs;
    write([&](store::Transaction& tx) {
      must(tx.reopen_job(jobs[0].row, 3000, "ann", true));
      must(tx.set_cell_verdict(id, jobs[0].row.cell, std::nullopt, Expectation::none, ""));
      must(tx.set_sweep_state(id, store::SweepState::running));
    });
    auto now = coverage_while_running(database, id);
    ASSERT_TRUE(now);
    std::map<Verdict, std::int64_t> cells;
    for (const auto& [key, count] : now->cells) cells[key.second] += count;
    EXPECT_EQ(cells, (std::map<Verdict, std::int64_t>{{Verdict::broken, 1}, {Verdict::cancelled, 1}}))
        << "the other cell is as it was, this one is not over";
  }
}

}  // namespace
}  // namespace tripled::app
