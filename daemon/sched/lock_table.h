// Exclusive keys: locks (held by a batch while it is leased) and lanes (held by a cell from its first grant
// to its end), and who waits for them. Owned by Core, which wakes the waiters.
#pragma once
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/sched/tables.h"

namespace tripled::sched {

enum class Holder { none, batch, cell };

struct Key {
  std::string name;  // "lock target-dir:X" or "lane target-dir:X/triple": they never meet
  int uses = 0;      // batches that name it
  Holder holder = Holder::none;
  Index held_by = k_none;
  Index last_worker = k_none;                // of the last lease that had it: its caches are warm there
  std::map<Index, std::set<Order>> waiters;  // by placement class; no empty set

  std::string bare_name() const { return name.substr(5); }
};

class LockTable {
 public:
  Index use(const std::string& name);
  void unuse(Index key);

  Key& operator[](Index key) { return keys_[key]; }
  const Key& operator[](Index key) const { return keys_[key]; }

  // The first key of the batch that somebody else holds; k_none: all are to be had.
  Index busy_key(const Batch& batch) const;
  std::vector<Index> keys_of(const Batch& batch) const;

  void take(Index key, Holder holder, Index by);
  void release(Index key);

  void park(Index key, Index placement_class, const Order& order);
  void unpark(Index key, Index placement_class, const Order& order);

  Index find(const std::string& name) const { return Tables::find(by_name_, name); }
  const std::unordered_map<std::string, Index>& all() const { return by_name_; }

 private:
  Rows<Key> keys_;
  std::unordered_map<std::string, Index> by_name_;
};

}  // namespace tripled::sched
