#include "daemon/sched/lease_table.h"

#include "schema/base/result.h"

namespace tripled::sched {

Lease& LeaseTable::add(Lease lease) {
  if (lease.held) deadlines_.emplace(lease.deadline, lease.id);
  const LeaseId id = lease.id;
  return leases_.emplace(id, std::move(lease)).first->second;
}

void LeaseTable::erase(LeaseId id) {
  TRIPLED_CHECK(!leases_.at(id).held);
  leases_.erase(id);
}

Lease* LeaseTable::find(LeaseId id) {
  auto it = leases_.find(id);
  return it == leases_.end() ? nullptr : &it->second;
}

const Lease* LeaseTable::find(LeaseId id) const {
  auto it = leases_.find(id);
  return it == leases_.end() ? nullptr : &it->second;
}

void LeaseTable::renew(Lease& lease, TimePoint deadline) {
  TRIPLED_CHECK(lease.held);
  deadlines_.erase({lease.deadline, lease.id});
  lease.deadline = deadline;
  deadlines_.emplace(lease.deadline, lease.id);
}

void LeaseTable::let_go(Lease& lease) {
  TRIPLED_CHECK(lease.held);
  deadlines_.erase({lease.deadline, lease.id});
  lease.held = false;
}

void LeaseTable::hold_again(Lease& lease, TimePoint deadline) {
  TRIPLED_CHECK(!lease.held);
  lease.held = true;
  lease.deadline = deadline;
  deadlines_.emplace(lease.deadline, lease.id);
}

Lease* LeaseTable::first_due() { return deadlines_.empty() ? nullptr : find(deadlines_.begin()->second); }

std::optional<TimePoint> LeaseTable::first_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

}  // namespace tripled::sched
