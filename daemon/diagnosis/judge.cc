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
      return result.broken_reason.empty() ? std::nullopt
                                          : std::optional(verdict(Verdict::broken, result.broken_reason));
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
    if (carried || e.package.empty() || !result.broken_reason.empty()) continue;
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
  if (job.verdict.verdict == Verdict::blocked || job.verdict.verdict == Verdict::cancelled ||
      job.verdict.verdict == Verdict::excluded)
    return false;
  if (e.unit.empty() && e.test.empty()) return true;
  return std::any_of(job.known.begin(), job.known.end(),
                     [&](const KnownItem& item) { return is_about(e, item); });
}

}  // namespace

JobVerdict judge_compile(const AttemptResult& result) {
  if (auto decided = judge_outcome(result)) {
    if (decided->verdict == Verdict::broken) decided->items.push_back({"", "", "", "", Verdict::broken});
    return *decided;
  }
  JobVerdict out;
  add_units(result, out);
  add_other_errors(result, out);
  if (result.process.outcome == Outcome::timed_out) {
    out.verdict = worse_of(out.verdict, Verdict::timeout);
    out.items.push_back({"", "", "", "", Verdict::timeout});
    out.reason = result.process.reason.empty() ? "the time limit ended it" : result.process.reason;
  } else if (result.process.outcome == Outcome::signalled || result.process.code != 0) {
    // cargo failed: whatever the units say, this is no pass.
    if (out.verdict == Verdict::pass) {
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
        auto first_message = known->message;
        *known = t;
        known->flaky = true;
        known->message = first_message;
      }
    }
  }
  for (auto& t : out)
    if (is_failure(t) && emulation_gap(t) && !attempts.empty() &&
        attempts.front().runner.kind == RunnerKind::emulated)
      t.suspect = true;
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
    if (decided->verdict == Verdict::broken) decided->items.push_back({"", "", "", "", Verdict::broken});
    return *decided;
  }
  if (first.process.outcome == Outcome::not_run) {
    out.verdict = Verdict::blocked;
    out.reason = "no test executable was built";
    out.blocked_by = "test-no-run";
    return out;
  }
  for (const auto& t : merged_tests(attempts)) {
    auto v = verdict_of(t);
    out.verdict = worse_of(out.verdict, v);
    if (v == Verdict::pass || v == Verdict::blocked) continue;
    out.items.push_back({t.package, t.target, t.test, "", v});
    if (out.reason.empty()) out.reason = t.package + ": test " + t.test + " " + to_text(v);
  }
  if (!first.listed_only.empty()) {
    out.verdict = worse_of(out.verdict, Verdict::fail);
    out.items.push_back({"", "", "", "", Verdict::fail});
    if (out.reason.empty()) out.reason = first.listed_only.front();
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

// Texts of field.md 5: what only the emulator says, whatever the code does.
std::optional<std::string> emulation_gap(const TestResult& test) {
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
    if (contains(test.message, s.text)) return s.gap;
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
  for (const auto& u : results.back().units) out.known.push_back({u.package, u.target, ""});
  for (const auto& t : results.front().tests) out.known.push_back({t.package, t.target, t.test});
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
