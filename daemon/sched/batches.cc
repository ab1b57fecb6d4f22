#include "daemon/sched/batches.h"

#include <algorithm>

#include "schema/base/result.h"

namespace tripled::sched {

void Batches::leave_spot(Index b) {
  Batch& batch = s_.batch(b);
  const Spot from = batch.spot;
  batch.spot = Spot::fresh;
  switch (from) {
    case Spot::delayed:
      s_.delayed.erase({batch.not_before, b});
      break;
    case Spot::queued:
      s_.queue.erase(batch.sweep, batch.placement_class, batch.queued_as);
      // It may have been the one that was woken for a free key: another has to try in its place.
      if (batch.lane != k_none) wake_one(batch.lane, batch.placement_class);
      break;
    case Spot::parked:
      s_.locks.unpark(batch.parked_on, batch.placement_class, batch.queued_as);
      batch.parked_on = k_none;
      break;
    case Spot::fresh:
    case Spot::blocked:
    case Spot::held:
    case Spot::finished:
      break;
  }
}

void Batches::settle(Index b) {
  Batch& batch = s_.batch(b);
  if (batch.spot == Spot::finished) return;
  leave_spot(b);
  if (batch.class_is_old) renew_class(b);
  if (s_.held_lease(batch)) {
    batch.spot = Spot::held;
  } else if (batch.open_jobs == 0) {
    batch.spot = Spot::finished;
    finished_.push_back(b);
  } else if (batch.blockers > 0) {
    batch.spot = Spot::blocked;
  } else if (batch.not_before > s_.now) {
    batch.spot = Spot::delayed;
    s_.delayed.emplace(batch.not_before, b);
  } else {
    batch.queued_as = {batch.priority, rank_of(batch.kind, !batch.waiters.empty()), batch.expected_ms,
                       batch.sequence, b};
    const Index busy = s_.locks.busy_lane(batch);
    if (busy == k_none) {
      batch.spot = Spot::queued;
      s_.queue.insert(batch.sweep, batch.placement_class, batch.queued_as);
    } else {
      batch.spot = Spot::parked;
      batch.parked_on = busy;
      s_.locks.park(busy, batch.placement_class, batch.queued_as);
    }
  }
}

void Batches::delay_until(Index b, TimePoint time) {
  if (finished(b)) return;
  leave_spot(b);
  s_.batch(b).not_before = time;
  settle(b);
}

// Off every list when called, so nothing has to be moved.
void Batches::renew_class(Index b) {
  Batch& batch = s_.batch(b);
  batch.class_is_old = false;
  PlacementClass wanted = s_.pool.class_of(batch.placement_class);
  wanted.avoid = s_.failed_workers(batch);
  wanted.only = batch.pin;
  const Index before = batch.placement_class;
  batch.placement_class = s_.pool.use_class(std::move(wanted));
  s_.pool.unuse_class(before);
}

void Batches::run_finished() {
  for (std::size_t i = 0; i < finished_.size(); ++i) {  // grows on the way
    count_finished(finished_[i]);
    release_dependents(finished_[i]);
  }
  finished_.clear();
}

void Batches::count_finished(Index b) {
  Batch& batch = s_.batch(b);
  Sweep& sweep = s_.tables.sweeps[batch.sweep];
  auto& news = s_.journal.messages;
  news.push_back(BatchFinished{batch.id, sweep.id, batch.poison});
  if (batch.cell != k_none) {
    Cell& cell = s_.tables.cells[batch.cell];
    if (--cell.unfinished == 0) {
      free_lane(batch.cell);
      news.push_back(CellFinished{cell.id, sweep.id});
    }
  }
  ++sweep.finished;
  if (--sweep.unfinished == 0) news.push_back(SweepFinished{sweep.id});
}

void Batches::release_dependents(Index b) {
  Batch& batch = s_.batch(b);
  bool any_done = false, any_cancelled = false;
  for (const Index j : batch.jobs) {
    any_done |= s_.job(j).state == JobState::done;
    any_cancelled |= s_.job(j).state == JobState::cancelled;
  }
  const bool fruitless = batch.poison || (!any_done && !batch.jobs.empty());
  const JobState drop_as = any_cancelled && !batch.poison ? JobState::cancelled : JobState::skipped;
  const std::vector<Index> waiters = std::move(batch.waiters);
  batch.waiters.clear();
  for (const Index w : waiters) {
    Batch& waiter = s_.batch(w);
    --waiter.blockers;
    if (finished(w)) continue;
    if (fruitless) {
      for (const Index j : waiter.jobs)
        if (!is_over(s_.job(j).state)) s_.jobs.drop(j, drop_as);
    } else if (waiter.blockers == 0) {
      for (const Index j : waiter.jobs)
        if (s_.job(j).state == JobState::blocked) s_.jobs.make_ready(j);
    }
    settle(w);
  }
}

// --- lanes

void Batches::take_lane(Index b) {
  Batch& batch = s_.batch(b);
  if (batch.lane == k_none || batch.cell == k_none) return;
  Cell& cell = s_.tables.cells[batch.cell];
  if (cell.lane != k_none) return;
  cell.lane = batch.lane;
  s_.locks.take(batch.lane, batch.cell);
  s_.journal.records.push_back(
      LaneChanged{s_.locks[batch.lane].bare_name(), s_.tables.sweeps[batch.sweep].id, cell.id});
  // Others of this cell may stand at the lane from before.
  for (const Index other : cell.batches)
    if (s_.batch(other).spot == Spot::parked && s_.batch(other).parked_on == batch.lane) settle(other);
}

void Batches::free_lane(Index c) {
  Cell& cell = s_.tables.cells[c];
  if (cell.lane == k_none) return;
  const Index lane = cell.lane;
  cell.lane = k_none;
  s_.locks.release(lane);
  s_.journal.records.push_back(LaneChanged{s_.locks[lane].bare_name(), "", ""});
  wake(lane);
}

// One of each placement class is enough: when it leaves the queue without the lane, leave_spot() wakes the
// next.
void Batches::wake(Index lane) {
  std::vector<Index> classes;
  for (const auto& [placement_class, waiters] : s_.locks[lane].waiters) classes.push_back(placement_class);
  for (const Index c : classes) wake_one(lane, c);
}

void Batches::wake_one(Index lane, Index placement_class) {
  while (s_.locks[lane].held_by == k_none) {
    const auto& waiters = s_.locks[lane].waiters;
    auto it = waiters.find(placement_class);
    if (it == waiters.end()) return;
    const Index b = it->second.begin()->batch;
    settle(b);
    if (s_.batch(b).spot == Spot::queued) return;
  }
}

}  // namespace tripled::sched
