// Behind Scheduler: the state, the parts that act on it, and one function for each event.
#pragma once
#include <vector>

#include "daemon/sched/batches.h"
#include "daemon/sched/leasing.h"
#include "daemon/sched/state.h"

namespace tripled::sched {

class Core {
 public:
  explicit Core(Policy policy) : state(policy), batches(state), leasing(state, batches) {}

  std::vector<Effect> handle(const Event& event, TimePoint now);
  void restore(const RestoredState& rows, TimePoint now);

  State state;
  Batches batches;
  Leasing leasing;

 private:
  // events_work.cc
  void on(const SweepAdded& e);
  void on(const BatchAdded& e);
  void on(const ForgetSweep& e);
  void on(const JobStarted& e);
  void on(const AttemptDone& e);
  void on(const BatchDone& e);
  void on(const LeaseReturned& e);
  // events_workers.cc
  void on(const WorkerHello& e);
  void on(const WorkerGone& e);
  void on(const WorkerLacks& e);
  void on(const Heartbeat& e);
  // events_people.cc
  void on(const Tick&) {}
  void on(const CancelSweep& e);
  void on(const CancelBatch& e);
  void on(const SkipBatches& e);
  void on(const PinBatch& e);
  void on(const Rerun& e);
  void on(const ProjectLimit& e);
  void on(const Drain& e);
  void on(const Undrain& e);
  void on(const Pause& e);
  void on(const Resume& e);
  void on(const DrainWorker& e);
  void on(const UndrainWorker& e);
  void on(const ReleaseWorker& e);

  bool add_batch(const BatchDef& def);
  void refuse(std::string why) { state.journal.messages.push_back(Refused{std::move(why)}); }
  void tell(const Lease& lease, bool now);  // Revoke
  Index job_of(const Lease& lease, const std::string& id) const;
  Lease* current(LeaseId lease, Epoch epoch);
  Answer judge(const WorkerHello& hello, const RunningItem& item, Index worker);
  void settle_leases_after_hello(const WorkerHello& hello, Index worker);
  void restore_batch_lease(const RestoredLease& row);
};

}  // namespace tripled::sched
