// The report of one sweep: the contract of `--format json` (schema/json/report.schema.json, `format: 1`) as
// structs, in the order in which they are printed. Absent is null and never missing. Built from the store's
// rows by build(); the renderers (text.h, html.h, junit.h) read nothing else.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/diagnosis/findings/findings.h"
#include "daemon/history/compare.h"
#include "daemon/store/rows.h"
#include "schema/model/diagnosis.h"
#include "schema/model/result.h"

namespace tripled::report {

struct FirstError {
  std::optional<std::string> code;
  std::string message;
  std::optional<std::string> file;
  std::optional<int> line;
  std::optional<std::string> package;
  std::optional<std::string> rendered;  // rustc's own text, at most 24 lines
};
BOOST_DESCRIBE_STRUCT(FirstError, (), (code, message, file, line, package, rendered))

struct UnitEntry {
  std::string package, target, kind;
  Verdict verdict = Verdict::pass;
  bool implied = false;
  std::optional<std::string> blocked_by;
  std::optional<std::string> expected;  // the matrix's reason for a failure it knows; null: not expected
  std::optional<FirstError> first_error;
};
BOOST_DESCRIBE_STRUCT(UnitEntry, (),
                      (package, target, kind, verdict, implied, blocked_by, expected, first_error))

struct TestCounts {
  std::optional<std::int64_t> planned;  // null: unknown
  std::int64_t executed = 0, passed = 0, failed = 0, ignored = 0, skipped = 0;
};
BOOST_DESCRIBE_STRUCT(TestCounts, (), (planned, executed, passed, failed, ignored, skipped))

struct TestFailure {
  std::string package, target, test;
  std::string kind;                 // assert, panic, signal, timeout, crash
  Verdict verdict = Verdict::fail;  // fail, timeout, suspect or flaky
  std::optional<std::string> expected;
  std::string message;
};
BOOST_DESCRIBE_STRUCT(TestFailure, (), (package, target, test, kind, verdict, expected, message))

// One test of an execute job. Not part of the JSON (thousands in a cell); JUnit names each.
struct TestEntry {
  std::string package, target, kind, test;  // kind: lib, bin, test, doctest, custom
  TestState state = TestState::passed;
  std::int64_t duration_ms = 0;
  std::optional<std::size_t> failure;  // index into `failures`
};

struct RunnerEntry {
  RunnerKind kind = RunnerKind::none;
  std::string name;
  std::optional<std::string> version;
};
BOOST_DESCRIBE_STRUCT(RunnerEntry, (), (kind, name, version))

// What a job had come to before it was tried again.
struct EarlierEntry {
  std::optional<Verdict> verdict;
  std::optional<std::string> reason;
  bool voided = false;  // a worker that it rested on was found out to be wrong
  std::optional<std::string> finished_at;
  std::string reopened_at, who;  // who asked for another try
};
BOOST_DESCRIBE_STRUCT(EarlierEntry, (), (verdict, reason, voided, finished_at, reopened_at, who))

struct JobEntry {
  Stage stage = Stage::check;
  Verdict verdict = Verdict::pass;
  // The verdict is not to be believed, and was not tried again: its worker was wrong. It says what it was;
  // its results are no evidence and not here.
  bool voided = false;
  bool implied = false;
  std::optional<std::string> carried_from;
  std::optional<std::string> reason;
  std::optional<std::string> fix;  // broken: a command or YAML line that can be pasted
  std::optional<std::string> blocked_by;
  Expectation expectation = Expectation::none;
  bool unexpected = false;                   // something went wrong that no expectation covers …
  std::vector<Verdict> unexpected_verdicts;  // … and how: each verdict once
  std::vector<std::string> expected_reasons,
      unmet;  // of expectations that were met; those that were not, one line each
  int attempts = 0;
  std::optional<std::string> worker;  // of the last attempt
  std::optional<std::int64_t> duration_ms;
  std::optional<RunnerEntry> runner;
  std::optional<FirstError> first_error;
  int errors = 0;
  std::vector<UnitEntry> units;
  std::optional<TestCounts> tests;  // execute only
  std::vector<TestFailure> failures;
  std::vector<std::string> notes;
  std::vector<EarlierEntry> earlier;  // oldest first
  std::vector<TestEntry> every_test;  // not in the JSON
};
BOOST_DESCRIBE_STRUCT(JobEntry, (),
                      (stage, verdict, voided, implied, carried_from, reason, fix, blocked_by, expectation,
                       unexpected, unexpected_verdicts, expected_reasons, unmet, attempts, worker,
                       duration_ms, runner, first_error, errors, units, tests, failures, notes, earlier))

struct CompileCoverage {
  std::optional<int> planned;  // null: cargo could not plan
  int compiled = 0;
  std::optional<double> ratio;
};
BOOST_DESCRIBE_STRUCT(CompileCoverage, (), (planned, compiled, ratio))

struct Executed {
  std::int64_t executed = 0, passed = 0;
};
BOOST_DESCRIBE_STRUCT(Executed, (), (executed, passed))

// Where the planned tests come from (DESIGN.md, "Execution coverage").
BOOST_DEFINE_ENUM_CLASS(PlannedFrom, own, reference, mixed, unknown)

struct ExecutionCoverage {
  std::optional<std::int64_t> planned;
  PlannedFrom planned_from = PlannedFrom::unknown;
  std::optional<std::int64_t> ignored;  // #[ignore]: apart from planned; null where that is
  Executed native, emulated;
  std::optional<double> ratio;
};
BOOST_DESCRIBE_STRUCT(ExecutionCoverage, (), (planned, planned_from, ignored, native, emulated, ratio))

struct StdEntry {
  StdSource source = StdSource::none;
  std::optional<std::string> hash;
  std::optional<std::int64_t> build_ms;  // null: not built in this sweep
};
BOOST_DESCRIBE_STRUCT(StdEntry, (), (source, hash, build_ms))

struct CellEntry {
  std::string id;
  std::optional<std::string> group;
  std::string triple, toolchain;
  std::vector<std::string> scope;
  std::string profile;
  std::map<std::string, std::string> axes;
  Verdict verdict = Verdict::pass;
  std::optional<std::string> excluded_reason;
  StdEntry std;
  std::map<std::string, CompileCoverage> compile_coverage;  // by stage, compile stages of the cell only
  ExecutionCoverage execution_coverage;
  std::optional<double> pass_ratio;
  std::vector<JobEntry> jobs;
};
BOOST_DESCRIBE_STRUCT(CellEntry, (),
                      (id, group, triple, toolchain, scope, profile, axes, verdict, excluded_reason, std,
                       compile_coverage, execution_coverage, pass_ratio, jobs))

struct ToolchainEntry {
  std::string name, version, verbose;  // as written; 1.96.0; `rustc -vV`
};
BOOST_DESCRIBE_STRUCT(ToolchainEntry, (), (name, version, verbose))

// The sweep's first step failed, so every cell is blocked. fail: the project's versions cannot be had
// together; broken: the cure is outside the code.
struct PrepareFailure {
  Verdict verdict = Verdict::broken;
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(PrepareFailure, (), (verdict, reason))

struct SweepEntry {
  std::string id;
  std::optional<std::string> matrix;
  std::string project;
  std::string source;  // where its sources lie, or lay when they were sent
  std::optional<std::string> revision, lock_hash;
  std::string started_at;  // RFC 3339
  std::optional<std::string> finished_at;
  std::optional<std::int64_t> duration_ms;
  std::optional<int> exit_status;
  bool partial = false;
  std::optional<std::string> narrowed_by;  // the options of the command line that made it partial
  std::optional<PrepareFailure> prepare_failure;
  std::vector<ToolchainEntry> toolchains;
  std::vector<RunnerEntry> runners;
  std::map<std::string, int> totals;  // cells by verdict, every verdict named
  std::vector<std::string> notes;     // of prepare and setups, plan warnings
};
BOOST_DESCRIBE_STRUCT(SweepEntry, (),
                      (id, matrix, project, source, revision, lock_hash, started_at, finished_at, duration_ms,
                       exit_status, partial, narrowed_by, prepare_failure, toolchains, runners, totals,
                       notes))

struct FindingCell {
  std::string id, triple;
  std::vector<Stage> stages;
  bool emulated = false;
  Cause cause = Cause::unknown;         // here; the finding's own is the surest of all
  std::optional<std::string> version;   // of the package here
  std::optional<std::string> expected;  // the matrix's reason for it; null: not expected here
};
BOOST_DESCRIBE_STRUCT(FindingCell, (), (id, triple, stages, emulated, cause, version, expected))

// What sets the cells of a finding apart from those where the same unit or test ended well.
struct ExplanationEntry {
  diagnosis::Certainty certainty = diagnosis::Certainty::nothing_tried;
  std::string text;  // lines for people; the first one is the explanation
  int failing = 0, passing = 0;
  std::vector<diagnosis::UnknownCells> unknown;
  std::optional<std::string> predicate;
  std::vector<std::string> rivals;      // predicates that the evidence does not tell from it
  std::optional<std::string> add_cell;  // a triple whose result would decide most
};
BOOST_DESCRIBE_STRUCT(ExplanationEntry, (),
                      (certainty, text, failing, passing, unknown, predicate, rivals, add_cell))

// The oldest of the sweeps, one after the other, in which a finding was seen.
struct SinceEntry {
  std::string sweep, at;  // at: when it was begun, RFC 3339
  int sweeps = 0;         // so many, this one included
  bool at_least = false;  // what was before is not known
};
BOOST_DESCRIBE_STRUCT(SinceEntry, (), (sweep, at, sweeps, at_least))

// One root cause over all cells that show it (DESIGN.md, "Words").
struct FindingEntry {
  std::string id;  // the same in every sweep
  Verdict verdict = Verdict::fail;
  Cause cause = Cause::unknown;
  Confidence confidence = Confidence::guess;
  Fault fault = Fault::unknown;
  std::string title;
  // Null where it is about no package, unit, test …
  std::optional<std::string> package, version, target, test, code, subject, cfg;
  std::vector<FindingCell> cells;
  ExplanationEntry explanation;
  std::optional<SinceEntry> since;  // null: not compared with other sweeps
  std::vector<EvidenceItem> evidence;
  std::vector<Mend> mends;
  std::vector<std::string> ruled_out;  // of an unknown cause
};
BOOST_DESCRIBE_STRUCT(FindingEntry, (),
                      (id, verdict, cause, confidence, fault, title, package, version, target, test, code,
                       subject, cfg, cells, explanation, since, evidence, mends, ruled_out))

struct Report {
  int format = 1;
  SweepEntry sweep;
  std::vector<CellEntry> cells;
  std::optional<std::vector<FindingEntry>> findings;  // null: nobody looked yet
  std::optional<history::Comparison> changes;         // null: there is no sweep to compare it with
};
BOOST_DESCRIBE_STRUCT(Report, (), (format, sweep, cells, findings, changes))

// Pure. `earlier_lists`: tests as earlier sweeps listed them, for units that compiled in no cell of this one.
Report build(const store::SweepRecord& record, const std::vector<store::TestList>& earlier_lists = {});

// Puts findings into the report of the same sweep.
void add_findings(Report& report, const diagnosis::SweepFindings& findings);

// Jobs whose verdict is void.
std::size_t void_jobs(const Report& report);

// 130 interrupted; 1 unexpected fail, timeout or suspect, or an unmet expectation (or flaky with `strict`); 3
// only broken, blocked by it, or void; else 0.
int exit_status(const Report& report, bool interrupted, bool strict);

}  // namespace tripled::report
