#include "tests/report/fixture.h"

#include <algorithm>
#include <stdexcept>

#include "daemon/diagnosis/judge.h"
#include "schema/wire/json.h"

namespace tripled::report::fixture {

Unit unit(const std::string& package, const std::string& target, const std::string& kind, bool harness,
          bool of_host) {
  Unit out;
  out.package = package;
  out.version = "1.0.0";
  out.target = target;
  out.kind = kind;
  out.harness = harness;
  out.host = of_host;
  return out;
}

UnitResult unit_result(const Unit& u, Verdict verdict) {
  UnitResult out;
  out.package = u.package;
  out.target = u.target;
  out.kind = u.kind;
  out.harness = u.harness;
  out.verdict = verdict;
  return out;
}

UnitResult failed(const Unit& u, const std::string& code, const std::string& message, const std::string& file,
                  int line) {
  auto out = unit_result(u, Verdict::fail);
  Diagnostic d;
  d.code = code;
  d.message = message;
  d.file = file;
  d.line = line;
  d.column = 5;
  d.package = u.package;
  d.rendered = "error[" + code + "]: " + message + "\n --> " + file + ":" + std::to_string(line) + ":5\n";
  out.first_error = d;
  out.errors = 1;
  return out;
}

TestResult test(const std::string& package, const std::string& target, const std::string& kind,
                const std::string& name, TestState state, const std::string& message) {
  TestResult out;
  out.package = package;
  out.target = target;
  out.kind = kind;
  out.test = name;
  out.state = state;
  out.message = message;
  out.duration_ms = 12;
  if (state == TestState::failed) out.failure = TestFailureKind::assert_;
  if (state == TestState::timed_out) out.failure = TestFailureKind::timeout;
  if (state == TestState::crashed) out.failure = TestFailureKind::signal;
  return out;
}

Executable executable(const Unit& u) {
  Executable out;
  out.package = u.package;
  out.target = u.target;
  out.kind = u.kind;
  out.host = u.host;
  return out;
}

CellMaker::CellMaker(store::SweepRecord& record, std::string id, std::string triple) : record_(record) {
  cell_ = record_.cells.size();
  store::CellRow row;
  row.sweep = record_.row.id;
  row.ordinal = static_cast<int>(cell_);
  row.cell.id = id;
  row.cell.triple = triple;
  row.cell.axes = {{"triple", triple}};
  row.cell.settings.scope = {"--workspace"};
  row.setup_key = "setup-" + id;
  row.plan_key = plan_key_ = "plan-" + id;
  record_.cells.push_back(row);
  store::SetupRow setup;
  setup.key = row.setup_key;
  setup.triple = triple;
  setup.toolchain = "stable";
  SetupResult result;
  result.check.ok = result.link.ok = true;
  result.std_source = StdSource::shipped;
  result.std_hash = "5d5d";
  setup.result = result;
  record_.setups.push_back(setup);
}

CellMaker& CellMaker::scope(std::vector<std::string> words) {
  record_.cells[cell_].cell.settings.scope = std::move(words);
  return *this;
}

CellMaker& CellMaker::expect(ExpectedFailure expected) {
  record_.cells[cell_].cell.settings.expected.push_back(std::move(expected));
  return *this;
}

CellMaker& CellMaker::excluded(const std::string& why) {
  auto& row = record_.cells[cell_];
  row.cell.excluded_reason = why;
  row.plan_key.clear();
  row.setup_key.clear();
  row.verdict = Verdict::excluded;
  return *this;
}

CellMaker& CellMaker::plan(std::vector<Unit> build, std::vector<Unit> tests) {
  PlannedUnits planned;
  planned.plan_key = plan_key_;
  planned.triple = record_.cells[cell_].cell.triple;
  planned.build = std::move(build);
  planned.test = std::move(tests);
  record_.prepare->planned.push_back(std::move(planned));
  return *this;
}

CellMaker& CellMaker::cannot_plan(const std::string& error) {
  plan({}, {});
  record_.prepare->planned.back().build_error = record_.prepare->planned.back().test_error = error;
  return *this;
}

store::JobRecord& CellMaker::add_job(Stage stage, AttemptResult result) {
  store::JobRecord job;
  job.row.id = static_cast<std::int64_t>(record_.jobs.size()) + 1;
  job.row.cell = record_.cells[cell_].cell.id;
  job.row.stage = stage;
  job.row.state = JobState::done;
  job.row.outcome = result.process.outcome;
  store::AttemptRecord attempt;
  attempt.result = std::move(result);
  job.attempts.push_back(std::move(attempt));
  record_.jobs.push_back(std::move(job));
  return record_.jobs.back();
}

CellMaker& CellMaker::compiled(Stage stage, std::vector<UnitResult> units) {
  AttemptResult result;
  for (const auto& u : units) {
    if (u.first_error) result.errors.push_back(*u.first_error);
    if (stage == Stage::test_no_run && u.harness && u.verdict == Verdict::pass)
      result.executables.push_back(
          executable(unit(u.package, u.target, u.kind, true, u.kind == "proc-macro")));
  }
  result.error_count = static_cast<int>(result.errors.size());
  bool good =
      std::all_of(units.begin(), units.end(), [](const UnitResult& u) { return u.verdict == Verdict::pass; });
  result.process.code = good ? 0 : 101;
  result.units = std::move(units);
  result.duration_ms = 1500;
  add_job(stage, std::move(result));
  return *this;
}

CellMaker& CellMaker::broken(Stage stage, const std::string& reason, const std::string& fix) {
  AttemptResult result;
  result.process.outcome = Outcome::not_run;
  result.broken_reason = reason;
  result.broken_fix = fix;
  add_job(stage, std::move(result));
  return *this;
}

CellMaker& CellMaker::blocked(Stage stage, const std::string& why) {
  auto& job = add_job(stage, {});
  job.attempts.clear();
  job.row.state = JobState::skipped;
  job.row.outcome.reset();
  job.row.verdict = Verdict::blocked;
  job.row.reason = why;
  return *this;
}

CellMaker& CellMaker::executed(RunnerKind kind, std::vector<TestResult> tests) {
  AttemptResult result;
  result.tests = std::move(tests);
  result.runner.kind = kind;
  result.runner.name = kind == RunnerKind::native ? "native" : "qemu-s390x";
  if (kind == RunnerKind::emulated) result.runner.version = "7.2.0";
  result.duration_ms = 4000;
  add_job(Stage::execute, std::move(result));
  return *this;
}

CellMaker& CellMaker::verified(std::vector<TestResult> tests) {
  auto& job = record_.jobs.back();
  store::AttemptRecord attempt;
  attempt.row.n = 2;
  attempt.row.reason = AttemptReason::verification;
  attempt.result.emplace();
  attempt.result->runner = job.attempts.front().result->runner;
  attempt.result->tests = std::move(tests);
  job.attempts.push_back(std::move(attempt));
  return *this;
}

AttemptResult& CellMaker::last() { return *record_.jobs.back().attempts.back().result; }

void CellMaker::judge() {
  auto& cell = record_.cells[cell_];
  std::vector<diagnosis::JudgedJob> judged;
  std::vector<store::JobRow*> rows;
  auto worst = Verdict::pass;
  for (auto& job : record_.jobs) {
    if (job.row.cell != cell.cell.id) continue;
    diagnosis::JobVerdict verdict;
    std::vector<AttemptResult> results;
    for (auto& attempt : job.attempts) results.push_back(*attempt.result);
    if (!results.empty())
      verdict = job.row.stage == Stage::execute ? diagnosis::judge_execute(results)
                                                : diagnosis::judge_compile(results.back());
    else
      verdict.verdict = job.row.verdict.value_or(Verdict::blocked);
    job.row.verdict = verdict.verdict;
    if (job.row.reason.empty()) job.row.reason = verdict.reason;
    job.row.blocked_by = verdict.blocked_by;
    worst = worse_of(worst, verdict.verdict);
    judged.push_back(diagnosis::judged_job(*job.row.stage, std::move(verdict), results));
    rows.push_back(&job.row);
  }
  auto expectations = diagnosis::check_expectations(cell.cell.settings.expected, judged);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i]->expectation = expectations[i].expectation;
    diagnosis::JobDetail detail{expectations[i].unexpected, expectations[i].unmet, expectations[i].reasons};
    rows[i]->detail_json = wire::to_text_json(detail);
  }
  if (!cell.verdict) cell.verdict = worst;
}

