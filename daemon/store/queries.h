// What a person looks up in stored sweeps, page by page, and the rows that answer it. Pure data.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/rows.h"

namespace tripled::store {

// In the order of the matrix. Empty fields do not narrow.
struct CellQuery {
  SweepId sweep = 0;
  std::string triple;
  std::optional<Stage> stage;      // cells that have a job of it
  std::optional<Verdict> verdict;  // of the cell; with a stage: of that job
  int after = -1;                  // behind this ordinal
  int limit = 100;
};

// A cell without its settings.
struct CellOverview {
  int ordinal = 0;
  std::string id, group, triple, toolchain;
  std::optional<Verdict> verdict;  // none: not over
  Expectation expectation = Expectation::none;
  std::string reason;
  std::vector<JobRow> jobs;  // by stage
};

// The one job of a prepare or setup batch.
struct PreparationJob {
  JobRow job;
  BatchKind kind = BatchKind::prepare;
  std::string setup_key, triple;  // of a setup
};

// Tests of one attempt in the order they were reported.
struct TestQuery {
  AttemptId attempt = 0;
  std::optional<TestState> state;
  std::int64_t after = -1;  // behind this ordinal
  int limit = 100;
};
struct StoredTest {
  std::int64_t ordinal = 0;
  TestResult test;
};

// A matrix of a project, as far as it was ever swept.
struct KnownMatrix {
  ProjectId project = 0;
  std::string matrix_file;                // empty: sweeps without a matrix
  std::int64_t sweeps = 0;                // how many are stored
  SweepRow last;                          // the newest
  std::optional<SweepRow> last_finished;  // the newest that is finished and whole
};

}  // namespace tripled::store
