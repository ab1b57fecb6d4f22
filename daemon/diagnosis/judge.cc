#include "daemon/diagnosis/judge.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>

#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

std::string unit_name(const UnitResult& u) { return u.package + "/" + u.target; }

// What the process outcome alone decides; nullopt: look further.
std::optional<JobVerdict> judge_outcome(const AttemptResult& result) {
  const auto& p = result.process;
  auto verdict = [&](Verdict v, std::string reason) {
    JobVerdict out;
    out.verdict = v;
    out.reason = std::move(reason);
    return out;
  };
  switch (p.outcome) {
    case Outcome::cancelled:
      return verdict(Verdict::cancelled, "cancelled");
    case Outcome::worker_lost:
      return verdict(Verdict::broken, "the worker was lost");
    case Outcome::could_not_start:
      return verdict(Verdict::broken, p.reason);
    case Outcome::not_run:
      if (!result.broken_reason.empty()) return verdict(Verdict::broken, result.broken_reason);
      return std::nullopt;
    case Outcome::timed_out:
    case Outcome::no_output:
    case Outcome::signalled:
    case Outcome::exited:
      return std::nullopt;
  }
  return std::nullopt;
}

void add_units(const AttemptResult& result, JobVerdict& out) {
  for (const auto& u : result.units) {
    out.verdict = worse_of(out.verdict, u.verdict);
    if (u.verdict == Verdict::pass || u.verdict == Verdict::blocked) continue;
    out.items.push_back({u.package, u.target, "", u.first_error ? u.first_error->code : "", u.verdict});
  }
  auto blocked = std::find_if(result.units.begin(), result.units.end(),
                              [](const UnitResult& u) { return u.verdict == Verdict::blocked; });
  if (blocked != result.units.end()) out.blocked_by = blocked->blocked_by;
}

// An error that no unit of ours carries (a host dependency, cargo's own) still makes the job fail.
void add_other_errors(const AttemptResult& result, JobVerdict& out) {
  for (const auto& e : result.errors) {
    bool carried = std::any_of(result.units.begin(), result.units.end(), [&](const UnitResult& u) {
      return (u.verdict == Verdict::fail || u.verdict == Verdict::broken) &&
             (u.package == e.package || (u.first_error && u.first_error->package == e.package));
    });
    if (carried || e.package.empty() || (!result.broken_reason.empty() && result.worst != Verdict::fail))
      continue;
    out.verdict = worse_of(out.verdict, Verdict::fail);
    out.items.push_back({e.package, "", "", e.code, Verdict::fail});
  }
}

std::string first_reason(const AttemptResult& result, const JobVerdict& verdict) {
  if (verdict.verdict == Verdict::broken && !result.broken_reason.empty()) return result.broken_reason;
  if (!result.errors.empty()) {
    const auto& e = result.errors.front();
    return (e.code.empty() ? "" : e.code + ": ") + e.message;
  }
  for (const auto& u : result.units)
    if (u.verdict != Verdict::pass) return unit_name(u) + ": " + to_text(u.verdict);
  return "cargo exited with status " + std::to_string(result.process.code) + " without an error message";
}

// Texts of field.md 5: what only the emulator says, whatever the code does. Null: none of them.
const char* gap_in(std::string_view text) {
  struct Sign {
    const char* text;
    const char* gap;
  };
  static constexpr Sign signs[] = {
      {"Function not implemented", "a system call that the emulator does not implement (ENOSYS)"},
      {"(os error 38)", "a system call that the emulator does not implement (ENOSYS)"},
      {"Exec format error", "a program of the foreign machine started from inside the emulator"},
      {"(os error 8)", "a program of the foreign machine started from inside the emulator"},
      {"qemu: Unsupported syscall", "a system call that the emulator does not implement"},
      {"qemu: unhandled CPU exception", "an instruction that the emulator does not implement"},
      {"exit status: 127", "a spawn of a missing program that seemed to succeed (vfork under the emulator)"},
  };
  for (const auto& s : signs)
    if (contains(text, s.text)) return s.gap;
  return nullptr;
}

Verdict verdict_of(const TestResult& t) {
  switch (t.state) {
    case TestState::passed:
      return t.flaky ? Verdict::flaky : Verdict::pass;
    case TestState::ignored:
      return Verdict::pass;
    case TestState::failed:
    case TestState::crashed:
      return t.suspect ? Verdict::suspect : Verdict::fail;
    case TestState::timed_out:
      return t.suspect ? Verdict::suspect : Verdict::timeout;
    case TestState::not_run:
      return Verdict::blocked;
    case TestState::skipped:
      return Verdict::excluded;
  }
  return Verdict::fail;
}

