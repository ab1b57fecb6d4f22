// The results of shards, joined.
#include <algorithm>
#include <iterator>

#include "daemon/diagnosis/judge.h"

namespace tripled::diagnosis {
namespace {

template <class T>
void append(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

void add_costs(ProcessRecord& to, const ProcessRecord& from) {
  to.duration_ms += from.duration_ms;
  to.cpu_ms += from.cpu_ms;
  to.max_rss_bytes = std::max(to.max_rss_bytes, from.max_rss_bytes);
  to.leftover_killed += from.leftover_killed;
}

void add(AttemptResult& to, AttemptResult& from) {
  append(to.tests, from.tests);
  append(to.binary_failures, from.binary_failures);
  for (auto& note : from.notes)
    if (std::find(to.notes.begin(), to.notes.end(), note) == to.notes.end()) to.notes.push_back(note);
  if (to.runner.kind == RunnerKind::none) to.runner = from.runner;
  if (to.broken_reason.empty()) to.broken_reason = from.broken_reason, to.broken_fix = from.broken_fix;
  add_costs(to.process, from.process);
  to.duration_ms += from.duration_ms;
  to.log_bytes += from.log_bytes;
}

BinaryFailure not_run(const AttemptResult& shard, std::size_t index, std::size_t count) {
  const auto& why = shard.broken_reason.empty() ? shard.process.reason : shard.broken_reason;
  return {"",
          "",
          "shard",
          false,
          shard.process.outcome,
          "shard " + std::to_string(index + 1) + " of " + std::to_string(count) +
              " did not run: " + (why.empty() ? to_text(shard.process.outcome) : why)};
}

bool ran(const AttemptResult& result) { return result.process.outcome == Outcome::exited; }

}  // namespace

std::vector<AttemptResult> joined_shards(std::vector<std::vector<AttemptResult>> shards) {
  if (shards.size() == 1) return std::move(shards.front());
  std::vector<AttemptResult> out;
  for (std::size_t round = 0;; ++round) {
    std::vector<std::pair<std::size_t, AttemptResult*>> results;
    for (std::size_t i = 0; i < shards.size(); ++i)
      if (round < shards[i].size()) results.emplace_back(i, &shards[i][round]);
    if (results.empty()) return out;
    auto first = std::find_if(results.begin(), results.end(), [](const auto& r) { return ran(*r.second); });
    if (first == results.end()) {  // what one of them says holds for all
      out.push_back(std::move(*results.front().second));
      continue;
    }
    auto joined = std::move(*first->second);
    for (auto& [index, result] : results) {
      if (result == first->second) continue;
      if (ran(*result))
        add(joined, *result);
      else
        joined.binary_failures.push_back(not_run(*result, index, shards.size()));
    }
    out.push_back(std::move(joined));
  }
}

}  // namespace tripled::diagnosis
