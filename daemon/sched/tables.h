// What the scheduler knows of sweeps, cells, batches and jobs: plain rows that name each other by index, and
// their look-up by id. Owned by Core. Indexes are used again after a sweep is forgotten; ids never are.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/sched/events.h"
#include "schema/base/duration.h"
#include "schema/model/enums.h"

namespace tripled::sched {

using Index = std::uint32_t;
inline constexpr Index k_none = 0xffffffff;

// Rows with stable addresses; the place of an erased row is used again.
template <class T>
class Rows {
 public:
  Index add(T row) {
    if (free_.empty()) {
      rows_.push_back(std::move(row));
      return static_cast<Index>(rows_.size() - 1);
    }
    const Index at = free_.back();
    free_.pop_back();
    rows_[at] = std::move(row);
    return at;
  }
  void erase(Index at) {
    rows_[at] = T{};
    free_.push_back(at);
  }
  T& operator[](Index at) { return rows_[at]; }
  const T& operator[](Index at) const { return rows_[at]; }
  Index end() const { return static_cast<Index>(rows_.size()); }  // erased rows are among them

 private:
  std::deque<T> rows_;
  std::vector<Index> free_;
};

struct Attempt {
  AttemptReason reason = AttemptReason::first;
  Index worker = k_none;
  LeaseId lease = 0;
  Epoch epoch = 0;
  std::optional<Outcome> outcome;  // none: open
};

struct Job {
  std::string id;
  std::optional<Stage> stage;
  Index batch = k_none;
  JobState state = JobState::blocked;  // written by JobTable::transition() alone
  std::optional<Outcome> outcome;
  AttemptReason next_reason = AttemptReason::first;
  std::vector<Attempt> attempts;  // at most the last one is open

  bool open_attempt() const { return !attempts.empty() && !attempts.back().outcome; }
};

// Where a batch is. fresh: being added or reopened. delayed: until `not_before`. parked: its lane is
// taken.
enum class Spot { fresh, blocked, delayed, queued, parked, held, finished };

// The order of ready batches of one sweep.
struct Order {
  int priority = 0;
  int rank = 0;  // of its kind
  std::int64_t expected_ms = 0;
  std::uint64_t sequence = 0;
  Index batch = k_none;

  bool operator<(const Order& o) const {
    if (priority != o.priority) return priority > o.priority;
    if (rank != o.rank) return rank < o.rank;
    if (expected_ms != o.expected_ms) return expected_ms > o.expected_ms;
    return sequence < o.sequence;
  }
};

struct Batch {
  std::string id, about;
  Index sweep = k_none, cell = k_none;
  BatchKind kind = BatchKind::compile;
  int priority = 0;
  std::int64_t expected_ms = 0;
  std::uint64_t sequence = 0;
  std::vector<Index> jobs;
  std::vector<Index> after;  // resolved
  std::vector<std::string> unknown_after;
  std::vector<Index> waiters;  // unfinished batches that count this one among their blockers
  int blockers = 0;            // unfinished or unknown batches of `after`
  int open_jobs = 0;           // neither done, skipped nor cancelled
  std::vector<Index> locks;    // keys
  Index pin = k_none;          // the one worker it is for
  Index lane = k_none;         // key
  Index placement_class = k_none;
  bool class_is_old = false;  // workers to avoid or the pin have changed
  Epoch epoch = 0;
  Index last_worker = k_none;
  LeaseId lease = 0;  // the newest one, while it is held or has open attempts; else 0
  bool poison = false;
  bool cancelled = false;  // nothing of it is tried again
  TimePoint not_before{};
  Spot spot = Spot::fresh;
  Order queued_as;           // valid while queued or parked
  Index parked_on = k_none;  // lane
};

using StateCounts = std::array<std::int64_t, 7>;

// What all sweeps of one project take together.
struct Share {
  std::string project;
  int limit = 0;    // of held leases; 0: none
  int running = 0;  // held leases

  bool full() const { return limit > 0 && running >= limit; }
};

struct Sweep {
  std::string id;
  Index share = k_none;
  std::vector<Index> batches;
  std::unordered_map<std::string, Index> cells;
  std::int64_t unfinished = 0;  // batches
  std::int64_t finished = 0;
  int running = 0;  // held leases
  std::uint64_t last_grant = 0;
  StateCounts jobs{};
};

struct Cell {
  std::string id;
  Index sweep = k_none;
  std::vector<Index> batches;
  int unfinished = 0;   // batches
  Index lane = k_none;  // key it holds
  Index last_worker = k_none;
};

struct Tables {
  Rows<Sweep> sweeps;
  Rows<Cell> cells;
  Rows<Batch> batches;
  Rows<Job> jobs;
  std::vector<Share> shares;  // one a project; they stay
  std::unordered_map<std::string, Index> sweep_by_id, batch_by_id, job_by_id, share_by_project;
  std::unordered_map<std::string, std::vector<Index>> waiting_for_unknown;  // batch id -> batches

  static Index find(const std::unordered_map<std::string, Index>& map, const std::string& id) {
    auto it = map.find(id);
    return it == map.end() ? k_none : it->second;
  }
  Index share_of(const std::string& project);  // made if need be
  bool full(const Sweep& sweep) const { return sweep.share != k_none && shares[sweep.share].full(); }
  void count_lease(const Batch& batch, int by);  // held from now on (1), or no more (-1)
};

bool is_over(JobState state);  // done, skipped, cancelled
std::string attempt_id(const Job& job, std::size_t index);

// What a job's history says; attempts before its last rerun do not count.
std::size_t first_try(const Job& job);
// Tries that failed for infrastructure reasons and were repeated; losses and returned leases not among them.
int infrastructure_retries(const Job& job);
// Tries that count against Policy::max_attempts: all that were not taken back.
int counted_tries(const Job& job);

}  // namespace tripled::sched
