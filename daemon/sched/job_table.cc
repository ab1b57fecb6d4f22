#include "daemon/sched/job_table.h"

#include <iterator>

#include "schema/base/result.h"

namespace tripled::sched {

bool is_record(const Effect& effect) {
  return std::holds_alternative<JobChanged>(effect) || std::holds_alternative<AttemptCreated>(effect) ||
         std::holds_alternative<AttemptEnded>(effect) || std::holds_alternative<LeaseChanged>(effect) ||
         std::holds_alternative<LaneChanged>(effect) || std::holds_alternative<QuarantineChanged>(effect);
}

std::vector<Effect> Journal::take() {
  std::vector<Effect> out = std::move(records);
  out.insert(out.end(), std::make_move_iterator(messages.begin()), std::make_move_iterator(messages.end()));
  records.clear();
  messages.clear();
  return out;
}

bool may_follow(JobState from, JobState to) {
  using enum JobState;
  switch (from) {
    case blocked:
      return to == ready || to == skipped || to == cancelled;
    case ready:  // done: the late result of an expired lease, or poison
      return to == leased || to == done || to == skipped || to == cancelled;
    case leased:  // done: its start was never heard of
      return to == running || to == done || to == ready || to == skipped || to == cancelled;
    case running:
      return to == done || to == ready || to == cancelled;
    case done:
    case skipped:
    case cancelled:
      return to == blocked;  // a rerun
  }
  return false;
}

void JobTable::transition(Index job, JobState to) {
  Job& j = tables_.jobs[job];
  TRIPLED_CHECK(may_follow(j.state, to));
  TRIPLED_CHECK(!is_over(to) || !j.open_attempt());
  Batch& batch = tables_.batches[j.batch];
  leave(job);
  batch.open_jobs += int(is_over(j.state)) - int(is_over(to));
  j.state = to;
  if (to != JobState::done) j.outcome.reset();
  enter(job);
  journal_.records.push_back(JobChanged{j.id, to, j.outcome, j.next_reason});
}

void JobTable::enter(Index job) {
  const Job& j = tables_.jobs[job];
  ++counts_[static_cast<std::size_t>(j.state)];
  ++tables_.sweeps[tables_.batches[j.batch].sweep].jobs[static_cast<std::size_t>(j.state)];
}

void JobTable::leave(Index job) {
  const Job& j = tables_.jobs[job];
  --counts_[static_cast<std::size_t>(j.state)];
  --tables_.sweeps[tables_.batches[j.batch].sweep].jobs[static_cast<std::size_t>(j.state)];
}

void JobTable::lease(Index job, Index worker, const std::string& worker_name, LeaseId lease, Epoch epoch) {
  Job& j = tables_.jobs[job];
  TRIPLED_CHECK(!j.open_attempt());
  j.attempts.push_back({j.next_reason, worker, lease, epoch, std::nullopt});
  journal_.records.push_back(AttemptCreated{attempt_id(j, j.attempts.size() - 1), j.id,
                                            static_cast<int>(j.attempts.size()), j.next_reason, lease, epoch,
                                            worker_name});
  transition(job, JobState::leased);
}

void JobTable::end_attempt(Index job, Outcome outcome) {
  Job& j = tables_.jobs[job];
  TRIPLED_CHECK(j.open_attempt());
  j.attempts.back().outcome = outcome;
  journal_.records.push_back(AttemptEnded{attempt_id(j, j.attempts.size() - 1), outcome});
}

void JobTable::try_again(Index job, AttemptReason reason) {
  Job& j = tables_.jobs[job];
  j.next_reason = reason;
  if (j.state == JobState::ready)
    journal_.records.push_back(JobChanged{j.id, j.state, j.outcome, j.next_reason});
  else
    transition(job, JobState::ready);
}

void JobTable::finish(Index job, Outcome outcome) {
  tables_.jobs[job].outcome = outcome;
  transition(job, JobState::done);
}

void JobTable::drop(Index job, JobState state) {
  if (tables_.jobs[job].open_attempt())
    end_attempt(job, state == JobState::cancelled ? Outcome::cancelled : Outcome::not_run);
  transition(job, state);
}

void JobTable::reopen(Index job) {
  tables_.jobs[job].next_reason = AttemptReason::rerun;
  transition(job, JobState::blocked);
}

}  // namespace tripled::sched
