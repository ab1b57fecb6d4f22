#include <map>

#include "daemon/store/reader.h"
#include "daemon/store/row_columns.h"
#include "daemon/store/test_runs.h"

namespace tripled::store {
namespace {

const std::string select_sweeps =
    std::string(sweep_columns) +
    "WHERE (?1 = 0 OR s.project = ?1) AND ((?2 = '' AND NOT ?7) OR s.matrix_file = ?2) AND (?3 IS NULL OR "
    "s.state = ?3) "
    "AND (?4 = 0 OR s.partial = 0) AND (?5 = 0 OR s.id < ?5) ORDER BY s.id DESC LIMIT ?6";
// The sweeps a start goes on with.
const std::string of_live_sweeps = "sweep IN (SELECT id FROM sweeps WHERE state = 'running' OR id = ?1) ";
const std::string of_live_batches = "IN (SELECT id FROM batches WHERE " + of_live_sweeps + ") ";
const std::string of_live_jobs = "IN (SELECT id FROM jobs WHERE " + of_live_sweeps + ") ";

template <class T, class F>
Status collect(Connection& db, std::vector<T>& out, const std::string& sql,
               std::initializer_list<Value> values, F read) {
  return db.execute(sql, values, [&](Row& row) { out.push_back(read(row)); });
}

// One consistent state for all that is read while it lives.
class ReadTransaction {
 public:
  static Result<ReadTransaction> begin(Connection& db) {
    TRIPLED_TRY(db.execute("BEGIN"));
    return ReadTransaction(&db);
  }
  ReadTransaction(ReadTransaction&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
  ReadTransaction& operator=(ReadTransaction&&) = delete;
  ~ReadTransaction() {
    if (db_ && db_->in_transaction()) static_cast<void>(db_->execute("ROLLBACK"));  // nothing was written
  }

 private:
  explicit ReadTransaction(Connection* db) : db_(db) {}
  Connection* db_;
};

Status read_documents(Connection& db, SweepRecord& out) {
  return db.execute("SELECT kind, doc FROM sweep_docs WHERE sweep = ?", {out.row.id}, [&](Row& row) {
    const std::string kind = row.text(0);
    if (kind == "matrix") out.matrix_text = row.json(1);
    if (kind == "options") out.options_json = row.json(1);
    if (kind == "plan") out.plan = row.document<Plan>(1);
    if (kind == "facts") out.facts = row.document<std::vector<ToolchainFacts>>(1);
    if (kind == "prepare") out.prepare = row.document<PrepareResult>(1);
    if (kind == "triples") out.known_triples = row.document<std::vector<TripleFacts>>(1);
    if (kind == "findings") out.findings_json = row.json(1);
  });
}

}  // namespace

// --- sweeps

Result<std::vector<SweepRow>> Reader::sweeps(const SweepQuery& query) {
  std::vector<SweepRow> out;
  TRIPLED_TRY(collect(*db_, out, select_sweeps,
                      {query.project, query.matrix_file, query.state, query.full_only, query.before,
                       query.limit, query.without_matrix},
                      read_sweep));
  return out;
}

Result<std::optional<SweepRow>> Reader::sweep(SweepId id) {
  std::optional<SweepRow> out;
  TRIPLED_TRY(db_->execute(std::string(sweep_columns) + "WHERE s.id = ?", {id},
                           [&](Row& row) { out = read_sweep(row); }));
  return out;
}

Result<std::optional<SweepRow>> Reader::last_sweep(const SweepQuery& query) {
  SweepQuery one = query;
  one.limit = 1;
  TRIPLED_ASSIGN(auto found, sweeps(one));
  if (found.empty()) return std::optional<SweepRow>();
  return std::optional<SweepRow>(std::move(found.front()));
}

Result<std::vector<SweepRow>> Reader::unfinished_sweeps() {
  std::vector<SweepRow> out;
  TRIPLED_TRY(collect(*db_, out,
                      std::string(sweep_columns) + "WHERE s.state <> 'finished' ORDER BY s.id DESC", {},
                      read_sweep));
  return out;
}

Result<std::vector<CellRow>> Reader::cells(SweepId sweep) {
  std::vector<CellRow> out;
  TRIPLED_TRY(
      collect(*db_, out, std::string(cell_columns) + "WHERE sweep = ? ORDER BY ordinal", {sweep}, read_cell));
  return out;
}

Result<std::string> Reader::findings_json(SweepId sweep) {
  std::string out;
  TRIPLED_TRY(db_->execute("SELECT doc FROM sweep_docs WHERE sweep = ? AND kind = 'findings'", {sweep},
                           [&](Row& row) { out = row.json(0); }));
  return out;
}

Result<SweepRecord> Reader::load_sweep(SweepId id, Results results, PlanCells plan_cells) {
  SweepRecord out;
  {
    TRIPLED_ASSIGN(auto transaction, ReadTransaction::begin(*db_));
    TRIPLED_ASSIGN(auto found, sweep(id));
    if (!found) return Error(ErrorKind::usage, "no such sweep " + std::to_string(id));
    out.row = *found;
    TRIPLED_TRY(read_documents(*db_, out));
    TRIPLED_ASSIGN(out.cells, cells(id));
    TRIPLED_TRY(collect(*db_, out.setups, std::string(setup_columns) + "WHERE sweep = ? ORDER BY rowid", {id},
                        read_setup));
    TRIPLED_TRY(collect(*db_, out.batches, std::string(batch_columns) + "WHERE sweep = ? ORDER BY id", {id},
                        read_batch));
    std::map<JobId, std::size_t> place;
    TRIPLED_TRY(db_->execute(std::string(job_columns) + "WHERE sweep = ? ORDER BY id", {id}, [&](Row& row) {
      out.jobs.push_back({read_job(row), {}});
      place[out.jobs.back().row.id] = out.jobs.size() - 1;
    }));
    TRIPLED_TRY(db_->execute(std::string(attempt_columns) +
                                 "JOIN jobs j ON j.id = a.job WHERE j.sweep = ? ORDER BY a.job, a.shard, a.n",
                             {id}, [&](Row& row) {
                               AttemptRow attempt = read_attempt(row);
                               out.jobs[place.at(attempt.job)].attempts.push_back({attempt, std::nullopt});
                             }));
    TRIPLED_TRY(db_->execute(
        "SELECT v.job, max(v.last_attempt) FROM job_verdicts v JOIN jobs j ON j.id = v.job "
        "WHERE j.sweep = ? GROUP BY v.job",
        {id}, [&](Row& row) { out.jobs[place.at(row.integer(0))].superseded = row.integer(1); }));
    if (results == Results::yes) TRIPLED_TRY(load_voids(out));
  }
  if (plan_cells == PlanCells::yes)
    for (const CellRow& cell : out.cells) out.plan.cells.push_back(cell.cell);
  if (results == Results::yes) TRIPLED_TRY(load_results(out));
  return out;
}

Status Reader::load_results(SweepRecord& record) {
  for (JobRecord& job : record.jobs) {
    for (AttemptRecord& attempt : job.attempts) {
      if (attempt.row.id <= job.superseded) continue;
      TRIPLED_ASSIGN(attempt.result, attempt_result(attempt.row.id));
    }
  }
  return {};
}

Result<std::optional<AttemptResult>> Reader::attempt_result(AttemptId attempt) {
  std::optional<AttemptResult> out;
  TRIPLED_TRY(db_->execute("SELECT result FROM attempts WHERE id = ? AND finished_at IS NOT NULL", {attempt},
                           [&](Row& row) { out = row.document<AttemptResult>(0); }));
  if (out) TRIPLED_TRY(read_tests(*db_, attempt, out->tests));
  return out;
}

Result<RestoredState> Reader::restore(SweepId also) {
  RestoredState out;
  TRIPLED_ASSIGN(auto transaction, ReadTransaction::begin(*db_));
  TRIPLED_TRY(collect(*db_, out.sweeps,
                      std::string(sweep_columns) + "WHERE s.state = 'running' OR s.id = ?1 ORDER BY s.id",
                      {also}, read_sweep));
  TRIPLED_TRY(collect(*db_, out.batches, batch_columns + ("WHERE " + of_live_sweeps) + "ORDER BY id", {also},
                      read_batch));
  TRIPLED_TRY(
      collect(*db_, out.jobs, job_columns + ("WHERE " + of_live_sweeps) + "ORDER BY id", {also}, read_job));
  TRIPLED_TRY(collect(*db_, out.leases, lease_columns + ("WHERE batch " + of_live_batches) + "ORDER BY id",
                      {also}, read_lease));
  TRIPLED_TRY(collect(*db_, out.attempts, attempt_columns + ("WHERE a.job " + of_live_jobs) + "ORDER BY a.id",
                      {also}, read_attempt));
  TRIPLED_TRY(collect(*db_, out.lanes,
                      "SELECT lane, sweep, cell FROM lanes WHERE " + of_live_sweeps + "ORDER BY lane", {also},
                      [](Row& row) {
                        return LaneRow{row.text(0), row.integer(1), row.text(2)};
                      }));
  TRIPLED_TRY(collect(*db_, out.quarantines, "SELECT worker, why, since FROM quarantines ORDER BY worker", {},
                      [](Row& row) {
                        return QuarantineRow{row.text(0), row.text(1), row.integer(2)};
                      }));
  return out;
}

// --- lists of tests

namespace {

using ListsByCell = std::map<std::string, TestList>;

// The list to take of one unit in one sweep: of the first preferred cell that has one, else the longest.
const TestList& choose(const ListsByCell& by_cell, const std::vector<std::string>& preferred) {
  for (const auto& cell : preferred)
    if (auto it = by_cell.find(cell); it != by_cell.end()) return it->second;
  const TestList* best = nullptr;
  for (const auto& [cell, list] : by_cell)
    if (!best || list.tests.size() > best->tests.size()) best = &list;
  return *best;
}

}  // namespace

Result<std::vector<TestList>> Reader::test_lists(const TestListQuery& query) {
  std::vector<TestList> out;
  std::map<UnitName, bool> wanted;
  for (const UnitName& unit : query.units) wanted[unit] = true;
  SweepQuery earlier;
  earlier.project = query.project;
  earlier.before = query.before;
  earlier.limit = query.max_sweeps;
  TRIPLED_ASSIGN(auto candidates, sweeps(earlier));
  for (const SweepRow& sweep : candidates) {
    if (wanted.empty()) break;
    std::map<UnitName, std::map<std::string, std::map<std::string, bool>>> found;  // by unit, cell, test
    TRIPLED_TRY(read_listed(*db_, sweep.id, [&](const Listing& listing) {
      const UnitName unit{listing.of.package, listing.of.target, listing.of.kind};
      if (wanted.contains(unit)) found[unit][listing.cell][listing.test] |= listing.ignored;
    }));
    std::map<UnitName, ListsByCell> listed;
    for (const auto& [unit, by_cell] : found)
      for (const auto& [cell, tests] : by_cell) {
        TestList& list = listed[unit][cell] = {unit, sweep.id, cell, {}};
        for (const auto& [test, ignored] : tests) list.tests.push_back({test, ignored});
      }
    for (const auto& [unit, by_cell] : listed) {
      out.push_back(choose(by_cell, query.preferred_cells));
      wanted.erase(unit);
    }
  }
  return out;
}

}  // namespace tripled::store
