// Leases: held ones, and expired ones whose result would still be accepted; and when the held ones run out.
// Owned by Core.
#pragma once
#include <map>
#include <set>
#include <string>

#include "daemon/sched/tables.h"

namespace tripled::sched {

struct Lease {
  LeaseId id = 0;
  Index batch = k_none, worker = k_none;
  std::string instance;
  Epoch epoch = 0;
  LeaseState state = LeaseState::offered;
  bool held = true;
  bool results_only = false;  // its process is gone, spooled results are on their way
  TimePoint since{}, deadline{};
};

class LeaseTable {
 public:
  Lease& add(Lease lease);
  void erase(LeaseId id);  // not held
  Lease* find(LeaseId id);
  const Lease* find(LeaseId id) const;

  void renew(Lease& lease, TimePoint deadline);
  void let_go(Lease& lease);  // no longer held
  void hold_again(Lease& lease, TimePoint deadline);

  // The held lease that runs out first; nullptr: none is held.
  Lease* first_due();
  std::optional<TimePoint> first_deadline() const;
  const std::map<LeaseId, Lease>& all() const { return leases_; }
  std::int64_t held() const { return static_cast<std::int64_t>(deadlines_.size()); }

 private:
  std::map<LeaseId, Lease> leases_;
  std::set<std::pair<TimePoint, LeaseId>> deadlines_;
};

}  // namespace tripled::sched
