#include "daemon/store/store.h"
#include "daemon/store/store_impl.h"

namespace tripled::store {
namespace {

constexpr const char* insert_batch =
    "INSERT INTO batches (id, sweep, kind, cell, setup_key, after, lane, slots, priority, state, definition) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* insert_job =
    "INSERT INTO jobs (id, sweep, batch, cell, stage, state, outcome, verdict, expectation, implied, "
    "carried_from, "
    "input_key, reason, blocked_by, detail, started_at, finished_at, next_reason, shard, shard_of) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* update_job_sql =
    "UPDATE jobs SET batch = ?, state = ?, outcome = ?, verdict = ?, expectation = ?, implied = ?, "
    "carried_from = ?, "
    "input_key = ?, reason = ?, blocked_by = ?, detail = ?, started_at = ?, finished_at = ?, "
    "next_reason = ? WHERE id = ?";
constexpr const char* insert_lease =
    "INSERT INTO leases (id, batch, worker, instance, epoch, state, held, granted_at, ended_at, reason) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* lease_in_the_way =
    "SELECT id FROM leases WHERE batch = ?1 AND (epoch = ?2 OR (?3 AND held = 1)) "
    "LIMIT 1";

bool is_live(LeaseState state) { return state == LeaseState::offered || state == LeaseState::active; }

}  // namespace

Result<BatchId> Transaction::put_batch(const BatchRow& batch) {
  TRIPLED_TRY(
      db().execute(insert_batch, {null_if_zero(batch.id), batch.sweep, batch.kind, null_if_empty(batch.cell),
                                  batch.setup_key, wire::to_text_json(batch.after), batch.lane, batch.slots,
                                  batch.priority, batch.state, make_document(batch.definition_json)}));
  return db().last_id();
}

Result<std::map<std::string, Transaction::CellDurations>> Transaction::earlier_durations(SweepId sweep) {
  constexpr const char* sql =
      "SELECT cell, stage = 'execute', sum(finished_at - started_at), sweep FROM jobs WHERE cell IS NOT NULL "
      "AND started_at IS NOT NULL AND finished_at IS NOT NULL AND sweep = (SELECT max(old.id) FROM sweeps "
      "old "
      "JOIN sweeps own ON old.project = own.project AND old.matrix_file = own.matrix_file "
      "WHERE own.id = ? AND old.id < own.id AND old.state = 'finished' AND old.partial = 0) GROUP BY 1, 2";
  std::map<std::string, CellDurations> out;
  TRIPLED_TRY(db().execute(sql, {sweep}, [&](Row& row) {
    auto& cell = out[row.text(0)];
    (row.integer(1) != 0 ? cell.execute : cell.compile) = row.integer(2);
    cell.sweep = row.integer(3);
  }));
  return out;
}

Status Transaction::set_batch_state(BatchId batch, BatchState state) {
  TRIPLED_TRY(db().execute("UPDATE batches SET state = ? WHERE id = ?", {state, batch}));
  return one_row("batch " + std::to_string(batch));
}

Result<JobId> Transaction::put_job(const JobRow& job) {
  TRIPLED_TRY(db().execute(insert_job, {null_if_zero(job.id),
                                        job.sweep,
                                        null_if_zero(job.batch),
                                        null_if_empty(job.cell),
                                        job.stage,
                                        job.state,
                                        job.outcome,
                                        job.verdict,
                                        job.expectation,
                                        job.implied,
                                        null_if_zero(job.carried_from),
                                        job.input_key,
                                        job.reason,
                                        job.blocked_by,
                                        make_document(job.detail_json),
                                        job.started_at,
                                        job.finished_at,
                                        job.next_reason,
                                        job.shard,
                                        null_if_zero(job.shard_of)}));
  return db().last_id();
}

Status Transaction::set_job_state(JobId job, JobState state, std::optional<AttemptReason> next_reason) {
  TRIPLED_TRY(db().execute("UPDATE jobs SET state = ?, next_reason = coalesce(?, next_reason) WHERE id = ?",
                           {state, next_reason, job}));
  return one_row("job " + std::to_string(job));
}

Status Transaction::update_job(const JobRow& job) {
  TRIPLED_TRY(db().execute(
      update_job_sql,
      {null_if_zero(job.batch), job.state, job.outcome, job.verdict, job.expectation, job.implied,
       null_if_zero(job.carried_from), job.input_key, job.reason, job.blocked_by,
       make_document(job.detail_json), job.started_at, job.finished_at, job.next_reason, job.id}));
  return one_row("job " + std::to_string(job.id));
}

Result<LeaseId> Transaction::put_lease(const LeaseRow& lease) {
  TRIPLED_ASSIGN(auto other, db().number(lease_in_the_way, {lease.batch, lease.epoch, lease.held}));
  if (other)
    return Error(ErrorKind::conflict, "batch " + std::to_string(lease.batch) + " has lease " +
                                          std::to_string(*other) + " already: no second one of epoch " +
                                          std::to_string(lease.epoch));
  TRIPLED_TRY(db().execute(insert_lease,
                           {null_if_zero(lease.id), lease.batch, lease.worker, lease.instance, lease.epoch,
                            lease.state, lease.held, lease.granted_at, lease.ended_at, lease.reason}));
  return db().last_id();
}

Status Transaction::set_lease_state(LeaseId lease, LeaseState state, std::optional<UnixMs> ended_at,
                                    const std::string& reason, std::optional<bool> held) {
  TRIPLED_TRY(db().execute("UPDATE leases SET state = ?, ended_at = ?, reason = ?, held = ? WHERE id = ?",
                           {state, ended_at, reason, held.value_or(is_live(state)), lease}));
  return one_row("lease " + std::to_string(lease));
}

Status Transaction::set_lane(const LaneRow& lane) {
  if (lane.cell.empty()) return db().execute("DELETE FROM lanes WHERE lane = ?", {lane.lane});
  return db().execute("INSERT OR REPLACE INTO lanes (lane, sweep, cell) VALUES (?, ?, ?)",
                      {lane.lane, lane.sweep, lane.cell});
}

}  // namespace tripled::store
