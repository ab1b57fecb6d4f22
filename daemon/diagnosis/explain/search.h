// The smallest predicates that separate failing from passing cells, by size. Internal to explain/.
#pragma once
#include <vector>

#include "daemon/diagnosis/explain/literals.h"

namespace tripled::diagnosis {

using Term = std::vector<std::size_t>;  // literals joined by `and`, by their place in the list

struct Hypothesis {
  std::vector<Term> terms;  // one, or two joined by `or`
  int cost = 0, rank = 0;
};

// What a predicate says of all points: per context, the known triples on which it holds.
using Truth = std::vector<Bits>;

struct Found {
  std::vector<Hypothesis> best;  // that separate the cells and differ somewhere, smallest first
  std::vector<Truth> truths;     // of each of them
  bool cut = false;
};

Truth truth_of(const Universe& universe, const std::vector<Literal>& literals, const Hypothesis& hypothesis);

// At most `wanted` of them. Every predicate of one literal, and every one of two, is looked at; larger ones
// only while fewer than `wanted` are found, and as far as stated bounds go (`cut`).
Found search(const Universe& universe, const std::vector<Literal>& literals, std::size_t wanted);

// Whether only one cell speaks for a part of it: for a value of a set, for a term, or for a literal without
// which it would hold on one passing cell more. Of one literal and of two joined by `and` only sets are
// asked.
bool rests_on_one_cell(const Universe& universe, const std::vector<Literal>& literals,
                       const Hypothesis& hypothesis);

// The predicate of one or two literals with the fewest exceptions among the cells.
struct NearMiss {
  Hypothesis hypothesis;
  std::vector<std::size_t> exceptions;  // cells
};
NearMiss nearest_miss(const Universe& universe, const std::vector<Literal>& literals);

}  // namespace tripled::diagnosis
