#include "daemon/sched/lock_table.h"

#include "schema/base/result.h"

namespace tripled::sched {

Index LockTable::use(const std::string& name) {
  Index key = Tables::find(by_name_, name);
  if (key == k_none) {
    Key fresh;
    fresh.name = name;
    key = keys_.add(std::move(fresh));
    by_name_.emplace(name, key);
  }
  ++keys_[key].uses;
  return key;
}

void LockTable::unuse(Index key) {
  Key& k = keys_[key];
  if (--k.uses > 0) return;
  TRIPLED_CHECK(k.held_by == k_none && k.waiters.empty());
  by_name_.erase(k.name);
  keys_.erase(key);
}

Index LockTable::busy_lane(const Batch& batch) const {
  if (batch.lane == k_none) return k_none;
  const Key& lane = keys_[batch.lane];
  return lane.held_by == k_none || lane.held_by == batch.cell ? k_none : batch.lane;
}

std::vector<Index> LockTable::keys_of(const Batch& batch) const {
  std::vector<Index> keys = batch.locks;
  if (batch.lane != k_none) keys.push_back(batch.lane);
  return keys;
}

void LockTable::take(Index lane, Index cell) {
  TRIPLED_CHECK(keys_[lane].held_by == k_none);
  keys_[lane].held_by = cell;
}

void LockTable::release(Index lane) { keys_[lane].held_by = k_none; }

void LockTable::park(Index lane, Index placement_class, const Order& order) {
  keys_[lane].waiters[placement_class].insert(order);
}

void LockTable::unpark(Index lane, Index placement_class, const Order& order) {
  auto& waiters = keys_[lane].waiters;
  auto it = waiters.find(placement_class);
  TRIPLED_CHECK(it != waiters.end());
  it->second.erase(order);
  if (it->second.empty()) waiters.erase(it);
}

}  // namespace tripled::sched
