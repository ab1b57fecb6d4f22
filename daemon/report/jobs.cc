#include "daemon/report/jobs.h"

#include <algorithm>

#include "daemon/diagnosis/judge.h"
#include "daemon/report/coverage.h"
#include "schema/base/duration.h"
#include "schema/base/text.h"
#include "schema/model/planning.h"
#include "schema/wire/json.h"

namespace tripled::report {
namespace {

constexpr std::size_t max_rendered_lines = 24, max_rendered_bytes = 4000;

std::optional<std::string> if_any(std::string text) {
  if (text.empty()) return std::nullopt;
  return text;
}

std::optional<std::string> first_lines(const std::string& text) {
  std::size_t end = 0;
  for (std::size_t line = 0; line < max_rendered_lines && end < text.size(); ++line) {
    auto at = text.find('\n', end);
    end = at == std::string::npos ? text.size() : at + 1;
  }
  return if_any(std::string(trim(to_valid_utf8(text.substr(0, std::min(end, max_rendered_bytes))))));
}

FirstError first_error(const Diagnostic& d) {
  FirstError out;
  out.code = if_any(d.code);
  out.message = d.message;
  out.file = if_any(d.file);
  if (d.line > 0) out.line = d.line;
  out.package = if_any(d.package);
  out.rendered = first_lines(d.rendered);
  return out;
}

std::string failure_word(const TestResult& test) {
  auto kind = test.failure.value_or(test.state == TestState::timed_out ? TestFailureKind::timeout
                                    : test.state == TestState::crashed ? TestFailureKind::crash
                                                                       : TestFailureKind::panic);
  return kind == TestFailureKind::assert_ ? "assert" : to_text(kind);
}

std::optional<Verdict> failing_verdict(const TestResult& test) {
  switch (test.state) {
    case TestState::passed:
      return test.flaky ? std::optional(Verdict::flaky) : std::nullopt;
    case TestState::failed:
    case TestState::crashed:
      return test.suspect ? Verdict::suspect : Verdict::fail;
    case TestState::timed_out:
      return test.suspect ? Verdict::suspect : Verdict::timeout;
    case TestState::ignored:
    case TestState::not_run:
    case TestState::skipped:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::string> why_expected(const CellView& cell, Stage stage,
                                        const diagnosis::FailingItem& item) {
  const auto* e = diagnosis::expectation_of(cell.settings().expected, stage, item);
  if (!e) return std::nullopt;
  if (!e->reason.empty()) return e->reason;
  return e->where.empty() ? "stated in the matrix" : "stated at " + e->where;
}

// What went wrong, item by item, as the verdict was made of it.
std::vector<diagnosis::FailingItem> failing_items(const JobView& job) {
  auto results = job.results;
  if (results.empty()) {
    if (!job.row->outcome) return {};
    AttemptResult lost;
    lost.process.outcome = *job.row->outcome;
    results.push_back(lost);
  }
  return (job.stage() == Stage::execute ? diagnosis::judge_execute(results)
                                        : diagnosis::judge_compile(results.back()))
      .items;
}

void add_expectations(const CellView& cell, const JobView& job, JobEntry& out) {
  diagnosis::JobDetail detail;
  if (auto stored = wire::from_text_json<diagnosis::JobDetail>(job.row->detail_json)) detail = *stored;
  out.expectation = job.row->expectation;
  out.unexpected = detail.unexpected;
  out.unmet = detail.unmet;
  for (auto& reason : detail.reasons)
    if (std::find(out.expected_reasons.begin(), out.expected_reasons.end(), reason) ==
        out.expected_reasons.end())
      out.expected_reasons.push_back(reason);
  auto note = [&](Verdict v) {
    auto& all = out.unexpected_verdicts;
    if (std::find(all.begin(), all.end(), v) == all.end()) all.push_back(v);
  };
  if (out.verdict == Verdict::excluded) return;
  auto items = failing_items(job);
  for (const auto& item : items)
    if (!diagnosis::expectation_of(cell.settings().expected, job.stage(), item)) note(item.verdict);
  // A verdict without an item (results no longer there): the row's own word.
  bool bad =
      out.verdict != Verdict::pass && out.verdict != Verdict::blocked && out.verdict != Verdict::excluded;
  if (items.empty() && bad && (detail.unexpected || out.expectation != Expectation::met)) note(out.verdict);
  std::sort(out.unexpected_verdicts.begin(), out.unexpected_verdicts.end());
  out.unexpected = out.unexpected || !out.unexpected_verdicts.empty();
}

void add_units(const CellView& cell, const JobView& job, JobEntry& out) {
  const auto* result = job.decisive();
  if (!result || !is_compile(job.stage())) return;
  out.errors = result->error_count;
  if (!result->errors.empty()) out.first_error = first_error(result->errors.front());
  for (const auto& u : result->units) {
    UnitEntry entry;
    entry.package = u.package;
    entry.target = u.target;
    entry.kind = u.kind;
    entry.verdict = u.verdict;
    entry.implied = u.implied;
    entry.blocked_by = if_any(u.blocked_by);
    if (u.first_error) entry.first_error = first_error(*u.first_error);
    if (u.verdict != Verdict::pass && u.verdict != Verdict::blocked)
      entry.expected = why_expected(
          cell, job.stage(), {u.package, u.target, "", u.first_error ? u.first_error->code : "", u.verdict});
    out.units.push_back(std::move(entry));
  }
}

void add_tests(const CellView& cell, const JobView& job, const ExecutionCoverage& coverage, JobEntry& out) {
  if (job.stage() != Stage::execute) return;
  TestCounts counts;
  counts.planned = coverage.planned;
  for (const auto& [test, emulated] : cell.tests) {
    TestEntry entry{test.package, test.target,      test.kind,   test.test,
                    test.state,   test.duration_ms, std::nullopt};
    if (was_executed(test.state)) {
      ++counts.executed;
      ++(test.state == TestState::passed ? counts.passed : counts.failed);
    } else {
      ++(test.state == TestState::ignored ? counts.ignored : counts.skipped);
    }
    if (auto verdict = failing_verdict(test)) {
      entry.failure = out.failures.size();
      auto why = why_expected(cell, Stage::execute, {test.package, test.target, test.test, "", *verdict});
      out.failures.push_back({test.package, test.target, test.test, failure_word(test), *verdict,
                              std::move(why), to_valid_utf8(test.message)});
    }
    out.every_test.push_back(std::move(entry));
  }
  out.tests = counts;
  for (const auto& result : job.results) {
    if (result.runner.kind == RunnerKind::none) continue;
    out.runner = runner_entry(result.runner);
    break;
  }
}

const Ability* ability(const CellView& cell, Stage stage) {
  if (!cell.setup) return nullptr;
  const auto& s = *cell.setup;
  if (!s.check.ok) return &s.check;
  switch (stage) {
    case Stage::check:
      return &s.check;
    case Stage::build:
    case Stage::test_no_run:
      return &s.link;
    case Stage::execute:
      if (!s.link.ok) return &s.link;
      if (cell.settings().run == "native") return &s.run_native;
      return s.run_emulated.reason.empty() ? &s.run_native : &s.run_emulated;
  }
  return nullptr;
}

void add_fix(const CellView& cell, const JobView& job, JobEntry& out) {
  bool broken = out.verdict == Verdict::broken ||
                std::any_of(out.units.begin(), out.units.end(),
                            [](const UnitEntry& u) { return u.verdict == Verdict::broken; });
  if (!broken) return;
  for (const auto& result : job.results) {
    if (!out.reason && !result.broken_reason.empty()) out.reason = result.broken_reason;
    if (!out.fix) out.fix = if_any(result.broken_fix);
  }
  const auto* missing = out.fix ? nullptr : ability(cell, job.stage());
  if (missing && !missing->ok) out.fix = if_any(missing->fix);
}

void add_costs(const JobView& job, JobEntry& out) {
  out.attempts = job.attempts;
  if (!job.worker.empty()) out.worker = job.worker;
  for (const auto& result : job.results) {
    out.duration_ms = out.duration_ms.value_or(0) + result.duration_ms;
    auto notes = result.notes;
    for (const auto& failure : result.binary_failures) notes.push_back(failure.text);
    if (!result.uncounted_failure.empty()) notes.push_back(result.uncounted_failure);
    for (const auto& note : notes)
      if (std::find(out.notes.begin(), out.notes.end(), note) == out.notes.end()) out.notes.push_back(note);
  }
}

}  // namespace

RunnerEntry runner_entry(const RunnerUsed& used) {
  RunnerEntry out;
  out.kind = used.kind;
  out.name = used.name;
  if (!used.version.empty()) out.version = used.version;
  return out;
}

static EarlierEntry earlier_entry(const store::EarlierVerdict& was) {
  EarlierEntry out;
  out.verdict = was.verdict;
  out.reason = if_any(was.reason);
  out.voided = was.voided;
  if (was.finished_at) out.finished_at = format_timestamp(*was.finished_at);
  out.reopened_at = format_timestamp(was.reopened_at);
  out.who = was.who;
  return out;
}

JobEntry build_job(const CellView& cell, const JobView& job, const ExecutionCoverage& coverage, bool over) {
  const auto& row = *job.row;
  JobEntry out;
  out.stage = job.stage();
  out.verdict = row.verdict.value_or(Verdict::cancelled);
  out.implied = row.implied;
  out.voided = job.voided;
  for (const auto& was : job.earlier) out.earlier.push_back(earlier_entry(was));
  if (row.carried_from != 0) out.carried_from = std::to_string(row.carried_from);
  out.reason = if_any(row.reason);
  if (!row.verdict && !out.reason) out.reason = over ? "stopped before it was over" : "not over yet";
  out.blocked_by = if_any(row.blocked_by);
  add_units(cell, job, out);
  add_tests(cell, job, coverage, out);
  if (row.verdict && !out.voided) add_expectations(cell, job, out);
  add_fix(cell, job, out);
  add_costs(job, out);
  return out;
}

}  // namespace tripled::report
