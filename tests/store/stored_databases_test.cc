// Databases as every earlier version wrote them (tests/fixtures/databases): they come forward, and what
// stands in them can be read.
#include "schema/base/file.h"
#include "tests/store/fixture.h"

namespace tripled::store {
namespace {

class StoredDatabase : public StoreTest, public ::testing::WithParamInterface<int> {
 protected:
  StoredDatabase() {
    auto dump = must(read_file(std::string(TRIPLED_SOURCE_DIR) + "/tests/fixtures/databases/v" +
                               std::to_string(GetParam()) + ".sql"));
    must(raw()->script(dump));
  }
};

TEST_P(StoredDatabase, ComesForward) {
  EXPECT_EQ(sql("PRAGMA user_version"), std::to_string(GetParam()));
  auto older = Reader::open(database);
  ASSERT_FALSE(older);
  EXPECT_NE(older.error().message().find("older schema"), std::string::npos) << older.error().message();
  { Store store = open(); }
  EXPECT_EQ(sql("PRAGMA user_version"), std::to_string(built_in_migrations().back().number));
  expect_sound();
}

TEST_P(StoredDatabase, IsReadLikeANewOne) {
  Store store = open();
  auto r = reader();
  EXPECT_EQ(must(r.sweeps({})).size(), 1u);
  auto sweep = must(r.load_sweep(1));
  EXPECT_EQ(sweep.row.state, SweepState::finished);
  EXPECT_EQ(sweep.row.cancel, Cancellation::none);
  EXPECT_TRUE(sweep.prepare.has_value());
  ASSERT_EQ(sweep.cells.size(), 2u);
  EXPECT_EQ(sweep.cells[0].verdict, Verdict::fail);
  EXPECT_EQ(sweep.cells[1].verdict, Verdict::excluded);
  ASSERT_EQ(sweep.jobs.size(), 5u);
  const auto& executed = sweep.jobs.back();
  EXPECT_EQ(executed.row.stage, Stage::execute);
  ASSERT_EQ(executed.attempts.size(), 2u);
  const auto& tests = executed.attempts[0].result->tests;
  ASSERT_EQ(tests.size(), 3u);
  EXPECT_EQ(tests[0].test, "tests::subtracts");
  EXPECT_EQ(tests[0].state, TestState::failed);
  EXPECT_NE(tests[0].message.find("not so"), std::string::npos) << tests[0].message;
  EXPECT_EQ(tests[1].state, TestState::ignored);
  EXPECT_EQ(tests[2].state, TestState::passed);
  EXPECT_FALSE(executed.attempts[0].row.log.hash.empty());
  TestListQuery query;
  query.project = sweep.row.project;
  query.units = {{"sample", "sample", "lib"}};
  auto lists = must(r.test_lists(query));
  ASSERT_EQ(lists.size(), 1u);
  EXPECT_EQ(lists[0].tests.size(), 3u);
  EXPECT_EQ(must(r.audit(10)).size(), 1u);
  EXPECT_EQ(must(r.stale_results(10)).size(), 1u);
  EXPECT_EQ(must(r.events(0, 0, 10)).size(), 1u);
  EXPECT_EQ(must(r.workers()).size(), 1u);
  EXPECT_EQ(must(r.tokens()).size(), GetParam() >= 3 ? 2u : 0u);
  EXPECT_EQ(must(r.restore()).quarantines.size(), 1u);
  EXPECT_EQ(must(r.id_counters()).attempt, 6);
}

TEST_P(StoredDatabase, TakesWhatIsNew) {
  Store store = open();
  auto ids = start_attempt(store);
  EXPECT_EQ(ids.sweep, 2);
  Transaction tx = must(store.begin());
  auto finish = a_finish(ids.attempt, 1);
  finish.result.tests = {a_test("tests::adds"), a_test("tests::left_out", TestState::skipped)};
  must(tx.finish_attempt(finish));
  must(tx.commit());
  EXPECT_EQ(must(reader().attempt_result(ids.attempt))->tests.size(), 2u);
  expect_sound();
}

INSTANTIATE_TEST_SUITE_P(OfVersion, StoredDatabase, ::testing::Range(1, built_in_migrations().back().number));

}  // namespace
}  // namespace tripled::store
