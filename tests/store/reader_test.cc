// What people and the scheduler ask for.
#include <thread>

#include "tests/store/fixture.h"

namespace tripled::store {
namespace {

class Reading : public WritingTest {
 protected:
  SweepId add(const std::string& path, const std::string& matrix, bool partial = false) {
    NewSweep sweep = a_sweep();
    sweep.plan.project.source.path = path;
    sweep.plan.partial = partial;
    sweep.matrix_file = matrix;
    SweepId id = 0;
    write([&](Transaction& tx) { id = must(tx.create_sweep(sweep)); });
    return id;
  }
  static std::vector<SweepId> ids_of(const std::vector<SweepRow>& rows) {
    std::vector<SweepId> out;
    for (const auto& row : rows) out.push_back(row.id);
    return out;
  }
  // A finished execute attempt of `cell` that reported these tests.
  void list(SweepId sweep, const std::string& cell, const std::vector<TestResult>& tests) {
    write([&](Transaction& tx) {
      BatchRow batch = a_batch(sweep);
      batch.cell = cell;
      JobRow job = a_job(sweep, must(tx.put_batch(batch)), Stage::execute);
      job.cell = cell;
      AttemptFinish finish = a_finish(must(tx.create_attempt(an_attempt(must(tx.put_job(job)), 0, 0))), 0);
      finish.result.tests = tests;
      must(tx.finish_attempt(finish));
    });
  }
};

TEST_F(Reading, SweepsAreFoundByProjectMatrixStateAndPage) {
  const SweepId a = add("/a", "m.yaml"), b = add("/a", "n.yaml"), c = add("/b", "m.yaml"),
                d = add("/a", "m.yaml", true);
  write([&](Transaction& tx) {
    must(tx.finish_sweep(a, SweepState::finished, 0, 9));
    must(tx.finish_sweep(b, SweepState::interrupted, 130, 9));
  });
  Reader db = reader();
  SweepQuery query;
  EXPECT_EQ(ids_of(must(db.sweeps(query))), (std::vector<SweepId>{d, c, b, a}));
  query.limit = 2;
  query.before = c;
  EXPECT_EQ(ids_of(must(db.sweeps(query))), (std::vector<SweepId>{b, a}));
  query = {};
  query.project = must(db.sweep(a))->project;
  query.matrix_file = "m.yaml";
  EXPECT_EQ(must(db.last_sweep(query))->id, d);
  query.full_only = true;
  EXPECT_EQ(must(db.last_sweep(query))->id, a);
  query.state = SweepState::running;
  EXPECT_FALSE(must(db.last_sweep(query)));
  EXPECT_EQ(ids_of(must(db.unfinished_sweeps())), (std::vector<SweepId>{d, c, b}));
  EXPECT_FALSE(must(db.sweep(999)));
  EXPECT_EQ(db.load_sweep(999).error().kind(), ErrorKind::usage);
}

TEST_F(Reading, RestoreBringsRunningSweepsAndTheOneToResume) {
  const SweepId running = add("/a", "m.yaml"), interrupted = add("/a", "m.yaml"),
                finished = add("/a", "m.yaml");
  write([&](Transaction& tx) {
    for (SweepId id : {running, interrupted, finished}) {
      const BatchId batch = must(tx.put_batch(a_batch(id)));
      const JobId job = must(tx.put_job(a_job(id, batch, Stage::check)));
      const LeaseId lease = must(tx.put_lease(a_lease(batch, 1)));
      must(tx.create_attempt(an_attempt(job, lease, 1)));
      must(tx.set_lane({"lane-" + std::to_string(id), id, a_cell().id}));
    }
    must(tx.finish_sweep(interrupted, SweepState::interrupted, 130, 9));
    must(tx.finish_sweep(finished, SweepState::finished, 0, 9));
  });
  Reader db = reader();
  RestoredState got = must(db.restore());
  EXPECT_EQ(ids_of(got.sweeps), (std::vector<SweepId>{running}));
  got = must(db.restore(interrupted));
  EXPECT_EQ(ids_of(got.sweeps), (std::vector<SweepId>{running, interrupted}));
  EXPECT_EQ(got.batches.size(), 2u);
  EXPECT_EQ(got.jobs.size(), 2u);
  EXPECT_EQ(got.leases.size(), 2u);
  EXPECT_EQ(got.attempts.size(), 2u);
  EXPECT_EQ(got.lanes.size(), 2u);
}

TEST_F(Reading, ResultsAreLeftOutOnRequest) {
  SweepId sweep = add("/a", "m.yaml");
  list(sweep, a_cell().id, {a_test("one")});
  Reader db = reader();
  EXPECT_TRUE(must(db.load_sweep(sweep)).jobs.at(0).attempts.at(0).result);
  const SweepRecord rows_only = must(db.load_sweep(sweep, Reader::Results::no));
  EXPECT_FALSE(rows_only.jobs.at(0).attempts.at(0).result);
  EXPECT_TRUE(rows_only.jobs.at(0).attempts.at(0).row.finished_at);
}

TEST_F(Reading, CommittedDataIsSeenWhileAWriterWorks) {
  const SweepId first = add("/a", "m.yaml");
  Reader db = reader();
  Transaction tx = must(store.begin());
  const SweepId second = must(tx.create_sweep(a_sweep()));
  EXPECT_TRUE(must(db.sweep(first)));
  EXPECT_FALSE(must(db.sweep(second))) << "not committed yet";
  must(tx.commit());
  EXPECT_TRUE(must(db.sweep(second)));
}

TEST_F(Reading, ReaderInAnotherThreadNeverSeesHalfAGroup) {
  constexpr int groups = 60;
  bool failed = false;
  std::thread looking([&] {
    auto db = Reader::open(database);
    for (int i = 0; db && i < 100; ++i) {
      auto state = db->restore();
      // Every group adds one row to each table.
      failed = failed || !state || state->sweeps.size() != state->jobs.size() ||
               state->jobs.size() != state->leases.size() || state->leases.size() != state->attempts.size();
    }
    failed = failed || !db;
  });
  for (int i = 0; i < groups; ++i) start_attempt(store);
  looking.join();
  EXPECT_FALSE(failed);
  EXPECT_EQ(must(reader().restore()).sweeps.size(), static_cast<std::size_t>(groups));
}

TEST_F(Reading, TestListsComeFromTheNewestSweepThatHasThem) {
  const std::string other = a_cell("x86_64-unknown-linux-gnu").id, bare = a_cell().id;
  auto sweep = [&] {
    NewSweep s = a_sweep();
    s.plan.cells.push_back(a_cell("x86_64-unknown-linux-gnu"));
    SweepId id = 0;
    write([&](Transaction& tx) { id = must(tx.create_sweep(s)); });
    return id;
  };
  TestResult integration = a_test("it_works");
  integration.target = "integration";
  integration.kind = "test";
  const SweepId first = sweep();
  list(first, bare, {a_test("b"), a_test("a", TestState::ignored), integration});
  const SweepId second = sweep();
  list(second, bare, {a_test("a"), a_test("b"), a_test("c")});
  list(second, other, {a_test("a"), a_test("b")});
  const SweepId third = sweep();

  TestListQuery query;
  Reader db = reader();
  query.project = must(db.sweep(first))->project;
  query.before = third;
  query.units = {{"sample", "sample", "lib"}, {"sample", "integration", "test"}, {"sample", "never", "test"}};
  auto lists = must(db.test_lists(query));
  ASSERT_EQ(lists.size(), 2u);
  EXPECT_EQ(lists[0].sweep, second);
  EXPECT_EQ(lists[0].cell, bare) << "lists most";
  EXPECT_EQ(lists[0].tests.size(), 3u);
  EXPECT_EQ(lists[1].sweep, first);
  EXPECT_EQ(lists[1].unit.target, "integration");

  query.preferred_cells = {"no such cell", other};
  lists = must(db.test_lists(query));
  EXPECT_EQ(lists[0].cell, other);

  query.before = second;
  lists = must(db.test_lists(query));
  ASSERT_EQ(lists.size(), 2u);
  for (const TestList& one : lists) {
    EXPECT_EQ(one.sweep, first);
    if (one.unit.kind != "lib") continue;
    ASSERT_EQ(one.tests.size(), 2u);
    EXPECT_EQ(one.tests[0].test, "a");
    EXPECT_TRUE(one.tests[0].ignored);
    EXPECT_FALSE(one.tests[1].ignored);
  }
}

TEST_F(Reading, LogsOfACellByStage) {
  Ids ids;
  BlobRef log{sha256_hex("log"), 3};
  write([&](Transaction& tx) {
    ids = start_attempt(tx, Stage::build);
    must(tx.add_blob({log.hash, log.size, BlobClass::log, 1}));
    AttemptFinish finish = a_finish(ids.attempt, 1);
    finish.result.log = log;
    must(tx.finish_attempt(finish));
    must(tx.create_attempt(an_attempt(ids.job, ids.lease, 1)));  // no log yet
    BatchRow prepare;
    prepare.sweep = ids.sweep;
    prepare.kind = BatchKind::prepare;
    JobRow job;
    job.sweep = ids.sweep;
    job.batch = must(tx.put_batch(prepare));
    finish = a_finish(must(tx.create_attempt(an_attempt(must(tx.put_job(job)), 0, 0))), 0);
    finish.result.log = log;
    must(tx.finish_attempt(finish));
  });
  Reader db = reader();
  auto logs = must(db.logs(ids.sweep, a_cell().id, Stage::build));
  ASSERT_EQ(logs.size(), 1u);
  EXPECT_EQ(logs[0].attempt.log.hash, log.hash);
  EXPECT_EQ(logs[0].attempt.log.size, 3u);
  EXPECT_EQ(logs[0].attempt.n, 1);
  EXPECT_EQ(logs[0].stage, Stage::build);
  EXPECT_EQ(must(db.logs(ids.sweep, a_cell().id, std::nullopt)).size(), 1u);
  EXPECT_TRUE(must(db.logs(ids.sweep, a_cell().id, Stage::check)).empty());
  logs = must(db.logs(ids.sweep, "", std::nullopt));
  ASSERT_EQ(logs.size(), 1u);
  EXPECT_EQ(logs[0].kind, BatchKind::prepare);
}

TEST_F(Reading, WalStaysBoundedWhileItIsTended) {
  for (int i = 0; i < 50; ++i) start_attempt(store);
  ASSERT_TRUE(store.tend());
  EXPECT_EQ(store.health(), Health::ok);
  const auto before = std::filesystem::file_size(database.string() + "-wal");
  for (int i = 0; i < 10; ++i) start_attempt(store);
  EXPECT_LE(std::filesystem::file_size(database.string() + "-wal"), before) << "it begins again at its start";
}

TEST_F(Reading, UnknownWordIsAnErrorNotADefault) {
  const SweepId sweep = add("/a", "m.yaml");
  must(raw()->script("INSERT INTO blobs VALUES ('x', 1, 'hologram', 1)"));
  auto blobs = reader().blobs();
  ASSERT_FALSE(blobs);
  EXPECT_NE(blobs.error().message().find("hologram"), std::string::npos);
  must(raw()->script("UPDATE cells SET doc = '{'"));
  EXPECT_FALSE(reader().load_sweep(sweep));
}

TEST_F(Reading, DurationsAreThoseOfTheLastWholeFinishedSweepOfTheMatrix) {
  auto swept = [&](const std::string& matrix, UnixMs took, bool finished) {
    const SweepId id = add("/a", matrix);
    write([&](Transaction& tx) {
      const BatchId batch = must(tx.put_batch(a_batch(id)));
      for (Stage stage : {Stage::check, Stage::build, Stage::execute}) {
        JobRow job = a_job(id, batch, stage);
        job.started_at = 1000;
        job.finished_at = 1000 + (stage == Stage::execute ? 10 * took : took);
        must(tx.put_job(job));
      }
      if (finished) must(tx.finish_sweep(id, SweepState::finished, 0, 5000));
    });
    return id;
  };
  swept("a.yaml", 7, true);
  swept("a.yaml", 30, true);
  swept("b.yaml", 500, true);
  swept("a.yaml", 900, false);
  const SweepId now = swept("a.yaml", 0, false), first = swept("c.yaml", 0, false);
  write([&](Transaction& tx) {
    auto durations = must(tx.earlier_durations(now));
    ASSERT_EQ(durations.size(), 1u);
    EXPECT_EQ(durations.at(a_cell().id).compile, 60);
    EXPECT_EQ(durations.at(a_cell().id).execute, 300);
    EXPECT_TRUE(must(tx.earlier_durations(first)).empty());
  });
}

}  // namespace
}  // namespace tripled::store
