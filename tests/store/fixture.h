// A store in a directory of its own, and the smallest rows that stand for something: one sweep, one cell, one
// batch, one job. Rows are compared as JSON.
#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "daemon/store/connection.h"
#include "daemon/store/reader.h"
#include "daemon/store/store.h"
#include "schema/base/hash.h"
#include "schema/wire/json.h"

namespace tripled::store {

BOOST_DESCRIBE_STRUCT(ProjectRow, (), (id, name, origin, project, created_at))
BOOST_DESCRIBE_STRUCT(SweepRow, (),
                      (id, project, project_name, project_origin, matrix_file, state, partial, snapshot,
                       lock_hash, revision, started_at, finished_at, exit_status, cancel, trigger, ref))
BOOST_DESCRIBE_STRUCT(CellRow, (), (sweep, ordinal, cell, setup_key, plan_key, verdict, expectation, reason))
BOOST_DESCRIBE_STRUCT(SetupRow, (), (sweep, key, triple, toolchain, result, others))
BOOST_DESCRIBE_STRUCT(BatchRow, (),
                      (id, sweep, kind, cell, setup_key, after, lane, slots, priority, state,
                       definition_json))
BOOST_DESCRIBE_STRUCT(JobRow, (),
                      (id, sweep, batch, cell, stage, state, outcome, verdict, expectation, implied,
                       carried_from, input_key, reason, blocked_by, detail_json, started_at, finished_at,
                       next_reason))
BOOST_DESCRIBE_STRUCT(LeaseRow, (),
                      (id, batch, worker, instance, epoch, state, granted_at, ended_at, reason, held))
BOOST_DESCRIBE_STRUCT(AttemptRow, (),
                      (id, job, shard, n, reason, lease, epoch, worker, started_at, finished_at, outcome, log,
                       evidence))
BOOST_DESCRIBE_STRUCT(StaleResult, (), (id, attempt, worker, instance, epoch, why, log, received_at))
BOOST_DESCRIBE_STRUCT(UnitRow, (), (attempt, package, target, kind, harness, verdict, code))
BOOST_DESCRIBE_STRUCT(BlobRow, (), (hash, size, kind, created_at))
BOOST_DESCRIBE_STRUCT(EventRow, (), (sequence, sweep, kind, json, at))
BOOST_DESCRIBE_STRUCT(WorkerRow, (), (name, instance, last_seen, facts_json))
BOOST_DESCRIBE_STRUCT(LaneRow, (), (lane, sweep, cell))
BOOST_DESCRIBE_STRUCT(QuarantineRow, (), (worker, why, since))
BOOST_DESCRIBE_STRUCT(TokenRow, (), (name, role, hash, created_at, last_seen, revoked_at, pool))
BOOST_DESCRIBE_STRUCT(AuditRow, (), (id, at, who, what, detail_json))

// The value, or a failure that says why not.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error("unexpected error: " + result.error().message());
  return std::move(result).value();
}
inline void must(Status status) {
  if (!status) throw std::runtime_error("unexpected error: " + status.error().message());
}

template <class T>
void expect_same(const T& got, const T& wanted) {
  EXPECT_EQ(wire::to_text_json(got), wire::to_text_json(wanted));
}

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tripled-store-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    directory = pattern;
    database = directory / "tripled.db";
  }
  ~StoreTest() override {
    std::error_code ec;
    std::filesystem::remove_all(directory, ec);
  }

  StoreOptions options() const {
    StoreOptions out;
    out.path = database;
    out.ballast_bytes = 64u << 10;
    return out;
  }
  Result<Store> try_open() const { return Store::open(options()); }
  Store open() const { return must(try_open()); }
  Reader reader() const { return must(Reader::open(database)); }
  // Plain SQL beside the store's own calls.
  std::unique_ptr<Connection> raw() const {
    return must(Connection::open(database, Connection::Mode::read_write, Millis(1000)));
  }
  std::string sql(const std::string& query) const { return must(raw()->text(query)).value_or("NULL"); }

  // Everything that must hold whatever happened.
  void expect_sound() const {
    EXPECT_EQ(sql("PRAGMA integrity_check"), "ok");
    EXPECT_EQ(sql("SELECT count(*) FROM pragma_foreign_key_check"), "0");
  }

  std::filesystem::path directory, database;
};

