#include "daemon/sched/ready_queue.h"

#include <tuple>

#include "schema/base/result.h"

namespace tripled::sched {

int rank_of(BatchKind kind, bool unblocks_others) {
  switch (kind) {
    case BatchKind::prepare:
      return 0;
    case BatchKind::setup:
      return 1;
    case BatchKind::execute:
      return 2;
    case BatchKind::compile:
      // Compile batches of one target dir run one after the other: those that execute waits for must not
      // starve.
      return unblocks_others ? 2 : 3;
  }
  return 3;
}

void ReadyQueue::insert(Index sweep, Index placement_class, const Order& order) {
  sweeps_[sweep][placement_class].insert(order);
}

void ReadyQueue::erase(Index sweep, Index placement_class, const Order& order) {
  auto by_class = sweeps_.find(sweep);
  TRIPLED_CHECK(by_class != sweeps_.end());
  auto batches = by_class->second.find(placement_class);
  TRIPLED_CHECK(batches != by_class->second.end());
  batches->second.erase(order);
  if (!batches->second.empty()) return;
  by_class->second.erase(batches);
  if (by_class->second.empty()) sweeps_.erase(by_class);
}

std::optional<Index> ReadyQueue::next(const Tables& tables, const WorkerPool& pool) const {
  const Order* best = nullptr;
  std::tuple<int, int, std::uint64_t> best_rank;
  for (const auto& [sweep, by_class] : sweeps_) {
    if (tables.full(tables.sweeps[sweep])) continue;
    const Order* own = nullptr;
    for (const auto& [placement_class, batches] : by_class)
      if ((!own || *batches.begin() < *own) && pool.open(placement_class)) own = &*batches.begin();
    if (!own) continue;
    const Sweep& s = tables.sweeps[sweep];
    const std::tuple rank(-own->priority, s.running, s.last_grant);
    if (!best || rank < best_rank) {
      best = own;
      best_rank = rank;
    }
  }
  if (!best) return std::nullopt;
  return best->batch;
}

}  // namespace tripled::sched
