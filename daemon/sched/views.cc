// Scheduler: what page, CLI and metrics ask for.
#include <algorithm>

#include "daemon/sched/core.h"
#include "daemon/sched/reasons.h"
#include "daemon/sched/scheduler.h"

namespace tripled::sched {

namespace {

std::map<JobState, std::int64_t> by_state(const StateCounts& counts) {
  std::map<JobState, std::int64_t> out;
  for (std::size_t i = 0; i < counts.size(); ++i) out[static_cast<JobState>(i)] = counts[i];
  return out;
}

}  // namespace

Placement Scheduler::place(const std::string& batch, TimePoint now) const {
  const Index b = Tables::find(core_->state.tables.batch_by_id, batch);
  if (b == k_none) return Impossible{"no batch " + batch};
  return placement_of(core_->state, b, now);
}

std::optional<std::string> Scheduler::open_attempt(LeaseId id, Epoch epoch, const std::string& job_id) const {
  const State& s = core_->state;
  const Lease* lease = s.leases.find(id);
  const Index j = Tables::find(s.tables.job_by_id, job_id);
  if (!lease || lease->epoch != epoch || j == k_none) return std::nullopt;
  const Job& job = s.job(j);
  if (!job.open_attempt() || job.attempts.back().lease != id) return std::nullopt;
  return attempt_id(job, job.attempts.size() - 1);
}

Counts Scheduler::counts() const {
  const State& s = core_->state;
  Counts out;
  out.jobs = by_state(s.jobs.counts());
  out.leases = s.leases.held();
  for (const auto& [id, at] : s.tables.sweep_by_id) {
    const Sweep& sweep = s.tables.sweeps[at];
    out.batches += static_cast<std::int64_t>(sweep.batches.size());
    out.batches_finished += sweep.finished;
  }
  return out;
}

Counts Scheduler::counts(const std::string& sweep_id) const {
  const State& s = core_->state;
  const Index at = Tables::find(s.tables.sweep_by_id, sweep_id);
  Counts out;
  if (at == k_none) {
    out.jobs = by_state(StateCounts{});
    return out;
  }
  const Sweep& sweep = s.tables.sweeps[at];
  out.jobs = by_state(sweep.jobs);
  out.batches = static_cast<std::int64_t>(sweep.batches.size());
  out.batches_finished = sweep.finished;
  out.leases = sweep.running;
  return out;
}

std::vector<RunningBatch> Scheduler::running() const {
  const State& s = core_->state;
  std::vector<RunningBatch> out;
  for (const auto& [id, lease] : s.leases.all()) {
    if (!lease.held) continue;
    const Batch& batch = s.batch(lease.batch);
    RunningBatch row;
    row.batch = batch.id;
    row.sweep = s.tables.sweeps[batch.sweep].id;
    if (batch.cell != k_none) row.cell = s.tables.cells[batch.cell].id;
    row.worker = s.pool[lease.worker].name;
    row.instance = lease.instance;
    row.kind = batch.kind;
    row.lease = id;
    row.epoch = lease.epoch;
    row.state = lease.state;
    row.since = lease.since;
    row.expires = lease.deadline;
    for (const Index j : batch.jobs)
      if (row.job.empty() && s.job(j).state == JobState::running) row.job = s.job(j).id;
    out.push_back(std::move(row));
  }
  return out;
}

std::vector<WaitingBatch> Scheduler::waiting(TimePoint now, std::size_t limit) const {
  const State& s = core_->state;
  std::vector<std::pair<std::uint64_t, Index>> waiting;
  for (const auto& [id, sweep] : s.tables.sweep_by_id)
    for (const Index b : s.tables.sweeps[sweep].batches)
      if (const Spot spot = s.batch(b).spot; spot != Spot::held && spot != Spot::finished)
        waiting.emplace_back(s.batch(b).sequence, b);
  const std::size_t shown = std::min(limit, waiting.size());
  std::partial_sort(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(shown), waiting.end());
  std::vector<WaitingBatch> out;
  for (std::size_t i = 0; i < shown; ++i) {
    const Batch& batch = s.batch(waiting[i].second);
    WaitingBatch row;
    row.batch = batch.id;
    row.sweep = s.tables.sweeps[batch.sweep].id;
    if (batch.cell != k_none) row.cell = s.tables.cells[batch.cell].id;
    row.kind = batch.kind;
    row.placement = placement_of(s, waiting[i].second, now);
    out.push_back(std::move(row));
  }
  return out;
}

std::vector<WorkerView> Scheduler::workers() const {
  const State& s = core_->state;
  std::vector<WorkerView> out;
  for (Index w = 0; w < s.pool.size(); ++w) {
    const Worker& worker = s.pool[w];
    out.push_back({worker.name, worker.instance, worker.connected, worker.draining, worker.silent,
                   worker.quarantine, worker.slots, worker.used, worker.labels, worker.lacks,
                   worker.refuses});
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.worker < b.worker; });
  return out;
}

bool Scheduler::draining() const { return core_->state.draining; }

}  // namespace tripled::sched
