// Exclusive keys by name: locks (held on a worker while a batch is leased there; WorkerPool knows where) and
// lanes (held by a cell from its first grant to its end), and who waits for a lane. Owned by Core, which
// wakes the waiters.
#pragma once
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/sched/tables.h"

namespace tripled::sched {

struct Key {
  std::string name;            // "lock target-dir:X" or "lane target-dir:X/triple": they never meet
  int uses = 0;                // batches that name it
  Index held_by = k_none;      // lane: the cell that has it
  Index last_worker = k_none;  // of the last lease that had it: its caches are warm there
  std::map<Index, std::set<Order>> waiters;  // by placement class; no empty set

  std::string bare_name() const { return name.substr(5); }
};

class LockTable {
 public:
  Index use(const std::string& name);
  void unuse(Index key);

  Key& operator[](Index key) { return keys_[key]; }
  const Key& operator[](Index key) const { return keys_[key]; }

  // The lane of the batch that another cell holds; k_none: it is to be had.
  Index busy_lane(const Batch& batch) const;
  std::vector<Index> keys_of(const Batch& batch) const;

  void take(Index lane, Index cell);
  void release(Index lane);

  void park(Index lane, Index placement_class, const Order& order);
  void unpark(Index lane, Index placement_class, const Order& order);

  Index find(const std::string& name) const { return Tables::find(by_name_, name); }
  const std::unordered_map<std::string, Index>& all() const { return by_name_; }

 private:
  Rows<Key> keys_;
  std::unordered_map<std::string, Index> by_name_;
};

}  // namespace tripled::sched