Verdict verdict_of(const BinaryFailure& failure, bool emulated) {
  switch (failure.outcome) {
    case Outcome::timed_out:
    case Outcome::no_output:
      return Verdict::timeout;
    case Outcome::could_not_start:
    case Outcome::worker_lost:
    case Outcome::not_run:
      return Verdict::broken;
    case Outcome::cancelled:
      return Verdict::cancelled;
    case Outcome::exited:
    case Outcome::signalled:
      return emulated && gap_in(failure.text) ? Verdict::suspect : Verdict::fail;
  }
  return Verdict::fail;
}

bool is_failure(const TestResult& t) {
  return t.state == TestState::failed || t.state == TestState::crashed || t.state == TestState::timed_out;
}

bool matches(const ExpectedFailure& e, const FailingItem& item) {
  if (e.verdict != item.verdict) return false;
  if (!e.unit.empty() && !glob_match(e.unit, item.package) &&
      !glob_match(e.unit, item.package + "/" + item.target))
    return false;
  if (!e.test.empty() && !glob_match(e.test, item.test)) return false;
  return e.error.empty() || e.error == item.error;
}

std::string describe(const ExpectedFailure& e) {
  std::string out = e.where.empty() ? "" : e.where + ": ";
  out += "expected " + to_text(e.verdict);
  if (!e.unit.empty()) out += " of " + e.unit;
  if (!e.test.empty()) out += " in test " + e.test;
  if (!e.error.empty()) out += " with " + e.error;
  if (e.stage) out += " at " + to_text(*e.stage);
  return out + ", but it did not happen";
}

bool is_about(const ExpectedFailure& e, const KnownItem& item) {
  if (!e.unit.empty() && !glob_match(e.unit, item.package) &&
      !glob_match(e.unit, item.package + "/" + item.target))
    return false;
  return e.test.empty() || glob_match(e.test, item.test);
}

// Did this job run far enough, and look at the thing, so that "it did not happen" can be said of it?
bool was_tried(const ExpectedFailure& e, const JudgedJob& job) {
  auto tried = [](Verdict v) {
    return v == Verdict::pass || v == Verdict::flaky || v == Verdict::fail || v == Verdict::suspect;
  };
  if (e.unit.empty() && e.test.empty()) return tried(job.verdict.verdict);
  return std::any_of(job.known.begin(), job.known.end(),
                     [&](const KnownItem& item) { return tried(item.verdict) && is_about(e, item); });
}

}  // namespace

// An item of the job itself, unless one of a unit says the same: an expectation that names the unit covers
// it.
void add_own_item(JobVerdict& out, Verdict verdict, const std::string& code = "") {
  bool said = std::any_of(out.items.begin(), out.items.end(),
                          [&](const FailingItem& item) { return item.verdict == verdict; });
  if (!said) out.items.push_back({"", "", "", code, verdict});
}

JobVerdict judge_compile(const AttemptResult& result) {
  if (auto decided = judge_outcome(result)) {
    JobVerdict units;
    add_units(result, units);
    for (auto& item : units.items)
      if (item.verdict == decided->verdict) decided->items.push_back(std::move(item));
    if (decided->verdict == Verdict::broken) add_own_item(*decided, Verdict::broken);
    return *decided;
  }
  JobVerdict out;
  add_units(result, out);
  add_other_errors(result, out);
  if (result.process.outcome == Outcome::not_run && result.units.empty() && !result.notes.empty()) {
    out.verdict = Verdict::blocked;
    out.reason = result.notes.front();
  } else if (result.process.outcome == Outcome::not_run && result.units.empty()) {
    out.verdict = Verdict::broken;
    out.items.push_back({"", "", "", "", Verdict::broken});
    out.reason = "it was not tried, and nothing says why";
  } else if (result.process.outcome == Outcome::timed_out) {
    out.verdict = worse_of(out.verdict, Verdict::timeout);
    add_own_item(out, Verdict::timeout);
    out.reason = result.process.reason.empty() ? "the time limit ended it" : result.process.reason;
  } else if (result.process.outcome == Outcome::signalled || result.process.code != 0) {
    // cargo failed: whatever the units say, this is no pass, unless what failed does not count here.
    if (out.verdict == Verdict::pass && result.uncounted_failure.empty()) {
      out.verdict = result.broken_reason.empty() ? Verdict::fail : Verdict::broken;
      out.items.push_back({"", "", "", result.errors.empty() ? "" : result.errors.front().code, out.verdict});
    }
  }
  if (out.verdict != Verdict::pass && out.reason.empty()) out.reason = first_reason(result, out);
  return out;
}

std::vector<TestResult> merged_tests(const std::vector<AttemptResult>& attempts) {
  std::vector<TestResult> out;
  std::map<std::tuple<std::string_view, std::string_view, std::string_view, std::string_view>, std::size_t>
      index;
  for (const auto& attempt : attempts) {
    for (const auto& t : attempt.tests) {
      auto [place, added] = index.try_emplace({t.package, t.target, t.kind, t.test}, out.size());
      auto known = out.begin() + static_cast<std::ptrdiff_t>(place->second);
      if (added) {
        out.push_back(t);
      } else if (is_failure(*known) && t.state == TestState::passed) {
        auto failed = std::move(*known);
        *known = t;
        known->flaky = true;
        known->message = std::move(failed.message);
        known->failure = failed.failure;
      }
    }
  }
  bool emulated = !attempts.empty() && attempts.front().runner.kind == RunnerKind::emulated;
  for (auto& t : out) {
    const char* gap = emulated && is_failure(t) ? gap_in(t.message) : nullptr;
    if (!gap) continue;
    t.suspect = true;
    t.message += "\n[looks like a gap of the emulator: " + std::string(gap) + "]";
  }
  return out;
}

