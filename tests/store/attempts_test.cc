// Each attempt has exactly one result, and only the newest lease of a batch may give it.
#include "schema/base/hash.h"
#include "tests/store/fixture.h"

namespace tripled::store {
namespace {

class Attempts : public StoreTest {
 protected:
  Attempts() : store(open()), ids(start_attempt(store)) {}
  Status finish(const AttemptFinish& what) {
    Transaction tx = must(store.begin());
    Status done = tx.finish_attempt(what);
    must(tx.commit());
    return done;
  }
  Store store;
  Ids ids;
};

TEST_F(Attempts, SecondResultIsAConflictAndChangesNothing) {
  AttemptFinish first = a_finish(ids.attempt, 1);
  first.result.tests = {a_test("one")};
  ASSERT_TRUE(finish(first));
  AttemptFinish second = a_finish(ids.attempt, 1);
  second.outcome = Outcome::timed_out;
  second.result.tests = {a_test("one"), a_test("two")};
  const Status again = finish(second);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind(), ErrorKind::conflict);
  EXPECT_NE(again.error().message().find("has its result already"), std::string::npos)
      << again.error().message();
  EXPECT_EQ(must(reader().attempt_result(ids.attempt))->tests.size(), 1u);
  EXPECT_EQ(sql("SELECT outcome FROM attempts"), "exited");
}

TEST_F(Attempts, ConflictLeavesTheRestOfTheGroup) {
  ASSERT_TRUE(finish(a_finish(ids.attempt, 1)));
  Transaction tx = must(store.begin());
  must(tx.set_job_state(ids.job, JobState::done));
  EXPECT_EQ(tx.finish_attempt(a_finish(ids.attempt, 1)).error().kind(), ErrorKind::conflict);
  must(tx.set_batch_state(ids.batch, BatchState::done));
  ASSERT_TRUE(tx.commit());
  EXPECT_EQ(sql("SELECT j.state || b.state FROM jobs j JOIN batches b ON b.id = j.batch"), "donedone");
}

TEST_F(Attempts, SecondResultInTheSameGroupIsAConflictToo) {
  Transaction tx = must(store.begin());
  ASSERT_TRUE(tx.finish_attempt(a_finish(ids.attempt, 1)));
  EXPECT_EQ(tx.finish_attempt(a_finish(ids.attempt, 1)).error().kind(), ErrorKind::conflict);
  ASSERT_TRUE(tx.commit());
}

TEST_F(Attempts, EvenSqlCannotChangeAResult) {
  ASSERT_TRUE(finish(a_finish(ids.attempt, 1)));
  auto changed = raw()->script("UPDATE attempts SET outcome = 'signalled'");
  ASSERT_FALSE(changed);
  EXPECT_NE(changed.error().message().find("exactly one result"), std::string::npos);
}

TEST_F(Attempts, ResultOfAnOlderEpochIsRefused) {
  {
    Transaction tx = must(store.begin());
    must(tx.set_lease_state(ids.lease, LeaseState::expired, 1400, "silent"));
    must(tx.commit());
  }
  {
    // Until the batch is granted again the silent worker's result is as good as any.
    Transaction tx = must(store.begin());
    EXPECT_TRUE(tx.finish_attempt(a_finish(ids.attempt, 1)));
    tx.rollback();
  }
  Transaction tx = must(store.begin());
  must(tx.put_lease(a_lease(ids.batch, 2)));
  const Status late = tx.finish_attempt(a_finish(ids.attempt, 1));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind(), ErrorKind::conflict);
  EXPECT_NE(late.error().message().find("granted again"), std::string::npos) << late.error().message();
  EXPECT_EQ(tx.finish_attempt(a_finish(ids.attempt, 2)).error().kind(), ErrorKind::conflict);
  // The daemon itself may say that it is lost.
  AttemptFinish lost = a_finish(ids.attempt, 0);
  lost.epoch = std::nullopt;
  lost.outcome = Outcome::worker_lost;
  EXPECT_TRUE(tx.finish_attempt(lost));
  ASSERT_TRUE(tx.commit());
  EXPECT_EQ(sql("SELECT outcome FROM attempts"), "worker-lost");
}

TEST_F(Attempts, UnknownAttemptAndUnrecordedBlobAreUsageErrors) {
  EXPECT_EQ(finish(a_finish(999, 1)).error().kind(), ErrorKind::usage);
  AttemptFinish naming = a_finish(ids.attempt, 1);
  naming.result.log = {sha256_hex("never stored"), 12};
  const Status refused = finish(naming);
  EXPECT_EQ(refused.error().kind(), ErrorKind::usage);
  EXPECT_EQ(sql("SELECT finished_at FROM attempts"), "NULL");
}

