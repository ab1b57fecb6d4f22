#include "daemon/report/junit.h"

#include <fmt/format.h>

#include <algorithm>
#include <pugixml.hpp>
#include <sstream>

#include "daemon/report/finding_index.h"
#include "daemon/report/words.h"

namespace tripled::report {
namespace {

std::string seconds(std::int64_t ms) { return fmt::format("{}.{:03}", ms / 1000, ms % 1000); }

void set(pugi::xml_node node, const char* name, const std::string& value) {
  node.append_attribute(name).set_value(printable(value).c_str());
}

void text(pugi::xml_node node, const std::string& value) {
  if (!value.empty()) node.append_child(pugi::node_pcdata).set_value(printable(value).c_str());
}

// What one testcase says besides its name.
struct Outcome {
  Verdict verdict = Verdict::pass;
  std::string message, details;
  std::optional<std::string> expected;
};

struct Counts {
  int tests = 0, failures = 0, errors = 0, skipped = 0;
  Counts& operator+=(const Counts& o) {
    tests += o.tests, failures += o.failures, errors += o.errors, skipped += o.skipped;
    return *this;
  }
};

void write(pugi::xml_node node, const Counts& c) {
  for (auto [name, value] :
       {std::pair{"tests", c.tests}, {"failures", c.failures}, {"errors", c.errors}, {"skipped", c.skipped}})
    node.append_attribute(name).set_value(value);
}

class Suite {
 public:
  Suite(pugi::xml_node root, const Report& report, const CellEntry& cell, Stage stage)
      : node_(root.append_child("testsuite")), class_prefix_(cell.id + "." + to_text(stage)) {
    set(node_, "name", cell.id + " " + to_text(stage));
    set(node_, "timestamp", report.sweep.started_at.substr(0, 19));
    properties_ = node_.append_child("properties");
    property("triple", cell.triple);
    property("toolchain", cell.toolchain);
    property("stage", to_text(stage));
  }

  void property(const char* name, const std::string& value) {
    auto p = properties_.append_child("property");
    set(p, "name", name);
    set(p, "value", value);
  }

  void add(const std::string& owner, const std::string& name, std::int64_t ms, const Outcome& outcome) {
    auto node = node_.append_child("testcase");
    set(node, "classname", class_prefix_ + (owner.empty() ? "" : "." + owner));
    set(node, "name", name);
    set(node, "time", seconds(ms));
    ++counts_.tests;
    if (outcome.expected)
      return skip(node, "expected " + to_text(outcome.verdict) + ": " + *outcome.expected, outcome.details);
    switch (outcome.verdict) {
      case Verdict::pass:
        break;
      case Verdict::flaky:
        child(node, "flakyFailure", outcome);
        break;
      case Verdict::fail:
      case Verdict::timeout:
      case Verdict::suspect:
        ++counts_.failures;
        child(node, "failure", outcome);
        break;
      case Verdict::broken:
        ++counts_.errors;
        child(node, "error", outcome);
        break;
      case Verdict::blocked:
      case Verdict::excluded:
      case Verdict::cancelled:
        skip(node, to_text(outcome.verdict) + ": " + outcome.message, outcome.details);
        break;
    }
  }

  void skip_one(const std::string& owner, const std::string& name, const std::string& why) {
    auto node = node_.append_child("testcase");
    set(node, "classname", class_prefix_ + (owner.empty() ? "" : "." + owner));
    set(node, "name", name);
    set(node, "time", seconds(0));
    ++counts_.tests;
    skip(node, why, "");
  }

  void unmet(const std::string& line) {
    auto node = node_.append_child("testcase");
    set(node, "classname", class_prefix_ + ".expectations");
    set(node, "name", line);
    ++counts_.tests;
    ++counts_.failures;
    auto failure = node.append_child("failure");
    set(failure, "type", "unmet");
    set(failure, "message", line);
  }

  Counts finish(std::int64_t ms) {
    write(node_, counts_);
    set(node_, "time", seconds(ms));
    return counts_;
  }

