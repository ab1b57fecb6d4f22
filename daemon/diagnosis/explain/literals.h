// The literals that say different things of the cells (explain.h). Internal to explain/.
#pragma once
#include <string>
#include <vector>

#include "daemon/diagnosis/explain/universe.h"

namespace tripled::diagnosis {

struct Literal {
  std::size_t attribute = 0;
  std::vector<std::string> values;  // one of them; of a threshold: the one
  bool threshold = false;           // value >= values[0]
  bool negated = false;
  int cost = 0, rank = 0;
  Bits cells;                // where it holds
  std::vector<Bits> having;  // of a set that is not negated: the cells of each value
  Bits extent;               // of the known triples, or of the contexts, by what the attribute is of
};

struct Literals {
  std::vector<Literal> list;
  bool cut = false;  // some sets of values were not made: there are too many
};

// Sorted by cost, rank and text. Those that hold on all cells or on none are left out, as are those that
// another one equals on the cells and in extent.
Literals make_literals(const Universe& universe);

}  // namespace tripled::diagnosis