SweepMaker::SweepMaker() {
  auto& row = record_.row;
  row.id = 7;
  row.project_name = "sample";
  row.matrix_file = "matrix.yaml";
  row.state = store::SweepState::finished;
  row.revision = "0123456789abcdef0123456789abcdef01234567";
  row.lock_hash = "10c4";
  row.started_at = 1'790'000'000'000;
  row.finished_at = 1'790'000'075'000;
  row.exit_status = 1;
  ToolchainFacts facts;
  facts.name = "stable";
  facts.version = "1.96.0";
  facts.host = host;
  facts.rustc_verbose = "rustc 1.96.0 (abc 2026-05-01)";
  record_.facts.push_back(facts);
  record_.prepare.emplace();
}

CellMaker& SweepMaker::cell(const std::string& id, const std::string& triple) {
  return cells_.emplace_back(record_, id, triple);
}

Report SweepMaker::report(const std::vector<store::TestList>& earlier) {
  for (auto& cell : cells_) cell.judge();
  return build(record_, earlier);
}

const CellEntry& find_cell(const Report& report, const std::string& id) {
  for (const auto& cell : report.cells)
    if (cell.id == id) return cell;
  throw std::out_of_range("no cell " + id);
}

const JobEntry& find_job(const CellEntry& cell, Stage stage) {
  for (const auto& job : cell.jobs)
    if (job.stage == stage) return job;
  throw std::out_of_range("no job " + to_text(stage) + " in " + cell.id);
}

}  // namespace tripled::report::fixture
