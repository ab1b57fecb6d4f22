// Scheduler decides which worker runs which batch, and what a result, a loss or a silence means. Pure and
// synchronous: events in, effects out, time as an argument; no Asio, SQLite, clock or log. Owned by
// daemon/app, io thread only. Invariants: at most one held lease per batch, slots and locks never exceeded,
// each attempt ends once, every job that is not over is placed, waiting with a reason, or blocked.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/sched/effects.h"
#include "daemon/sched/events.h"
#include "schema/base/duration.h"
#include "schema/model/enums.h"

namespace tripled::sched {

struct Policy {
  Millis lease{60'000};
  Millis heartbeat{15'000};  // told to workers
  int infrastructure_retries = 2;
  Millis backoff{5'000};  // before the second infrastructure retry or after the second loss; doubles
  Millis backoff_max{60'000};
  int poison_losses = 3;     // a batch lost this often, on this many workers or on all that could take it
  int quarantine_after = 5;  // infrastructure failures over this many cells in a row; 0: never
  int max_attempts = 10;     // per job, of any reason; reruns start anew
};

// Why a batch is, is not yet, or can never be placed; the same words on the page, in the CLI and in tests.
struct Placed {
  std::string worker;
};
struct Wait {
  std::string why;  // "waiting for setup of s390x-unknown-linux-gnu"
};
struct Impossible {
  std::string why;  // "no worker has toolchain 1.85": not with the workers that are connected now
};
using Placement = std::variant<Placed, Wait, Impossible>;

// --- views

struct Counts {
  std::map<JobState, std::int64_t> jobs;  // every state is there
  std::int64_t batches = 0, batches_finished = 0, leases = 0;
};
struct RunningBatch {
  std::string batch, sweep, cell, worker, instance;
  BatchKind kind = BatchKind::compile;
  LeaseId lease = 0;
  Epoch epoch = 0;
  LeaseState state = LeaseState::offered;
  std::string job;  // the one that runs; empty: none started
  TimePoint since;  // of the grant
  TimePoint expires;
};
struct WaitingBatch {
  std::string batch, sweep, cell;
  BatchKind kind = BatchKind::compile;
  Placement placement;
};
struct WorkerView {
  std::string worker, instance;
  bool connected = false, draining = false;
  bool silent = false;     // a lease of it ran out and nothing was heard of it since: it is given nothing
  std::string quarantine;  // reason; empty: none
  int slots = 0, used = 0;
  std::vector<std::string> labels;
  std::map<std::string, std::string> lacks;  // ability -> why
  std::string refuses;                       // why it takes nothing for now; empty: it does
};

// --- what recovery starts from

struct RestoredJob {
  std::string job;
  JobState state = JobState::blocked;
  std::optional<Outcome> outcome;
  AttemptReason next_reason = AttemptReason::first;
};
struct RestoredAttempt {
  std::string job;
  int n = 1;
  AttemptReason reason = AttemptReason::first;
  LeaseId lease = 0;
  Epoch epoch = 0;
  std::string worker;
  std::optional<Outcome> outcome;  // none: it has no result yet
};
struct RestoredLease {
  LeaseId lease = 0;
  std::string batch, worker, instance;
  Epoch epoch = 0;
  LeaseState state = LeaseState::offered;
  bool held = false;
};
// The rows of every sweep that is not forgotten. Order matters for batches alone (insertion order).
struct RestoredState {
  std::vector<BatchDef> batches;
  std::vector<RestoredJob> jobs;          // missing: blocked
  std::vector<RestoredAttempt> attempts;  // any order
  std::vector<RestoredLease> leases;      // held ones, and the newest of each batch; older ones do no harm
  std::vector<LaneChanged> lanes;
  std::vector<QuarantineChanged> quarantines;
  LeaseId last_lease = 0;  // highest ever given out, sweeps that are gone included
};

class Core;

class Scheduler {
 public:
  explicit Scheduler(Policy policy);
  // Held leases get one full lease time from `now`; a hello that names them adopts them. Effects that
  // recovery itself makes come out of the next handle().
  static Scheduler restore(Policy policy, const RestoredState& state, TimePoint now);
  // The same for sweeps that were forgotten (or never known), beside those that are known. Their leases and
  // lanes have ended.
  void add(const RestoredState& state, TimePoint now);
  Scheduler(Scheduler&&) noexcept;
  Scheduler& operator=(Scheduler&&) noexcept;
  ~Scheduler();

  // Never fails: what names nothing known is passed over or answered with Refused or StaleResult.
  std::vector<Effect> handle(const Event& event, TimePoint now);
  // When Tick is due at the latest; none: nothing is pending.
  std::optional<TimePoint> next_deadline() const;

  // Cheap enough for one batch on request (looks at every worker), not for all of them.
  Placement place(const std::string& batch, TimePoint now) const;
  // The attempt that a result would end; none: it is stale. Ask before a result is judged.
  std::optional<std::string> open_attempt(LeaseId lease, Epoch epoch, const std::string& job) const;

  Counts counts() const;
  Counts counts(const std::string& sweep) const;  // all zero: not known
  std::vector<RunningBatch> running() const;      // by lease id
  // Not finished, not leased, oldest first, at most `limit`.
  std::vector<WaitingBatch> waiting(TimePoint now, std::size_t limit) const;
  std::vector<WorkerView> workers() const;  // by name
  bool draining() const;

  // For tests: everything recovery must bring back, as text in a canonical order; and broken invariants, in
  // words (recounts everything).
  std::string debug_text() const;
  std::vector<std::string> violations() const;

 private:
  explicit Scheduler(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace tripled::sched