 private:
  static void child(pugi::xml_node node, const char* tag, const Outcome& outcome) {
    auto out = node.append_child(tag);
    set(out, "type", to_text(outcome.verdict));
    set(out, "message", outcome.message);
    text(out, outcome.details);
  }

  void skip(pugi::xml_node node, const std::string& why, const std::string& details) {
    ++counts_.skipped;
    set(node.append_child("skipped"), "message", why);
    if (!details.empty()) text(node.append_child("system-out"), details);
  }

  pugi::xml_node node_, properties_;
  std::string class_prefix_;
  Counts counts_;
};

std::string first_line(const std::string& s) {
  auto lines = lines_of(s, 1);
  return lines.empty() ? "" : lines[0];
}

Outcome of_error(Verdict verdict, const FirstError& error) {
  Outcome out;
  out.verdict = verdict;
  out.message = (error.code ? *error.code + ": " : "") + first_line(error.message);
  if (error.file) out.details = *error.file + (error.line ? ":" + std::to_string(*error.line) : "") + "\n";
  out.details += error.rendered.value_or(error.message);
  return out;
}

// What it is, what sets the cells apart and what to do, below the words of rustc or of the test.
void add_cause(Outcome& out, const std::vector<const FindingEntry*>& entries) {
  for (const auto* entry : entries) {
    out.details += (out.details.empty() || out.details.ends_with('\n') ? "\n" : "\n\n") + entry->title +
                   "\ncause: " + cause_text(*entry);
    for (const auto& line : explanation_lines(*entry)) out.details += "\n" + line;
    if (auto mend = mend_text(*entry); !mend.empty()) out.details += "\nfix: " + mend;
  }
}

Outcome of_unit(const JobEntry& job, const UnitEntry& unit) {
  Outcome out;
  out.verdict = unit.verdict;
  if (unit.first_error) out = of_error(unit.verdict, *unit.first_error);
  if (unit.verdict == Verdict::blocked) out.message = "by " + unit.blocked_by.value_or("something earlier");
  if (unit.verdict == Verdict::broken && job.fix) out.details += "\nfix: " + *job.fix;
  if (out.message.empty() && unit.verdict != Verdict::pass)
    out.message = job.reason.value_or(to_text(unit.verdict));
  out.expected = unit.expected;
  return out;
}

Outcome of_job(const JobEntry& job) {
  Outcome out;
  if (job.voided) {
    out.verdict = Verdict::broken;
    out.message = void_text(job);
    return out;
  }
  out.verdict = job.verdict;
  if (job.first_error && job.verdict != Verdict::broken) {
    out = of_error(job.verdict, *job.first_error);
  } else {
    out.message = job.reason ? first_line(*job.reason) : to_text(job.verdict);
    out.details = job.reason.value_or("");
  }
  if (job.fix) out.details += "\nfix: " + *job.fix;
  bool bad =
      job.verdict != Verdict::pass && job.verdict != Verdict::blocked && job.verdict != Verdict::cancelled;
  if (bad && !job.unexpected && job.expectation == Expectation::met)
    out.expected = job.expected_reasons.empty() ? "stated in the matrix" : job.expected_reasons.front();
  return out;
}

bool is_well(Verdict verdict) { return verdict == Verdict::pass || verdict == Verdict::blocked; }

// The job as one test case, where no unit or test of it tells how it ended.
void add_whole(Suite& suite, const std::string& cell, const JobEntry& job, const FindingIndex& findings) {
  auto outcome = of_job(job);
  if (!is_well(outcome.verdict) && !job.voided) add_cause(outcome, findings.at(cell, job.stage));
  suite.add("", to_text(job.stage), 0, outcome);
}

void add_units(Suite& suite, const std::string& cell, const JobEntry& job, const FindingIndex& findings) {
  bool told = false;
  for (const auto& unit : job.units) {
    told = told || unit.verdict == job.verdict;
    auto outcome = of_unit(job, unit);
    if (!is_well(unit.verdict))
      add_cause(outcome, findings.about(cell, job.stage, unit.package, unit.target, ""));
    suite.add(unit.package, unit.target + " (" + unit.kind + ")", 0, outcome);
  }
  if (!told) add_whole(suite, cell, job, findings);
}

void add_tests(Suite& suite, const std::string& cell, const JobEntry& job, const FindingIndex& findings) {
  bool told = job.verdict == Verdict::pass && !job.every_test.empty();
  for (const auto& test : job.every_test) {
    auto owner = test.package + "." + (test.kind == "doctest" ? "doctests" : test.target);
    if (test.state == TestState::ignored) {
      suite.skip_one(owner, test.test, "ignored");
    } else if (test.state == TestState::not_run || test.state == TestState::skipped) {
      suite.skip_one(owner, test.test,
                     test.state == TestState::skipped ? "skipped by the matrix" : "not run");
    } else {
      Outcome outcome;
      if (test.failure) {
        const auto& failure = job.failures[*test.failure];
        outcome = {failure.verdict, failure.kind + ": " + first_line(failure.message), failure.message,
                   failure.expected};
        add_cause(outcome, findings.about(cell, job.stage, test.package, test.target, test.test));
        told = told || failure.verdict == job.verdict;
      }
      suite.add(owner, test.test, test.duration_ms, outcome);
    }
  }
  if (!told) add_whole(suite, cell, job, findings);
}

void add_coverage(Suite& suite, const CellEntry& cell, const JobEntry& job) {
  suite.property("verdict", to_text(job.verdict));
  if (job.runner) suite.property("runner", to_text(job.runner->kind) + " " + job.runner->name);
  auto compile = cell.compile_coverage.find(to_text(job.stage));
  if (compile != cell.compile_coverage.end())
    suite.property("compile_coverage", fraction(compile->second.compiled, compile->second.planned));
  if (job.stage == Stage::execute)
    suite.property("execution_coverage",
                   fraction(executed(cell.execution_coverage), cell.execution_coverage.planned) + " " +
                       execution_mode(cell.execution_coverage));
}

Counts add_cell(pugi::xml_node root, const Report& report, const CellEntry& cell,
                const FindingIndex& findings) {
  Counts counts;
  if (cell.verdict == Verdict::excluded) {
    Suite suite(root, report, cell, Stage::check);
    suite.skip_one("", "cell", "excluded: " + cell.excluded_reason.value_or(""));
    return suite.finish(0);
  }
  for (const auto& job : cell.jobs) {
    Suite suite(root, report, cell, job.stage);
    add_coverage(suite, cell, job);
    (is_compile(job.stage) ? add_units : add_tests)(suite, cell.id, job, findings);
    for (const auto& line : job.unmet) suite.unmet(line);
    counts += suite.finish(job.duration_ms.value_or(0));
  }
  if (find_job(cell, Stage::execute) || cell.execution_coverage.planned == 0) return counts;
  Suite suite(root, report, cell, Stage::execute);
  auto planned = cell.execution_coverage.planned;
  suite.skip_one(
      "", "execute",
      "not run: the matrix has no execute stage here; " +
          (planned ? std::to_string(*planned) + " tests are planned" : "how many tests is not known"));
  return counts += suite.finish(0);
}

}  // namespace

std::string to_junit(const Report& report) {
  pugi::xml_document document;
  auto declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version").set_value("1.0");
  declaration.append_attribute("encoding").set_value("UTF-8");
  auto root = document.append_child("testsuites");
  set(root, "name", report.sweep.project);
  set(root, "timestamp", report.sweep.started_at.substr(0, 19));
  set(root, "time", seconds(report.sweep.duration_ms.value_or(0)));
  Counts counts;
  const FindingIndex findings(report);
  for (const auto& cell : report.cells) counts += add_cell(root, report, cell, findings);
  write(root, counts);
  std::ostringstream out;
  document.save(out, "  ");
  return out.str();
}

}  // namespace tripled::report
