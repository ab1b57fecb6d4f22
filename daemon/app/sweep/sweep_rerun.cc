// Sweep: jobs that ended and are tried again.
#include <algorithm>
#include <set>

#include "daemon/app/sweep/sweep.h"

namespace tripled::app {
namespace {

bool is_over(const store::JobRow& job) {
  return job.state == JobState::done || job.state == JobState::skipped || job.state == JobState::cancelled;
}

bool is_ready(const store::SetupRow& row) {
  const auto& setup = row.result;
  return setup && setup->check.ok && setup->link.ok && (setup->run_native.ok || setup->run_emulated.ok);
}

}  // namespace

// A cell is the unit: its executables may be gone from their target dir, so `execute` alone cannot be
// repeated. Its setup too, once nothing else uses it: what it found may be gone or cured. Prepare only where
// it failed: a new one would be another sweep.
Result<ReopenedJobs> Sweep::jobs_to_rerun(const std::vector<std::string>& cells, bool prepare_too) const {
  const std::set<std::string> chosen(cells.begin(), cells.end());
  ReopenedJobs out;
  out.cells = cells;
  out.prepare = prepare_too || !record_.prepare || !record_.prepare->error.empty();
  std::set<std::string> used, used_elsewhere;
  for (const auto& [id, row] : jobs_) {
    const auto& key = batch_of_job(id).setup_key;
    if (!row.stage) continue;
    if (chosen.count(row.cell) > 0) {
      used.insert(key);
      out.jobs.push_back(row);
    } else if (!is_over(row)) {
      used_elsewhere.insert(key);
    }
  }
  for (const auto& [id, row] : jobs_) {
    const auto& b = batch_of_job(id);
    if (row.stage || !is_over(row)) continue;  // one that is open is waited for
    if (b.kind == BatchKind::prepare && out.prepare) out.jobs.push_back(row);
    if (b.kind != BatchKind::setup || used.count(b.setup_key) == 0) continue;
    auto setup = std::find_if(record_.setups.begin(), record_.setups.end(),
                              [&](const store::SetupRow& s) { return s.key == b.setup_key; });
    if (setup == record_.setups.end()) continue;
    if (used_elsewhere.count(b.setup_key) > 0) {
      if (is_ready(*setup)) continue;
      return Error(ErrorKind::conflict,
                   "the setup of " + setup->triple +
                       " is to be repeated, and other cells that use it are not over yet");
    }
    out.setups.push_back(b.setup_key);
    out.jobs.push_back(row);
  }
  return out;
}

void Sweep::reopen(const ReopenedJobs& reopened) {
  for (const auto& job : reopened.jobs) {
    auto id = std::to_string(job.id);
    auto& row = jobs_.at(id);
    store::JobRow open;
    open.id = row.id;
    open.sweep = row.sweep;
    open.batch = row.batch;
    open.cell = row.cell;
    open.stage = row.stage;
    open.input_key = row.input_key;
    open.next_reason = AttemptReason::rerun;
    row = std::move(open);
    results_.erase(id);
  }
  for (auto& row : record_.cells) {
    if (std::find(reopened.cells.begin(), reopened.cells.end(), row.cell.id) == reopened.cells.end())
      continue;
    row.verdict.reset();
    row.expectation = Expectation::none;
    row.reason.clear();
  }
  for (auto& setup : record_.setups)
    if (std::find(reopened.setups.begin(), reopened.setups.end(), setup.key) != reopened.setups.end()) {
      setup.result.reset();
      setup.others.clear();
      setups_.forget(setup.key);
    }
  if (reopened.prepare) record_.prepare.reset();
}

}  // namespace tripled::app
