// What the scheduler is told: every fact from workers, people and the clock, as one closed choice.
// Made by daemon/app on the io thread. Plain values, no I/O. Ids of sweeps, batches and jobs are the caller's
// texts; lease ids are numbers the scheduler gives out and never uses twice.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "schema/model/enums.h"

namespace tripled::sched {

using LeaseId = std::int64_t;
using Epoch = std::int64_t;  // per batch: 0 before its first grant, then it grows by one at every grant

// --- what is to be done

struct JobDef {
  std::string id;
  std::optional<Stage> stage;  // none: prepare and setup
};

struct BatchDef {
  std::string id;
  std::string sweep;
  std::string project;  // whose limit counts its leases (ProjectLimit); one for all of a sweep; empty: none
  BatchKind kind = BatchKind::compile;
  std::string cell;  // empty: prepare and setup
  std::string
      about;  // for people, in reasons: "waiting for setup of s390x-unknown-linux-gnu"; empty: the cell
  // Batches that must be finished first. If one of them ends with nothing to build on (poison, or all of its
  // jobs skipped or cancelled), this one is skipped (cancelled) too.
  std::vector<std::string> after;
  // Exclusive on its worker while leased: "target-dir:X". Every worker has its own X.
  std::vector<std::string> locks;
  // Exclusive from the first grant of a batch of this cell that names it until all batches of the cell are
  // finished. A cell has one lane at most, and waits (`after`) only for its own batches and for batches of no
  // cell: two cells could wait for each other otherwise. What shares a lane is of one project.
  std::string lane;
  int slots = 1;
  std::vector<std::string> labels;      // the worker must have all of them
  std::vector<std::string> toolchains;  // likewise
  std::vector<std::string> abilities;   // it goes to no worker that is known to lack one (WorkerLacks)
  std::int64_t expected_ms = 0;         // 0: unknown
  int priority = 0;                     // higher goes first
  std::vector<JobDef> jobs;             // in the order in which the worker runs them; at least one
};

// A sweep may be added to later (BatchAdded); one that was finished is then reopened and finishes again.
struct SweepAdded {
  std::string sweep;
  std::vector<BatchDef> batches;
};
struct BatchAdded {
  BatchDef batch;
};
// A finished sweep leaves memory. Refused while something of it is not finished.
struct ForgetSweep {
  std::string sweep;
};

// --- workers

// One attempt a worker still knows of. `attempt` empty: the lease is held, nothing of it runs at this moment.
struct RunningItem {
  LeaseId lease = 0;
  Epoch epoch = 0;
  std::string batch, attempt;
  bool spooled = false;  // it ended; its result waits in the worker's spool
};

// First message of every session. The newest instance of a name wins. Leases of that worker that are not
// named end at once as worker lost.
struct WorkerHello {
  std::string worker;
  std::string instance;  // new at each start of the process
  int slots = 1;
  std::vector<std::string> labels, toolchains;
  std::vector<RunningItem> running;
  // What is known of this worker (WorkerLacks) from before it or the scheduler was started anew: why, by
  // ability.
  std::map<std::string, std::string> lacks = {};
};
// The connection is gone: leases go on until they expire. `dead`: the process is known to be gone (a child
// that was reaped), so they end at once.
struct WorkerGone {
  std::string worker, instance;
  bool dead = false;
};
struct Heartbeat {
  std::string worker, instance;
  std::vector<LeaseId> leases;  // those the worker works on; only these are renewed
  std::string refuses = {};     // why it takes nothing for now; empty: it takes leases
};
struct JobStarted {
  LeaseId lease = 0;
  Epoch epoch = 0;
  std::string job;
};

// Found out on the way: nothing that names this ability (BatchDef::abilities) goes there any more. `why`
// empty: it does not lack it after all. Forgotten when another process of the worker says hello,
// but for what that says.
struct WorkerLacks {
  std::string worker, ability, why;
};

// What the caller makes of a result (daemon/diagnosis). retry_infrastructure is bounded by Policy; when no
// try is left, the job is done with this outcome. elsewhere: this worker did what it could, another one that
// has not tried may do better; nothing is held against it, and without another one the job is done.
enum class Next { finished, retry_infrastructure, elsewhere, verify, second_opinion };

struct AttemptDone {
  LeaseId lease = 0;
  Epoch epoch = 0;
  std::string job;
  Outcome outcome = Outcome::exited;
  Next next = Next::finished;
  // Applied only if the job is done by this result (not when it is tried again): jobs of the same batch and
  // whole batches that make no sense any more (strict gate, failed prepare). What already runs is left to
  // end.
  std::vector<std::string> skip_jobs, skip_batches;
};
// The worker is through with the lease. A job without a result counts as lost.
struct BatchDone {
  LeaseId lease = 0;
  Epoch epoch = 0;
};
// The worker gives back what it did not end (it drains, its spool is full). Not a loss, not held against it.
struct LeaseReturned {
  LeaseId lease = 0;
  Epoch epoch = 0;
};

// --- people and the clock

// Expires leases and ends backoffs that are due; every other event does too, after its own work.
struct Tick {};
// What is not granted is cancelled at once. `now`: running jobs too, and the worker is told to kill them;
// else they end first, and are not tried again (say it again after a restore: the intention is in no record).
struct CancelSweep {
  std::string sweep;
  bool now = false;
};
struct CancelBatch {
  std::string batch;
  bool now = false;
};
// The batch is for this worker alone (what it needs is there); `worker` empty: for any again. Not recorded:
// say it again after a restore.
struct PinBatch {
  std::string batch, worker;
};
// Batches nobody can or should run any more (impossible, given up): like AttemptDone::skip_batches.
struct SkipBatches {
  std::vector<std::string> batches;
};
// Jobs that ended are to be tried again, in place. Refused for a batch that is not finished.
struct Rerun {
  std::vector<std::string> jobs;
};
// At most so many leases of the project at once, over all of its sweeps and workers; 0: as many as fit. Not
// recorded: say it again after a restore. What is held already goes on.
struct ProjectLimit {
  std::string project;
  int leases = 0;
};
struct Drain {};  // grant nothing more
struct Undrain {};
// Granting stops for a reason of our own (store unhealthy, disk full). Independent of Drain. No lease expires
// meanwhile: at Resume each has its full time again.
struct Pause {
  std::string why;
};
struct Resume {};
// `now`: its leases are revoked and their jobs go elsewhere.
struct DrainWorker {
  std::string worker;
  bool now = false;
};
struct UndrainWorker {
  std::string worker;
};
struct ReleaseWorker {  // a person ends the quarantine
  std::string worker;
};

using Event = std::variant<SweepAdded, BatchAdded, ForgetSweep, WorkerHello, WorkerGone, WorkerLacks,
                           Heartbeat, JobStarted, AttemptDone, BatchDone, LeaseReturned, Tick, CancelSweep,
                           CancelBatch, SkipBatches, PinBatch, Rerun, ProjectLimit, Drain, Undrain, Pause,
                           Resume, DrainWorker, UndrainWorker, ReleaseWorker>;

}  // namespace tripled::sched
