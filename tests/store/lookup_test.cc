// What is looked up page by page, what a rerun keeps, and lines of a log.
#include <zstd.h>

#include "daemon/store/log_lines.h"
#include "tests/store/fixture.h"

namespace tripled::store {
namespace {

std::string packed(const std::string& plain) {
  std::string out(ZSTD_compressBound(plain.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), 1));
  return out;
}

class RerunRowsTest : public WritingTest {
 protected:
  // A finished execute job with one failed attempt.
  Ids failed_job() {
    Ids ids;
    write([&](Transaction& tx) {
      ids = start_attempt(tx);
      auto finish = a_finish(ids.attempt, 1);
      finish.result.tests = {a_test("a", TestState::failed)};
      must(tx.finish_attempt(finish));
      auto row = a_job(ids.sweep, ids.batch, Stage::execute);
      row.id = ids.job;
      row.state = JobState::done;
      row.outcome = Outcome::exited;
      row.verdict = Verdict::fail;
      row.expectation = Expectation::unmet;
      row.reason = "1 test fails";
      row.finished_at = 1300;
      must(tx.update_job(row));
      must(tx.set_batch_state(ids.batch, BatchState::done));
    });
    return ids;
  }
};

TEST_F(RerunRowsTest, WhatWasConcludedIsKeptBesideTheReopenedJob) {
  auto ids = failed_job();
  auto was = *must(reader().job(ids.job));
  write([&](Transaction& tx) { must(tx.reopen_job(was, 5000, "ann")); });
  auto now = *must(reader().job(ids.job));
  EXPECT_EQ(now.state, JobState::blocked);
  EXPECT_EQ(now.next_reason, AttemptReason::rerun);
  EXPECT_FALSE(now.verdict || now.outcome || now.finished_at);
  EXPECT_EQ(now.reason, "");
  EXPECT_EQ(now.cell, was.cell);
  EXPECT_EQ(sql("SELECT state FROM batches"), "open");
  auto earlier = must(reader().earlier_verdicts(ids.job));
  ASSERT_EQ(earlier.size(), 1u);
  EXPECT_EQ(earlier[0].verdict, Verdict::fail);
  EXPECT_EQ(earlier[0].expectation, Expectation::unmet);
  EXPECT_EQ(earlier[0].reason, "1 test fails");
  EXPECT_EQ(earlier[0].last_attempt, ids.attempt);
  EXPECT_EQ(earlier[0].finished_at, 1300);
  EXPECT_EQ(earlier[0].reopened_at, 5000);
  EXPECT_EQ(earlier[0].who, "ann");
  expect_sound();
}

TEST_F(RerunRowsTest, AVerdictThatRestsOnAVoidAttemptIsVoidUntilItIsReopened) {
  auto ids = failed_job();
  auto was = *must(reader().job(ids.job));
  EXPECT_FALSE(must(reader().is_void(was)));
  write([&](Transaction& tx) {
    must(tx.void_attempts({an_attempt(ids.job, ids.lease, 1).worker, 0, 99'999}, 6000));
  });
  EXPECT_TRUE(must(reader().is_void(was)));
  EXPECT_TRUE(must(reader().load_sweep(ids.sweep)).jobs.front().voided);
  write([&](Transaction& tx) { must(tx.reopen_job(was, 7000, "ann", true)); });
  const auto job = must(reader().load_sweep(ids.sweep)).jobs.front();
  EXPECT_FALSE(job.voided);
  ASSERT_EQ(job.earlier.size(), 1u);
  EXPECT_TRUE(job.earlier[0].voided);
  EXPECT_TRUE(must(reader().earlier_verdicts(ids.job)).front().voided);
}

TEST_F(RerunRowsTest, AVoidShardIsVoidOfTheWholeJob) {
  auto ids = failed_job();
  AttemptId late = 0;
  write([&](Transaction& tx) {
    auto shard = a_job(ids.sweep, ids.batch, Stage::execute);
    shard.shard = 1;
    shard.shard_of = ids.job;
    auto attempt = an_attempt(must(tx.put_job(shard)), ids.lease, 1);
    attempt.worker = "w2";
    late = must(tx.create_attempt(attempt));
    must(tx.finish_attempt(a_finish(late, 1)));
    EXPECT_EQ(must(tx.void_attempts({"w2", 0, 99'999}, 6000)), 1);
  });
  EXPECT_TRUE(must(reader().is_void(*must(reader().job(ids.job)))));
  EXPECT_EQ(must(reader().voided_attempts(ids.job)), std::set<AttemptId>{late});
}

TEST_F(RerunRowsTest, ResultsOfAnEarlierVerdictAreNotLoaded) {
  auto ids = failed_job();
  auto was = *must(reader().job(ids.job));
  AttemptId second = 0;
  write([&](Transaction& tx) {
    must(tx.reopen_job(was, 5000, "ann"));
    must(tx.set_lease_state(ids.lease, LeaseState::completed, 1400, ""));
    auto attempt = an_attempt(ids.job, must(tx.put_lease(a_lease(ids.batch, 2))), 2);
    attempt.reason = AttemptReason::rerun;
    second = must(tx.create_attempt(attempt));
    must(tx.finish_attempt(a_finish(second, 2)));
  });
  auto record = must(reader().load_sweep(ids.sweep));
  const auto& job = record.jobs.front();
  EXPECT_EQ(job.superseded, ids.attempt);
  ASSERT_EQ(job.attempts.size(), 2u);
  EXPECT_FALSE(job.attempts[0].result);
  EXPECT_TRUE(job.attempts[1].result);
  EXPECT_TRUE(must(reader().attempt_result(ids.attempt))) << "it is there for who asks";
}

TEST_F(RerunRowsTest, SetupsAndPrepareAreForgotten) {
  SweepId sweep = 0;
  write([&](Transaction& tx) {
    sweep = must(tx.create_sweep(a_sweep()));
    PrepareResult prepared;
    prepared.snapshot = "s1";
    must(tx.set_prepared(sweep, prepared));
    SetupRow setup;
    setup.sweep = sweep;
    setup.key = "k";
    setup.result.emplace();
    must(tx.put_setup(setup));
  });
  write([&](Transaction& tx) {
    must(tx.reopen_setup(sweep, "k"));
    must(tx.forget_prepared(sweep));
    EXPECT_FALSE(tx.reopen_setup(sweep, "unknown"));
  });
  auto record = must(reader().load_sweep(sweep));
  EXPECT_FALSE(record.prepare);
  EXPECT_EQ(record.row.snapshot, "");
  ASSERT_EQ(record.setups.size(), 1u);
  EXPECT_FALSE(record.setups[0].result);
}

TEST_F(RerunRowsTest, PreparationJobsHaveTheirTriple) {
  SweepId sweep = 0;
  write([&](Transaction& tx) {
    sweep = must(tx.create_sweep(a_sweep()));
    SetupRow setup;
    setup.sweep = sweep;
    setup.key = "k";
    setup.triple = "s390x-unknown-linux-gnu";
    must(tx.put_setup(setup));
    for (auto kind : {BatchKind::prepare, BatchKind::setup}) {
      BatchRow batch;
      batch.sweep = sweep;
      batch.kind = kind;
      if (kind == BatchKind::setup) batch.setup_key = "k";
      JobRow job;
      job.sweep = sweep;
      job.batch = must(tx.put_batch(batch));
      must(tx.put_job(job));
    }
  });
  auto jobs = must(reader().preparation(sweep));
  ASSERT_EQ(jobs.size(), 2u);
  EXPECT_EQ(jobs[0].kind, BatchKind::prepare);
  EXPECT_EQ(jobs[0].triple, "");
  EXPECT_EQ(jobs[1].kind, BatchKind::setup);
  EXPECT_EQ(jobs[1].triple, "s390x-unknown-linux-gnu");
}

TEST_F(RerunRowsTest, AReadThatTakesTooLongEnds) {
  write([&](Transaction& tx) {
    auto sweep = a_sweep();
    for (int i = 0; i < 3000; ++i) sweep.plan.cells.push_back(a_cell("t" + std::to_string(i)));
    must(tx.create_sweep(sweep));
  });
  auto r = reader();
  EXPECT_EQ(must(r.cells(1)).size(), 3001u);
  r.limit_time(Millis(0));
  auto late = r.cells(1);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind(), ErrorKind::timeout);
}

LogLines lines(const std::string& plain, LineRange range) {
  return must(read_log_lines(packed(plain), range));
}

TEST(LogLines, FromTheFrontOrTheEnd) {
  const std::string log = "1\n2\n3\n4";
  auto all = lines(log, {});
  EXPECT_EQ(all.text, log);
  EXPECT_EQ(all.total, 4u);
  auto middle = lines(log, {2, 2, false});
  EXPECT_EQ(middle.text, "2\n3\n");
  EXPECT_EQ(middle.first, 2u);
  EXPECT_EQ(middle.lines, 2u);
  auto tail = lines(log, {1, 2, true});
  EXPECT_EQ(tail.text, "3\n4");
  EXPECT_EQ(tail.first, 3u);
  EXPECT_EQ(tail.total, 4u);
  auto behind = lines(log, {9, 2, false});
  EXPECT_EQ(behind.text, "");
  EXPECT_EQ(behind.lines, 0u);
  EXPECT_EQ(behind.total, 4u);
  EXPECT_EQ(lines("", {}).total, 0u);
  EXPECT_EQ(lines("\n\n", {}).total, 2u);
}

TEST(LogLines, AreBounded) {
  auto wide = lines("a\n" + std::string(1 << 20, 'x') + "\nb\n", {});
  EXPECT_EQ(wide.total, 3u);
  EXPECT_LT(wide.text.size(), max_line_bytes + 100);
  EXPECT_NE(wide.text.find("(cut)\nb\n"), std::string::npos);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += std::string(10'000, 'y') + "\n";
  auto front = lines(many, {});
  EXPECT_LE(front.text.size(), max_range_bytes);
  EXPECT_EQ(front.first, 1u);
  EXPECT_EQ(front.lines, front.text.size() / 10'001);
  EXPECT_EQ(front.total, 1000u);
  auto tail = lines(many, {1, 1000, true});
  EXPECT_LE(tail.text.size(), max_range_bytes);
  EXPECT_EQ(tail.first + tail.lines - 1, 1000u);
}

TEST(LogLines, DamagedLogsAreRefused) {
  auto frame = packed("some lines\n");
  EXPECT_FALSE(read_log_lines("no frame", {}));
  EXPECT_FALSE(read_log_lines(frame.substr(0, frame.size() / 2), {}));
}

}  // namespace
}  // namespace tripled::store
