// The cells that say something, and all the points a predicate can be asked about: known triples in the
// settings seen, and in settings one attribute away from them. Internal to explain/.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "daemon/diagnosis/explain/bits.h"
#include "daemon/diagnosis/explain/explain.h"

namespace tripled::diagnosis {

// The text of one value; "" where there is none.
using Values = std::vector<std::string>;

struct Attribute {
  enum class Kind {
    cfg_value,  // target_os: one value a triple
    cfg_flag,   // target_has_atomic="64", target_family="unix", feature="x": "1" or ""
    word        // stage, page size: no cfg
  };
  std::string name;  // of a flag: the whole line of rustc
  Kind kind = Kind::word;
  bool of_triple = true;  // else of the settings (context)
  bool ordered = false;   // all its values are numbers
  int rank = 0;           // smaller: a cause more often
};

struct Universe {
  std::vector<Attribute> attributes;        // sorted by rank, name
  std::vector<const ExplainedCell*> cells;  // failing and passing, by id
  std::vector<Values> cell_values;          // [cell][attribute]
  Bits failing, passing;                    // of cells
  std::vector<const TripleFacts*> known;    // with cfg, by name
  std::vector<Values> known_values;         // [known][attribute], "" for those of the settings
  std::vector<Values> contexts;             // [context][attribute], the seen ones first
  bool cut = false;                         // more contexts than we look at

  std::size_t points() const { return known.size() * contexts.size(); }
  const std::string& value_at(std::size_t point, std::size_t attribute) const {
    return attributes[attribute].of_triple ? known_values[point / contexts.size()][attribute]
                                           : contexts[point % contexts.size()][attribute];
  }
};

Universe make_universe(const std::vector<ExplainedCell>& cells, const KnownTriples& known);

}  // namespace tripled::diagnosis
