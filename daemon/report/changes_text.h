// What changed between two sweeps, for a terminal. Pure.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "daemon/history/compare.h"
#include "daemon/report/text.h"

namespace tripled::report {

// "2 regressions, 1 fixed; 14 cells as before".
std::string changes_summary(const history::Comparison& changes);

// Transitions that are the same but for the cell: what happened, to which cells, by which findings, and what
// else is not the same.
struct TransitionText {
  history::Change change = history::Change::regression;
  std::string word, detail, also;  // "regression"; "pass -> fail: E0432 … (374af9c5)"
  std::vector<std::string> cells;
};
// `titles`: of findings by id. In the order of the transitions.
std::vector<TransitionText> transition_texts(const history::Comparison& changes,
                                             const std::map<std::string, std::string>& titles);
std::map<std::string, std::string> titles_of(const Report& report);

// A summary, then some lines for each of transition_texts(); at most `limit` of them, then how many more
// there are.
std::string changes_text(const history::Comparison& changes, const std::map<std::string, std::string>& titles,
                         const TextOptions& options, std::size_t limit);

}  // namespace tripled::report
