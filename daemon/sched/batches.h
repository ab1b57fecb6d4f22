// Where each batch is: it enters, is blocked, delayed, queued, parked at a taken lane, held, finished.
// settle() is the only writer of a batch's spot; what follows from a finish happens in run_finished(). Owned
// by Core.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "daemon/sched/state.h"

namespace tripled::sched {

class Batches {
 public:
  explicit Batches(State& state) : s_(state) {}

  Index sweep(const std::string& id);  // made when not known
  // Why the batch cannot be added; empty: it can.
  std::string objection(const BatchDef& def) const;
  // A row with blocked jobs; then link() says what it waits for, start() lets it go where it belongs.
  Index add(const BatchDef& def);
  // Released::yes: it was let go before and does not wait for batches that were reopened since.
  enum class Released { no, yes };
  void link(Index batch, const std::vector<std::string>& after, Released released);
  void start(Index batch);

  // Puts the batch where the facts say it belongs.
  void settle(Index batch);
  // Not before this time; a time that has passed ends a delay.
  void delay_until(Index batch, TimePoint time);
  // Everything that waited for finished batches goes on: dependents, cell, lane, sweep.
  void run_finished();

  void reopen(const std::vector<Index>& jobs);
  void forget(Index sweep);

  void take_lane(Index batch);  // if the cell has none yet
  void free_lane(Index cell);

 private:
  void leave_spot(Index batch);
  void renew_class(Index batch);
  void add_waiter(Index batch, Index waiter);
  void count_finished(Index batch);
  void release_dependents(Index batch);
  void wake(Index lane);
  void wake_one(Index lane, Index placement_class);
  bool finished(Index batch) const { return s_.batch(batch).spot == Spot::finished; }

  State& s_;
  std::vector<Index> finished_;  // to be worked off by run_finished()
};

}  // namespace tripled::sched
