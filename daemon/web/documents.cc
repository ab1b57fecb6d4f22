#include "daemon/web/documents.h"

#include <algorithm>

#include "daemon/diagnosis/judge.h"
#include "daemon/web/answers.h"
#include "schema/base/duration.h"

namespace tripled::web {

namespace json = wire::json;

static constexpr std::size_t kMostErrors = 10;

json::object sweep_json(const store::SweepRow& row) {
  json::object out;
  out["id"] = std::to_string(row.id);
  out["project"] = row.project_name;
  out["matrix"] = text_or_null(row.matrix_file);
  out["state"] = to_text(row.state);
  out["partial"] = row.partial;
  out["revision"] = text_or_null(row.revision);
  out["trigger"] = to_text(row.trigger);
  out["ref"] = text_or_null(row.ref);
  out["started_at"] = format_timestamp(row.started_at);
  out["finished_at"] = time_or_null(row.finished_at);
  out["exit_status"] = row.exit_status ? json::value(*row.exit_status) : json::value(nullptr);
  return out;
}

json::object job_json(const store::JobRow& row) {
  json::object out;
  auto detail = wire::from_text_json<diagnosis::JobDetail>(row.detail_json);
  out["id"] = std::to_string(row.id);
  out["sweep"] = std::to_string(row.sweep);
  out["cell"] = text_or_null(row.cell);
  out["stage"] = word_or_null(row.stage);
  out["state"] = to_text(row.state);
  out["verdict"] = word_or_null(row.verdict);
  out["outcome"] = word_or_null(row.outcome);
  out["expectation"] = to_text(row.expectation);
  out["unexpected"] = detail && detail->unexpected;
  out["unmet"] = wire::to_json(detail ? detail->unmet : std::vector<std::string>());
  out["implied"] = row.implied;
  out["carried_from"] =
      row.carried_from ? json::value(std::to_string(row.carried_from)) : json::value(nullptr);
  out["reason"] = text_or_null(row.reason);
  out["blocked_by"] = text_or_null(row.blocked_by);
  out["started_at"] = time_or_null(row.started_at);
  out["finished_at"] = time_or_null(row.finished_at);
  return out;
}

static json::array jobs_json(const std::vector<store::JobRow>& jobs) {
  json::array out;
  for (const auto& job : jobs) out.push_back(job_json(job));
  return out;
}

json::object cell_json(const store::CellOverview& cell) {
  json::object out;
  out["id"] = cell.id;
  out["group"] = text_or_null(cell.group);
  out["triple"] = cell.triple;
  out["toolchain"] = cell.toolchain;
  out["verdict"] = word_or_null(cell.verdict);
  out["expectation"] = to_text(cell.expectation);
  out["reason"] = text_or_null(cell.reason);
  out["jobs"] = jobs_json(cell.jobs);
  return out;
}

json::object cell_json(const store::CellRow& row, const std::vector<store::JobRow>& jobs) {
  store::CellOverview overview;
  overview.id = row.cell.id;
  overview.group = row.cell.group;
  overview.triple = row.cell.triple;
  overview.toolchain = row.cell.settings.toolchain;
  overview.verdict = row.verdict;
  overview.expectation = row.expectation;
  overview.reason = row.reason;
  overview.jobs = jobs;
  auto out = cell_json(overview);
  out["axes"] = wire::to_json(row.cell.axes);
  out["scope"] = wire::to_json(row.cell.settings.scope);
  out["stages"] = wire::to_json(row.cell.settings.stages);
  out["profile"] = row.cell.settings.profile.name;
  out["provenance"] = wire::to_json(row.cell.provenance);
  return out;
}

json::object attempt_json(const store::AttemptRow& row, bool superseded, bool voided) {
  json::object out;
  out["id"] = std::to_string(row.id);
  out["job"] = std::to_string(row.job);
  out["n"] = row.n;
  out["shard"] = row.shard;
  out["reason"] = to_text(row.reason);
  out["worker"] = text_or_null(row.worker);
  out["started_at"] = format_timestamp(row.started_at);
  out["finished_at"] = time_or_null(row.finished_at);
  out["outcome"] = word_or_null(row.outcome);
  out["superseded"] = superseded;
  out["voided"] = voided;
  out["log"] = !row.log.hash.empty();
  return out;
}

json::object earlier_json(const store::EarlierVerdict& verdict) {
  json::object out;
  out["verdict"] = word_or_null(verdict.verdict);
  out["expectation"] = to_text(verdict.expectation);
  out["reason"] = text_or_null(verdict.reason);
  out["blocked_by"] = text_or_null(verdict.blocked_by);
  out["finished_at"] = time_or_null(verdict.finished_at);
  out["reopened_at"] = format_timestamp(verdict.reopened_at);
  out["who"] = verdict.who;
  out["voided"] = verdict.voided;
  out["last_attempt"] =
      verdict.last_attempt ? json::value(std::to_string(verdict.last_attempt)) : json::value(nullptr);
  return out;
}

json::object test_json(const TestResult& test) { return wire::to_json(test).as_object(); }

json::object result_json(AttemptResult result, const std::vector<std::pair<TestState, std::int64_t>>& tests) {
  json::object units, states;
  for (const auto& word : all_texts<Verdict>()) {
    auto count = std::count_if(result.units.begin(), result.units.end(),
                               [&](const UnitResult& unit) { return to_text(unit.verdict) == word; });
    if (count > 0) units[word] = count;
  }
  for (const auto& [state, count] : tests) states[to_text(state)] = count;
  auto executables = result.executables.size();
  if (result.errors.size() > kMostErrors) result.errors.resize(kMostErrors);
  result.units.clear();
  result.executables.clear();
  auto out = wire::to_json(result).as_object();
  for (const char* blob : {"log", "evidence"}) out.erase(blob);
  out["units"] = std::move(units);
  out["tests"] = std::move(states);
  out["executables"] = executables;
  return out;
}

}  // namespace tripled::web
