// How many recorded failures are explained rightly (tests/corpus/README.md, "Score").
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/corpus/scoring/replay.h"

namespace tripled::corpus {

// What came of a variant, over all findings of the jobs that the truth speaks of; the worst of them. `wrong`:
// one names a cause that is neither the true one nor one that is as true. `unknown`: none is wrong, one names
// nothing (or there is none).
BOOST_DEFINE_ENUM_CLASS(Mark, right, unknown, wrong, wrong_and_certain)

struct Claim {
  Confidence confidence = Confidence::guess;
  bool right = false;
};

struct Scored {
  const Variant* variant = nullptr;
  Mark mark = Mark::unknown;
  std::optional<bool> fault;  // of a right one whose truth states it: is it the one who can mend it?
  std::vector<Claim> claims;  // each cause that is named, once, with its highest confidence
  std::string code;           // first error of the first job asked about; `-`: it has none
  std::vector<ReplayedJob> jobs;
};
Scored scored(const Variant& variant, std::vector<ReplayedJob> jobs);

// The findings that are marked: those about the truth's test where there are such, else all.
std::vector<const Diagnosis*> marked_findings(const Variant& variant, const ReplayedJob& job);

// The baseline knows the code of the first error alone. For each code it names the one cause that is right
// for most variants with that code: the best that any table from codes to causes can do on this corpus, as it
// is made from the very variants that it is measured on.
std::map<std::string, Cause> best_by_code(const std::vector<Scored>& all);

struct Tally {
  int variants = 0, right = 0, unknown = 0, wrong = 0, wrong_and_certain = 0;  // wrong: the uncertain ones
  int baseline = 0;                                                            // right by the baseline
  int fault_right = 0, fault_stated = 0;
  std::map<Confidence, std::pair<int, int>> confidence;  // right, claimed

  void add(const Scored& one, const std::map<std::string, Cause>& by_code);
};

struct Score {
  std::map<std::string, Tally> causes, development_causes, held_out_causes;
  Tally development, held_out, all;
};
Score score_of(const std::vector<Scored>& all);

}  // namespace tripled::corpus
