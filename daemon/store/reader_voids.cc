// Reader: what hangs on results of a worker that was wrong.
#include <map>
#include <set>

#include "daemon/store/connection.h"
#include "daemon/store/reader.h"
#include "daemon/store/row_columns.h"

namespace tripled::store {
namespace {

// Attempts that a rerun has superseded decide nothing any more.
#define TRIPLED_COUNTS \
  "a.id > coalesce((SELECT max(v.last_attempt) FROM job_verdicts v WHERE v.job = j.id), 0) "
constexpr const char* select_cells =
    "WITH wrong AS (SELECT j.id, j.sweep, j.cell, j.batch FROM attempts a JOIN jobs j ON j.id = a.job "
    "WHERE a.worker = ? AND a.finished_at >= ? AND a.finished_at < ? AND " TRIPLED_COUNTS
    "), hit (sweep, cell, prepared) AS (SELECT sweep, cell, 0 FROM wrong WHERE cell IS NOT NULL "
    "UNION SELECT b.sweep, c.cell, 0 FROM wrong w JOIN batches b ON b.id = w.batch AND b.kind = 'setup' "
    "JOIN batches c ON c.sweep = b.sweep AND c.setup_key = b.setup_key AND c.cell IS NOT NULL "
    "UNION SELECT j.sweep, j.cell, 1 FROM jobs j WHERE j.cell IS NOT NULL AND j.sweep IN (SELECT w.sweep "
    "FROM wrong w JOIN batches b ON b.id = w.batch AND b.kind = 'prepare')) "
    "SELECT h.sweep, h.cell, s.state = 'running' OR s.id = (SELECT max(n.id) FROM sweeps n WHERE n.project = "
    "s.project AND n.matrix_file = s.matrix_file), EXISTS (SELECT 1 FROM jobs o WHERE o.sweep = h.sweep AND "
    "o.cell = h.cell AND o.state NOT IN ('done', 'skipped', 'cancelled')), max(h.prepared) "
    "FROM hit h JOIN sweeps s ON s.id = h.sweep GROUP BY h.sweep, h.cell ORDER BY h.sweep, h.cell";
// ?1: the job, ?2: its sweep, ?3: its batch. Its own attempts are those of its shards too; an execute job
// rests on the executables of its cell.
constexpr const char* select_is_void =
    "SELECT EXISTS (SELECT 1 FROM jobs j JOIN attempts a ON a.job = j.id WHERE (j.id = ?1 OR j.shard_of = ?1 "
    "OR (j.sweep = ?2 AND j.stage = 'test-no-run' AND j.cell = (SELECT cell FROM jobs WHERE id = ?1 AND "
    "stage = 'execute'))) AND a.voided_at IS NOT NULL AND " TRIPLED_COUNTS
    ") OR EXISTS (SELECT 1 FROM jobs j JOIN batches b ON b.id = j.batch JOIN attempts a ON a.job = j.id "
    "WHERE j.sweep = ?2 AND j.cell IS NULL AND (b.kind = 'prepare' OR b.setup_key = (SELECT setup_key FROM "
    "batches WHERE id = ?3)) AND a.voided_at IS NOT NULL AND " TRIPLED_COUNTS ")";
#undef TRIPLED_COUNTS
constexpr const char* select_earlier =
    "SELECT v.job, v.last_attempt, v.verdict, v.expectation, v.reason, v.blocked_by, v.finished_at, "
    "v.reopened_at, v.who, v.voided FROM job_verdicts v JOIN jobs j ON j.id = v.job WHERE j.sweep = ? "
    "ORDER BY v.id";
constexpr const char* select_voided =
    "SELECT a.job, max(a.id) FROM attempts a JOIN jobs j ON j.id = a.job WHERE j.sweep = ? AND "
    "a.voided_at IS NOT NULL GROUP BY a.job";

}  // namespace

Result<std::vector<AffectedCell>> Reader::affected_cells(const VoidQuery& query) {
  std::vector<AffectedCell> out;
  TRIPLED_TRY(db_->execute(select_cells, {query.worker, query.since, query.until}, [&](Row& row) {
    out.push_back({row.integer(0), row.text(1), row.flag(2), row.flag(3), row.flag(4)});
  }));
  return out;
}

Result<std::set<AttemptId>> Reader::voided_attempts(JobId job) {
  std::set<AttemptId> out;
  TRIPLED_TRY(
      db_->execute("SELECT id FROM attempts WHERE (job = ?1 OR job IN (SELECT id FROM jobs WHERE "
                   "shard_of = ?1)) AND voided_at IS NOT NULL",
                   {job}, [&](Row& row) { out.insert(row.integer(0)); }));
  return out;
}

Result<bool> Reader::is_void(const JobRow& job) {
  if (!job.verdict) return false;
  TRIPLED_ASSIGN(auto found, db_->number(select_is_void, {job.id, job.sweep, job.batch}));
  return found.value_or(0) != 0;
}

Status Reader::load_voids(SweepRecord& record) {
  std::map<JobId, std::size_t> place;
  for (std::size_t i = 0; i < record.jobs.size(); ++i) place[record.jobs[i].row.id] = i;
  TRIPLED_TRY(db_->execute(select_earlier, {record.row.id}, [&](Row& row) {
    auto verdict = read_earlier_verdict(row);
    record.jobs[place.at(verdict.job)].earlier.push_back(std::move(verdict));
  }));
  std::map<BatchId, const BatchRow*> batches;
  for (const auto& batch : record.batches) batches[batch.id] = &batch;
  bool all = false;              // what prepared them is void
  std::set<std::string> setups;  // keys
  TRIPLED_TRY(db_->execute(select_voided, {record.row.id}, [&](Row& row) {
    auto& job = record.jobs[place.at(row.integer(0))];
    job.voided = row.integer(1) > job.superseded;
    auto batch = batches.find(job.row.batch);
    if (!job.voided || job.row.stage || batch == batches.end()) return;
    if (batch->second->kind == BatchKind::prepare)
      all = true;
    else
      setups.insert(batch->second->setup_key);
  }));
  if (!all && setups.empty()) return {};
  for (auto& job : record.jobs) {
    auto batch = batches.find(job.row.batch);
    if (!job.row.stage || !job.row.verdict || batch == batches.end()) continue;
    job.voided = job.voided || all || setups.contains(batch->second->setup_key);
  }
  return {};
}

}  // namespace tripled::store
