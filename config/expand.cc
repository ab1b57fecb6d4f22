#include "config/expand.h"

#include <algorithm>

#include "config/cell_maker.h"
#include "config/check.h"
#include "config/narrow.h"
#include "config/when.h"
#include "schema/base/text.h"

namespace tripled::config {
namespace {

// Combinations looked at per cell allowed: an `expr` stands for every triple first and is true for few.
constexpr std::size_t kLooksPerCell = 400;

// Why nobody can compile for this triple; empty when a toolchain knows it.
std::string unknown_triple(const std::string& triple, const FactsTable& facts) {
  if (facts.known_anywhere(triple)) return {};
  std::string message = "no toolchain of this matrix knows the triple `" + triple + "`";
  if (auto near = nearest(triple, facts.all_triples())) message += "; did you mean `" + *near + "`?";
  return message;
}

class Expander {
 public:
  Expander(const Matrix& matrix, const FactsTable& facts, const ExpandOptions& options)
      : matrix_(matrix), facts_(facts), options_(options), maker_(matrix, facts, options) {}

  Result<std::vector<MadeCell>> run() {
    for (const auto& group : matrix_.groups) {
      TRIPLED_TRY(product(group));
      for (const auto& row : group.include) TRIPLED_TRY(include(group, row));
    }
    TRIPLED_TRY(check_matches());
    return std::move(cells_);
  }
  std::vector<std::string> warnings() const {
    auto out = maker_.warnings();
    for (auto& warning : maker_.effects().warnings()) out.push_back(std::move(warning));
    return out;
  }

 private:
  // The values of one axis; an `expr` becomes the triples that are not named beside it.
  Result<std::vector<Coordinate>> values_of(const Axis& axis, bool shown) const {
    std::vector<Coordinate> out;
    for (const auto& value : axis.values) {
      if (!value.expr) {
        if (axis.name == "triple") TRIPLED_TRY(check_triple(value.name, value.place));
        out.push_back({&axis, &value, value.name, shown, false});
        continue;
      }
      for (const auto& triple : facts_.all_triples()) {
        bool named = std::any_of(axis.values.begin(), axis.values.end(),
                                 [&](const AxisValue& v) { return !v.expr && v.name == triple; });
        if (!named) out.push_back({&axis, &value, triple, shown, true});
      }
    }
    return out;
  }

  Status check_triple(const std::string& triple, const Place& place) const {
    auto problem = unknown_triple(triple, facts_);
    return problem.empty() ? Status() : error_at(place, problem);
  }

  static bool writes_one_value(const Axis& axis) {
    return axis.values.size() == 1 && !axis.values.front().expr && axis.name != "triple";
  }

  Status product(const Group& group) {
    if (group.axes.empty()) return {};
    std::vector<std::vector<Coordinate>> axes;
    for (const auto& axis : group.axes) {
      TRIPLED_ASSIGN(auto values, values_of(axis, !writes_one_value(axis)));
      axes.push_back(std::move(values));
    }
    return combine(group, axes, nullptr, group.axes.front().place);
  }

  Status include(const Group& group, const Include& row) {
    std::vector<std::vector<Coordinate>> axes;
    for (const auto& axis : row.axes) {
      auto own = std::find_if(group.axes.begin(), group.axes.end(),
                              [&](const Axis& a) { return a.name == axis.name; });
      bool left_out = own != group.axes.end() && writes_one_value(*own) && writes_one_value(axis) &&
                      own->values.front().name == axis.values.front().name;
      TRIPLED_ASSIGN(auto values, values_of(axis, !left_out));
      axes.push_back(std::move(values));
    }
    auto before = made_;
    TRIPLED_TRY(combine(group, axes, &row, row.place));
    if (made_ == before && !row.optional)
      return error_at(row.place, "this include row makes no cell (write `optional: true` if that may be)");
    return {};
  }

  // The product, the last axis fastest.
  Status combine(const Group& group, const std::vector<std::vector<Coordinate>>& axes, const Include* row,
                 const Place& place) {
    std::vector<std::size_t> at(axes.size(), 0);
    for (const auto& axis : axes)
      if (axis.empty()) return {};
    auto first = cells_.size();
    std::size_t looks = 0;
    for (;;) {
      if (++looks > options_.cell_limit * kLooksPerCell) return too_many(place);
      std::vector<Coordinate> coordinates;
      for (std::size_t i = 0; i < axes.size(); ++i) coordinates.push_back(axes[i][at[i]]);
      bool from_expr =
          std::any_of(coordinates.begin(), coordinates.end(), [](const auto& c) { return c.from_expr; });
      TRIPLED_ASSIGN(auto made, maker_.make(group, coordinates, row));
      made_ += made.size();
      for (auto& cell : made) {
        if (row && stands_for_excluded(cell, place)) continue;
        TRIPLED_TRY(add(std::move(cell), place, from_expr, first));
      }
      std::size_t i = axes.size();
      while (i > 0 && ++at[i - 1] == axes[i - 1].size()) at[--i] = 0;
      if (i == 0) return {};
    }
  }

