// Core: what people ask for, and our own brakes.
#include "daemon/sched/core.h"

namespace tripled::sched {

void Core::on(const CancelSweep& e) {
  const Index sweep = Tables::find(state.tables.sweep_by_id, e.sweep);
  if (sweep == k_none) return refuse("no sweep " + e.sweep);
  const auto running = e.now ? Leasing::Running::too : Leasing::Running::spare;
  for (const Index b : state.tables.sweeps[sweep].batches) {
    if (state.batch(b).spot == Spot::finished) continue;
    state.batch(b).cancelled = true;
    leasing.drop(b, JobState::cancelled, running);
  }
}

void Core::on(const CancelBatch& e) {
  const Index b = Tables::find(state.tables.batch_by_id, e.batch);
  if (b == k_none) return refuse("no batch " + e.batch);
  if (state.batch(b).spot == Spot::finished) return;
  state.batch(b).cancelled = true;
  leasing.drop(b, JobState::cancelled, e.now ? Leasing::Running::too : Leasing::Running::spare);
}

void Core::on(const SkipBatches& e) {
  for (const std::string& id : e.batches) {
    const Index b = Tables::find(state.tables.batch_by_id, id);
    if (b != k_none) leasing.drop(b, JobState::skipped, Leasing::Running::spare);
  }
}

void Core::on(const PinBatch& e) {
  const Index b = Tables::find(state.tables.batch_by_id, e.batch);
  if (b == k_none) return;
  const Index pin = e.worker.empty() ? k_none : state.pool.intern(e.worker);
  Batch& batch = state.batch(b);
  if (batch.pin == pin) return;
  batch.pin = pin;
  batch.class_is_old = true;
  batches.settle(b);
}

void Core::on(const Rerun& e) {
  std::vector<Index> jobs;
  for (const std::string& id : e.jobs) {
    const Index j = Tables::find(state.tables.job_by_id, id);
    if (j == k_none) return refuse("no job " + id);
    const Batch& batch = state.batch(state.job(j).batch);
    if (batch.spot != Spot::finished)
      return refuse("batch " + batch.id + " of job " + id + " is not finished");
    jobs.push_back(j);
  }
  batches.reopen(jobs);
}

void Core::on(const ProjectLimit& e) {
  state.tables.shares[state.tables.share_of(e.project)].limit = e.leases;
}

void Core::on(const Drain&) { state.draining = true; }
void Core::on(const Undrain&) { state.draining = false; }
void Core::on(const Pause& e) { state.paused = e.why; }

// What workers sent in the meantime may still wait to be read, and what was granted last may not have left:
// our own trouble is nobody's silence.
void Core::on(const Resume&) {
  if (!state.paused) return;
  state.paused.reset();
  for (const auto& [id, lease] : state.leases.all())
    if (lease.held) state.leases.renew(*state.leases.find(id), state.now + state.policy.lease);
}

void Core::on(const DrainWorker& e) {
  const Index worker = state.pool.intern(e.worker);
  state.pool.change(worker, [](Worker& w) { w.draining = true; });
  if (!e.now) return;
  const std::set<LeaseId> held = state.pool[worker].leases;
  for (const LeaseId id : held) leasing.revoke(*state.leases.find(id));
}

void Core::on(const UndrainWorker& e) {
  const Index worker = state.pool.find(e.worker);
  if (worker != k_none) state.pool.change(worker, [](Worker& w) { w.draining = false; });
}

void Core::on(const ReleaseWorker& e) {
  const Index worker = state.pool.find(e.worker);
  if (worker != k_none) leasing.release_quarantine(worker);
}

}  // namespace tripled::sched
