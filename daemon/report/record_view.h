// A SweepRecord made easy to look things up in: each cell with its toolchain facts, setup, planned units and
// jobs, the jobs with their results as the verdicts saw them. Points into the record, which must outlive it.
// Pure.
#pragma once
#include <vector>

#include "daemon/store/rows.h"

namespace tripled::report {

struct JobView {
  const store::JobRow* row = nullptr;
  int attempts = 0;
  std::string worker;   // of the last attempt
  bool voided = false;  // it, a shard of it, or what built its executables
  std::vector<store::EarlierVerdict> earlier;
  std::vector<AttemptResult>
      results;  // in order, without losses that a later attempt made good; may be empty, and is if `voided`

  // What was kept of those results, of every shard, in order; without those that kept nothing.
  std::vector<BlobRef> evidence;

  Stage stage() const { return *row->stage; }
  // Of a compile job: what its verdict is made from. Null: nothing was tried.
  const AttemptResult* decisive() const { return results.empty() ? nullptr : &results.back(); }
};

// A test of an execute job, the last word on it. `emulated`: the run that gave that word was.
struct JobTest {
  TestResult result;
  bool emulated = false;
};

struct CellView {
  const store::CellRow* row = nullptr;
  const ToolchainFacts* facts = nullptr;  // null: not stored
  const SetupResult* setup = nullptr;     // null: not done
  const PlannedUnits* planned = nullptr;  // null: not prepared
  bool host_cell = false;
  std::vector<JobView> jobs;  // by stage
  // Of the execute job; without those of a host executable in a foreign cell, which count for the host only.
  std::vector<JobTest> tests;

  const Cell& cell() const { return row->cell; }
  const CellSettings& settings() const { return row->cell.settings; }
  const JobView* job(Stage stage) const;
};

// By ordinal.
std::vector<CellView> view_cells(const store::SweepRecord& record);

}  // namespace tripled::report
