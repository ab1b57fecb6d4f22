#include "daemon/app/service/coverage_metrics.h"

#include <algorithm>

#include "schema/base/text.h"

namespace tripled::app {
namespace {

// `host:` of `rustc -vV`, of the toolchain with that name.
std::string host_of(const report::Report& report, const std::string& toolchain) {
  for (const auto& entry : report.sweep.toolchains)
    if (entry.name == toolchain)
      for (const auto& line : split(entry.verbose, '\n'))
        if (line.starts_with("host: ")) return std::string(trim(line.substr(6)));
  return "";
}

template <class List, class Same>
auto& find_or_add(List& list, Same same) {
  auto found = std::find_if(list.begin(), list.end(), same);
  return found == list.end() ? list.emplace_back() : *found;
}

void add_compile(const report::CellEntry& cell, metrics::MatrixCoverage& out) {
  for (const auto& [word, coverage] : cell.compile_coverage) {
    auto stage = from_text<Stage>(word);
    if (!stage) continue;
    auto& units = find_or_add(out.compile, [&](const metrics::CompileUnits& u) {
      return u.triple == cell.triple && u.toolchain == cell.toolchain && u.stage == *stage;
    });
    units.triple = cell.triple;
    units.toolchain = cell.toolchain;
    units.stage = *stage;
    if (coverage.planned) units.planned = units.planned.value_or(0) + *coverage.planned;
    units.compiled += coverage.compiled;
  }
}

void add_execution(const report::CellEntry& cell, const std::string& host, metrics::MatrixCoverage& out) {
  const auto& coverage = cell.execution_coverage;
  auto runner = cell.triple == host ? RunnerKind::native : RunnerKind::emulated;
  if (coverage.native.executed > 0) runner = RunnerKind::native;
  if (coverage.emulated.executed > coverage.native.executed) runner = RunnerKind::emulated;
  auto add = [&](RunnerKind kind, const report::Executed& executed) {
    if (kind != runner && executed.executed == 0) return;
    auto& tests = find_or_add(out.execution, [&](const metrics::ExecutionTests& t) {
      return t.triple == cell.triple && t.toolchain == cell.toolchain && t.runner == kind;
    });
    tests.triple = cell.triple;
    tests.toolchain = cell.toolchain;
    tests.runner = kind;
    tests.executed += executed.executed;
    tests.passed += executed.passed;
    // Planned is known once a cell, so it counts once: what the other runner ran is taken off.
    if (kind != runner)
      tests.planned = tests.planned.value_or(0) + executed.executed;
    else if (coverage.planned)
      tests.planned = tests.planned.value_or(0) + *coverage.planned -
                      (runner == RunnerKind::native ? coverage.emulated : coverage.native).executed;
  };
  add(RunnerKind::native, coverage.native);
  add(RunnerKind::emulated, coverage.emulated);
}

void add_findings(const report::Report& report, metrics::MatrixCoverage& out) {
  if (!report.findings) return;
  out.diagnosed = true;
  for (const auto& finding : *report.findings) {
    const bool expected =
        std::all_of(finding.cells.begin(), finding.cells.end(),
                    [](const report::FindingCell& cell) { return cell.expected.has_value(); });
    ++out.findings[{finding.cause, finding.fault, expected}];
  }
}

}  // namespace

metrics::MatrixCoverage coverage_metrics(const report::Report& report) {
  metrics::MatrixCoverage out;
  out.project = report.sweep.project;
  auto matrix = report.sweep.matrix.value_or("");
  out.matrix = matrix.substr(matrix.rfind('/') + 1);
  add_findings(report, out);
  out.expectations = {{Expectation::met, 0}, {Expectation::unmet, 0}};
  for (const auto& cell : report.cells) {
    if (cell.excluded_reason) continue;  // left out of the matrix: nothing is planned
    add_compile(cell, out);
    add_execution(cell, host_of(report, cell.toolchain), out);
    for (const auto& job : cell.jobs) {
      ++out.cells[{job.stage, job.voided ? Verdict::broken : job.verdict}];
      if (job.expectation != Expectation::none) ++out.expectations[job.expectation];
    }
  }
  return out;
}

}  // namespace tripled::app
