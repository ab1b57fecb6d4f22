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

#include "daemon/metrics/process.h"
#include "daemon/metrics/tally.h"
#include "schema/model/diagnosis.h"
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
// Findings of one kind; `expected`: the matrix states them in every cell that shows them.
struct FindingKind {
  Cause cause = Cause::unknown;
  Fault fault = Fault::unknown;
  bool expected = false;
  auto operator<=>(const FindingKind&) const = default;
};
// What the last whole sweep of a matrix showed.
struct MatrixCoverage {
  std::string project, matrix;
  std::vector<CompileUnits> compile;
  std::vector<ExecutionTests> execution;
  std::map<std::pair<Stage, Verdict>, std::int64_t> cells;
  std::map<Expectation, std::int64_t> expectations;  // jobs with one: met and unmet, both there
  std::map<FindingKind, std::int64_t> findings;      // kinds of which there are some
  bool diagnosed = false;                            // false: `findings` is not known
  std::int64_t evidence_at_ms = 0;                   // when that sweep ended
};

struct EngineState {
  std::int64_t workers_connected = 0, workers_draining = 0, workers_quarantined = 0;
  std::int64_t slots = 0, slots_used = 0;
  std::map<JobState, std::int64_t> jobs;  // of sweeps in memory
  std::int64_t leases = 0, sweeps_running = 0;
  double oldest_ready_s = 0;                             // how long it waits; 0: none does
  std::map<BatchKind, std::int64_t> batches_impossible;  // wait for a worker that is not there
  bool healthy = true;
  std::optional<std::int64_t> certificate_ends_at_ms;  // none: plain HTTP
};

// A class of files in the state directory.
struct DiskClass {
  std::string name;
  std::uint64_t bytes = 0, ceiling = 0;  // ceiling 0: none
};
struct StorageState {
  std::uint64_t database_bytes = 0;
  std::vector<DiskClass> classes;
  std::uint64_t disk_free_bytes = 0, disk_size_bytes = 0;  // size 0: not known
  std::int64_t last_backup_ms = 0;                         // 0: never
};

struct Snapshot {
  std::string version;
  std::vector<MatrixCoverage> coverage;
  Tally tally;
  EngineState engine;
  StorageState storage;
  HttpTally http;
  ProcessState process;
};

inline constexpr std::size_t default_series = 50'000;

// Above `series_limit` series of coverage, those of triples are summed into one of their project and matrix,
// with empty `triple` and `toolchain`; if that is not enough, those of matrices into one of their project,
// with an empty `matrix`. tripled_metrics_series_dropped says how many are not shown.
std::string exposition(const Snapshot& snapshot, std::size_t series_limit = default_series);

}  // namespace tripled::metrics
