#include "daemon/sched/state.h"

#include <algorithm>

namespace tripled::sched {

void State::record(const Lease& lease) {
  Millis left{0};
  if (lease.held) left = std::chrono::duration_cast<Millis>(lease.deadline - now);
  journal.records.push_back(LeaseChanged{lease.id, batch(lease.batch).id, pool[lease.worker].name,
                                         lease.instance, lease.epoch, lease.state, lease.held, left});
}

std::vector<Index> State::failed_workers(const Batch& b) const {
  std::set<Index> workers, lost;
  bool answered = false;
  for (const Index at : b.jobs) {
    const Job& j = job(at);
    for (std::size_t i = first_try(j); i < j.attempts.size(); ++i) {
      const Outcome outcome = j.attempts[i].outcome.value_or(Outcome::worker_lost);
      const bool last = i + 1 == j.attempts.size();
      const bool repeated = last
                                ? j.state == JobState::ready && j.next_reason == AttemptReason::infrastructure
                                : j.attempts[i + 1].reason == AttemptReason::infrastructure;
      if (!repeated) continue;
      answered |= outcome == Outcome::exited;
      (outcome == Outcome::worker_lost ? lost : workers).insert(j.attempts[i].worker);
    }
  }
  // Where one answered and the others are asked in turn, one that was lost has not had its say.
  if (!answered) workers.merge(lost);
  return {workers.begin(), workers.end()};
}

std::set<std::pair<LeaseId, Index>> State::losses(const Batch& b) const {
  std::set<std::pair<LeaseId, Index>> lost;
  for (const Index at : b.jobs) {
    const Job& j = job(at);
    for (std::size_t i = first_try(j); i < j.attempts.size(); ++i) {
      const Attempt& a = j.attempts[i];
      const Lease* lease = a.outcome ? nullptr : leases.find(a.lease);
      if (a.outcome == Outcome::worker_lost || (lease && !lease->held)) lost.emplace(a.lease, a.worker);
    }
  }
  return lost;
}

}  // namespace tripled::sched
