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
  TRIPLED_CHECK(k.holder == Holder::none && k.waiters.empty());
  by_name_.erase(k.name);
  keys_.erase(key);
}

Index LockTable::busy_key(const Batch& batch) const {
  for (const Index key : batch.locks)
    if (keys_[key].holder != Holder::none) return key;
  if (batch.lane != k_none) {
    const Key& lane = keys_[batch.lane];
    if (lane.holder != Holder::none && !(lane.holder == Holder::cell && lane.held_by == batch.cell))
      return batch.lane;
  }
  return k_none;
}

std::vector<Index> LockTable::keys_of(const Batch& batch) const {
  std::vector<Index> keys = batch.locks;
  if (batch.lane != k_none) keys.push_back(batch.lane);
  return keys;
}

void LockTable::take(Index key, Holder holder, Index by) {
  TRIPLED_CHECK(keys_[key].holder == Holder::none);
  keys_[key].holder = holder;
  keys_[key].held_by = by;
}

void LockTable::release(Index key) {
  keys_[key].holder = Holder::none;
  keys_[key].held_by = k_none;
}

void LockTable::park(Index key, Index placement_class, const Order& order) {
  keys_[key].waiters[placement_class].insert(order);
}

void LockTable::unpark(Index key, Index placement_class, const Order& order) {
  auto& waiters = keys_[key].waiters;
  auto it = waiters.find(placement_class);
  TRIPLED_CHECK(it != waiters.end());
  it->second.erase(order);
  if (it->second.empty()) waiters.erase(it);
}

}  // namespace tripled::sched