JobVerdict judge_execute(const std::vector<AttemptResult>& attempts) {
  JobVerdict out;
  if (attempts.empty()) {
    out.verdict = Verdict::blocked;
    out.reason = "it was not tried";
    return out;
  }
  const auto& first = attempts.front();
  if (auto decided = judge_outcome(first)) {
    if (decided->verdict == Verdict::broken) add_own_item(*decided, Verdict::broken);
    return *decided;
  }
  if (first.process.outcome == Outcome::not_run) {
    out.verdict = Verdict::blocked;
    out.reason = "no test executable was built";
    out.blocked_by = "test-no-run";
    return out;
  }
  auto tests = merged_tests(attempts);
  bool all_skipped = !tests.empty();
  for (const auto& t : tests) {
    auto v = verdict_of(t);
    all_skipped = all_skipped && v == Verdict::excluded;
    out.verdict = worse_of(out.verdict, v);
    if (v == Verdict::pass || v == Verdict::blocked || v == Verdict::excluded) continue;
    out.items.push_back({t.package, t.target, t.test, "", v});
    if (out.reason.empty()) out.reason = t.package + ": test " + t.test + " " + to_text(v);
  }
  for (const auto& failure : first.binary_failures) {
    auto v = verdict_of(failure, first.runner.kind == RunnerKind::emulated);
    out.verdict = worse_of(out.verdict, v);
    out.items.push_back({failure.package, failure.target, "", "", v});
    if (out.reason.empty()) out.reason = failure.text;
  }
  if (all_skipped && out.verdict == Verdict::pass) {
    out.verdict = Verdict::excluded;
    out.reason = "every test is skipped by the matrix";
  }
  return out;
}

std::vector<TestResult> to_verify(const AttemptResult& first) {
  std::vector<TestResult> out;
  for (const auto& t : first.tests)
    if (is_failure(t) && t.state != TestState::timed_out) out.push_back(t);
  if (out.size() > 50) out.clear();
  return out;
}

std::optional<std::string> emulation_gap(const TestResult& test) {
  if (auto* gap = gap_in(test.message)) return gap;
  return std::nullopt;
}

const ExpectedFailure* expectation_of(const std::vector<ExpectedFailure>& expected, Stage stage,
                                      const FailingItem& item) {
  for (const auto& e : expected)
    if ((!e.stage || *e.stage == stage) && matches(e, item)) return &e;
  return nullptr;
}

JudgedJob judged_job(Stage stage, JobVerdict verdict, const std::vector<AttemptResult>& results) {
  JudgedJob out;
  out.stage = stage;
  out.verdict = std::move(verdict);
  if (results.empty()) return out;
  for (const auto& u : results.back().units) out.known.push_back({u.package, u.target, "", u.verdict});
  for (const auto& t : results.front().tests)
    out.known.push_back({t.package, t.target, t.test, verdict_of(t)});
  return out;
}

std::vector<JobExpectation> check_expectations(const std::vector<ExpectedFailure>& expected,
                                               const std::vector<JudgedJob>& jobs) {
  std::vector<JobExpectation> out(jobs.size());
  std::vector<std::vector<bool>> covered;
  for (const auto& job : jobs) covered.emplace_back(job.verdict.items.size(), false);
  for (const auto& e : expected) {
    bool happened = false;
    std::optional<std::size_t> last_tried;
    for (std::size_t j = 0; j < jobs.size(); ++j) {
      if (e.stage && *e.stage != jobs[j].stage) continue;
      if (was_tried(e, jobs[j])) last_tried = j;
      bool here = false;
      for (std::size_t i = 0; i < jobs[j].verdict.items.size(); ++i) {
        if (!matches(e, jobs[j].verdict.items[i])) continue;
        covered[j][i] = true;
        here = true;
      }
      if (!here) continue;
      happened = true;
      if (e.required && out[j].expectation == Expectation::none) out[j].expectation = Expectation::met;
      if (!e.reason.empty()) out[j].reasons.push_back(e.reason);
    }
    if (happened || !e.required || !last_tried) continue;
    out[*last_tried].expectation = Expectation::unmet;
    out[*last_tried].unmet.push_back(describe(e));
  }
  for (std::size_t j = 0; j < jobs.size(); ++j)
    out[j].unexpected = std::find(covered[j].begin(), covered[j].end(), false) != covered[j].end();
  return out;
}

}  // namespace tripled::diagnosis
