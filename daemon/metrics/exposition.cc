#include "daemon/metrics/exposition.h"

#include "daemon/metrics/engine_families.h"
#include "daemon/metrics/families.h"

namespace tripled::metrics {
namespace {

std::size_t series_of(const std::vector<MatrixCoverage>& all) {
  std::size_t out = 0;
  for (const auto& m : all)
    out += 2 * m.compile.size() + 3 * m.execution.size() + m.cells.size() + m.expectations.size() +
           m.findings.size() + 1;
  return out;
}

void add_up(std::optional<std::int64_t>& sum, const std::optional<std::int64_t>& more) {
  if (more) sum = sum.value_or(0) + *more;
}

// All triples of a matrix as one without a name.
MatrixCoverage folded(MatrixCoverage matrix) {
  std::map<Stage, CompileUnits> compile;
  std::map<RunnerKind, ExecutionTests> execution;
  for (const auto& units : matrix.compile) {
    auto& sum = compile[units.stage];
    sum.stage = units.stage;
    add_up(sum.planned, units.planned);
    sum.compiled += units.compiled;
  }
  for (const auto& tests : matrix.execution) {
    auto& sum = execution[tests.runner];
    sum.runner = tests.runner;
    add_up(sum.planned, tests.planned);
    sum.executed += tests.executed;
    sum.passed += tests.passed;
  }
  matrix.compile.clear();
  matrix.execution.clear();
  for (auto& [stage, sum] : compile) matrix.compile.push_back(sum);
  for (auto& [runner, sum] : execution) matrix.execution.push_back(sum);
  return matrix;
}

// All matrices of a project as one without a name.
std::vector<MatrixCoverage> by_project(const std::vector<MatrixCoverage>& all) {
  std::map<std::string, MatrixCoverage> sums;
  for (const auto& m : all) {
    auto& sum = sums[m.project];
    sum.project = m.project;
    sum.compile.insert(sum.compile.end(), m.compile.begin(), m.compile.end());
    sum.execution.insert(sum.execution.end(), m.execution.begin(), m.execution.end());
    for (const auto& [key, count] : m.cells) sum.cells[key] += count;
    for (const auto& [state, count] : m.expectations) sum.expectations[state] += count;
    for (const auto& [kind, count] : m.findings) sum.findings[kind] += count;
    // The oldest: what it says holds for all of them.
    if (sum.evidence_at_ms == 0 || m.evidence_at_ms < sum.evidence_at_ms)
      sum.evidence_at_ms = m.evidence_at_ms;
  }
  std::vector<MatrixCoverage> out;
  for (auto& [project, sum] : sums) out.push_back(folded(std::move(sum)));
  return out;
}

void add_coverage(const std::vector<MatrixCoverage>& all, Families& out) {
  out.begin("compile_units",
            "Units of the last whole sweep: planned by cargo, and compiled. Says nothing of tests.");
  for (const auto& m : all)
    for (const auto& u : m.compile) {
      Labels labels{{"project", m.project},     {"matrix", m.matrix},        {"triple", u.triple},
                    {"toolchain", u.toolchain}, {"stage", to_text(u.stage)}, {"state", "compiled"}};
      out.add(labels, u.compiled);
      if (!u.planned) continue;  // not known is no series, never 0
      labels.back().value = "planned";
      out.add(std::move(labels), *u.planned);
    }
  out.begin(
      "execution_tests",
      "Tests of the last whole sweep: planned, run to a verdict, and passed, natively and emulated apart.");
  for (const auto& m : all)
    for (const auto& t : m.execution) {
      Labels labels{{"project", m.project},     {"matrix", m.matrix},          {"triple", t.triple},
                    {"toolchain", t.toolchain}, {"runner", to_text(t.runner)}, {"state", "executed"}};
      out.add(labels, t.executed);
      labels.back().value = "passed";
      out.add(labels, t.passed);
      if (!t.planned) continue;
      labels.back().value = "planned";
      out.add(std::move(labels), *t.planned);
    }
  out.begin("cells", "Cells of the last whole sweep, by stage and verdict.");
  for (const auto& m : all)
    for (const auto& [key, count] : m.cells)
      out.add({{"project", m.project},
               {"matrix", m.matrix},
               {"stage", to_text(key.first)},
               {"verdict", to_text(key.second)}},
              count);
  out.begin("expectations",
            "Jobs of the last whole sweep that were expected to fail, by whether they did so.");
  for (const auto& m : all)
    for (const auto& [state, count] : m.expectations)
      out.add({{"project", m.project}, {"matrix", m.matrix}, {"state", to_text(state)}}, count);
  out.begin("findings",
            "Findings of the last whole sweep, by cause, by whose fault it is, and by whether the matrix "
            "states them.");
  for (const auto& m : all)
    for (const auto& [kind, count] : m.findings)
      out.add({{"project", m.project},
               {"matrix", m.matrix},
               {"cause", to_text(kind.cause)},
               {"fault", to_text(kind.fault)},
               {"expected", kind.expected ? "yes" : "no"}},
              count);
  out.begin("coverage_evidence_timestamp_seconds", "When the sweep ended that the coverage is from.");
  for (const auto& m : all)
    out.add({{"project", m.project}, {"matrix", m.matrix}}, static_cast<double>(m.evidence_at_ms) / 1000);
}

}  // namespace

std::string exposition(const Snapshot& snapshot, std::size_t series_limit) {
  Families out;
  out.begin("build_info", "The running version.");
  out.add({{"version", snapshot.version}}, 1);
  auto coverage = snapshot.coverage;
  const auto wanted = series_of(coverage);
  if (wanted > series_limit)
    for (auto& matrix : coverage) matrix = folded(std::move(matrix));
  if (series_of(coverage) > series_limit) coverage = by_project(coverage);
  add_coverage(coverage, out);
  out.one("metrics_series_dropped",
          "Series of coverage that are summed into others, because there are too many.",
          wanted - series_of(coverage));
  add_engine(snapshot.engine, out);
  add_storage(snapshot.storage, out);
  add_tally(snapshot.tally, out);
  add_http(snapshot.http, out);
  add_process(snapshot.process, out);
  return out.text();
}

}  // namespace tripled::metrics
