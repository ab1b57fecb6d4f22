#include "daemon/store/store.h"
#include "daemon/store/store_impl.h"
#include "daemon/store/test_codes.h"

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
constexpr const char* insert_test =
    "INSERT INTO tests (attempt, ordinal, name, state, failure, flags, duration_ms, message) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* select_name =
    "SELECT id FROM test_names WHERE test = ? AND package = ? AND target = ? AND kind = ?";
constexpr const char* insert_name =
    "INSERT INTO test_names (test, package, target, kind) VALUES (?, ?, ?, ?)";

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
  const auto tests = std::move(finish.result.tests);
  finish.result.tests.clear();
  TRIPLED_TRY(db().execute(update_attempt, {finish.finished_at, finish.outcome, document_of(finish.result),
                                            null_if_empty(finish.result.log.hash),
                                            null_if_empty(finish.result.evidence.hash), finish.attempt}));
  TRIPLED_TRY(one_row(name));
  TRIPLED_TRY(insert_units(finish.attempt, finish.result.units));
  return insert_tests(finish.attempt, tests);
}

Status Transaction::insert_units(AttemptId attempt, const std::vector<UnitResult>& units) {
  int ordinal = 0;
  for (const UnitResult& unit : units)
    TRIPLED_TRY(
        db().execute(insert_unit, {attempt, ordinal++, unit.package, unit.target, unit.kind, unit.harness,
                                   unit.verdict, unit.first_error ? unit.first_error->code : ""}));
  return {};
}

Status Transaction::insert_tests(AttemptId attempt, const std::vector<TestResult>& tests) {
  int ordinal = 0;
  for (const TestResult& test : tests) {
    TRIPLED_ASSIGN(auto name, test_name(test));
    std::optional<int> failure;
    if (test.failure) failure = code_of(*test.failure);
    std::optional<Document> message;
    if (!test.message.empty()) message = make_document(test.message);
    TRIPLED_TRY(db().execute(insert_test, {attempt, ordinal++, name, code_of(test.state), failure,
                                           flags_of(test), test.duration_ms, message}));
  }
  return {};
}

Result<std::int64_t> Transaction::test_name(const TestResult& test) {
  std::string key = test.test;
  for (const auto* part : {&test.package, &test.target, &test.kind}) key.append(1, '\0').append(*part);
  if (auto id = store_->names.find(key)) return *id;
  TRIPLED_ASSIGN(auto known, db().number(select_name, {test.test, test.package, test.target, test.kind}));
  if (!known) {
    TRIPLED_TRY(db().execute(insert_name, {test.test, test.package, test.target, test.kind}));
    known = db().last_id();
  }
  store_->names.add(std::move(key), *known);
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
