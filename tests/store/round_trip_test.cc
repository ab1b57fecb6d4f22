// What is written comes back the same, table by table, through a connection of its own.
#include "tests/store/fixture.h"

namespace tripled::store {
namespace {

class RoundTrip : public WritingTest {};

NewSweep a_full_sweep() {
  NewSweep sweep = a_sweep();
  sweep.plan.project.source = {"", "https://example.org/x.git", "main", true, "", "", {}};
  sweep.plan.reference = "x86_64-unknown-linux-gnu";
  sweep.plan.warnings = {"matrix.yaml:3:1: something"};
  sweep.plan.partial = true;
  Cell excluded = a_cell("wasm32-unknown-unknown");
  excluded.excluded_reason = "no threads";
  sweep.plan.cells.push_back(excluded);
  sweep.options_json = R"({"stages":["check"]})";
  ToolchainFacts facts;
  facts.name = "stable";
  facts.host = "x86_64-unknown-linux-gnu";
  for (int i = 0; i < 300; ++i) {  // large enough to be compressed
    TripleFacts triple;
    triple.triple = "triple-" + std::to_string(i);
    triple.tier = i % 3;
    triple.cfg = {"unix", "target_os=\"linux\""};
    facts.triples.push_back(triple);
  }
  sweep.facts = {facts};
  return sweep;
}

TEST_F(RoundTrip, SweepWithItsDocumentsAndCells) {
  const NewSweep sweep = a_full_sweep();
  SweepId id = 0;
  write([&](Transaction& tx) { id = must(tx.create_sweep(sweep)); });
  const SweepRecord got = must(reader().load_sweep(id));
  EXPECT_EQ(got.row.project_origin, "git:https://example.org/x.git");
  EXPECT_EQ(got.row.state, SweepState::running);
  EXPECT_TRUE(got.row.partial);
  EXPECT_EQ(got.row.started_at, 1000);
  EXPECT_FALSE(got.row.finished_at || got.row.exit_status || got.prepare);
  EXPECT_EQ(got.matrix_text, sweep.matrix_text);
  EXPECT_EQ(got.options_json, sweep.options_json);
  expect_same(got.plan, sweep.plan);
  expect_same(got.facts, sweep.facts);
  ASSERT_EQ(got.cells.size(), 2u);
  expect_same(got.cells[0], CellRow{id, 0, sweep.plan.cells[0], "", "", std::nullopt, Expectation::none, ""});
  expect_same(got.cells[1], CellRow{id, 1, sweep.plan.cells[1], "", "", Verdict::excluded, Expectation::none,
                                    "no threads"});
}

TEST_F(RoundTrip, SweepGoesOnToItsEnd) {
  SweepId id = 0;
  PrepareResult prepare;
  prepare.revision = "abc-dirty";
  prepare.notes = {"yanked"};
  write([&](Transaction& tx) {
    id = must(tx.create_sweep(a_sweep()));
    prepare.snapshot = "snap";
    prepare.sources.resize(1);
    prepare.sources.front().lock_hash = "lock";
    prepare.log = blob(tx, "prepare log", BlobClass::log);
    must(tx.set_prepared(id, prepare));
    must(tx.set_cell_keys(id, a_cell().id, "setup-1", "plan-1"));
    must(tx.set_cell_verdict(id, a_cell().id, Verdict::fail, Expectation::met, "planted"));
    must(tx.finish_sweep(id, SweepState::finished, 1, 2000));
  });
  SweepRecord got = must(reader().load_sweep(id));
  expect_same(*got.prepare, prepare);
  expect_same(got.row, SweepRow{id, got.row.project, "sample", "path:/src/sample", "matrix.yaml",
                                SweepState::finished, false, "snap", "lock", "abc-dirty", 1000, 2000, 1,
                                Cancellation::none, Trigger::person, ""});
  expect_same(got.cells[0],
              CellRow{id, 0, a_cell(), "setup-1", "plan-1", Verdict::fail, Expectation::met, "planted"});

  write([&](Transaction& tx) { must(tx.cancel_sweep(id, true)); });
  write([&](Transaction& tx) { must(tx.cancel_sweep(id, false)); });
  EXPECT_EQ(must(reader().sweep(id))->cancel, Cancellation::now)
      << "what was to be killed is not spared again";
  write([&](Transaction& tx) { must(tx.set_sweep_state(id, SweepState::running)); });
  auto again = must(reader().sweep(id));
  EXPECT_EQ(again->state, SweepState::running);
  EXPECT_FALSE(again->finished_at || again->exit_status);
  EXPECT_EQ(again->cancel, Cancellation::none) << "it is to go on";
}

TEST_F(RoundTrip, ProjectIsOneWhateverTheRevision) {
  NewSweep first = a_sweep(), second = a_sweep(), other = a_sweep();
  first.plan.project.source = {"", "", "", false, "serde", "1.0.0", {}};
  second.plan.project.source = {"", "", "", false, "serde", "1.0.1", {}};
  write([&](Transaction& tx) {
    for (const auto* sweep : {&first, &second, &other}) must(tx.create_sweep(*sweep));
  });
  const auto projects = must(reader().projects());
  ASSERT_EQ(projects.size(), 2u);
  EXPECT_EQ(projects[0].origin, "crate:serde");
  EXPECT_EQ(projects[0].project.source.version, "1.0.1");
  EXPECT_EQ(projects[1].origin, "path:/src/sample");
}

TEST_F(RoundTrip, Setup) {
  SetupRow setup;
  setup.key = "k";
  setup.triple = "s390x-unknown-linux-gnu";
  setup.toolchain = "stable";
  write([&](Transaction& tx) {
    setup.sweep = must(tx.create_sweep(a_sweep()));
    must(tx.put_setup(setup));
  });
  expect_same(must(reader().load_sweep(setup.sweep)).setups.at(0), setup);
  write([&](Transaction& tx) {
    setup.result.emplace();
    setup.result->check.ok = true;
    setup.result->env = {{"CC", "s390x-linux-gnu-gcc"}};
    setup.result->log = blob(tx, "setup log", BlobClass::log);
    setup.others.emplace_back().worker = "runs";
    must(tx.put_setup(setup));
  });
  const auto setups = must(reader().load_sweep(setup.sweep)).setups;
  ASSERT_EQ(setups.size(), 1u);
  expect_same(setups[0], setup);
}

TEST_F(RoundTrip, BatchAndJobEveryColumn) {
  BatchRow batch;
  JobRow job;
  write([&](Transaction& tx) {
    const SweepId sweep = must(tx.create_sweep(a_sweep()));
    const BatchId before = must(tx.put_batch(a_batch(sweep)));
    batch = {0,
             sweep,
             BatchKind::execute,
             a_cell().id,
             "setup",
             {before},
             "lane",
             2,
             7,
             BatchState::open,
             R"({"locks":["target-dir:x"]})"};
    batch.id = must(tx.put_batch(batch));
    const JobId earlier = must(tx.put_job(a_job(sweep, before, Stage::check)));
    job = {0,
           sweep,
           batch.id,
           a_cell().id,
           Stage::execute,
           JobState::done,
           Outcome::signalled,
           Verdict::suspect,
           Expectation::unmet,
           true,
           earlier,
           "key",
           "why",
           "build",
           R"({"unmet":[]})",
           10,
           20,
           AttemptReason::verification};
    job.id = must(tx.put_job(job));
  });
  SweepRecord got = must(reader().load_sweep(batch.sweep));
  ASSERT_EQ(got.batches.size(), 2u);
  ASSERT_EQ(got.jobs.size(), 2u);
  expect_same(got.batches[1], batch);
  expect_same(got.jobs[1].row, job);

  job.state = JobState::cancelled;
  job.outcome = std::nullopt;
  job.verdict = Verdict::cancelled;
  job.expectation = Expectation::none;
  job.implied = false;
  job.carried_from = 0;
  job.batch = 0;
  job.started_at = std::nullopt;
  job.finished_at = 30;
  job.reason = "stopped";
  job.next_reason = AttemptReason::rerun;
  write([&](Transaction& tx) {
    must(tx.update_job(job));
    must(tx.set_batch_state(batch.id, BatchState::poison));
  });
  got = must(reader().load_sweep(batch.sweep));
  expect_same(got.jobs[1].row, job);
  EXPECT_EQ(got.batches[1].state, BatchState::poison);
}

TEST_F(RoundTrip, PrepareJobHasNeitherCellNorStage) {
  JobRow job;
  write([&](Transaction& tx) {
    job.sweep = must(tx.create_sweep(a_sweep()));
    BatchRow batch = a_batch(job.sweep);
    batch.kind = BatchKind::prepare;
    batch.cell.clear();
    job.batch = must(tx.put_batch(batch));
    job.id = must(tx.put_job(job));
    must(tx.set_job_state(job.id, JobState::ready));
    must(tx.set_job_state(job.id, JobState::ready, AttemptReason::infrastructure));
    must(tx.set_job_state(job.id, JobState::leased));
  });
  job.state = JobState::leased;
  job.next_reason = AttemptReason::infrastructure;
  expect_same(must(reader().load_sweep(job.sweep)).jobs.at(0).row, job);
}

TEST_F(RoundTrip, LeasesLanesAndQuarantinesComeBackToTheScheduler) {
  Ids ids;
  LeaseRow second;
  write([&](Transaction& tx) {
    ids = start_attempt(tx);
    must(tx.set_lease_state(ids.lease, LeaseState::expired, 1500, "silent"));
    second = a_lease(ids.batch, 2);
    second.id = must(tx.put_lease(second));
    must(tx.set_lease_state(second.id, LeaseState::revoked, 1600, "cancel", true));
    must(tx.set_lane({"lane", ids.sweep, a_cell().id}));
    must(tx.set_lane({"freed", ids.sweep, a_cell().id}));
    must(tx.set_lane({"freed", 0, ""}));
    must(tx.set_quarantine({"w9", "five cells in a row", 77}));
    must(tx.set_quarantine({"w8", "x", 77}));
    must(tx.set_quarantine({"w8", "", 78}));
  });
  const RestoredState got = must(reader().restore());
  ASSERT_EQ(got.sweeps.size(), 1u);
  ASSERT_EQ(got.batches.size(), 1u);
  ASSERT_EQ(got.jobs.size(), 1u);
  ASSERT_EQ(got.leases.size(), 2u);
  LeaseRow first = a_lease(ids.batch, 1);
  first.id = ids.lease;
  first.state = LeaseState::expired;
  first.ended_at = 1500;
  first.reason = "silent";
  first.held = false;
  expect_same(got.leases[0], first);
  second.state = LeaseState::revoked;
  second.ended_at = 1600;
  second.reason = "cancel";
  expect_same(got.leases[1], second);
  ASSERT_EQ(got.attempts.size(), 1u);
  AttemptRow attempt = an_attempt(ids.job, ids.lease, 1);
  attempt.id = ids.attempt;
  attempt.n = 1;
  expect_same(got.attempts[0], attempt);
  ASSERT_EQ(got.lanes.size(), 1u);
  expect_same(got.lanes[0], LaneRow{"lane", ids.sweep, a_cell().id});
  ASSERT_EQ(got.quarantines.size(), 1u);
  expect_same(got.quarantines[0], QuarantineRow{"w9", "five cells in a row", 77});
}

}  // namespace
}  // namespace tripled::store
