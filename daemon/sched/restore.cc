// Core: recovery. Rows become the state that wrote them.
#include <algorithm>
#include <map>
#include <set>

#include "daemon/sched/core.h"
#include "schema/base/result.h"

namespace tripled::sched {

namespace {

void restore_jobs(State& s, const RestoredState& rows) {
  for (const RestoredJob& row : rows.jobs) {
    const Index j = Tables::find(s.tables.job_by_id, row.job);
    if (j == k_none) continue;
    Job& job = s.job(j);
    s.jobs.leave(j);
    s.batch(job.batch).open_jobs -= int(is_over(row.state)) - int(is_over(job.state));
    job.state = row.state;
    job.outcome = row.outcome;
    job.next_reason = row.next_reason;
    s.jobs.enter(j);
  }
}

void restore_attempts(State& s, const RestoredState& rows) {
  std::vector<const RestoredAttempt*> attempts;
  for (const RestoredAttempt& row : rows.attempts) attempts.push_back(&row);
  std::sort(attempts.begin(), attempts.end(), [](auto a, auto b) { return a->n < b->n; });
  for (const RestoredAttempt* row : attempts) {
    const Index j = Tables::find(s.tables.job_by_id, row->job);
    if (j == k_none) continue;
    Job& job = s.job(j);
    job.attempts.push_back({row->reason, s.pool.intern(row->worker), row->lease, row->epoch, row->outcome});
    Batch& batch = s.batch(job.batch);
    batch.epoch = std::max(batch.epoch, row->epoch);
    batch.class_is_old = true;
  }
}

void restore_lanes(State& s, const RestoredState& rows) {
  for (const LaneChanged& row : rows.lanes) {
    const Index key = s.locks.find("lane " + row.lane);
    const Index sweep = Tables::find(s.tables.sweep_by_id, row.sweep);
    if (key == k_none || sweep == k_none || s.locks[key].held_by != k_none) continue;
    const Index cell = Tables::find(s.tables.sweeps[sweep].cells, row.cell);
    if (cell == k_none) continue;
    s.tables.cells[cell].lane = key;
    s.locks.take(key, cell);
  }
}

// Batches that are over.
void restore_finished(State& s, const std::vector<std::pair<Index, const BatchDef*>>& added) {
  for (const auto& [b, def] : added) {
    Batch& batch = s.batch(b);
    if (batch.open_jobs > 0 || s.held_lease(batch)) continue;
    batch.spot = Spot::finished;
    Sweep& sweep = s.tables.sweeps[batch.sweep];
    --sweep.unfinished;
    ++sweep.finished;
    if (batch.cell != k_none) --s.tables.cells[batch.cell].unfinished;
  }
}

// Attempts that are open but belong to no lease that is known any more.
void end_orphans(State& s, const std::vector<Index>& jobs) {
  for (const Index j : jobs) {
    Job& job = s.job(j);
    const Lease* lease = job.open_attempt() ? s.leases.find(job.attempts.back().lease) : nullptr;
    if (job.open_attempt() && (!lease || is_over(job.state))) s.jobs.end_attempt(j, Outcome::worker_lost);
    const bool in_lease = job.state == JobState::leased || job.state == JobState::running;
    if (in_lease && !(lease && lease->held)) s.jobs.try_again(j, AttemptReason::infrastructure);
  }
}

}  // namespace

void Core::restore_batch_lease(const RestoredLease& row) {
  State& s = state;
  const Index b = Tables::find(s.tables.batch_by_id, row.batch);
  if (b == k_none) return;
  Batch& batch = s.batch(b);
  batch.epoch = std::max(batch.epoch, row.epoch);
  if (row.epoch < batch.epoch) return;
  Lease lease;
  lease.id = row.lease;
  lease.batch = b;
  lease.worker = s.pool.intern(row.worker);
  lease.instance = row.instance;
  lease.epoch = row.epoch;
  lease.state = row.state;
  lease.held = row.held && s.locks.busy_lane(batch) == k_none &&
               !s.pool.locked(lease.worker, s.pool.class_of(batch.placement_class));
  lease.since = s.now;
  lease.deadline = s.now + s.policy.lease;
  batch.lease = row.lease;
  Lease& added = s.leases.add(std::move(lease));
  if (added.held) return leasing.hold(added);
  if (row.held) {  // rows that contradict each other: it counts as lost
    added.state = LeaseState::expired;
    s.record(added);
  }
  leasing.forget_if_over(row.lease);
}

void Core::restore(const RestoredState& rows, TimePoint now) {
  state.now = now;
  std::vector<std::pair<Index, const BatchDef*>> added;
  for (const BatchDef& def : rows.batches)
    if (batches.objection(def).empty()) added.emplace_back(batches.add(def), &def);
  restore_jobs(state, rows);
  restore_attempts(state, rows);
  restore_lanes(state, rows);
  state.last_lease = std::max(state.last_lease, rows.last_lease);
  std::map<LeaseId, const RestoredLease*> newest_last;
  for (const RestoredLease& row : rows.leases) newest_last[row.lease] = &row;
  for (const auto& [id, row] : newest_last) {
    state.last_lease = std::max(state.last_lease, id);
    restore_batch_lease(*row);
  }
  for (const auto& [b, def] : added) end_orphans(state, state.batch(b).jobs);
  for (const QuarantineChanged& row : rows.quarantines)
    if (!row.why.empty())
      state.pool.change(state.pool.intern(row.worker), [&](Worker& w) { w.quarantine = row.why; });
  restore_finished(state, added);
  for (const auto& [b, def] : added) {
    const auto& jobs = state.batch(b).jobs;
    const bool waits = std::any_of(jobs.begin(), jobs.end(),
                                   [&](Index j) { return state.job(j).state == JobState::blocked; });
    batches.link(b, def->after, waits ? Batches::Released::no : Batches::Released::yes);
  }
  for (const auto& [b, def] : added)
    if (state.batch(b).spot != Spot::finished) batches.start(b);
  // Sweeps and cells whose last batch is over keep no lane.
  for (const auto& [id, sweep] : state.tables.sweep_by_id)
    for (const auto& [name, cell] : state.tables.sweeps[sweep].cells)
      if (state.tables.cells[cell].unfinished == 0 && state.tables.cells[cell].lane != k_none)
        batches.free_lane(cell);
}

}  // namespace tripled::sched
