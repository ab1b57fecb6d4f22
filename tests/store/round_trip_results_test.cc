// What attempts, tests, blobs and the smaller tables hold comes back the same.
#include "tests/store/fixture.h"

namespace tripled::store {
namespace {

class RoundTripResults : public WritingTest {};

AttemptResult a_full_result() {
  AttemptResult result;
  result.process.outcome = Outcome::exited;
  result.process.code = 101;
  result.command = {"cargo", "test"};
  result.env = {{"RUSTFLAGS", "-Dwarnings"}};
  UnitResult failing{"sample", "sample", "lib", true, Verdict::fail, Diagnostic{}, 2, "", false};
  failing.first_error->code = "E0432";
  failing.first_error->message = "unresolved import";
  result.units = {failing,
                  {"sample", "cli", "bin", false, Verdict::blocked, std::nullopt, 0, "sample/sample", true}};
  result.errors = {*failing.first_error};
  return result;
}

TEST_F(RoundTripResults, AttemptWithResultUnitsAndBlobs) {
  AttemptFinish finish;
  Ids ids;
  write([&](Transaction& tx) {
    ids = start_attempt(tx, Stage::build);
    finish = a_finish(ids.attempt, 1);
    finish.result = a_full_result();
    finish.result.log = blob(tx, "the log", BlobClass::log);
    finish.result.evidence = blob(tx, "the evidence", BlobClass::evidence);
    must(tx.finish_attempt(finish));
  });
  Reader db = reader();
  const auto attempts = must(db.load_sweep(ids.sweep)).jobs.at(0).attempts;
  ASSERT_EQ(attempts.size(), 1u);
  AttemptRow row = an_attempt(ids.job, ids.lease, 1);
  row.id = ids.attempt;
  row.n = 1;
  row.finished_at = 1300;
  row.outcome = Outcome::exited;
  row.log = finish.result.log;
  row.evidence = finish.result.evidence;
  expect_same(attempts[0].row, row);
  ASSERT_TRUE(attempts[0].result);
  expect_same(*attempts[0].result, finish.result);
  const auto units = must(db.units(ids.attempt));
  ASSERT_EQ(units.size(), 2u);
  expect_same(units[0], UnitRow{ids.attempt, "sample", "sample", "lib", true, Verdict::fail, "E0432"});
  expect_same(units[1], UnitRow{ids.attempt, "sample", "cli", "bin", false, Verdict::blocked, ""});
  const auto blobs = must(db.blobs());
  ASSERT_EQ(blobs.size(), 2u);
  EXPECT_TRUE(must(db.has_blob(finish.result.log.hash)));
  EXPECT_FALSE(must(db.has_blob(sha256_hex("other"))));
}

TEST_F(RoundTripResults, TestsOfEveryStateAndFailure) {
  AttemptResult result;
  int n = 0;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<TestState>>(
      [&](auto d) { result.tests.push_back(a_test("state::" + std::to_string(n++), d.value)); });
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<TestFailureKind>>([&](auto d) {
    TestResult test = a_test("failure::" + std::to_string(n++), TestState::failed);
    test.failure = d.value;
    test.flaky = n % 2 == 0;
    test.suspect = n % 2 == 1;
    test.message = std::string(static_cast<std::size_t>(n) * 300, 'x') + "é";
    result.tests.push_back(test);
  });
  result.tests.push_back(a_test("failure::0"));  // another binary may list the same name
  result.tests.back().target = "integration";
  Ids ids;
  write([&](Transaction& tx) {
    ids = start_attempt(tx);
    AttemptFinish finish = a_finish(ids.attempt, 1);
    finish.result = result;
    must(tx.finish_attempt(finish));
  });
  // By binary, and in one by name.
  std::stable_sort(result.tests.begin(), result.tests.end() - 1,
                   [](const auto& x, const auto& y) { return x.test < y.test; });
  expect_same(*must(reader().attempt_result(ids.attempt)), result);
  // The numbers in the tables are those the SQL files explain.
  for (const auto& [table, words] : {std::pair("test_states", all_texts<TestState>()),
                                     std::pair("test_failures", all_texts<TestFailureKind>())})
    for (std::size_t i = 0; i < words.size(); ++i)
      EXPECT_EQ(sql("SELECT word FROM " + std::string(table) + " WHERE code = " + std::to_string(i)),
                words[i]);
}

// A binary's list is stored once however often it runs.
TEST_F(RoundTripResults, ListsOfTestsAreStoredOnce) {
  for (int night = 0; night < 3; ++night) {
    auto ids = start_attempt(store);
    write([&](Transaction& tx) {
      auto finish = a_finish(ids.attempt, 1);
      finish.result.tests = {a_test("b"), a_test("a", TestState::failed), a_test("b")};
      finish.result.tests[0].duration_ms = night;
      if (night == 2) finish.result.tests.pop_back();
      must(tx.finish_attempt(finish));
    });
    auto tests = must(reader().attempt_result(ids.attempt))->tests;
    ASSERT_EQ(tests.size(), night == 2 ? 2u : 3u);
    EXPECT_EQ(tests[0].state, TestState::failed);
    EXPECT_EQ(tests[1].duration_ms, night);
  }
  EXPECT_EQ(sql("SELECT count(*) FROM test_lists"), "2");
}

// What a result costs on disk, said by the test: 200 nights of a binary of 1,000 tests, of which few fail.
TEST_F(RoundTripResults, CostFewBytes) {
  auto bytes = [&] {
    must(raw()->script("PRAGMA wal_checkpoint(TRUNCATE)"));
    return std::filesystem::file_size(database);
  };
  const auto before = bytes();
  constexpr unsigned nights = 200, tests = 1000;
  unsigned x = 1;
  for (unsigned night = 0; night < nights; ++night) {
    auto ids = start_attempt(store);
    write([&](Transaction& tx) {
      auto finish = a_finish(ids.attempt, 1);
      for (unsigned i = 0; i < tests; ++i) {
        x = x * 1664525 + 1013904223;
        finish.result.tests.push_back(
            a_test("module" + std::to_string(i / 20) + "::tests::case_" + std::to_string(i)));
        finish.result.tests.back().duration_ms = (x >> 24) < 200 ? (x >> 16) % 3 : (x >> 16) % 50;
      }
      for (unsigned i = 0; i < 2; ++i) {
        auto& failed = finish.result.tests[(night + i * 500) % tests];
        failed.state = TestState::failed;
        failed.failure = TestFailureKind::assert_;
        failed.message = "assertion `left == right` failed\n  left: 1\n right: " + std::to_string(night);
      }
      must(tx.finish_attempt(finish));
    });
  }
  const double cost = static_cast<double>(bytes() - before) / (nights * tests);
  std::printf("%.2f bytes a result\n", cost);
  EXPECT_LT(cost, 5);
}

// Each word of the model is accepted by the CHECK of its column and read back.
TEST_F(RoundTripResults, EveryWordOfEveryEnum) {
  Ids ids;
  write([&](Transaction& tx) { ids = start_attempt(tx); });
  auto with_job = [&](auto change) {
    JobRow job = a_job(ids.sweep, ids.batch, Stage::execute);
    job.id = ids.job;
    change(job);
    write([&](Transaction& tx) { must(tx.update_job(job)); });
    expect_same(must(reader().load_sweep(ids.sweep)).jobs.at(0).row, job);
  };
  using boost::describe::describe_enumerators;
  using boost::mp11::mp_for_each;
  mp_for_each<describe_enumerators<JobState>>(
      [&](auto d) { with_job([&](JobRow& j) { j.state = d.value; }); });
  mp_for_each<describe_enumerators<Outcome>>(
      [&](auto d) { with_job([&](JobRow& j) { j.outcome = d.value; }); });
  mp_for_each<describe_enumerators<Verdict>>(
      [&](auto d) { with_job([&](JobRow& j) { j.verdict = d.value; }); });
  mp_for_each<describe_enumerators<Expectation>>(
      [&](auto d) { with_job([&](JobRow& j) { j.expectation = d.value; }); });
  mp_for_each<describe_enumerators<AttemptReason>>(
      [&](auto d) { with_job([&](JobRow& j) { j.next_reason = d.value; }); });
  write([&](Transaction& tx) {
    mp_for_each<describe_enumerators<LeaseState>>(
        [&](auto d) { must(tx.set_lease_state(ids.lease, d.value, std::nullopt, "")); });
    mp_for_each<describe_enumerators<BatchState>>(
        [&](auto d) { must(tx.set_batch_state(ids.batch, d.value)); });
    mp_for_each<describe_enumerators<SweepState>>(
        [&](auto d) { must(tx.set_sweep_state(ids.sweep, d.value)); });
    mp_for_each<describe_enumerators<Verdict>>(
        [&](auto d) { must(tx.set_cell_verdict(ids.sweep, a_cell().id, d.value, Expectation::met, "")); });
    mp_for_each<describe_enumerators<BatchKind>>([&](auto d) {
      BatchRow batch = a_batch(ids.sweep);
      batch.kind = d.value;
      must(tx.put_batch(batch));
    });
    mp_for_each<describe_enumerators<AttemptReason>>([&](auto d) {
      AttemptRow attempt = an_attempt(ids.job, ids.lease, 1);
      attempt.reason = d.value;
      must(tx.create_attempt(attempt));
    });
    mp_for_each<describe_enumerators<Stage>>([&](auto d) {
      if (d.value != Stage::execute) must(tx.put_job(a_job(ids.sweep, ids.batch, d.value)));
    });
    mp_for_each<describe_enumerators<BlobClass>>([&](auto d) {
      must(tx.add_blob({sha256_hex(d.name), 1, d.value, 1}));
    });
  });
  EXPECT_EQ(must(reader().blobs()).size(), all_texts<BlobClass>().size());
  EXPECT_EQ(must(reader().load_sweep(ids.sweep)).batches.size(), 1 + all_texts<BatchKind>().size());
}

TEST_F(RoundTripResults, StaleResultsEventsWorkersAuditMeta) {
  BlobRef log;
  SweepId sweep = 0;
  write([&](Transaction& tx) {
    sweep = must(tx.create_sweep(a_sweep()));
    log = blob(tx, "late", BlobClass::log);
    must(tx.add_stale_result({0, 12345, "w1", "i1", 3, "older epoch", log, 9}));
    EXPECT_EQ(must(tx.append_event({0, sweep, "cell-finished", R"({"cell":"x"})", 4})), 1);
    EXPECT_EQ(must(tx.append_event({0, 0, "worker", "{}", 5})), 2);
    must(tx.put_worker({"w1", "i0", 1, "{}"}));
    must(tx.put_worker({"w1", "i1", 2, R"({"kernel":"6.1"})"}));
    must(tx.add_audit({0, 6, "admin", "cancel sweep 1", "{}"}));
    must(tx.add_token({"ci", Role::submitter, "hash-1", 7, {}, {}}));
    must(tx.touch_token("ci", 8));
    EXPECT_EQ(tx.add_token({"ci", Role::viewer, "hash-2", 9, {}, {}}).error().kind(), ErrorKind::conflict);
    EXPECT_EQ(tx.add_token({"other", Role::none, "hash-3", 9, {}, {}}).error().kind(), ErrorKind::usage);
    must(tx.revoke_token("ci", 10));
    EXPECT_EQ(tx.revoke_token("ci", 11).error().kind(), ErrorKind::usage);
    must(tx.set_meta("note", "a"));
    must(tx.set_meta("note", "b"));
  });
  Reader db = reader();
  expect_same(must(db.stale_results(10)).at(0), StaleResult{1, 12345, "w1", "i1", 3, "older epoch", log, 9});
  const auto events = must(db.events(0, 0, 10));
  ASSERT_EQ(events.size(), 2u);
  expect_same(events[0], EventRow{1, sweep, "cell-finished", R"({"cell":"x"})", 4});
  expect_same(events[1], EventRow{2, 0, "worker", "{}", 5});
  EXPECT_EQ(must(db.events(1, 0, 10)).size(), 1u);
  EXPECT_EQ(must(db.events(0, sweep, 10)).size(), 1u);
  const auto workers = must(db.workers());
  ASSERT_EQ(workers.size(), 1u);
  expect_same(workers[0], WorkerRow{"w1", "i1", 2, R"({"kernel":"6.1"})"});
  expect_same(must(db.audit(10)).at(0), AuditRow{1, 6, "admin", "cancel sweep 1", "{}"});
  ASSERT_EQ(must(db.tokens()).size(), 1u);
  expect_same(must(db.tokens()).at(0), TokenRow{"ci", Role::submitter, "hash-1", 7, 8, 10});
  EXPECT_EQ(must(db.meta("note")).value_or(""), "b");
  write([&](Transaction& tx) { must(tx.prune_events(1)); });
  EXPECT_EQ(must(db.events(0, 0, 10)).at(0).sequence, 2);
  expect_sound();
}

}  // namespace
}  // namespace tripled::store