  Error too_many(const Place& place) const {
    return error_at(place, "more than " + std::to_string(options_.cell_limit) + " cells (the limit)");
  }

  // A row may bring back what `exclude` took out of the product; `made` is moved from when it does.
  bool stands_for_excluded(MadeCell& made, const Place& place) {
    auto known = by_id_.find(made.cell.id);
    if (known == by_id_.end()) return false;
    auto& earlier = cells_[known->second.index];
    if (!earlier.cell.provenance.count("excluded")) return false;
    earlier = std::move(made);
    known->second.place = place;
    return true;
  }

  // `first`: where the cells of this product begin; two `expr` of one axis may name the same triple.
  Status add(MadeCell made, const Place& place, bool from_expr, std::size_t first) {
    auto known = by_id_.find(made.cell.id);
    if (known != by_id_.end()) {
      const auto& earlier = cells_[known->second.index].cell;
      if (from_expr && known->second.index >= first && earlier.axes == made.cell.axes) return {};
      return error_at(place,
                      "cell " + made.cell.id + " is made twice, first at " + known->second.place.text());
    }
    if (cells_.size() >= options_.cell_limit) return too_many(place);
    by_id_[made.cell.id] = {cells_.size(), place};
    cells_.push_back(std::move(made));
    return {};
  }

  Status check_rule(const Rule& rule) const {
    if (rule.optional || maker_.matches().count(&rule)) return {};
    return error_at(rule.place, "this rule matches no cell: `" + rule.match.text() +
                                    "` (write `optional: true` if that may be)");
  }

  Status check_matches() const {
    for (const auto& rule : matrix_.rules) TRIPLED_TRY(check_rule(rule));
    for (const auto& group : matrix_.groups) {
      for (const auto& row : group.exclude)
        if (!row.optional && !maker_.matches().count(&row))
          return error_at(row.place, "this exclude row matches no cell: `" + row.when.text() +
                                         "` (write `optional: true` if that may be)");
      for (const auto& rule : group.rules) TRIPLED_TRY(check_rule(rule));
    }
    return {};
  }

  struct Known {
    std::size_t index = 0;
    Place place;
  };
  const Matrix& matrix_;
  const FactsTable& facts_;
  const ExpandOptions& options_;
  CellMaker maker_;
  std::vector<MadeCell> cells_;
  std::map<std::string, Known> by_id_;
  std::size_t made_ = 0;  // cells so far, those that stand for others included

 public:
  const CellMaker& maker() const { return maker_; }
};

Status check_reference(const Matrix& matrix, const FactsTable& facts) {
  if (matrix.reference.empty()) return {};
  auto problem = unknown_triple(matrix.reference, facts);
  return problem.empty() ? Status() : config_error(matrix.file + ": `reference`: " + problem);
}

Status check_extra_std(const std::vector<MadeCell>& cells, const FactsTable& facts) {
  for (const auto& made : cells)
    for (const auto& triple : made.cell.settings.extra_std)
      if (auto problem = unknown_triple(triple, facts); !problem.empty())
        return config_error(made.cell.provenance.at("extra-std") + ": " + problem);
  return {};
}

}  // namespace

Result<Plan> expand(const Matrix& matrix, const std::vector<ToolchainFacts>& facts,
                    const ExpandOptions& options) {
  TRIPLED_ASSIGN(auto table, FactsTable::make(facts));
  TRIPLED_TRY(check_reference(matrix, table));
  Expander expander(matrix, table, options);
  TRIPLED_ASSIGN(auto cells, expander.run());
  TRIPLED_TRY(check_extra_std(cells, table));
  Plan plan;
  plan.project = matrix.project;
  plan.reference = matrix.reference;
  plan.warnings = table.warnings();
  for (auto& warning : expander.warnings()) plan.warnings.push_back(std::move(warning));
  if (cells.empty()) return config_error(matrix.file + ": the matrix makes no cell");
  if (options.change) leave_out(*options.change, cells);
  if (options.packages) TRIPLED_TRY(check_packages(options.narrowing, *options.packages, cells));
  TRIPLED_TRY(narrow(matrix, expander.maker(), options.narrowing, cells, plan));
  return plan;
}

}  // namespace tripled::config
