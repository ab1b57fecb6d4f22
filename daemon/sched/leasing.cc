#include "daemon/sched/leasing.h"

#include <algorithm>

#include "schema/base/result.h"

namespace tripled::sched {

// --- granting

void Leasing::assign() {
  if (s_.draining || s_.paused) return;
  while (s_.pool.any_free()) {
    const auto next = s_.queue.next(s_.tables, s_.pool);
    if (!next) return;
    Batch& batch = s_.batch(*next);
    if (s_.locks.busy_lane(batch) != k_none) {
      batches_.settle(*next);  // taken since it was queued: it waits at the lane
      continue;
    }
    const auto worker = s_.pool.choose(batch.placement_class, warm_workers(batch));
    TRIPLED_CHECK(worker.has_value());
    grant(*next, *worker);
  }
}

// Where its artefacts, its triple's setup and its target dir are, in this order.
std::vector<Index> Leasing::warm_workers(const Batch& batch) const {
  std::vector<Index> warm;
  if (batch.cell != k_none) warm.push_back(s_.tables.cells[batch.cell].last_worker);
  for (const Index a : batch.after)
    if (s_.batch(a).kind == BatchKind::setup) warm.push_back(s_.batch(a).last_worker);
  for (const Index key : s_.locks.keys_of(batch)) warm.push_back(s_.locks[key].last_worker);
  return warm;
}

void Leasing::grant(Index b, Index w) {
  Batch& batch = s_.batch(b);
  const LeaseId before = batch.lease;
  for (const Index j : batch.jobs)
    if (s_.job(j).open_attempt()) s_.jobs.end_attempt(j, Outcome::worker_lost);
  if (before != 0) forget_if_over(before);

  Lease fresh;
  fresh.id = ++s_.last_lease;
  fresh.batch = b;
  fresh.worker = w;
  fresh.instance = s_.pool[w].instance;
  fresh.epoch = ++batch.epoch;
  fresh.since = s_.now;
  fresh.deadline = s_.now + s_.policy.lease;
  const Lease& lease = s_.leases.add(std::move(fresh));
  batch.lease = lease.id;
  s_.record(lease);

  const std::string& name = s_.pool[w].name;
  Grant message{name, lease.instance, lease.id, lease.epoch, batch.id, {}};
  for (const Index j : batch.jobs) {
    Job& job = s_.job(j);
    if (is_over(job.state)) continue;
    s_.jobs.lease(j, w, name, lease.id, lease.epoch);
    message.jobs.push_back({job.id, attempt_id(job, job.attempts.size() - 1)});
  }
  hold(lease);
  s_.tables.sweeps[batch.sweep].last_grant = ++s_.last_grant;
  s_.journal.messages.push_back(std::move(message));
}

void Leasing::hold(const Lease& lease) {
  Batch& batch = s_.batch(lease.batch);
  const int slots = s_.pool.class_of(batch.placement_class).slots;
  s_.pool.change(lease.worker, [&](Worker& w) {
    w.used += slots;
    w.leases.insert(lease.id);
    w.locks.insert(batch.locks.begin(), batch.locks.end());
  });
  s_.tables.count_lease(batch, 1);
  batches_.take_lane(lease.batch);
  for (const Index key : s_.locks.keys_of(batch)) s_.locks[key].last_worker = lease.worker;
  batch.last_worker = lease.worker;
  if (batch.cell != k_none) s_.tables.cells[batch.cell].last_worker = lease.worker;
  batches_.settle(lease.batch);
}

// --- a lease goes on

void Leasing::activate(Lease& lease) {
  if (lease.state != LeaseState::offered || !lease.held) return;
  lease.state = LeaseState::active;
  s_.record(lease);
}

void Leasing::renew(Lease& lease) {
  s_.leases.renew(lease, s_.now + s_.policy.lease);
  activate(lease);
}

void Leasing::adopt(Lease& lease, const std::string& instance) {
  s_.leases.renew(lease, s_.now + s_.policy.lease);
  if (lease.instance == instance && lease.state == LeaseState::active) return;
  lease.instance = instance;
  lease.state = LeaseState::active;
  s_.record(lease);
}

bool Leasing::resume(Lease& lease, const std::string& instance) {
  Batch& batch = s_.batch(lease.batch);
  const Worker& worker = s_.pool[lease.worker];
  const PlacementClass& wanted = s_.pool.class_of(batch.placement_class);
  if (lease.held || !s_.has_open_attempts(lease) || s_.locks.busy_lane(batch) != k_none ||
      s_.pool.locked(lease.worker, wanted) || worker.slots - worker.used < wanted.slots ||
      s_.tables.full(s_.tables.sweeps[batch.sweep]))
    return false;
  s_.leases.hold_again(lease, s_.now + s_.policy.lease);
  lease.instance = instance;
  lease.state = LeaseState::active;
  s_.record(lease);
  for (const Index j : batch.jobs)
    if (s_.job(j).open_attempt()) s_.jobs.resume(j);
  batches_.delay_until(lease.batch, TimePoint{});
  hold(lease);
  return true;
}

// --- a lease ends

void Leasing::let_go(Lease& lease, LeaseState state) {
  Batch& batch = s_.batch(lease.batch);
  lease.state = state;
  s_.leases.let_go(lease);
  s_.record(lease);
  const int slots = s_.pool.class_of(batch.placement_class).slots;
  s_.pool.change(lease.worker, [&](Worker& w) {
    w.used -= slots;
    w.leases.erase(lease.id);
    for (const Index key : batch.locks) w.locks.erase(key);
  });
  s_.tables.count_lease(batch, -1);
}

void Leasing::forget_if_over(LeaseId id) {
  const Lease* lease = s_.leases.find(id);
  if (!lease || lease->held || s_.has_open_attempts(*lease)) return;
  Batch& batch = s_.batch(lease->batch);
  if (batch.lease == id) batch.lease = 0;
  s_.leases.erase(id);
}

void Leasing::close(Lease& lease, LeaseState state) {
  const Index b = lease.batch;
  let_go(lease, state);
  forget_if_over(lease.id);
  batches_.settle(b);
}

void Leasing::lose(Lease& lease, LeaseState state, Attempts attempts) {
  const Index b = lease.batch, worker = lease.worker;
  const LeaseId id = lease.id;
  Batch& batch = s_.batch(b);
  let_go(lease, state);
  for (const Index j : batch.jobs) {
    if (!s_.job(j).open_attempt()) continue;
    if (attempts == Attempts::end || batch.cancelled) s_.jobs.end_attempt(j, Outcome::worker_lost);
    again(j, AttemptReason::infrastructure);
  }
  batch.class_is_old = true;
  if (is_poison(batch)) {
    poison(b);
  } else {
    strike(worker, b);
    const int losses = static_cast<int>(s_.losses(batch).size());
    if (losses > 1) batches_.delay_until(b, s_.now + backoff(losses - 1));
  }
  forget_if_over(id);
  batches_.settle(b);
}

void Leasing::give_back(Lease& lease) {
  const Index b = lease.batch;
  Batch& batch = s_.batch(b);
  for (const Index j : batch.jobs) {
    if (!s_.job(j).open_attempt()) continue;
    s_.jobs.end_attempt(j, Outcome::cancelled);
    again(j, AttemptReason::infrastructure);
  }
  batch.class_is_old = true;
  close(lease, lease.state == LeaseState::revoked ? LeaseState::revoked : LeaseState::completed);
  batches_.delay_until(b, s_.now + backoff(1));
}

void Leasing::revoke(Lease& lease) {
  if (lease.state == LeaseState::revoked) return;
  for (const Index j : s_.batch(lease.batch).jobs) {
    if (!s_.job(j).open_attempt()) continue;
    s_.jobs.end_attempt(j, Outcome::cancelled);
    again(j, AttemptReason::infrastructure);
  }
  s_.batch(lease.batch).class_is_old = true;
  lease.state = LeaseState::revoked;
  s_.record(lease);
  s_.journal.messages.push_back(Revoke{s_.pool[lease.worker].name, lease.instance, lease.id, true});
}

void Leasing::keep_spooled_only(Lease& lease, const std::set<std::string>& spooled) {
  Batch& batch = s_.batch(lease.batch);
  lease.results_only = true;
  for (const Index j : batch.jobs) {
    const Job& job = s_.job(j);
    if (!job.open_attempt() || spooled.contains(attempt_id(job, job.attempts.size() - 1))) continue;
    s_.jobs.end_attempt(j, Outcome::worker_lost);
    again(j, AttemptReason::infrastructure);
  }
  batch.class_is_old = true;
  if (!s_.has_open_attempts(lease)) close(lease, LeaseState::expired);
}

void Leasing::expire_due() {
  while (Lease* lease = s_.paused ? nullptr : s_.leases.first_due()) {
    if (lease->deadline > s_.now) break;
    if (lease->state == LeaseState::revoked) {
      close(*lease, LeaseState::revoked);
    } else {
      s_.pool.change(lease->worker, [](Worker& w) { w.silent = true; });
      if (s_.has_open_attempts(*lease))
        lose(*lease, LeaseState::expired, Attempts::leave_open);
      else
        close(*lease, LeaseState::expired);
    }
  }
  while (!s_.delayed.empty() && s_.delayed.begin()->first <= s_.now)
    batches_.settle(s_.delayed.begin()->second);
}

}  // namespace tripled::sched
