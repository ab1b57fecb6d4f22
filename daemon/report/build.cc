#include <algorithm>

#include "daemon/report/coverage.h"
#include "daemon/report/jobs.h"
#include "daemon/report/lint_drift.h"
#include "daemon/report/record_view.h"
#include "daemon/report/report.h"
#include "schema/base/duration.h"

namespace tripled::report {
namespace {

std::optional<std::string> if_any(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return text;
}

template <class T>
void add_once(std::vector<T>& all, T value) {
  if (std::find(all.begin(), all.end(), value) == all.end()) all.push_back(std::move(value));
}

StdEntry std_entry(const CellView& cell) {
  StdEntry out;
  if (!cell.setup) return out;
  out.source = cell.setup->std_source;
  out.hash = if_any(cell.setup->std_hash);
  if (cell.setup->std_build_ms > 0) out.build_ms = cell.setup->std_build_ms;
  return out;
}

// What is void counts as broken: the worker was, and nothing is known of the code.
Verdict cell_verdict(const CellView& cell, const std::vector<JobEntry>& jobs) {
  const bool any_void = std::any_of(jobs.begin(), jobs.end(), [](const JobEntry& j) { return j.voided; });
  if (cell.row->verdict && !any_void) return *cell.row->verdict;
  if (!cell.cell().excluded_reason.empty()) return Verdict::excluded;
  if (jobs.empty()) return Verdict::cancelled;
  Verdict worst = Verdict::pass;
  for (const auto& job : jobs) worst = worse_of(worst, job.voided ? Verdict::broken : job.verdict);
  return worst;
}

CellEntry build_cell(const CellView& cell, const ExecutionCoverage& coverage, bool over) {
  CellEntry out;
  out.id = cell.cell().id;
  out.group = if_any(cell.cell().group);
  out.triple = cell.cell().triple;
  out.toolchain = cell.settings().toolchain;
  out.scope = cell.settings().scope;
  out.profile = cell.settings().profile.name;
  out.axes = cell.cell().axes;
  out.excluded_reason = if_any(cell.cell().excluded_reason);
  out.std = std_entry(cell);
  for (const auto& job : cell.jobs) {
    if (is_compile(job.stage()))
      out.compile_coverage[to_text(job.stage())] = compile_coverage(cell, job.stage());
    out.jobs.push_back(build_job(cell, job, coverage, over));
  }
  out.execution_coverage = coverage;
  auto executed = coverage.native.executed + coverage.emulated.executed;
  if (executed > 0)
    out.pass_ratio = static_cast<double>(coverage.native.passed + coverage.emulated.passed) /
                     static_cast<double>(executed);
  out.verdict = cell_verdict(cell, out.jobs);
  return out;
}

std::vector<std::string> sweep_notes(const store::SweepRecord& record) {
  std::vector<std::string> out;
  for (const auto& warning : record.plan.warnings) add_once(out, warning);
  if (record.prepare) {
    for (const auto& note : record.prepare->notes) add_once(out, note);
    for (const auto& planned : record.prepare->planned)
      for (const auto* error : {&planned.build_error, &planned.test_error})
        if (!error->empty()) add_once(out, planned.triple + ": cargo could not plan: " + *error);
  }
  for (const auto& facts : record.facts)
    if (!facts.error.empty()) add_once(out, "toolchain " + facts.name + ": " + facts.error);
  for (const auto& setup : record.setups)
    if (setup.result)
      for (const auto& note : setup.result->notes) add_once(out, setup.triple + ": " + note);
  return out;
}

std::vector<RunnerEntry> runners(const std::vector<CellView>& cells) {
  std::vector<RunnerEntry> out;
  auto add = [&](const RunnerUsed& used) {
    if (used.kind == RunnerKind::none) return;
    auto entry = runner_entry(used);
    bool known = std::any_of(out.begin(), out.end(), [&](const RunnerEntry& r) {
      return r.kind == entry.kind && r.name == entry.name && r.version == entry.version;
    });
    if (!known) out.push_back(std::move(entry));
  };
  for (const auto& cell : cells)
    if (const auto* job = cell.job(Stage::execute))
      for (const auto& result : job->results)
        if (!result.tests.empty()) add(result.runner);
  return out;
}

std::string source_text(const ProjectSource& source) {
  if (!source.git.empty()) return source.git;
  if (!source.crate.empty()) return source.crate + " " + source.version;
  if (source.sent) return source.sent->host + ":" + source.sent->path + ", sent by " + source.sent->by;
  return source.path;
}

SweepEntry build_sweep(const store::SweepRecord& record, const std::vector<CellView>& views,
                       const std::vector<CellEntry>& cells) {
  const auto& row = record.row;
  SweepEntry out;
  out.id = std::to_string(row.id);
  out.matrix = if_any(row.matrix_file);
  out.project = row.project_name;
  out.source = source_text(record.plan.project.source);
  out.revision = if_any(row.revision);
  out.lock_hash = if_any(row.lock_hash);
  out.started_at = format_timestamp(row.started_at);
  if (row.finished_at) {
    out.finished_at = format_timestamp(*row.finished_at);
    out.duration_ms = *row.finished_at - row.started_at;
  }
  out.exit_status = row.exit_status;
  out.partial = row.partial;
  out.narrowed_by = if_any(record.plan.narrowed_by);
  if (record.prepare && !record.prepare->error.empty())
    out.prepare_failure = {record.prepare->project_fault ? Verdict::fail : Verdict::broken,
                           record.prepare->error};
  for (const auto& facts : record.facts)
    out.toolchains.push_back({facts.name, facts.version, facts.rustc_verbose});
  out.runners = runners(views);
  for (const auto& verdict : all_texts<Verdict>()) out.totals[verdict] = 0;
  for (const auto& cell : cells) ++out.totals[to_text(cell.verdict)];
  out.notes = sweep_notes(record);
  for (auto& drift : lint_drift(cells)) add_once(out.notes, std::move(drift));
  return out;
}

}  // namespace

Report build(const store::SweepRecord& record, const std::vector<store::TestList>& earlier_lists) {
  auto views = view_cells(record);
  TestLists lists(record, views, earlier_lists);
  Report out;
  bool over = record.row.state != store::SweepState::running;
  for (std::size_t i = 0; i < views.size(); ++i)
    out.cells.push_back(build_cell(views[i], lists.coverage(i), over));
  out.sweep = build_sweep(record, views, out.cells);
  // It was made before somebody found the worker out.
  if (out.sweep.exit_status && *out.sweep.exit_status != 130 && void_jobs(out) > 0)
    out.sweep.exit_status = exit_status(out, false, false);
  return out;
}

}  // namespace tripled::report
