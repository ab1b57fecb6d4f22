// The one door for every change of a job: its state and its attempts. Checks the edge (schema/README.md draws
// them), keeps the counters, writes the record. Owned by Core.
#pragma once
#include <vector>

#include "daemon/sched/effects.h"
#include "daemon/sched/tables.h"

namespace tripled::sched {

// Effects of one handle(): records and messages apart until they are handed out.
struct Journal {
  std::vector<Effect> records, messages;
  std::vector<Effect> take();
};

class JobTable {
 public:
  JobTable(Tables& tables, Journal& journal) : tables_(tables), journal_(journal) {}

  // A job of restored rows or of a new batch enters the counters; no record.
  void enter(Index job);
  void leave(Index job);

  void make_ready(Index job) { transition(job, JobState::ready); }
  // A new attempt; the job is leased.
  void lease(Index job, Index worker, const std::string& worker_name, LeaseId lease, Epoch epoch);
  void start(Index job) { transition(job, JobState::running); }
  // Ends the open attempt, not the job.
  void end_attempt(Index job, Outcome outcome);
  // Back to ready (or still ready), to be tried again for this reason.
  void try_again(Index job, AttemptReason reason);
  // An expired lease goes on: the job is leased again with the attempt that is open.
  void resume(Index job) { transition(job, JobState::leased); }
  // The attempt has ended before.
  void finish(Index job, Outcome outcome);
  // skipped or cancelled; an open attempt ends with it.
  void drop(Index job, JobState state);
  // A job that is over is wanted once more: blocked, until its batch is released.
  void reopen(Index job);

  const StateCounts& counts() const { return counts_; }

 private:
  void transition(Index job, JobState to);

  Tables& tables_;
  Journal& journal_;
  StateCounts counts_{};
};

// The legal edges.
bool may_follow(JobState from, JobState to);

}  // namespace tripled::sched