inline Cell a_cell(const std::string& triple = "s390x-unknown-linux-gnu") {
  Cell cell;
  cell.id = triple + "/bare";
  cell.group = "bare";
  cell.triple = triple;
  cell.axes = {{"triple", triple}};
  cell.settings.scope = {"-p", "sample"};
  cell.settings.env = {{"A", "1"}, {"UNSET", std::nullopt}};
  return cell;
}

inline NewSweep a_sweep() {
  NewSweep sweep;
  sweep.plan.project.name = "sample";
  sweep.plan.project.source.path = "/src/sample";
  sweep.plan.cells = {a_cell()};
  sweep.matrix_file = "matrix.yaml";
  sweep.matrix_text = "triples: [s390x-unknown-linux-gnu]\n";
  sweep.started_at = 1000;
  return sweep;
}

struct Ids {
  SweepId sweep = 0;
  BatchId batch = 0;
  JobId job = 0;
  LeaseId lease = 0;
  AttemptId attempt = 0;
};

inline BatchRow a_batch(SweepId sweep) {
  BatchRow batch;
  batch.sweep = sweep;
  batch.cell = a_cell().id;
  return batch;
}

inline JobRow a_job(SweepId sweep, BatchId batch, Stage stage) {
  JobRow job;
  job.sweep = sweep;
  job.batch = batch;
  job.cell = a_cell().id;
  job.stage = stage;
  return job;
}

inline LeaseRow a_lease(BatchId batch, std::int64_t epoch) {
  LeaseRow lease;
  lease.batch = batch;
  lease.worker = "w1";
  lease.instance = "i1";
  lease.epoch = epoch;
  lease.granted_at = 1100;
  return lease;
}

inline AttemptRow an_attempt(JobId job, LeaseId lease, std::int64_t epoch) {
  AttemptRow attempt;
  attempt.job = job;
  attempt.lease = lease;
  attempt.epoch = epoch;
  attempt.worker = "w1";
  attempt.started_at = 1200;
  return attempt;
}

inline AttemptFinish a_finish(AttemptId attempt, std::int64_t epoch) {
  AttemptFinish finish;
  finish.attempt = attempt;
  finish.epoch = epoch;
  finish.finished_at = 1300;
  return finish;
}

// A sweep with one leased batch of one job, its attempt under way.
inline Ids start_attempt(Transaction& tx, Stage stage = Stage::execute) {
  Ids ids;
  ids.sweep = must(tx.create_sweep(a_sweep()));
  ids.batch = must(tx.put_batch(a_batch(ids.sweep)));
  ids.job = must(tx.put_job(a_job(ids.sweep, ids.batch, stage)));
  ids.lease = must(tx.put_lease(a_lease(ids.batch, 1)));
  ids.attempt = must(tx.create_attempt(an_attempt(ids.job, ids.lease, 1)));
  return ids;
}

inline Ids start_attempt(Store& store, Stage stage = Stage::execute) {
  Transaction tx = must(store.begin());
  Ids ids = start_attempt(tx, stage);
  must(tx.commit());
  return ids;
}

inline TestResult a_test(const std::string& name, TestState state = TestState::passed) {
  TestResult test;
  test.package = "sample";
  test.target = "sample";
  test.kind = "lib";
  test.test = name;
  test.state = state;
  test.duration_ms = 3;
  return test;
}

// With a store that is open.
class WritingTest : public StoreTest {
 protected:
  WritingTest() : store(open()) {}
  // One committed group of writes.
  template <class F>
  void write(F operations) {
    Transaction tx = must(store.begin());
    operations(tx);
    must(tx.commit());
  }
  BlobRef blob(Transaction& tx, const std::string& bytes, BlobClass kind) {
    BlobRef ref{sha256_hex(bytes), bytes.size()};
    must(tx.add_blob({ref.hash, ref.size, kind, 5}));
    return ref;
  }
  Store store;
};

}  // namespace tripled::store
