// Reader: what a person looks up, page by page.
#include <map>

#include "daemon/store/reader.h"
#include "daemon/store/row_columns.h"
#include "daemon/store/test_runs.h"

namespace tripled::store {
namespace {

constexpr const char* select_cells =
    "SELECT c.ordinal, c.id, c.group_name, c.triple, c.toolchain, c.verdict, c.expectation, c.reason "
    "FROM cells c WHERE c.sweep = ?1 AND c.ordinal > ?2 AND (?3 = '' OR c.triple = ?3) "
    "AND (?4 IS NULL OR EXISTS (SELECT 1 FROM jobs j WHERE j.sweep = c.sweep AND j.cell = c.id AND j.stage = "
    "?4 "
    "AND (?5 IS NULL OR j.verdict = ?5))) "
    "AND (?4 IS NOT NULL OR ?5 IS NULL OR c.verdict = ?5) ORDER BY c.ordinal LIMIT ?6";
// The stages have an order of their own; jobs are made in it.
const std::string select_jobs =
    std::string(job_columns) + "WHERE sweep = ? AND cell = ? AND shard = 0 ORDER BY id";
constexpr const char* select_verdicts =
    "SELECT job, last_attempt, verdict, expectation, reason, blocked_by, finished_at, reopened_at, who, "
    "voided FROM job_verdicts WHERE job = ? ORDER BY id";
constexpr const char* select_matrices =
    "SELECT project, matrix_file, count(*), max(id), "
    "max(CASE WHEN state = 'finished' AND partial = 0 THEN id END) FROM sweeps GROUP BY project, matrix_file "
    "HAVING ?1 = 0 OR max(id) < ?1 ORDER BY max(id) DESC LIMIT ?2";

}  // namespace

Result<std::vector<JobRow>> Reader::jobs_of_cell(SweepId sweep, const std::string& cell) {
  std::vector<JobRow> out;
  TRIPLED_TRY(db_->execute(select_jobs, {sweep, cell}, [&](Row& row) { out.push_back(read_job(row)); }));
  return out;
}

Result<std::vector<CellOverview>> Reader::cell_page(const CellQuery& query) {
  std::vector<CellOverview> out;
  TRIPLED_TRY(db_->execute(select_cells,
                           {query.sweep, query.after, query.triple, query.stage, query.verdict, query.limit},
                           [&](Row& row) {
                             CellOverview cell;
                             cell.ordinal = static_cast<int>(row.integer(0));
                             cell.id = row.text(1);
                             cell.group = row.text(2);
                             cell.triple = row.text(3);
                             cell.toolchain = row.text(4);
                             cell.verdict = row.maybe_word<Verdict>(5);
                             cell.expectation = row.word<Expectation>(6);
                             cell.reason = row.text(7);
                             out.push_back(std::move(cell));
                           }));
  for (auto& cell : out) {
    TRIPLED_ASSIGN(cell.jobs, jobs_of_cell(query.sweep, cell.id));
  }
  return out;
}

Result<std::optional<CellRow>> Reader::cell(SweepId sweep, const std::string& id) {
  std::optional<CellRow> out;
  TRIPLED_TRY(db_->execute(std::string(cell_columns) + "WHERE sweep = ? AND id = ?", {sweep, id},
                           [&](Row& row) { out = read_cell(row); }));
  return out;
}

Result<std::vector<PreparationJob>> Reader::preparation(SweepId sweep) {
  std::vector<std::pair<JobId, PreparationJob>> found;
  TRIPLED_TRY(db_->execute(
      "SELECT j.id, b.kind, b.setup_key, s.triple FROM jobs j JOIN batches b ON b.id = j.batch "
      "LEFT JOIN setups s ON s.sweep = j.sweep AND s.key = b.setup_key "
      "WHERE j.sweep = ? AND j.cell IS NULL ORDER BY j.id",
      {sweep}, [&](Row& row) {
        found.push_back({row.integer(0), {{}, row.word<BatchKind>(1), row.text(2), row.text(3)}});
      }));
  std::vector<PreparationJob> out;
  for (auto& [id, preparation] : found) {
    TRIPLED_ASSIGN(auto row, job(id));
    if (!row) continue;
    preparation.job = std::move(*row);
    out.push_back(std::move(preparation));
  }
  return out;
}

Result<std::optional<JobRow>> Reader::job(JobId id) {
  std::optional<JobRow> out;
  TRIPLED_TRY(
      db_->execute(std::string(job_columns) + "WHERE id = ?", {id}, [&](Row& row) { out = read_job(row); }));
  return out;
}

Result<std::vector<AttemptRow>> Reader::attempts(JobId job) {
  std::vector<AttemptRow> out;
  TRIPLED_TRY(db_->execute(std::string(attempt_columns) +
                               "WHERE a.job = ?1 OR a.job IN (SELECT id FROM jobs WHERE shard_of = ?1) "
                               "ORDER BY a.shard, a.n",
                           {job}, [&](Row& row) { out.push_back(read_attempt(row)); }));
  return out;
}

Result<std::optional<AttemptRow>> Reader::attempt(AttemptId id) {
  std::optional<AttemptRow> out;
  TRIPLED_TRY(db_->execute(std::string(attempt_columns) + "WHERE a.id = ?", {id},
                           [&](Row& row) { out = read_attempt(row); }));
  return out;
}

Result<std::optional<AttemptResult>> Reader::attempt_summary(AttemptId attempt) {
  std::optional<AttemptResult> out;
  TRIPLED_TRY(db_->execute("SELECT result FROM attempts WHERE id = ? AND finished_at IS NOT NULL", {attempt},
                           [&](Row& row) { out = row.document<AttemptResult>(0); }));
  return out;
}

// Their order is that of read_tests(), which is equal every time: a place in it is a cursor.
Result<std::vector<StoredTest>> Reader::tests(const TestQuery& query) {
  std::vector<TestResult> all;
  TRIPLED_TRY(read_tests(*db_, query.attempt, all));
  std::vector<StoredTest> out;
  for (auto at = static_cast<std::size_t>(query.after + 1);
       at < all.size() && out.size() < static_cast<std::size_t>(query.limit); ++at)
    if (!query.state || all[at].state == *query.state)
      out.push_back({static_cast<std::int64_t>(at), std::move(all[at])});
  return out;
}

Result<std::vector<std::pair<TestState, std::int64_t>>> Reader::test_counts(AttemptId attempt) {
  std::vector<TestResult> all;
  TRIPLED_TRY(read_tests(*db_, attempt, all));
  std::map<TestState, std::int64_t> counts;
  for (const auto& test : all) ++counts[test.state];
  return std::vector<std::pair<TestState, std::int64_t>>(counts.begin(), counts.end());
}

Result<std::vector<EarlierVerdict>> Reader::earlier_verdicts(JobId job) {
  std::vector<EarlierVerdict> out;
  TRIPLED_TRY(
      db_->execute(select_verdicts, {job}, [&](Row& row) { out.push_back(read_earlier_verdict(row)); }));
  return out;
}

Result<std::vector<KnownMatrix>> Reader::matrices(SweepId before, int limit) {
  struct Found {
    KnownMatrix matrix;
    SweepId last, finished;
  };
  std::vector<Found> found;
  TRIPLED_TRY(db_->execute(select_matrices, {before, limit}, [&](Row& row) {
    Found f;
    f.matrix.project = row.integer(0);
    f.matrix.matrix_file = row.text(1);
    f.matrix.sweeps = row.integer(2);
    f.last = row.integer(3);
    f.finished = row.integer(4);
    found.push_back(std::move(f));
  }));
  std::vector<KnownMatrix> out;
  for (auto& f : found) {
    TRIPLED_ASSIGN(auto last, sweep(f.last));
    if (!last) continue;  // deleted meanwhile
    f.matrix.last = std::move(*last);
    if (f.finished != 0) {
      TRIPLED_ASSIGN(f.matrix.last_finished, sweep(f.finished));
    }
    out.push_back(std::move(f.matrix));
  }
  return out;
}

}  // namespace tripled::store
