// The rows of the store as values: what the tables of schema/sql hold, one struct a table, documents already
// parsed. Pure data, any thread. Times are milliseconds since the epoch (UTC); ids are positive, grow, and
// are never used twice in one store; 0 in an id field means "none" (or, in an insert, "give me one"). Fields
// called `*_json` are JSON text that the store keeps as it is.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/trigger_rows.h"
#include "schema/model/batch.h"
#include "schema/model/cell.h"
#include "schema/model/enums.h"
#include "schema/model/result.h"
#include "schema/model/toolchain.h"

namespace tripled::store {

using ProjectId = std::int64_t;
using SweepId = std::int64_t;
using BatchId = std::int64_t;
using JobId = std::int64_t;
using LeaseId = std::int64_t;
using AttemptId = std::int64_t;
using UnixMs = std::int64_t;

// running: accepted and not over; what a dead daemon left is running too. interrupted: stopped by a person,
// can be resumed. finished: every planned cell has its verdict.
BOOST_DEFINE_ENUM_CLASS(SweepState, running, finished, interrupted)
// open: some job of it is not over. poison: lost on three workers, never granted again.
BOOST_DEFINE_ENUM_CLASS(BatchState, open, done, cancelled, poison)
// What a person wants of a sweep that runs. drain: nothing more is begun, what runs ends. now: that is killed
// too.
BOOST_DEFINE_ENUM_CLASS(Cancellation, none, drain, now)
BOOST_DEFINE_ENUM_CLASS(BlobClass, log, evidence, snapshot, archive)

struct ProjectRow {
  ProjectId id = 0;
  std::string name;
  std::string origin;  // what makes it this project whatever the revision: path:/abs, git:URL, crate:NAME
  Project project;     // as last swept
  UnixMs created_at = 0;
};

// What is known when a sweep is accepted.
struct NewSweep {
  Plan plan;  // names the project too
  std::vector<ToolchainFacts> facts;
  std::string matrix_file;  // its absolute path; empty: no matrix (`sweep --triple`)
  std::string matrix_text;
  std::string options_json = "{}";  // SweepOptions
  UnixMs started_at = 0;
  Trigger trigger = Trigger::person;
  std::string ref;  // branch or tag of a git project; empty: none
};

// Small columns of a sweep; its documents are in SweepRecord.
struct SweepRow {
  SweepId id = 0;
  ProjectId project = 0;
  std::string project_name, project_origin;
  std::string matrix_file;
  SweepState state = SweepState::running;
  bool partial = false;
  std::string snapshot, lock_hash, revision;  // empty until prepared
  UnixMs started_at = 0;
  std::optional<UnixMs> finished_at;
  std::optional<int> exit_status;
  Cancellation cancel = Cancellation::none;
  Trigger trigger = Trigger::person;
  std::string ref;
};

struct CellRow {
  SweepId sweep = 0;
  int ordinal = 0;  // place in the plan
  Cell cell;
  std::string setup_key, plan_key;  // SetupRow::key, PlannedUnits::plan_key; empty: excluded, never needed
  std::optional<Verdict> verdict;   // none: not over
  Expectation expectation = Expectation::none;
  std::string reason;
};

// std, linker, sysroot and runner of one triple as one sweep saw them.
struct SetupRow {
  SweepId sweep = 0;
  std::string key;
  std::string triple, toolchain;      // toolchain as written
  std::optional<SetupResult> result;  // none: not done yet
  // What other workers came to before, where no single one could do all that is needed; without their logs.
  std::vector<SetupResult> others;
};

// `after`: batches that must be over first. A batch's jobs may belong to several cells; `cell` is set when
// they don't.
struct BatchRow {
  BatchId id = 0;
  SweepId sweep = 0;
  BatchKind kind = BatchKind::compile;
  std::string cell, setup_key;
  std::vector<BatchId> after;
  std::string lane;  // batches of one lane run one after the other (one target dir); empty: alone
  int slots = 1;
  int priority = 0;
  BatchState state = BatchState::open;
  std::string definition_json = "{}";  // what else the scheduler needs to make the spec again
};

// One stage of one cell, or the one job of a prepare or setup batch (no cell, no stage).
struct JobRow {
  JobId id = 0;
  SweepId sweep = 0;
  BatchId batch = 0;  // 0: never dispatched (excluded, implied, carried over)
  std::string cell;
  std::optional<Stage> stage;
  JobState state = JobState::blocked;
  std::optional<Outcome> outcome;
  std::optional<Verdict> verdict;
  Expectation expectation = Expectation::none;
  bool implied = false;
  JobId carried_from = 0;
  std::string input_key;   // equal inputs, equal key (carry-over)
  std::string reason;      // why blocked, excluded, broken, cancelled: one line
  std::string blocked_by;  // batch, job or stage it waited for in vain
  std::string detail_json = "{}";
  std::optional<UnixMs> started_at, finished_at;
  AttemptReason next_reason = AttemptReason::first;  // of the next attempt, should there be one
  int shard = 0;                                     // of an execute job that is divided
  JobId shard_of = 0;  // of its other shards: the job that has the verdict, which is shard 0
};

struct LeaseRow {
  LeaseId id = 0;
  BatchId batch = 0;
  std::string worker, instance;
  std::int64_t epoch = 0;  // grows with every grant of the batch
  LeaseState state = LeaseState::offered;
  UnixMs granted_at = 0;
  std::optional<UnixMs> ended_at;
  std::string reason;  // why it ended, when not by a result
  bool held = true;    // it has slots and locks; a revoked one until its worker confirms
};

struct AttemptRow {
  AttemptId id = 0;
  JobId job = 0;
  int shard = 0;
  int n = 0;  // 1, 2, … within job and shard; 0 in an insert: the next
  AttemptReason reason = AttemptReason::first;
  LeaseId lease = 0;
  std::int64_t epoch = 0;
  std::string worker;
  UnixMs started_at = 0;
  std::optional<UnixMs> finished_at;  // set together with outcome, exactly once
  std::optional<Outcome> outcome;
  BlobRef log, evidence;  // empty hash: none, or collected since
};

// The one result of an attempt. Blobs that `result` names must be recorded (Transaction::add_blob) before.
struct AttemptFinish {
  AttemptId attempt = 0;
  // The lease epoch the worker sent with it. None: the daemon concludes it itself (worker lost, cancelled).
  std::optional<std::int64_t> epoch;
  Outcome outcome = Outcome::exited;
  AttemptResult result;
  UnixMs finished_at = 0;
};

// A result that came too late or twice: kept as a log, never as a result.
struct StaleResult {
  std::int64_t id = 0;
  AttemptId attempt = 0;  // 0: not known here
  std::string worker, instance;
  std::int64_t epoch = 0;
  std::string why;
  BlobRef log;  // may be gone
  UnixMs received_at = 0;
};

struct UnitRow {
  AttemptId attempt = 0;
  std::string package, target, kind;
  bool harness = false;
  Verdict verdict = Verdict::pass;
  std::string code;  // of its first error: E0432; empty: none
};

struct BlobRow {
  std::string hash;
  std::uint64_t size = 0;
  BlobClass kind = BlobClass::log;
  UnixMs created_at = 0;
};

struct EventRow {
  std::int64_t sequence = 0;
  SweepId sweep = 0;  // 0: of no sweep
  std::string kind;
  std::string json;
  UnixMs at = 0;
};

struct WorkerRow {
  std::string name, instance;
  UnixMs last_seen = 0;
  std::string facts_json = "{}";
};

struct LaneRow {
  std::string lane;
  SweepId sweep = 0;
  std::string cell;  // that has it
};

struct QuarantineRow {
  std::string worker, why;
  UnixMs since = 0;
};

struct TokenRow {
  std::string name;
  Role role = Role::viewer;
  std::string hash;  // SHA-256 of the token, hexadecimal
  UnixMs created_at = 0;
  std::optional<UnixMs> last_seen, revoked_at;
  std::string pool = {};  // the only one a worker with it is of; empty: any
};

using EnrolmentId = std::int64_t;

// A token that is good once, to get one for a worker.
struct EnrolmentRow {
  EnrolmentId id = 0;
  std::string hash;    // as in TokenRow
  std::string worker;  // who alone may use it; empty: whoever has no token yet
  std::string pool;    // that the worker is bound to; empty: none
  UnixMs created_at = 0;
  std::string created_by;
  UnixMs expires_at = 0;
  std::optional<UnixMs> used_at = {};
  std::string used_by = {};
  std::optional<UnixMs> revoked_at = {};
};

struct AuditRow {
  std::int64_t id = 0;
  UnixMs at = 0;
  std::string who, what;
  std::string detail_json = "{}";
};

// --- what a reader puts together

// What a job had come to before it was reopened.
struct EarlierVerdict {
  JobId job = 0;
  AttemptId last_attempt = 0;  // its attempts up to this one belong to it; 0: it had none
  std::optional<Verdict> verdict;
  Expectation expectation = Expectation::none;
  std::string reason, blocked_by;
  std::optional<UnixMs> finished_at;
  UnixMs reopened_at = 0;
  std::string who;      // who asked for the rerun
  bool voided = false;  // that was because a worker it rests on was wrong
};

struct AttemptRecord {
  AttemptRow row;
  std::optional<AttemptResult> result;  // none: not finished, or not asked for
};

struct JobRecord {
  JobRow row;
  std::vector<AttemptRecord> attempts;  // by shard, then n
  // Attempts up to this one belong to a verdict from before a rerun: their results are not loaded.
  AttemptId superseded = 0;
  std::vector<EarlierVerdict> earlier = {};  // oldest first
  // Its verdict is not to be believed: an attempt of it, or of the setup or prepare that it rests on, was of
  // a worker found out to be wrong.
  bool voided = false;
};

// Everything a report of one sweep is built from.
struct SweepRecord {
  SweepRow row;
  std::string matrix_text, options_json;
  Plan plan;  // cells included; CellRow has them again with their verdicts
  std::vector<ToolchainFacts> facts;
  // What the first toolchain says of every triple it knows, cfg included; empty: it was not asked yet.
  std::vector<TripleFacts> known_triples;
  std::string findings_json;  // as they were when the sweep ended; empty: not made since
  std::optional<PrepareResult> prepare;
  std::vector<CellRow> cells;  // by ordinal
  std::vector<SetupRow> setups;
  std::vector<BatchRow> batches;
  std::vector<JobRecord> jobs;  // by id
};

// Everything the scheduler is built from again at a start: sweeps that run and what belongs to them.
struct RestoredState {
  std::vector<SweepRow> sweeps;
  std::vector<BatchRow> batches;
  std::vector<JobRow> jobs;
  std::vector<LeaseRow> leases;      // all of those batches, ended ones too (epochs, lost workers), by id
  std::vector<AttemptRow> attempts;  // by id
  std::vector<LaneRow> lanes;        // of those sweeps
  std::vector<QuarantineRow> quarantines;
};

// The largest id ever given per table; a scheduler that counts by itself starts behind them.
struct IdCounters {
  std::int64_t sweep = 0, batch = 0, job = 0, lease = 0, attempt = 0, event = 0;
};

struct UnitName {
  std::string package, target, kind;
  auto operator<=>(const UnitName&) const = default;
};

struct ListedTest {
  std::string test;
  bool ignored = false;
};

// The tests of one unit as an earlier sweep listed them.
struct TestList {
  UnitName unit;
  SweepId sweep = 0;
  std::string cell;
  std::vector<ListedTest> tests;  // by name
};

struct LogRef {
  std::string cell;
  std::optional<Stage> stage;
  BatchKind kind = BatchKind::compile;
  std::string setup_key;
  AttemptRow attempt;
};

}  // namespace tripled::store
