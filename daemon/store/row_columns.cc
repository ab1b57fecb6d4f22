#include "daemon/store/row_columns.h"

namespace tripled::store {

SweepRow read_sweep(Row& row) {
  SweepRow out;
  out.id = row.integer(0);
  out.project = row.integer(1);
  out.project_name = row.text(2);
  out.project_origin = row.text(3);
  out.matrix_file = row.text(4);
  out.state = row.word<SweepState>(5);
  out.partial = row.flag(6);
  out.snapshot = row.text(7);
  out.lock_hash = row.text(8);
  out.revision = row.text(9);
  out.started_at = row.integer(10);
  out.finished_at = row.maybe_integer(11);
  if (auto status = row.maybe_integer(12)) out.exit_status = static_cast<int>(*status);
  out.cancel = row.word<Cancellation>(13);
  out.trigger = row.word<Trigger>(14);
  out.ref = row.text(15);
  return out;
}

CellRow read_cell(Row& row) {
  CellRow out;
  out.sweep = row.integer(0);
  out.ordinal = static_cast<int>(row.integer(1));
  out.cell = row.document<Cell>(2);
  out.setup_key = row.text(3);
  out.plan_key = row.text(4);
  out.verdict = row.maybe_word<Verdict>(5);
  out.expectation = row.word<Expectation>(6);
  out.reason = row.text(7);
  return out;
}

SetupRow read_setup(Row& row) {
  SetupRow out;
  out.sweep = row.integer(0);
  out.key = row.text(1);
  out.triple = row.text(2);
  out.toolchain = row.text(3);
  if (row.is_null(4)) return out;
  out.result = row.document<SetupResult>(4);
  out.others = row.document<OtherSetups>(4).others;
  return out;
}

BatchRow read_batch(Row& row) {
  BatchRow out;
  out.id = row.integer(0);
  out.sweep = row.integer(1);
  out.kind = row.word<BatchKind>(2);
  out.cell = row.text(3);
  out.setup_key = row.text(4);
  out.after = row.document<std::vector<BatchId>>(5);
  out.lane = row.text(6);
  out.slots = static_cast<int>(row.integer(7));
  out.priority = static_cast<int>(row.integer(8));
  out.state = row.word<BatchState>(9);
  out.definition_json = row.json(10);
  return out;
}

JobRow read_job(Row& row) {
  JobRow out;
  out.id = row.integer(0);
  out.sweep = row.integer(1);
  out.batch = row.integer(2);
  out.cell = row.text(3);
  out.stage = row.maybe_word<Stage>(4);
  out.state = row.word<JobState>(5);
  out.outcome = row.maybe_word<Outcome>(6);
  out.verdict = row.maybe_word<Verdict>(7);
  out.expectation = row.word<Expectation>(8);
  out.implied = row.flag(9);
  out.carried_from = row.integer(10);
  out.input_key = row.text(11);
  out.reason = row.text(12);
  out.blocked_by = row.text(13);
  out.detail_json = row.json(14);
  out.started_at = row.maybe_integer(15);
  out.finished_at = row.maybe_integer(16);
  out.next_reason = row.word<AttemptReason>(17);
  out.shard = static_cast<int>(row.integer(18));
  out.shard_of = row.integer(19);
  return out;
}

LeaseRow read_lease(Row& row) {
  LeaseRow out;
  out.id = row.integer(0);
  out.batch = row.integer(1);
  out.worker = row.text(2);
  out.instance = row.text(3);
  out.epoch = row.integer(4);
  out.state = row.word<LeaseState>(5);
  out.granted_at = row.integer(6);
  out.ended_at = row.maybe_integer(7);
  out.reason = row.text(8);
  out.held = row.flag(9);
  return out;
}

AttemptRow read_attempt(Row& row) {
  AttemptRow out;
  out.id = row.integer(0);
  out.job = row.integer(1);
  out.shard = static_cast<int>(row.integer(2));
  out.n = static_cast<int>(row.integer(3));
  out.reason = row.word<AttemptReason>(4);
  out.lease = row.integer(5);
  out.epoch = row.integer(6);
  out.worker = row.text(7);
  out.started_at = row.integer(8);
  out.finished_at = row.maybe_integer(9);
  out.outcome = row.maybe_word<Outcome>(10);
  out.log = {row.text(11), static_cast<std::uint64_t>(row.integer(12))};
  out.evidence = {row.text(13), static_cast<std::uint64_t>(row.integer(14))};
  return out;
}

EarlierVerdict read_earlier_verdict(Row& row) {
  EarlierVerdict out;
  out.job = row.integer(0);
  out.last_attempt = row.integer(1);
  out.verdict = row.maybe_word<Verdict>(2);
  out.expectation = row.word<Expectation>(3);
  out.reason = row.text(4);
  out.blocked_by = row.text(5);
  out.finished_at = row.maybe_integer(6);
  out.reopened_at = row.integer(7);
  out.who = row.text(8);
  out.voided = row.flag(9);
  return out;
}

}  // namespace tripled::store
