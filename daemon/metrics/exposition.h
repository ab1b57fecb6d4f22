// What Prometheus scrapes: a snapshot of the daemon as text of the exposition format 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats). Compile and execution coverage are families
// of their own and never summed: a target that compiles has not been tested. Pure; any thread.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schema/model/enums.h"

namespace tripled::metrics {

// Cells of one triple and toolchain, summed.
struct CompileUnits {
  std::string triple, toolchain;
  Stage stage = Stage::check;
  std::optional<std::int64_t> planned;  // none: cargo could not plan
  std::int64_t compiled = 0;
};
struct ExecutionTests {
  std::string triple, toolchain;
  RunnerKind runner = RunnerKind::native;
  std::optional<std::int64_t> planned;
  std::int64_t executed = 0, passed = 0;
};
// What the last whole sweep of a matrix showed.
struct MatrixCoverage {
  std::string project, matrix;
  std::vector<CompileUnits> compile;
  std::vector<ExecutionTests> execution;
  std::map<std::pair<Stage, Verdict>, std::int64_t> cells;
  std::int64_t evidence_at_ms = 0;  // when that sweep ended
};

// Since the daemon was started.
struct Tally {
  std::map<Outcome, std::uint64_t> attempts;
  std::map<int, std::uint64_t> sweeps;  // finished, by exit status
  std::uint64_t leases_expired = 0, stale_results = 0, commits = 0;
};

struct EngineState {
  std::int64_t workers_connected = 0, workers_draining = 0, workers_quarantined = 0;
  std::int64_t slots = 0, slots_used = 0;
  std::map<JobState, std::int64_t> jobs;  // of sweeps in memory
  std::int64_t leases = 0, sweeps_running = 0;
  std::int64_t batches_impossible = 0;  // wait for a worker that is not there
  bool healthy = true;
  std::int64_t database_bytes = 0;
};

struct Snapshot {
  std::string version;
  std::vector<MatrixCoverage> coverage;
  Tally tally;
  EngineState engine;
};

// Above `series_limit` series of coverage, those of triples are summed into one of their project and matrix,
// with empty `triple` and `toolchain`, and tripled_coverage_series_dropped is 1.
std::string exposition(const Snapshot& snapshot, std::size_t series_limit = 50'000);

}  // namespace tripled::metrics
