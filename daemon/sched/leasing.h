// Grants, ends, loses and resumes leases, and draws the conclusions: retries, poison, quarantine. Owned by
// Core.
#pragma once
#include <set>
#include <string>

#include "daemon/sched/batches.h"
#include "daemon/sched/state.h"

namespace tripled::sched {

class Leasing {
 public:
  Leasing(State& state, Batches& batches) : s_(state), batches_(batches) {}

  void begin_event() { struck_.clear(); }

  // Gives batches to workers until nothing more fits.
  void assign();
  void expire_due();
  // Slots, locks and counters of a lease that is held from now on (granted, resumed, restored).
  void hold(const Lease& lease);

  void activate(Lease& lease);
  void renew(Lease& lease);
  void adopt(Lease& lease, const std::string& instance);
  // An expired lease whose batch nobody else got goes on. false: its place is taken.
  bool resume(Lease& lease, const std::string& instance);

  // The lease is over as it should be; nothing of it is open.
  void close(Lease& lease, LeaseState state);
  // The lease ended without all its results: the jobs are tried again, or the batch is poison.
  // Attempts::leave_open: late results are still welcome until the batch is granted again.
  enum class Attempts { end, leave_open };
  void lose(Lease& lease, LeaseState state, Attempts attempts);
  // The worker ended or gave back what it had; not a loss.
  void give_back(Lease& lease);
  // Its jobs go elsewhere; slots and locks are held until the worker confirms.
  void revoke(Lease& lease);
  // The worker is gone and its spool holds results: only the attempts in it stay open.
  void keep_spooled_only(Lease& lease, const std::set<std::string>& spooled);

  // A result of an open attempt.
  void end_attempt(Lease& lease, Index job, Outcome outcome, Next next);
  // What the worker still has of it does no longer matter.
  void forget_if_over(LeaseId lease);

  // skipped or cancelled; a running job only with `Running::too`, and never skipped.
  enum class Running { spare, too };
  void drop(Index batch, JobState as, Running running);
  void drop_jobs(Index batch, const std::vector<Index>& jobs, JobState as, Running running);

  void release_quarantine(Index worker);

 private:
  std::vector<Index> warm_workers(const Batch& batch) const;
  void grant(Index batch, Index worker);
  void let_go(Lease& lease, LeaseState state);
  void again(Index job, AttemptReason reason);
  bool may_retry(const Job& job, Outcome outcome) const;
  Millis backoff(int times) const;
  bool is_poison(const Batch& batch) const;
  void poison(Index batch);
  void strike(Index worker, Index batch);
  void praise(Index worker);
  std::string strike_key(const Batch& batch) const;

  State& s_;
  Batches& batches_;
  std::set<Index> struck_;  // workers: what is lost at one stroke counts once
};

}  // namespace tripled::sched
