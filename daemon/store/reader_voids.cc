// Reader: what hangs on results of a worker that was wrong.
#include "daemon/store/connection.h"
#include "daemon/store/reader.h"

namespace tripled::store {
namespace {

// Attempts that a rerun has superseded decide nothing any more.
constexpr const char* select_cells =
    "SELECT j.sweep, j.cell, s.state = 'running' OR s.id = (SELECT max(n.id) FROM sweeps n WHERE n.project = "
    "s.project AND n.matrix_file = s.matrix_file), EXISTS (SELECT 1 FROM jobs o WHERE o.sweep = j.sweep AND "
    "o.cell = j.cell AND o.state NOT IN ('done', 'skipped', 'cancelled')) "
    "FROM attempts a JOIN jobs j ON j.id = a.job JOIN sweeps s ON s.id = j.sweep "
    "WHERE a.worker = ? AND a.finished_at >= ? AND a.finished_at < ? AND j.cell IS NOT NULL "
    "AND a.id > coalesce((SELECT max(v.last_attempt) FROM job_verdicts v WHERE v.job = j.id), 0) "
    "GROUP BY j.sweep, j.cell ORDER BY j.sweep, j.cell";

}  // namespace

Result<std::vector<AffectedCell>> Reader::affected_cells(const VoidQuery& query) {
  std::vector<AffectedCell> out;
  TRIPLED_TRY(db_->execute(select_cells, {query.worker, query.since, query.until}, [&](Row& row) {
    out.push_back({row.integer(0), row.text(1), row.flag(2), row.flag(3)});
  }));
  return out;
}

Result<std::set<AttemptId>> Reader::voided_attempts(JobId job) {
  std::set<AttemptId> out;
  TRIPLED_TRY(db_->execute("SELECT id FROM attempts WHERE job = ? AND voided_at IS NOT NULL", {job},
                           [&](Row& row) { out.insert(row.integer(0)); }));
  return out;
}

}  // namespace tripled::store
