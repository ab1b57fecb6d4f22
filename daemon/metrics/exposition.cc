#include "daemon/metrics/exposition.h"

#include <prometheus/text_serializer.h>

#include <sstream>

namespace tripled::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

class Families {
 public:
  void begin(const std::string& name, const std::string& help, MetricType type = MetricType::Gauge) {
    MetricFamily family;
    family.name = "tripled_" + name;
    family.help = help;
    family.type = type;
    all_.push_back(std::move(family));
  }
  // Into the family that was begun last.
  template <class Number>
  void add(Labels labels, Number value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    auto& place = all_.back().type == MetricType::Counter ? metric.counter.value : metric.gauge.value;
    place = static_cast<double>(value);
    all_.back().metric.push_back(std::move(metric));
  }
  template <class Number>
  void one(const std::string& name, const std::string& help, Number value,
           MetricType type = MetricType::Gauge) {
    begin(name, help, type);
    add({}, value);
  }
  std::string text() const {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, all_);
    return out.str();
  }

 private:
  std::vector<MetricFamily> all_;
};

std::size_t series_of(const MatrixCoverage& matrix) {
  return 2 * matrix.compile.size() + 3 * matrix.execution.size();
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
  out.begin("coverage_evidence_timestamp_seconds", "When the sweep ended that the coverage is from.");
  for (const auto& m : all)
    out.add({{"project", m.project}, {"matrix", m.matrix}}, static_cast<double>(m.evidence_at_ms) / 1000);
}

void add_engine(const EngineState& e, Families& out) {
  out.begin("workers", "Workers that are connected, and of those the ones that get no work.");
  out.add({{"state", "connected"}}, e.workers_connected);
  out.add({{"state", "draining"}}, e.workers_draining);
  out.add({{"state", "quarantined"}}, e.workers_quarantined);
  out.begin("worker_slots", "Slots of connected workers.");
  out.add({{"state", "used"}}, e.slots_used);
  out.add({{"state", "free"}}, e.slots - e.slots_used);
  out.begin("jobs", "Jobs of running sweeps, by state.");
  for (const auto& word : all_texts<JobState>()) {
    auto found = e.jobs.find(*from_text<JobState>(word));
    out.add({{"state", word}}, found == e.jobs.end() ? 0 : found->second);
  }
  out.one("leases", "Leases that are held.", e.leases);
  out.one("sweeps_running", "Sweeps that are not finished.", e.sweeps_running);
  out.one("batches_impossible", "Batches that no connected worker can take.", e.batches_impossible);
  out.one("store_healthy", "1: results can be stored; 0: granting has stopped.", e.healthy ? 1 : 0);
  out.one("database_bytes", "Size of the database file.", e.database_bytes);
}

// Every label value exists from the start, at 0: a rate over a series that appears is lost.
void add_tally(const Tally& tally, Families& out) {
  out.begin("attempts_total", "Attempts that ended, by outcome.", MetricType::Counter);
  for (const auto& word : all_texts<Outcome>()) {
    auto found = tally.attempts.find(*from_text<Outcome>(word));
    out.add({{"outcome", word}}, found == tally.attempts.end() ? 0 : found->second);
  }
  out.begin("sweeps_finished_total", "Sweeps that finished, by exit status.", MetricType::Counter);
  for (int status : {0, 1, 3, 130}) {
    auto found = tally.sweeps.find(status);
    out.add({{"exit_status", std::to_string(status)}}, found == tally.sweeps.end() ? 0 : found->second);
  }
  auto counter = MetricType::Counter;
  out.one("leases_expired_total", "Leases whose worker was not heard of in time.", tally.leases_expired,
          counter);
  out.one("stale_results_total", "Results that came too late to count.", tally.stale_results, counter);
  out.one("store_commits_total", "Synced transactions.", tally.commits, counter);
}

}  // namespace

std::string exposition(const Snapshot& snapshot, std::size_t series_limit) {
  Families out;
  out.begin("build_info", "The running version.");
  out.add({{"version", snapshot.version}}, 1);
  std::size_t series = 0;
  for (const auto& matrix : snapshot.coverage) series += series_of(matrix);
  bool dropped = series > series_limit;
  auto coverage = snapshot.coverage;
  if (dropped)
    for (auto& matrix : coverage) matrix = folded(std::move(matrix));
  add_coverage(coverage, out);
  out.one("coverage_series_dropped", "1: too many series, triples are summed into their project.",
          dropped ? 1 : 0);
  add_engine(snapshot.engine, out);
  add_tally(snapshot.tally, out);
  return out.text();
}

}  // namespace tripled::metrics
