// Stored rows as the API shows them (schema/openapi.yaml, components/schemas): absent is null and never
// missing. Pure. Internal to daemon/web.
#pragma once
#include "daemon/store/queries.h"
#include "schema/wire/json.h"

namespace tripled::web {

wire::json::object sweep_json(const store::SweepRow& row);
wire::json::object job_json(const store::JobRow& row);
wire::json::object cell_json(const store::CellOverview& cell);
// With its coordinates and what it selects, and the jobs that are given.
wire::json::object cell_json(const store::CellRow& row, const std::vector<store::JobRow>& jobs);
// `superseded`: it belongs to a verdict from before a rerun.
wire::json::object attempt_json(const store::AttemptRow& row, bool superseded, bool voided);
wire::json::object earlier_json(const store::EarlierVerdict& verdict);
wire::json::object test_json(const TestResult& test);
// What an attempt found out, its lists as counts; the first errors stay.
wire::json::object result_json(AttemptResult result,
                               const std::vector<std::pair<TestState, std::int64_t>>& tests);

// A stage, verdict or outcome, or null.
template <class E>
wire::json::value word_or_null(const std::optional<E>& word) {
  if (!word) return nullptr;
  return wire::json::value(to_text(*word));
}

}  // namespace tripled::web
