// Cells, jobs, attempts, tests, logs and matrices as they are read over the API.
#include <zstd.h>

#include "daemon/store/blobs.h"
#include "tests/web/fixture.h"

namespace tripled::web {
namespace {

using testing::HasSubstr;

std::string text(const wire::json::value& value) { return std::string(value.as_string()); }

std::string packed(const std::string& plain) {
  std::string out(ZSTD_compressBound(plain.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), 1));
  return out;
}

class CellsTest : public ApiTest {
 protected:
  // A sweep with one cell of three triples each, the first one executed; all over.
  void a_finished_sweep() {
    auto sweep = store::a_sweep();
    sweep.plan.cells = {store::a_cell(), store::a_cell("i686-unknown-linux-gnu"),
                        store::a_cell("x86_64-unknown-freebsd")};
    auto blobs = must(store::BlobStore::open(directory / "blobs"));
    auto log = must(blobs.put(packed("one\ntwo\nthree\n")));
    auto tx = must(store_.begin());
    id = must(tx.create_sweep(sweep));
    auto batch = must(tx.put_batch(store::a_batch(id)));
    must(tx.put_job(store::a_job(id, batch, Stage::build)));
    row = store::a_job(id, batch, Stage::execute);
    row.id = must(tx.put_job(row));
    row.verdict = Verdict::fail;
    row.state = JobState::done;
    row.outcome = Outcome::exited;
    row.reason = "1 test fails";
    must(tx.update_job(row));
    auto lease = must(tx.put_lease(store::a_lease(batch, 1)));
    attempt = must(tx.create_attempt(store::an_attempt(row.id, lease, 1)));
    must(tx.add_blob({log.hash, log.size, store::BlobClass::log, 5}));
    auto finish = store::a_finish(attempt, 1);
    finish.result.log = log;
    finish.result.command = {"cargo", "test"};
    finish.result.tests = {store::a_test("a"), store::a_test("b", TestState::failed), store::a_test("c")};
    finish.result.units.resize(3);
    finish.result.errors.resize(20);
    must(tx.finish_attempt(finish));
    must(tx.set_cell_verdict(id, store::a_cell().id, Verdict::fail, Expectation::none, "1 test fails"));
    must(tx.finish_sweep(id, store::SweepState::finished, 1, 2000));
    must(tx.commit());
  }
  std::string attempts() const { return "/api/v1/attempts/" + std::to_string(attempt); }
  wire::json::object get(const std::string& target) { return json(ask("GET", target, Role::viewer)); }

