// Sweep: what is left of a try that is made again, and what a job waited for in vain.
#include <algorithm>

#include "daemon/app/sweep/infrastructure.h"
#include "daemon/app/sweep/sweep.h"

namespace tripled::app {

void Sweep::keep_results(const store::JobRow& row, std::vector<store::AttemptRecord> attempts) {
  if (!row.stage) return;
  auto& results = results_[std::to_string(row.id)];
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    auto& attempt = attempts[i];
    if (!attempt.result) continue;
    auto outcome = attempt.row.outcome.value_or(attempt.result->process.outcome);
    bool last_word = i + 1 == attempts.size() && row.state == JobState::done;
    if (!last_word && is_infrastructure(outcome, batch_of_job(std::to_string(row.id)).kind, *attempt.result))
      continue;
    results.push_back(std::move(*attempt.result));
  }
  if (results.empty()) results_.erase(std::to_string(row.id));
}

void Sweep::take_back(const std::string& job_id) {
  const auto& b = batch_of_job(job_id);
  if (b.kind == BatchKind::prepare) record_.prepare.reset();
  if (b.kind == BatchKind::setup)
    for (auto& row : record_.setups)
      if (row.key == b.setup_key) {
        const auto* best = setups_.best(b.setup_key);
        row.result = best ? std::optional(*best) : std::nullopt;
      }
  auto found = results_.find(job_id);
  if (found == results_.end() || found->second.empty()) return;
  const auto& last = found->second.back();
  if (is_infrastructure(last.process.outcome, b.kind, last)) found->second.pop_back();
  if (found->second.empty()) results_.erase(found);
}

static std::string name_of(BatchKind kind, std::optional<Stage> stage) {
  switch (kind) {
    case BatchKind::prepare:
      return "prepare";
    case BatchKind::setup:
      return "setup";
    case BatchKind::compile:
    case BatchKind::execute:
      return to_text(stage.value_or(Stage::execute));
  }
  return "";
}

// A batch with no job that was done leaves nothing to build on; else a job that did not pass is to blame (a
// closed gate).
std::string Sweep::waited_in_vain_for(const store::JobRow& row) const {
  if (record_.prepare && !record_.prepare->error.empty()) return "prepare";
  std::string blamed;
  for (auto after : batch_of_job(std::to_string(row.id)).after) {
    auto kind = batches_.at(std::to_string(after))->kind;
    const store::JobRow* last = nullptr;
    const store::JobRow* failed = nullptr;
    bool any_done = false;
    for (const auto* row_of_batch : jobs_of_batch(after)) {
      const auto& other = *row_of_batch;
      bool done = other.state == JobState::done && other.outcome != Outcome::worker_lost;
      any_done = any_done || done;
      if (!last || other.stage > last->stage) last = &other;
      if (done && other.verdict != Verdict::pass && (!failed || other.stage < failed->stage)) failed = &other;
    }
    if (last && !any_done) {
      auto root = last->state == JobState::skipped ? waited_in_vain_for(*last) : std::string();
      return root.empty() ? name_of(kind, last->stage) : root;
    }
    if (failed && blamed.empty()) blamed = name_of(kind, failed->stage);
  }
  return blamed;
}

}  // namespace tripled::app
