#include "daemon/store/store.h"
#include "daemon/store/store_impl.h"

namespace tripled::store {
namespace {

constexpr const char* insert_verdict =
    "INSERT INTO job_verdicts (job, last_attempt, verdict, expectation, reason, blocked_by, finished_at, "
    "reopened_at, who, voided) VALUES (?1, (SELECT coalesce(max(id), 0) FROM attempts WHERE job = ?1), ?2, "
    "?3, ?4, ?5, ?6, ?7, ?8, ?9)";

}  // namespace

Status Transaction::reopen_job(const JobRow& job, UnixMs at, const std::string& who, bool voided) {
  TRIPLED_TRY(db().execute(insert_verdict, {job.id, job.verdict, job.expectation, job.reason, job.blocked_by,
                                            job.finished_at, at, who, voided}));
  JobRow open;
  open.id = job.id;
  open.batch = job.batch;
  open.input_key = job.input_key;
  open.next_reason = AttemptReason::rerun;
  if (job.batch != 0) TRIPLED_TRY(set_batch_state(job.batch, BatchState::open));
  return update_job(open);
}

Status Transaction::set_batch_definition(BatchId batch, const std::string& definition_json) {
  TRIPLED_TRY(db().execute("UPDATE batches SET definition = ? WHERE id = ?",
                           {make_document(definition_json), batch}));
  return one_row("batch " + std::to_string(batch));
}

Status Transaction::reopen_setup(SweepId sweep, const std::string& key) {
  TRIPLED_TRY(db().execute("UPDATE setups SET doc = NULL, log_hash = NULL WHERE sweep = ? AND key = ?",
                           {sweep, key}));
  return one_row("setup " + key + " in sweep " + std::to_string(sweep));
}

Status Transaction::forget_prepared(SweepId sweep) {
  TRIPLED_TRY(
      db().execute("UPDATE sweeps SET snapshot = '', lock_hash = '', revision = '', prepare_log = NULL "
                   "WHERE id = ?",
                   {sweep}));
  TRIPLED_TRY(one_row("sweep " + std::to_string(sweep)));
  return db().execute("DELETE FROM sweep_docs WHERE sweep = ? AND kind = 'prepare'", {sweep});
}

}  // namespace tripled::store