TEST_F(Attempts, BatchHasAtMostOneHeldLease) {
  Transaction tx = must(store.begin());
  EXPECT_EQ(tx.put_lease(a_lease(ids.batch, 2)).error().kind(), ErrorKind::conflict);
  must(tx.set_lease_state(ids.lease, LeaseState::revoked, 1400, "cancel", true));
  EXPECT_EQ(tx.put_lease(a_lease(ids.batch, 2)).error().kind(), ErrorKind::conflict);
  must(tx.set_lease_state(ids.lease, LeaseState::revoked, 1400, "cancel"));
  EXPECT_EQ(tx.put_lease(a_lease(ids.batch, 1)).error().kind(), ErrorKind::conflict);
  EXPECT_TRUE(tx.put_lease(a_lease(ids.batch, 2)));
  EXPECT_TRUE(tx.commit());
}

TEST_F(Attempts, NumbersGrowPerJobAndShard) {
  Transaction tx = must(store.begin());
  AttemptRow other = an_attempt(ids.job, ids.lease, 1);
  must(tx.create_attempt(other));
  other.shard = 1;
  must(tx.create_attempt(other));
  must(tx.commit());
  const auto attempts = must(reader().load_sweep(ids.sweep)).jobs.at(0).attempts;
  ASSERT_EQ(attempts.size(), 3u);
  EXPECT_EQ(attempts[0].row.n, 1);
  EXPECT_EQ(attempts[1].row.n, 2);
  EXPECT_EQ(attempts[2].row.n, 1);
  EXPECT_EQ(attempts[2].row.shard, 1);
}

TEST_F(Attempts, BrokenOperationSpoilsTheGroup) {
  Transaction tx = must(store.begin());
  must(tx.set_job_state(ids.job, JobState::done));
  const auto orphan = tx.put_job(a_job(ids.sweep, 999, Stage::check));  // no such batch
  ASSERT_FALSE(orphan);
  const Status committed = tx.commit();
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().message(), orphan.error().message());
  EXPECT_EQ(sql("SELECT state FROM jobs"), "blocked");
  EXPECT_EQ(store.health(), Health::ok);
}

TEST_F(Attempts, NamesOfARolledBackGroupAreNotReused) {
  AttemptFinish finished = a_finish(ids.attempt, 1);
  finished.result.tests = {a_test("only::in::memory")};
  {
    Transaction tx = must(store.begin());
    must(tx.finish_attempt(finished));
  }
  Transaction tx = must(store.begin());
  must(tx.finish_attempt(finished));
  ASSERT_TRUE(tx.commit());
  EXPECT_EQ(must(reader().attempt_result(ids.attempt))->tests.at(0).test, "only::in::memory");
  expect_sound();
}

TEST_F(Attempts, BlobsThatNothingNamesAreForgotten) {
  AttemptFinish finished = a_finish(ids.attempt, 1);
  finished.result.log = {sha256_hex("log"), 3};
  Transaction tx = must(store.begin());
  must(tx.add_blob({finished.result.log.hash, 3, BlobClass::log, 10}));
  must(tx.add_blob({sha256_hex("orphan"), 6, BlobClass::evidence, 10}));
  must(tx.add_blob({sha256_hex("young"), 5, BlobClass::evidence, 90}));
  must(tx.finish_attempt(finished));
  EXPECT_EQ(must(tx.forget_unreferenced_blobs(50, 100)), std::vector<std::string>{sha256_hex("orphan")});
  must(tx.delete_sweep(ids.sweep));
  EXPECT_EQ(must(tx.forget_unreferenced_blobs(50, 100)), std::vector<std::string>{finished.result.log.hash});
  ASSERT_TRUE(tx.commit());
  EXPECT_EQ(must(reader().blobs()).size(), 1u);
  expect_sound();
}

TEST_F(Attempts, DeletedSweepLeavesNothingAndItsIdIsNotUsedAgain) {
  AttemptFinish finished = a_finish(ids.attempt, 1);
  finished.result.tests = {a_test("one")};
  finished.result.units.resize(2);
  ASSERT_TRUE(finish(finished));
  Transaction tx = must(store.begin());
  must(tx.append_event({0, ids.sweep, "x", "{}", 1}));
  must(tx.set_lane({"lane", ids.sweep, a_cell().id}));
  must(tx.delete_sweep(ids.sweep));
  const Ids next = start_attempt(tx);
  ASSERT_TRUE(tx.commit());
  EXPECT_GT(next.sweep, ids.sweep);
  EXPECT_GT(next.batch, ids.batch);
  EXPECT_GT(next.job, ids.job);
  EXPECT_GT(next.lease, ids.lease);
  EXPECT_GT(next.attempt, ids.attempt);
  EXPECT_EQ(
      sql("SELECT (SELECT count(*) FROM test_runs) + (SELECT count(*) FROM units) + (SELECT count(*) FROM "
          "events) + "
          "(SELECT count(*) FROM lanes)"),
      "0");
  const IdCounters counters = must(reader().id_counters());
  EXPECT_EQ(counters.sweep, next.sweep);
  EXPECT_EQ(counters.lease, next.lease);
  EXPECT_EQ(counters.attempt, next.attempt);
  expect_sound();
}

}  // namespace
}  // namespace tripled::store
