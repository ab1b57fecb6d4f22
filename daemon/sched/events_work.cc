// Core: batches that come, and what workers say of the jobs in them.
#include "daemon/sched/core.h"

namespace tripled::sched {

bool Core::add_batch(const BatchDef& def) {
  if (std::string objection = batches.objection(def); !objection.empty()) {
    refuse(std::move(objection));
    return false;
  }
  const Index batch = batches.add(def);
  batches.link(batch, def.after, Batches::Released::no);
  batches.start(batch);
  return true;
}

void Core::on(const SweepAdded& e) {
  const Index sweep = batches.sweep(e.sweep);
  for (const BatchDef& def : e.batches) {
    if (def.sweep == e.sweep)
      add_batch(def);
    else
      refuse("batch " + def.id + " is not of sweep " + e.sweep);
  }
  if (state.tables.sweeps[sweep].batches.empty()) state.journal.messages.push_back(SweepFinished{e.sweep});
}

void Core::on(const BatchAdded& e) { add_batch(e.batch); }

void Core::on(const ForgetSweep& e) {
  const Index sweep = Tables::find(state.tables.sweep_by_id, e.sweep);
  if (sweep == k_none) return;
  if (state.tables.sweeps[sweep].unfinished > 0)
    refuse("sweep " + e.sweep + " is not finished");
  else
    batches.forget(sweep);
}

// --- what workers report

Lease* Core::current(LeaseId id, Epoch epoch) {
  Lease* lease = state.leases.find(id);
  return lease && lease->epoch == epoch ? lease : nullptr;
}

// The job whose attempt in this lease is open.
Index Core::job_of(const Lease& lease, const std::string& id) const {
  for (const Index j : state.batch(lease.batch).jobs) {
    const Job& job = state.job(j);
    if (job.id == id) return job.open_attempt() && job.attempts.back().lease == lease.id ? j : k_none;
  }
  return k_none;
}

void Core::on(const JobStarted& e) {
  Lease* lease = current(e.lease, e.epoch);
  if (!lease || !lease->held) return;  // its next heartbeat tells the worker
  leasing.activate(*lease);
  const Index job = job_of(*lease, e.job);
  if (job == k_none)
    tell(*lease, !state.has_open_attempts(*lease));
  else if (state.job(job).state == JobState::leased)
    state.jobs.start(job);
}

void Core::on(const AttemptDone& e) {
  Lease* lease = state.leases.find(e.lease);
  const Index job = lease && lease->epoch == e.epoch ? job_of(*lease, e.job) : k_none;
  if (job == k_none) {
    Stale why = !lease                    ? Stale::unknown_lease
                : lease->epoch != e.epoch ? Stale::older_epoch
                                          : Stale::already_ended;
    // Its lease is forgotten, the job's history may still tell more.
    const Index known = Tables::find(state.tables.job_by_id, e.job);
    if (!lease && known != k_none)
      for (const Attempt& a : state.job(known).attempts)
        if (a.lease == e.lease)
          why =
              a.epoch < state.batch(state.job(known).batch).epoch ? Stale::older_epoch : Stale::already_ended;
    state.journal.messages.push_back(StaleResult{e.lease, e.epoch, e.job, why});
    return;
  }
  const Index batch = lease->batch;
  leasing.activate(*lease);
  leasing.end_attempt(*lease, job, e.outcome, e.next);
  if (state.job(job).state != JobState::done) return;
  std::vector<Index> skipped;
  for (const std::string& id : e.skip_jobs) {
    const Index j = Tables::find(state.tables.job_by_id, id);
    if (j != k_none && state.job(j).batch == batch) skipped.push_back(j);
  }
  if (!skipped.empty()) leasing.drop_jobs(batch, skipped, JobState::skipped, Leasing::Running::spare);
  on(SkipBatches{e.skip_batches});
}

void Core::on(const BatchDone& e) {
  Lease* lease = current(e.lease, e.epoch);
  if (!lease) return;
  const Index batch = lease->batch;
  if (!lease->held) {
    // Expired, and now it is sure that no result will come.
    for (const Index j : state.batch(batch).jobs)
      if (state.job(j).open_attempt()) state.jobs.end_attempt(j, Outcome::worker_lost);
    leasing.forget_if_over(e.lease);
    batches.delay_until(batch, state.batch(batch).not_before);
  } else if (lease->state == LeaseState::revoked) {
    leasing.close(*lease, LeaseState::revoked);
  } else if (state.has_open_attempts(*lease)) {
    leasing.lose(*lease, LeaseState::completed, Leasing::Attempts::end);
  } else {
    leasing.close(*lease, LeaseState::completed);
  }
}

void Core::on(const LeaseReturned& e) {
  Lease* lease = current(e.lease, e.epoch);
  if (lease && lease->held) leasing.give_back(*lease);
}

}  // namespace tripled::sched
