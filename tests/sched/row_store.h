// RowStore keeps what the scheduler's records say, as the daemon's database would, and complains about
// records that contradict each other. From its rows a scheduler can be restored.
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "daemon/sched/scheduler.h"

namespace tripled::sched {

class RowStore {
 public:
  void add(const BatchDef& batch) {
    batches.push_back(batch);
    for (const JobDef& job : batch.jobs) {
      jobs[job.id].job = job.id;
      batch_of_job[job.id] = batch.id;
    }
  }

  void apply(const std::vector<Effect>& effects) {
    bool messages = false;
    for (const Effect& effect : effects) {
      if (is_record(effect))
        EXPECT_FALSE(messages) << "a record behind a message";
      else
        messages = true;
      std::visit([this](const auto& e) { on(e); }, effect);
    }
  }

  void forget(const std::string& sweep) {
    std::erase_if(batches, [&](const BatchDef& b) {
      if (b.sweep != sweep) return false;
      for (const JobDef& job : b.jobs) {
        std::erase_if(attempts, [&](const auto& a) { return a.second.job == job.id; });
        jobs.erase(job.id);
      }
      std::erase_if(leases, [&](const auto& l) { return l.second.batch == b.id; });
      return true;
    });
  }

  RestoredState rows() const {
    RestoredState out;
    out.batches = batches;
    for (const auto& [id, row] : jobs) out.jobs.push_back(row);
    for (const auto& [id, row] : attempts) out.attempts.push_back(row);
    for (const auto& [id, row] : leases) out.leases.push_back(row);
    for (const auto& [id, row] : lanes) out.lanes.push_back(row);
    for (const auto& [id, row] : quarantines) out.quarantines.push_back(row);
    out.last_lease = last_lease;
    return out;
  }

  // The held lease of a batch; nullptr: none.
  const RestoredLease* held(const std::string& batch) const {
    const RestoredLease* found = nullptr;
    for (const auto& [id, row] : leases)
      if (row.held && row.batch == batch) found = &row;
    return found;
  }
  const RestoredLease* newest(const std::string& batch) const {
    const RestoredLease* found = nullptr;
    for (const auto& [id, row] : leases)
      if (row.batch == batch) found = &row;
    return found;
  }

  std::vector<BatchDef> batches;
  std::map<std::string, std::string> batch_of_job;
  std::map<std::string, RestoredJob> jobs;
  std::map<std::string, RestoredAttempt> attempts;
  std::map<LeaseId, RestoredLease> leases;
  std::map<std::string, LaneChanged> lanes;
  std::map<std::string, QuarantineChanged> quarantines;
  LeaseId last_lease = 0;

 private:
  void on(const JobChanged& e) {
    ASSERT_TRUE(jobs.contains(e.job)) << e.job;
    EXPECT_EQ(e.outcome.has_value(), e.state == JobState::done) << e.job;
    jobs[e.job] = {e.job, e.state, e.outcome, e.next_reason};
  }
  void on(const AttemptCreated& e) {
    EXPECT_EQ(e.attempt, e.job + "#" + std::to_string(e.n));
    EXPECT_TRUE(e.n == 1 || attempts.contains(e.job + "#" + std::to_string(e.n - 1))) << e.attempt;
    RestoredAttempt row{e.job, e.n, e.reason, e.lease, e.epoch, e.worker, std::nullopt};
    EXPECT_TRUE(attempts.emplace(e.attempt, row).second) << e.attempt << " was there before";
  }
  void on(const AttemptEnded& e) {
    ASSERT_TRUE(attempts.contains(e.attempt)) << e.attempt;
    EXPECT_FALSE(attempts[e.attempt].outcome) << e.attempt << " ended twice";
    attempts[e.attempt].outcome = e.outcome;
  }
  void on(const LeaseChanged& e) {
    leases[e.lease] = {e.lease, e.batch, e.worker, e.instance, e.epoch, e.state, e.held};
    last_lease = std::max(last_lease, e.lease);
    int held = 0;
    for (const auto& [id, row] : leases) held += int(row.held && row.batch == e.batch);
    EXPECT_LE(held, 1) << e.batch << " has two held leases";
  }
  void on(const LaneChanged& e) {
    if (e.sweep.empty())
      lanes.erase(e.lane);
    else
      EXPECT_TRUE(lanes.emplace(e.lane, e).second) << e.lane << " was taken";
  }
  void on(const QuarantineChanged& e) { quarantines[e.worker] = e; }
  template <class Message>
  void on(const Message&) {}
};

}  // namespace tripled::sched
