#include "daemon/store/store.h"
#include "daemon/store/store_impl.h"
#include "daemon/store/test_runs.h"

namespace tripled::store {
namespace {

constexpr const char* insert_attempt =
    "INSERT INTO attempts (id, job, shard, n, reason, lease, epoch, worker, started_at) "
    "VALUES (?1, ?2, ?3, CASE WHEN ?4 > 0 THEN ?4 ELSE "
    "(SELECT coalesce(max(n), 0) + 1 FROM attempts WHERE job = ?2 AND shard = ?3) END, ?5, ?6, ?7, ?8, ?9)";
// The newest epoch of the batch that the attempt's lease was for; NULL without a lease.
constexpr const char* select_attempt =
    "SELECT a.finished_at IS NOT NULL, a.epoch, (SELECT max(n.epoch) FROM leases l JOIN leases n ON n.batch "
    "= l.batch "
    "WHERE l.id = a.lease) FROM attempts a WHERE a.id = ?";
constexpr const char* update_attempt =
    "UPDATE attempts SET finished_at = ?, outcome = ?, result = ?, log_hash = ?, evidence_hash = ? "
    "WHERE id = ? AND finished_at IS NULL";
constexpr const char* insert_unit =
    "INSERT INTO units (attempt, ordinal, package, target, kind, harness, verdict, code) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* insert_list = "INSERT INTO test_lists (hash, doc) VALUES (?, ?)";
constexpr const char* insert_run = "INSERT INTO test_runs (attempt, ordinal, list, doc) VALUES (?, ?, ?, ?)";

}  // namespace

Result<AttemptId> Transaction::create_attempt(const AttemptRow& attempt) {
  TRIPLED_TRY(db().execute(insert_attempt,
                           {null_if_zero(attempt.id), attempt.job, attempt.shard, attempt.n, attempt.reason,
                            null_if_zero(attempt.lease), attempt.epoch, attempt.worker, attempt.started_at}));
  return db().last_id();
}

Status Transaction::finish_attempt(AttemptFinish finish) {
  const std::string name = "attempt " + std::to_string(finish.attempt);
  bool known = false, finished = false;
  std::int64_t epoch = 0;
  std::optional<std::int64_t> newest;
  TRIPLED_TRY(db().execute(select_attempt, {finish.attempt}, [&](Row& row) {
    known = true;
    finished = row.flag(0);
    epoch = row.integer(1);
    newest = row.maybe_integer(2);
  }));
  if (!known) return Error(ErrorKind::usage, "no such " + name);
  if (finished) return Error(ErrorKind::conflict, name + " has its result already");
  const std::int64_t current = newest.value_or(epoch);
  if (finish.epoch && (*finish.epoch != epoch || epoch != current))
    return Error(ErrorKind::conflict, name + " is of epoch " + std::to_string(*finish.epoch) +
                                          ", its batch was granted again since (epoch " +
                                          std::to_string(current) + ")");
  TRIPLED_TRY(blob_is_recorded(finish.result.log, "log"));
  TRIPLED_TRY(blob_is_recorded(finish.result.evidence, "evidence"));
  auto tests = std::move(finish.result.tests);
  finish.result.tests.clear();
  TRIPLED_TRY(db().execute(update_attempt, {finish.finished_at, finish.outcome, document_of(finish.result),
                                            null_if_empty(finish.result.log.hash),
                                            null_if_empty(finish.result.evidence.hash), finish.attempt}));
  TRIPLED_TRY(one_row(name));
  TRIPLED_TRY(insert_units(finish.attempt, finish.result.units));
  return insert_tests(finish.attempt, std::move(tests));
}

Status Transaction::insert_units(AttemptId attempt, const std::vector<UnitResult>& units) {
  int ordinal = 0;
  for (const UnitResult& unit : units)
    TRIPLED_TRY(
        db().execute(insert_unit, {attempt, ordinal++, unit.package, unit.target, unit.kind, unit.harness,
                                   unit.verdict, unit.first_error ? unit.first_error->code : ""}));
  return {};
}

Status Transaction::insert_tests(AttemptId attempt, std::vector<TestResult> tests) {
  int ordinal = 0;
  for (const BinaryRun& binary : runs_of(std::move(tests))) {
    TRIPLED_ASSIGN(auto list, test_list(binary.names));
    TRIPLED_TRY(db().execute(insert_run, {attempt, ordinal++, list, document_of(binary.run)}));
  }
  return {};
}

Result<std::int64_t> Transaction::test_list(const TestNames& names) {
  auto hash = hash_of(names);
  if (auto id = store_->test_lists.find(hash)) return *id;
  TRIPLED_ASSIGN(auto known, db().number("SELECT id FROM test_lists WHERE hash = ?", {hash}));
  if (!known) {
    TRIPLED_TRY(db().execute(insert_list, {hash, document_of(names)}));
    known = db().last_id();
  }
  store_->test_lists.add(std::move(hash), *known);
  return *known;
}

Status Transaction::add_stale_result(const StaleResult& stale) {
  TRIPLED_TRY(blob_is_recorded(stale.log, "log"));
  return db().execute(
      "INSERT INTO stale_results (attempt, worker, instance, epoch, why, log_hash, received_at) "
      "VALUES (?, ?, ?, ?, ?, ?, ?)",
      {stale.attempt, stale.worker, stale.instance, stale.epoch, stale.why, null_if_empty(stale.log.hash),
       stale.received_at});
}

}  // namespace tripled::store
