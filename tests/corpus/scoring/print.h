// The score as people, other programs and the next run read it.
#pragma once
#include <boost/json.hpp>
#include <string>
#include <vector>

#include "tests/corpus/scoring/score.h"

namespace tripled::corpus {

std::string table(const Score& score);
json::value to_json(const Score& score);
// One variant: what the truth says, and every finding with its evidence.
std::string explained(const Scored& one);
// One line of JSON: name, mark, and the findings of each job asked about, in short.
std::string result_line(const Scored& one);

// Against a score that was kept (what to_json() gave): lines about every cause whose `right` fell or whose
// `wrong_and_certain` grew, and about those that became better. protocol error: not such a file.
struct Compared {
  std::vector<std::string> worse, better;
};
Result<Compared> compared(const json::value& kept, const Score& now);

}  // namespace tripled::corpus
