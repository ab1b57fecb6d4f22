#include "tests/diagnosis_explain/support.h"

#include "schema/base/file.h"
#include "schema/wire/json.h"

namespace tripled::diagnosis::testing {

const KnownTriples& known() {
  static const KnownTriples table = [] {
    auto text = read_file(std::string(TRIPLED_SOURCE_DIR) + "/tests/fixtures/facts/cfg-table.json");
    TRIPLED_CHECK(text);
    auto facts = wire::from_text_json<ToolchainFacts>(*text);
    TRIPLED_CHECK(facts);
    return KnownTriples{facts->triples};
  }();
  return table;
}

const TripleFacts& triple(const std::string& name) {
  for (const auto& t : known().triples)
    if (t.triple == name) return t;
  ADD_FAILURE() << "rustc does not know " << name;
  return known().triples.front();
}

ExplainedCell cell(const std::string& name, CellState state, const std::string& why) {
  const auto& t = triple(name);
  return {name, name, state, why, t.cfg, t.data_layout, {}};
}

std::vector<ExplainedCell> cells(const std::vector<std::string>& failing,
                                 const std::vector<std::string>& passing) {
  std::vector<ExplainedCell> out;
  for (const auto& name : failing) out.push_back(cell(name, CellState::failing));
  for (const auto& name : passing) out.push_back(cell(name, CellState::passing));
  return out;
}

KnownTriples only(const std::vector<ExplainedCell>& cells) {
  KnownTriples out;
  for (const auto& c : cells) out.triples.push_back(triple(c.triple));
  return out;
}

Reachable reach(const std::vector<std::string>& triples) { return {triples}; }

std::vector<std::string> rivals(const Explanation& explanation) {
  std::vector<std::string> out;
  for (const auto& r : explanation.rivals) out.push_back(r.predicate);
  return out;
}

}  // namespace tripled::diagnosis::testing
