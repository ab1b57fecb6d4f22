// All the scheduler knows, in one place for the parts that act on it (Batches, Leasing, Core). `now` is the
// time of the handle() that runs.
#pragma once
#include <optional>
#include <set>
#include <string>

#include "daemon/sched/job_table.h"
#include "daemon/sched/lease_table.h"
#include "daemon/sched/lock_table.h"
#include "daemon/sched/ready_queue.h"
#include "daemon/sched/scheduler.h"
#include "daemon/sched/tables.h"
#include "daemon/sched/worker_pool.h"

namespace tripled::sched {

struct State {
  explicit State(Policy p) : policy(p), jobs(tables, journal) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  const Policy policy;
  Tables tables;
  Journal journal;
  JobTable jobs;
  LockTable locks;
  WorkerPool pool;
  ReadyQueue queue;
  LeaseTable leases;
  std::set<std::pair<TimePoint, Index>> delayed;  // batches, by `not_before`
  bool draining = false;
  std::optional<std::string> paused;  // why
  LeaseId last_lease = 0;
  std::uint64_t last_grant = 0, last_sequence = 0;
  TimePoint now{};

  Batch& batch(Index at) { return tables.batches[at]; }
  const Batch& batch(Index at) const { return tables.batches[at]; }
  Job& job(Index at) { return tables.jobs[at]; }
  const Job& job(Index at) const { return tables.jobs[at]; }

  const Lease* held_lease(const Batch& b) const {
    const Lease* lease = b.lease == 0 ? nullptr : leases.find(b.lease);
    return lease && lease->held ? lease : nullptr;
  }
  // Some attempt of this lease has no result yet.
  bool has_open_attempts(const Lease& lease) const {
    for (const Index j : batch(lease.batch).jobs)
      if (job(j).open_attempt() && job(j).attempts.back().lease == lease.id) return true;
    return false;
  }
  void record(const Lease& lease);  // LeaseChanged

  // Workers on which a try of the batch failed or was lost and was repeated.
  std::vector<Index> failed_workers(const Batch& b) const;
  // Leases of the batch that ended without a result, with their workers.
  std::set<std::pair<LeaseId, Index>> losses(const Batch& b) const;
};

}  // namespace tripled::sched