  store::SweepId id = 0;
  store::JobRow row;
  store::AttemptId attempt = 0;
};

TEST_F(CellsTest, CellsComeInPagesAndNarrow) {
  a_finished_sweep();
  auto first = get("/api/v1/sweeps/1/cells?limit=2");
  ASSERT_EQ(first.at("cells").as_array().size(), 2u);
  EXPECT_EQ(text(first.at("cells").at(0).at("id")), "s390x-unknown-linux-gnu/bare");
  EXPECT_EQ(first.at("cells").at(0).at("jobs").as_array().size(), 2u);
  EXPECT_EQ(text(first.at("next")), "1");
  auto rest = get("/api/v1/sweeps/1/cells?limit=2&after=1");
  ASSERT_EQ(rest.at("cells").as_array().size(), 1u);
  EXPECT_TRUE(rest.at("next").is_null());
  auto count = [&](const std::string& query) {
    return get("/api/v1/sweeps/1/cells?" + query).at("cells").as_array().size();
  };
  EXPECT_EQ(count("triple=i686-unknown-linux-gnu"), 1u);
  EXPECT_EQ(count("verdict=fail"), 1u);
  EXPECT_EQ(count("verdict=pass"), 0u);
  EXPECT_EQ(count("stage=execute"), 1u);
  EXPECT_EQ(count("stage=execute&verdict=fail"), 1u);
  EXPECT_EQ(count("stage=build&verdict=fail"), 0u) << "the verdict is that of the stage";
  EXPECT_EQ(ask("GET", "/api/v1/sweeps/1/cells?verdict=maybe", Role::viewer).status, 400u);
  EXPECT_EQ(ask("GET", "/api/v1/sweeps/1/cells?limit=0", Role::viewer).status, 400u);
  EXPECT_EQ(ask("GET", "/api/v1/sweeps/9/cells", Role::viewer).status, 404u);
}

TEST_F(CellsTest, OneCellIsNamedByItsEncodedId) {
  a_finished_sweep();
  auto cell = get("/api/v1/sweeps/1/cells/s390x-unknown-linux-gnu%2Fbare");
  EXPECT_EQ(text(cell.at("reason")), "1 test fails");
  EXPECT_EQ(text(cell.at("axes").at("triple")), "s390x-unknown-linux-gnu");
  EXPECT_EQ(text(cell.at("jobs").at(1).at("verdict")), "fail");
  EXPECT_TRUE(cell.at("jobs").at(1).at("earlier").as_array().empty());
  EXPECT_EQ(ask("GET", "/api/v1/sweeps/1/cells/nothing", Role::viewer).status, 404u);
}

TEST_F(CellsTest, AJobShowsWhatItHadComeToBeforeARerun) {
  a_finished_sweep();
  auto tx = must(store_.begin());
  must(tx.reopen_job(row, 3000, "ann"));
  auto again = store::an_attempt(row.id, 0, 2);
  again.reason = AttemptReason::rerun;
  must(tx.create_attempt(again));
  must(tx.commit());
  auto job = get("/api/v1/jobs/" + std::to_string(row.id));
  EXPECT_TRUE(job.at("verdict").is_null());
  EXPECT_EQ(text(job.at("state")), "blocked");
  ASSERT_EQ(job.at("earlier").as_array().size(), 1u);
  EXPECT_EQ(text(job.at("earlier").at(0).at("verdict")), "fail");
  EXPECT_EQ(text(job.at("earlier").at(0).at("who")), "ann");
  ASSERT_EQ(job.at("attempts").as_array().size(), 2u);
  EXPECT_TRUE(job.at("attempts").at(0).at("superseded").as_bool());
  EXPECT_FALSE(job.at("attempts").at(1).at("superseded").as_bool());
  EXPECT_EQ(text(job.at("attempts").at(1).at("reason")), "rerun");
  EXPECT_TRUE(get("/api/v1/jobs/" + std::to_string(row.id) + "/tests").at("tests").as_array().empty())
      << "those of the earlier verdict do not count";
  EXPECT_EQ(ask("GET", "/api/v1/jobs/99", Role::viewer).status, 404u);
}

// The attempts of its other shards came later than the last one of its first.
TEST_F(CellsTest, OfADividedJobEveryShardIsFromBeforeARerun) {
  a_finished_sweep();
  auto tx = must(store_.begin());
  auto batch = must(tx.put_batch(store::a_batch(id)));
  auto second = store::a_job(id, batch, Stage::execute);
  second.shard = 1;
  second.shard_of = row.id;
  second.id = must(tx.put_job(second));
  auto lease = must(tx.put_lease(store::a_lease(batch, 1)));
  const auto of_second = must(tx.create_attempt(store::an_attempt(second.id, lease, 1)));
  ASSERT_GT(of_second, attempt);
  auto finish = store::a_finish(of_second, 1);
  finish.result.tests = {store::a_test("d")};
  must(tx.finish_attempt(finish));
  must(tx.commit());
  const auto job = "/api/v1/jobs/" + std::to_string(row.id);
  EXPECT_EQ(get(job + "/tests").at("tests").as_array().size(), 4u);

  auto rerun = must(store_.begin());
  must(rerun.reopen_job(row, 3000, "ann"));
  must(rerun.reopen_job(second, 3000, "ann"));
  must(rerun.create_attempt(store::an_attempt(second.id, 0, 2)));
  must(rerun.commit());
  auto attempts = get(job).at("attempts").as_array();
  ASSERT_EQ(attempts.size(), 3u);
  EXPECT_TRUE(attempts[0].at("superseded").as_bool());
  EXPECT_TRUE(attempts[1].at("superseded").as_bool()) << "the second shard's";
  EXPECT_FALSE(attempts[2].at("superseded").as_bool());
  EXPECT_TRUE(get("/api/v1/attempts/" + std::to_string(of_second)).at("superseded").as_bool());
  EXPECT_TRUE(get(job + "/tests").at("tests").as_array().empty());
}

TEST_F(CellsTest, AnAttemptIsShownWithoutItsLists) {
  a_finished_sweep();
  auto shown = get(attempts());
  const auto& result = shown.at("result");
  EXPECT_EQ(text(shown.at("worker")), "w1");
  EXPECT_EQ(result.at("tests").at("passed").to_number<int>(), 2);
  EXPECT_EQ(result.at("units").at("pass").to_number<int>(), 3);
  EXPECT_EQ(result.at("errors").as_array().size(), 10u);
  EXPECT_EQ(text(result.at("command").at(1)), "test");
  EXPECT_EQ(get(attempts() + "/units?limit=2").at("units").as_array().size(), 2u);
  EXPECT_EQ(text(get(attempts() + "/units?limit=2").at("next")), "2");
}

TEST_F(CellsTest, TestsComeInPagesByState) {
  a_finished_sweep();
  auto first = get(attempts() + "/tests?limit=2");
  ASSERT_EQ(first.at("tests").as_array().size(), 2u);
  auto next = get(attempts() + "/tests?limit=2&after=" + text(first.at("next")));
  ASSERT_EQ(next.at("tests").as_array().size(), 1u);
  EXPECT_EQ(text(next.at("tests").at(0).at("test")), "c");
  EXPECT_TRUE(next.at("next").is_null());
  auto failed = get(attempts() + "/tests?state=failed");
  ASSERT_EQ(failed.at("tests").as_array().size(), 1u);
  EXPECT_EQ(text(failed.at("tests").at(0).at("test")), "b");
  EXPECT_EQ(
      get("/api/v1/jobs/" + std::to_string(row.id) + "/tests?state=passed").at("tests").as_array().size(),
      2u);
  EXPECT_EQ(ask("GET", attempts() + "/tests?state=odd", Role::viewer).status, 400u);
}

TEST_F(CellsTest, LogsAreReadByLinesOrWhole) {
  a_finished_sweep();
  auto whole = ask("GET", attempts() + "/log", Role::viewer);
  EXPECT_EQ(whole.body, "one\ntwo\nthree\n");
  EXPECT_EQ(header(whole, "Tripled-Log-Total"), "3");
  auto part = ask("GET", attempts() + "/log?from=2&lines=1", Role::viewer);
  EXPECT_EQ(part.body, "two\n");
  EXPECT_EQ(header(part, "Tripled-Log-First"), "2");
  EXPECT_EQ(ask("GET", attempts() + "/log?tail=2", Role::viewer).body, "two\nthree\n");
  auto raw = ask("GET", attempts() + "/log?raw", Role::viewer);
  EXPECT_EQ(raw.content_type, "application/zstd");
  EXPECT_EQ(raw.body, packed("one\ntwo\nthree\n"));
  EXPECT_EQ(ask("GET", attempts() + "/log?lines=100000", Role::viewer).status, 400u);
  EXPECT_EQ(ask("GET", "/api/v1/attempts/77/log", Role::viewer).status, 404u);
}

TEST_F(CellsTest, MatricesAreWhatWasSwept) {
  a_finished_sweep();
  add_sweep();
  auto matrices = get("/api/v1/matrices").at("matrices").as_array();
  ASSERT_EQ(matrices.size(), 1u);
  EXPECT_EQ(text(matrices[0].at("matrix")), "matrix.yaml");
  EXPECT_EQ(matrices[0].at("sweeps").to_number<int>(), 2);
  EXPECT_EQ(text(matrices[0].at("last").at("id")), "2");
  EXPECT_EQ(text(matrices[0].at("last_finished").at("id")), "1");
  auto sweeps = get("/api/v1/matrices/1/matrix.yaml").at("sweeps").as_array();
  EXPECT_EQ(sweeps.size(), 2u);
  EXPECT_EQ(ask("GET", "/api/v1/matrices/1/-", Role::viewer).status, 404u);
  EXPECT_EQ(ask("GET", "/api/v1/matrices/2/matrix.yaml", Role::viewer).status, 404u);
}

TEST_F(CellsTest, WhatIsHeldIsNotSentAgain) {
  a_finished_sweep();
  for (const std::string target :
       {"/api/v1/sweeps/1", "/api/v1/sweeps/1?format=html", "/api/v1/sweeps/1/cells", "/api/v1/sweeps",
        "/api/v1/jobs/1", "/sweeps/1"}) {
    auto first = ask("GET", target, Role::viewer);
    auto tag = header(first, "ETag");
    ASSERT_FALSE(tag.empty()) << target;
    auto second = ask("GET", target, Role::viewer, "", "ann", "\"other\", " + tag);
    EXPECT_EQ(second.status, 304u) << target;
    EXPECT_EQ(second.body, "");
    EXPECT_EQ(header(second, "ETag"), tag);
    EXPECT_EQ(ask("GET", target, Role::viewer, "", "ann", "\"other\"").status, 200u);
  }
  auto finished = header(ask("GET", "/api/v1/sweeps/1", Role::viewer), "ETag");
  EXPECT_EQ(finished.front(), '"') << "a finished sweep's is strong";
  auto tx = must(store_.begin());
  must(tx.set_sweep_state(id, store::SweepState::running));
  must(tx.commit());
  auto running = ask("GET", "/api/v1/sweeps/1", Role::viewer, "", "ann", finished);
  EXPECT_EQ(running.status, 200u);
  EXPECT_EQ(header(running, "ETag").substr(0, 2), "W/");
}

TEST_F(CellsTest, RerunReachesTheEngine) {
  const std::string body = R"({"cells": ["a"], "stages": ["execute"], "failed": true})";
  auto asked = ask("POST", "/api/v1/sweeps/3/rerun", Role::submitter, body);
  EXPECT_EQ(asked.status, 202u);
  EXPECT_EQ(engine.rerun_of, 3);
  EXPECT_THAT(engine.wanted.cells, testing::ElementsAre("a"));
  EXPECT_THAT(engine.wanted.stages, testing::ElementsAre("execute"));
  EXPECT_TRUE(engine.wanted.failed);
  EXPECT_FALSE(engine.wanted.broken);
  EXPECT_EQ(ask("POST", "/api/v1/sweeps/3/rerun", Role::submitter, "[").status, 400u);
  engine.status = Error(ErrorKind::conflict, "cell `a` is not over yet");
  EXPECT_EQ(ask("POST", "/api/v1/sweeps/3/rerun", Role::submitter, body).status, 409u);
}

}  // namespace
}  // namespace tripled::web
