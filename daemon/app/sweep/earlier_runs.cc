#include "daemon/app/sweep/earlier_runs.h"

#include <map>
#include <tuple>

#include "schema/wire/json.h"

namespace tripled::app {

Result<std::vector<BinaryDuration>> binary_durations(store::Reader& reader, store::SweepId sweep,
                                                     const std::string& cell) {
  std::map<std::tuple<std::string, std::string, std::string>, std::int64_t> sums;
  TRIPLED_ASSIGN(auto jobs, reader.jobs_of_cell(sweep, cell));
  for (const auto& job : jobs) {
    if (job.stage != Stage::execute) continue;
    TRIPLED_ASSIGN(auto attempts, reader.attempts(job.id));
    for (const auto& attempt : attempts) {
      if (attempt.reason == AttemptReason::verification) continue;
      TRIPLED_ASSIGN(auto result, reader.attempt_result(attempt.id));
      if (!result) continue;
      for (const auto& test : result->tests)
        if (test.kind != "doctest") sums[{test.package, test.target, test.kind}] += test.duration_ms;
    }
  }
  std::vector<BinaryDuration> out;
  for (const auto& [name, ms] : sums)
    out.push_back({std::get<0>(name), std::get<1>(name), std::get<2>(name), ms});
  return out;
}

void divide(PlannedRows& rows, std::size_t index, BatchDefinition definition, int shards) {
  const auto about = definition.about;
  definition.expected_ms /= shards;
  definition.shards = shards;
  for (int shard = 0; shard < shards; ++shard) {
    definition.shard = shard;
    definition.about = about + ", shard " + std::to_string(shard + 1) + " of " + std::to_string(shards);
    auto batch = rows.batches[index];
    batch.row.definition_json = wire::to_text_json(definition);
    for (auto& job : batch.jobs) job.shard = shard;
    if (shard == 0)
      rows.batches[index] = std::move(batch);
    else
      rows.batches.push_back(std::move(batch));
  }
}

}  // namespace tripled::app
