// What the scheduler wants done. In the answer of one handle() all records stand before all messages: commit
// the records in one transaction, then send the messages (DESIGN.md: persist, then send).
#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/sched/events.h"
#include "schema/base/duration.h"
#include "schema/model/enums.h"

namespace tripled::sched {

// --- records: rows to write

// The caller writes the rows of new jobs itself, as `blocked`, before it hands in SweepAdded or BatchAdded.
struct JobChanged {
  std::string job;
  JobState state = JobState::blocked;
  std::optional<Outcome> outcome;                    // set with `done` alone
  AttemptReason next_reason = AttemptReason::first;  // why the next attempt will be made; keep it in the row
};
struct AttemptCreated {
  std::string attempt;  // job + "#" + n
  std::string job;
  int n = 1;
  AttemptReason reason = AttemptReason::first;
  LeaseId lease = 0;
  Epoch epoch = 0;
  std::string worker;
};
// Comes exactly once for each attempt.
struct AttemptEnded {
  std::string attempt;
  Outcome outcome = Outcome::exited;
};
struct LeaseChanged {
  LeaseId lease = 0;
  std::string batch, worker, instance;
  Epoch epoch = 0;
  LeaseState state = LeaseState::offered;
  // It holds slots and locks. A revoked lease does until its worker confirms (BatchDone) or it runs out.
  bool held = true;
  Millis expires_in{0};  // from now; renewals by heartbeat are not recorded
};
struct LaneChanged {
  std::string lane;
  std::string sweep, cell;  // both empty: free
};
struct QuarantineChanged {
  std::string worker;
  std::string why;  // empty: it is over
};

// --- messages: to workers, and news

struct GrantedJob {
  std::string job, attempt;
};
struct Grant {
  std::string worker, instance;
  LeaseId lease = 0;
  Epoch epoch = 0;
  std::string batch;
  std::vector<GrantedJob> jobs;  // of the batch, in its order; those that ended before are not among them
};
// now: kill what runs. Else end the running job and start no further one. Confirmed by BatchDone.
struct Revoke {
  std::string worker, instance;
  LeaseId lease = 0;
  bool now = false;
};
// keep: go on. stop: kill it, it has no place any more. send: the spooled result is wanted. drop: forget it.
enum class Answer { keep, stop, send, drop };
struct HelloAnswer {
  std::string worker, instance;
  std::vector<std::pair<RunningItem, Answer>> items;  // one for each item of the hello, in its order
  Millis lease{0}, heartbeat{0};
};
// That session was replaced by a newer instance of the same name: tell it, close it.
struct Replaced {
  std::string worker, instance;
};
enum class Stale { unknown_lease, older_epoch, already_ended };
// A result that changes nothing: keep its log, count it, acknowledge it.
struct StaleResult {
  LeaseId lease = 0;
  Epoch epoch = 0;
  std::string job;
  Stale why = Stale::unknown_lease;
};
struct BatchFinished {
  std::string batch, sweep;
  bool poison = false;  // lost too often; its open jobs are done(worker_lost)
};
struct CellFinished {
  std::string cell, sweep;
};
struct SweepFinished {
  std::string sweep;
};
// A request of a person that cannot be done now, in words (HTTP 409).
struct Refused {
  std::string why;
};

using Effect = std::variant<JobChanged, AttemptCreated, AttemptEnded, LeaseChanged, LaneChanged,
                            QuarantineChanged, Grant, Revoke, HelloAnswer, Replaced, StaleResult,
                            BatchFinished, CellFinished, SweepFinished, Refused>;

bool is_record(const Effect& effect);

}  // namespace tripled::sched
