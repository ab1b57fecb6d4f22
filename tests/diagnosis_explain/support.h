// rustc's own triples, and cells of them in short.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "daemon/diagnosis/explain/explain.h"

namespace tripled::diagnosis::testing {

// Every triple that rustc knows, with cfg and data layout (tests/fixtures/facts/make_cfg_table).
const KnownTriples& known();
const TripleFacts& triple(const std::string& name);

ExplainedCell cell(const std::string& triple, CellState state, const std::string& why = "");
// Failing cells, then passing ones.
std::vector<ExplainedCell> cells(const std::vector<std::string>& failing,
                                 const std::vector<std::string>& passing);
KnownTriples only(const std::vector<ExplainedCell>& cells);
Reachable reach(const std::vector<std::string>& triples);
std::vector<std::string> rivals(const Explanation& explanation);

}  // namespace tripled::diagnosis::testing
