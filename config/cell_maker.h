// One combination of coordinates -> its cells, with all levels of settings applied. Internal to config/.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "config/effects.h"
#include "config/expand.h"
#include "config/facts.h"

namespace tripled::config {

struct Coordinate {
  const Axis* axis = nullptr;
  const AxisValue* value = nullptr;
  std::string name;   // the triple where `value` is an `expr`
  bool shown = true;  // part of the id
  bool from_expr = false;
};

// Counts how often each row matched; rows that match nothing are errors in the end.
using Matches = std::set<const void*>;

struct MadeCell {
  Cell cell;
  std::map<std::string, std::string> eval_axes;  // coordinates, and what stands for absent known axes
  std::vector<std::string> base_flags;           // the flags cfg is asked with
  const When* when = nullptr;                    // of the last level that says one
};

class CellMaker {
 public:
  CellMaker(const Matrix& matrix, const FactsTable& facts, const ExpandOptions& options)
      : matrix_(matrix), facts_(facts), options_(options) {}

  // Cells of this combination: none where a `where` or `expr` is false, several where a list of scopes or an
  // `each` makes more axes. `row` is null for the product of the group.
  Result<std::vector<MadeCell>> make(const Group& group, const std::vector<Coordinate>& coordinates,
                                     const Include* row);
  Result<bool> holds(const Expr& expr, const MadeCell& cell, const std::string& group) const;

  const Matches& matches() const { return matches_; }
  const Effects& effects() const { return effects_; }
  // Triples whose cfg rustc could not tell (it fails for a few): a test by cfg was taken as false there.
  std::vector<std::string> warnings() const;

 private:
  struct Combination {
    const Group& group;
    const std::vector<Coordinate>& coordinates;
    const Include* row;
  };
  using Choices = std::map<std::string, Working::Choice>;
  struct Facts {
    const ToolchainFacts* toolchain = nullptr;
    const TripleFacts* triple = nullptr;
  };

  Working start() const;
  void apply_base(const Combination& c, Working& w, bool record);
  Result<std::vector<std::string>> fan_names(const Combination& c, const std::string& key, const Fan& fan,
                                             const Choices& picked);
  Result<std::vector<Choices>> choices_of(const Combination& c, const Working& base);
  Status check_levels(const Combination& c) const;
  Result<std::vector<MadeCell>> make_one(const Combination& c, const std::map<std::string, Fan>& fans,
                                         const Choices& choice);
  Status apply_rules(const Combination& c, const Facts& facts, MadeCell& made, Working& w);
  const When* base_when(const Combination& c) const;
  Status apply_rule(const Rule& rule, MadeCell& made, Working& w);
  Status exclude(const Group& group, const Facts& facts, MadeCell& made);
  Result<bool> exists(const Combination& c, const Facts& facts, const MadeCell& made,
                      const CellSettings& base) const;
  Result<Facts> facts_of(const CellSettings& settings) const;
  Result<bool> evaluate_for(const Expr& expr, const MadeCell& made, const Facts& facts,
                            const CellSettings& settings, const std::string& group) const;

  const Matrix& matrix_;
  const FactsTable& facts_;
  const ExpandOptions& options_;
  Matches matches_;
  Effects effects_;
  mutable std::map<std::string, std::set<std::string>> without_cfg_;  // toolchain -> triples
};

}  // namespace tripled::config
