// Batches that wait for nothing but a worker, by sweep and placement class. Says which is next. Owned by
// Core.
#pragma once
#include <map>
#include <optional>
#include <set>

#include "daemon/sched/tables.h"
#include "daemon/sched/worker_pool.h"

namespace tripled::sched {

class ReadyQueue {
 public:
  void insert(Index sweep, Index placement_class, const Order& order);
  void erase(Index sweep, Index placement_class, const Order& order);
  bool empty() const { return sweeps_.empty(); }

  // The batch to grant next among those whose class has a free worker: highest priority, then the sweep with
  // fewest running batches (of equals the one that was served longest ago), then that sweep's own order.
  std::optional<Index> next(const Tables& tables, const WorkerPool& pool) const;

 private:
  std::map<Index, std::map<Index, std::set<Order>>> sweeps_;  // no empty map or set
};

// Place of a kind in the order: what unblocks others and what ends a cell goes before the rest.
int rank_of(BatchKind kind, bool unblocks_others);

}  // namespace tripled::sched
