// Which columns make a row struct, in which order, and the reading of them: one place for every SELECT.
// Private to daemon/store.
#pragma once
#include "daemon/store/connection.h"
#include "daemon/store/rows.h"

namespace tripled::store {

inline constexpr const char* sweep_columns =
    "SELECT s.id, s.project, p.name, p.origin, s.matrix_file, s.state, s.partial, s.snapshot, s.lock_hash, "
    "s.revision, "
    "s.started_at, s.finished_at, s.exit_status, s.cancel, s.\"trigger\", s.ref FROM sweeps s JOIN projects "
    "p ON "
    "p.id = s.project ";
SweepRow read_sweep(Row& row);

inline constexpr const char* cell_columns =
    "SELECT sweep, ordinal, doc, setup_key, plan_key, verdict, expectation, reason FROM cells ";
CellRow read_cell(Row& row);

inline constexpr const char* setup_columns = "SELECT sweep, key, triple, toolchain, doc FROM setups ";
// Beside the members of the best SetupResult in its document.
struct OtherSetups {
  std::vector<SetupResult> others;
};
BOOST_DESCRIBE_STRUCT(OtherSetups, (), (others))
SetupRow read_setup(Row& row);

inline constexpr const char* batch_columns =
    "SELECT id, sweep, kind, cell, setup_key, after, lane, slots, priority, state, definition FROM batches ";
BatchRow read_batch(Row& row);

inline constexpr const char* job_columns =
    "SELECT id, sweep, batch, cell, stage, state, outcome, verdict, expectation, implied, carried_from, "
    "input_key, "
    "reason, blocked_by, detail, started_at, finished_at, next_reason, shard, shard_of FROM jobs ";
JobRow read_job(Row& row);

inline constexpr const char* lease_columns =
    "SELECT id, batch, worker, instance, epoch, state, granted_at, ended_at, reason, held FROM leases ";
LeaseRow read_lease(Row& row);

inline constexpr const char* attempt_columns =
    "SELECT a.id, a.job, a.shard, a.n, a.reason, a.lease, a.epoch, a.worker, a.started_at, a.finished_at, "
    "a.outcome, "
    "a.log_hash, l.size, a.evidence_hash, e.size FROM attempts a LEFT JOIN blobs l ON l.hash = a.log_hash "
    "LEFT JOIN blobs e ON e.hash = a.evidence_hash ";
inline constexpr int attempt_column_count = 15;
AttemptRow read_attempt(Row& row);

// job, last_attempt, verdict, expectation, reason, blocked_by, finished_at, reopened_at, who, voided
EarlierVerdict read_earlier_verdict(Row& row);

}  // namespace tripled::store
