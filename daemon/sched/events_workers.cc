// Core: workers that come, stay silent, come back, go.
#include <map>
#include <set>

#include "daemon/sched/core.h"

namespace tripled::sched {

// What becomes of one attempt that a worker names. Expired leases are resumed on the way where that is
// possible.
Answer Core::judge(const WorkerHello& hello, const RunningItem& item, Index worker) {
  const Answer no = item.spooled ? Answer::drop : Answer::stop;
  Lease* lease = current(item.lease, item.epoch);
  if (!lease || lease->worker != worker) return no;
  Index job = k_none;
  if (!item.attempt.empty()) {
    for (const Index j : state.batch(lease->batch).jobs) {
      const Job& known = state.job(j);
      if (known.open_attempt() && known.attempts.back().lease == lease->id &&
          attempt_id(known, known.attempts.size() - 1) == item.attempt)
        job = j;
    }
    if (job == k_none) return no;
  }
  if (item.spooled) return job == k_none ? Answer::drop : Answer::send;
  if (lease->held ? lease->state == LeaseState::revoked : !leasing.resume(*lease, hello.instance))
    return Answer::stop;
  if (job != k_none && state.job(job).state == JobState::leased) state.jobs.start(job);
  return Answer::keep;
}

void Core::on(const WorkerHello& e) {
  const Index worker = state.pool.intern(e.worker);
  const Worker& known = state.pool[worker];
  if (known.connected && known.instance != e.instance)
    state.journal.messages.push_back(Replaced{e.worker, known.instance});
  state.pool.change(worker, [&](Worker& w) {
    if (w.instance != e.instance) {
      w.lacks = e.lacks;
      w.refuses.clear();
    }
    w.connected = true;
    w.silent = false;
    w.instance = e.instance;
    w.slots = e.slots;
    w.labels = e.labels;
    w.toolchains = e.toolchains;
  });
  HelloAnswer answer{e.worker, e.instance, {}, state.policy.lease, state.policy.heartbeat};
  for (const RunningItem& item : e.running) answer.items.emplace_back(item, judge(e, item, worker));
  settle_leases_after_hello(e, worker);
  state.journal.messages.push_back(std::move(answer));
}

void Core::settle_leases_after_hello(const WorkerHello& e, Index worker) {
  std::set<LeaseId> works_on;
  std::map<LeaseId, std::set<std::string>> spooled;
  for (const RunningItem& item : e.running) {
    const Lease* lease = current(item.lease, item.epoch);
    if (!lease || lease->worker != worker) continue;
    if (item.spooled)
      spooled[item.lease].insert(item.attempt);
    else
      works_on.insert(item.lease);
  }
  const std::set<LeaseId> held = state.pool[worker].leases;
  for (const LeaseId id : held) {
    Lease& lease = *state.leases.find(id);
    const bool has_results = spooled.contains(id);
    if (lease.state == LeaseState::revoked) {
      if (!works_on.contains(id)) leasing.close(lease, LeaseState::revoked);
    } else if (works_on.contains(id)) {
      leasing.adopt(lease, e.instance);
    } else if (has_results) {  // it is through with the lease, and what said so was lost with the connection
      leasing.adopt(lease, e.instance);
      leasing.keep_spooled_only(lease, spooled[id]);
    } else if (state.has_open_attempts(lease)) {
      leasing.lose(lease, LeaseState::expired, Leasing::Attempts::end);
    } else {
      leasing.close(lease, LeaseState::expired);
    }
  }
  // Results of expired leases are on their way: nobody else gets the batch in the meantime.
  for (const auto& [id, attempts] : spooled) {
    const Lease* lease = state.leases.find(id);
    if (lease && !lease->held && state.has_open_attempts(*lease))
      batches.delay_until(lease->batch, state.now + state.policy.lease);
  }
}

void Core::on(const WorkerGone& e) {
  const Index worker = state.pool.find(e.worker);
  if (worker == k_none || state.pool[worker].instance != e.instance) return;
  state.pool.change(worker, [](Worker& w) { w.connected = false; });
  if (!e.dead) return;
  const std::set<LeaseId> held = state.pool[worker].leases;
  for (const LeaseId id : held) {
    Lease& lease = *state.leases.find(id);
    if (lease.state == LeaseState::revoked)
      leasing.close(lease, LeaseState::revoked);
    else if (state.has_open_attempts(lease))
      leasing.lose(lease, LeaseState::expired, Leasing::Attempts::end);
    else
      leasing.close(lease, LeaseState::expired);
  }
}

void Core::on(const WorkerLacks& e) {
  const Index worker = state.pool.find(e.worker);
  if (worker == k_none) return;
  const auto& lacks = state.pool[worker].lacks;
  if (e.why.empty() ? !lacks.contains(e.ability) : lacks.contains(e.ability)) return;
  state.pool.change(worker, [&](Worker& w) {
    if (e.why.empty())
      w.lacks.erase(e.ability);
    else
      w.lacks.emplace(e.ability, e.why);
  });
}

void Core::on(const Heartbeat& e) {
  const Index worker = state.pool.find(e.worker);
  if (worker == k_none || !state.pool[worker].connected || state.pool[worker].instance != e.instance) return;
  if (state.pool[worker].silent || state.pool[worker].refuses != e.refuses)
    state.pool.change(worker, [&](Worker& w) {
      w.silent = false;
      w.refuses = e.refuses;
    });
  for (const LeaseId id : e.leases) {
    Lease* lease = state.leases.find(id);
    const bool own = lease && lease->worker == worker;
    if (own && lease->held && lease->state != LeaseState::revoked)
      leasing.renew(*lease);
    else if (!own || lease->held || !leasing.resume(*lease, e.instance))
      state.journal.messages.push_back(Revoke{e.worker, e.instance, id, true});
  }
}

}  // namespace tripled::sched
