#include "daemon/sched/tables.h"

namespace tripled::sched {

bool is_over(JobState state) {
  switch (state) {
    case JobState::blocked:
    case JobState::ready:
    case JobState::leased:
    case JobState::running:
      return false;
    case JobState::done:
    case JobState::skipped:
    case JobState::cancelled:
      return true;
  }
  return true;
}

Index Tables::share_of(const std::string& project) {
  const auto [it, is_new] = share_by_project.try_emplace(project, static_cast<Index>(shares.size()));
  if (is_new) shares.push_back({project, 0, 0});
  return it->second;
}

void Tables::count_lease(const Batch& batch, int by) {
  Sweep& sweep = sweeps[batch.sweep];
  sweep.running += by;
  if (sweep.share != k_none) shares[sweep.share].running += by;
}

std::string attempt_id(const Job& job, std::size_t index) { return job.id + "#" + std::to_string(index + 1); }

std::size_t first_try(const Job& job) {
  if (!is_over(job.state) && job.next_reason == AttemptReason::rerun &&
      (job.state == JobState::blocked || job.state == JobState::ready))
    return job.attempts.size();
  for (std::size_t i = job.attempts.size(); i > 0; --i)
    if (job.attempts[i - 1].reason == AttemptReason::rerun) return i - 1;
  return 0;
}

int infrastructure_retries(const Job& job) {
  int count = 0;
  for (std::size_t i = first_try(job); i + 1 < job.attempts.size(); ++i) {
    const auto& outcome = job.attempts[i].outcome;
    if (job.attempts[i + 1].reason == AttemptReason::infrastructure && outcome != Outcome::worker_lost &&
        outcome != Outcome::cancelled)
      ++count;
  }
  return count;
}

int counted_tries(const Job& job) {
  int count = 0;
  for (std::size_t i = first_try(job); i < job.attempts.size(); ++i)
    if (job.attempts[i].outcome != Outcome::cancelled) ++count;
  return count;
}

}  // namespace tripled::sched
