// Leasing: what a result, a failure or a drop means for job, batch and worker.
#include <algorithm>

#include "daemon/sched/leasing.h"

namespace tripled::sched {

// --- results

bool Leasing::may_retry(const Job& job, Outcome outcome) const {
  if (s_.batch(job.batch).cancelled) return false;
  if (outcome == Outcome::cancelled) return true;  // taken back, not failed; the backoff keeps it slow
  return infrastructure_retries(job) < s_.policy.infrastructure_retries &&
         counted_tries(job) < s_.policy.max_attempts;
}

void Leasing::end_attempt(Lease& lease, Index j, Outcome outcome, Next next) {
  const LeaseId id = lease.id;
  const Index b = lease.batch, worker = lease.worker;
  Batch& batch = s_.batch(b);
  Job& job = s_.job(j);
  s_.jobs.end_attempt(j, outcome);
  const bool bounded = counted_tries(job) < s_.policy.max_attempts && !batch.cancelled;
  std::optional<AttemptReason> reason;
  switch (next) {
    case Next::finished:
      break;
    case Next::retry_infrastructure:
      if (may_retry(job, outcome)) reason = AttemptReason::infrastructure;
      break;
    case Next::elsewhere: {
      auto tried = s_.failed_workers(batch);
      if (std::find(tried.begin(), tried.end(), worker) == tried.end()) tried.push_back(worker);
      if (bounded && s_.pool.another_could(batch.placement_class, tried))
        reason = AttemptReason::infrastructure;
      break;
    }
    case Next::verify:
      if (bounded) reason = AttemptReason::verification;
      break;
    case Next::second_opinion:
      if (bounded) reason = AttemptReason::second_opinion;
      break;
  }
  if (next != Next::retry_infrastructure)
    praise(worker);
  else if (outcome != Outcome::cancelled)
    strike(worker, b);

  const bool late = !lease.held;
  if (reason)
    s_.jobs.try_again(j, *reason);
  else
    s_.jobs.finish(j, outcome);
  batch.class_is_old = true;
  if (lease.results_only && lease.held && !s_.has_open_attempts(lease)) close(lease, LeaseState::completed);
  forget_if_over(id);
  if (reason == AttemptReason::infrastructure && next != Next::elsewhere)
    batches_.delay_until(b, s_.now + backoff(infrastructure_retries(job) + 1));
  else if (late && batch.lease == 0)
    batches_.delay_until(b, TimePoint{});
  else
    batches_.settle(b);
}

// Doubles from the second time on.
Millis Leasing::backoff(int times) const {
  Millis wait = s_.policy.backoff;
  for (int i = 1; i < times && wait < s_.policy.backoff_max; ++i) wait *= 2;
  return std::min(wait, s_.policy.backoff_max);
}

void Leasing::again(Index job, AttemptReason reason) {
  if (s_.batch(s_.job(job).batch).cancelled)
    s_.jobs.drop(job, JobState::cancelled);
  else
    s_.jobs.try_again(job, reason);
}

// --- poison and quarantine

bool Leasing::is_poison(const Batch& batch) const {
  const auto losses = s_.losses(batch);
  if (static_cast<int>(losses.size()) < s_.policy.poison_losses) return false;
  std::set<Index> workers;
  for (const auto& [lease, worker] : losses) workers.insert(worker);
  return static_cast<int>(workers.size()) >= s_.policy.poison_losses ||
         !s_.pool.another_could(batch.placement_class, {workers.begin(), workers.end()});
}

void Leasing::poison(Index b) {
  Batch& batch = s_.batch(b);
  const auto losses = s_.losses(batch);
  for (const Index j : batch.jobs) {
    if (s_.job(j).open_attempt()) s_.jobs.end_attempt(j, Outcome::worker_lost);
    if (!is_over(s_.job(j).state)) s_.jobs.finish(j, Outcome::worker_lost);
  }
  batch.poison = true;
  // It was the batch, not the workers.
  for (const auto& [lease, worker] : losses) {
    const auto& failed = s_.pool[worker].failed_cells;
    const bool counted = failed.contains(strike_key(batch));
    s_.pool.change(worker, [&](Worker& w) { w.failed_cells.erase(strike_key(batch)); });
    if (counted && static_cast<int>(failed.size()) < s_.policy.quarantine_after &&
        !s_.pool[worker].quarantine.empty())
      release_quarantine(worker);
  }
}

std::string Leasing::strike_key(const Batch& batch) const {
  return s_.tables.sweeps[batch.sweep].id + " " +
         (batch.cell == k_none ? batch.id : s_.tables.cells[batch.cell].id);
}

void Leasing::strike(Index worker, Index b) {
  if (s_.policy.quarantine_after <= 0 || !struck_.insert(worker).second) return;
  s_.pool.change(worker, [&](Worker& w) { w.failed_cells.insert(strike_key(s_.batch(b))); });
  const Worker& w = s_.pool[worker];
  if (!w.quarantine.empty() || static_cast<int>(w.failed_cells.size()) < s_.policy.quarantine_after) return;
  const Batch& batch = s_.batch(b);
  const std::string why = std::to_string(w.failed_cells.size()) +
                          " cells in a row failed here for infrastructure reasons, the last one " +
                          (batch.about.empty() ? batch.id : batch.about);
  s_.pool.change(worker, [&](Worker& changed) { changed.quarantine = why; });
  s_.journal.records.push_back(QuarantineChanged{w.name, why});
}

void Leasing::praise(Index worker) {
  if (s_.pool[worker].failed_cells.empty()) return;
  s_.pool.change(worker, [](Worker& w) { w.failed_cells.clear(); });
}

void Leasing::release_quarantine(Index worker) {
  const bool was = !s_.pool[worker].quarantine.empty();
  s_.pool.change(worker, [](Worker& w) {
    w.quarantine.clear();
    w.failed_cells.clear();
  });
  if (was) s_.journal.records.push_back(QuarantineChanged{s_.pool[worker].name, ""});
}

// --- skip and cancel

void Leasing::drop(Index b, JobState as, Running running) { drop_jobs(b, s_.batch(b).jobs, as, running); }

void Leasing::drop_jobs(Index b, const std::vector<Index>& jobs, JobState as, Running running) {
  Batch& batch = s_.batch(b);
  if (batch.spot == Spot::finished) return;
  bool took_back = false;
  for (const Index j : jobs) {
    const JobState state = s_.job(j).state;
    if (is_over(state)) continue;
    if (state == JobState::running && (as == JobState::skipped || running == Running::spare)) continue;
    took_back |= state == JobState::leased || state == JobState::running;
    s_.jobs.drop(j, as);
  }
  const LeaseId id = batch.lease;
  Lease* lease = id == 0 ? nullptr : s_.leases.find(id);
  if (lease && lease->held && took_back) {
    const bool kill = !s_.has_open_attempts(*lease);
    if (kill && as == JobState::cancelled) {
      lease->state = LeaseState::revoked;
      s_.record(*lease);
    }
    s_.journal.messages.push_back(Revoke{s_.pool[lease->worker].name, lease->instance, id, kill});
  }
  forget_if_over(id);
  batches_.settle(b);
}

}  // namespace tripled::sched
