#include "daemon/diagnosis/explain/literals.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace tripled::diagnosis {
namespace {

constexpr int kLiteral = 10, kFurtherValue = 5, kNegation = 2;
constexpr std::size_t kLargestSet = 4;  // of values that failing (or passing) cells have
constexpr std::size_t kPairsOf = 16;    // pairs of values are tried up to so many values
constexpr std::size_t kTriplesOf = 8;

class Maker {
 public:
  explicit Maker(const Universe& u) : u_(u) {}

  Literals make() {
    for (std::size_t a = 0; a < u_.attributes.size(); ++a) of_attribute(a);
    auto key = [](const Literal& l) { return std::tie(l.cost, l.rank, l.attribute, l.negated, l.values); };
    std::sort(out_.begin(), out_.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
    std::set<std::tuple<bool, Bits, Bits>> seen;
    std::erase_if(out_, [&](const Literal& l) {
      return !seen.insert({u_.attributes[l.attribute].of_triple, l.cells, l.extent}).second;
    });
    return {std::move(out_), cut_};
  }

 private:
  void of_attribute(std::size_t a) {
    std::set<std::string> all, failing, passing;
    for (std::size_t i = 0; i < u_.cells.size(); ++i) {
      all.insert(u_.cell_values[i][a]);
      (u_.failing.at(i) ? failing : passing).insert(u_.cell_values[i][a]);
    }
    if (all.size() < 2) return;
    bool flag = u_.attributes[a].kind == Attribute::Kind::cfg_flag;
    for (const auto& value : all)
      if (!flag || value == "1") add(a, {value}, false);
    if (flag) return;
    if (u_.attributes[a].ordered) {
      for (const auto& value : all)
        if (!value.empty()) add(a, {value}, true);
    }
    sets(a, failing);
    sets(a, passing);
  }

  // The set of all values, and the smaller ones of which an `or` may need one.
  void sets(std::size_t a, const std::set<std::string>& from) {
    std::vector<std::string> v(from.begin(), from.end());
    if (v.size() > 1 && v.size() <= kLargestSet) add(a, v, false);
    cut_ = cut_ || v.size() > kTriplesOf;
    if (v.size() < 3 || v.size() > kPairsOf) return;
    for (std::size_t i = 0; i < v.size(); ++i)
      for (std::size_t j = i + 1; j < v.size(); ++j) {
        add(a, {v[i], v[j]}, false);
        for (std::size_t k = j + 1; v.size() <= kTriplesOf && k < v.size(); ++k)
          add(a, {v[i], v[j], v[k]}, false);
      }
  }

  static bool holds(const Literal& l, const std::string& value) {
    if (!l.threshold) return std::find(l.values.begin(), l.values.end(), value) != l.values.end();
    return !value.empty() && std::stoull(value) >= std::stoull(l.values[0]);
  }

  void add(std::size_t a, std::vector<std::string> values, bool threshold) {
    const auto& attribute = u_.attributes[a];
    Literal l{a, std::move(values), threshold, false, 0, attribute.rank, Bits(u_.cells.size()), {}, {}};
    l.cost = kLiteral + kFurtherValue * static_cast<int>(l.values.size() - 1);
    for (std::size_t i = 0; i < u_.cells.size(); ++i)
      if (holds(l, u_.cell_values[i][a])) l.cells.add(i);
    const auto& points = attribute.of_triple ? u_.known_values : u_.contexts;
    l.extent = Bits(points.size());
    for (std::size_t i = 0; i < points.size(); ++i)
      if (holds(l, points[i][a])) l.extent.add(i);
    if (l.cells.none() || (~l.cells).none()) return;
    auto inverse = l;
    inverse.negated = true;
    inverse.cost += kNegation;
    inverse.cells = ~l.cells;
    inverse.extent = ~l.extent;
    if (l.values.size() > 1)
      for (const auto& value : l.values) {
        l.having.emplace_back(u_.cells.size());
        for (std::size_t i = 0; i < u_.cells.size(); ++i)
          if (u_.cell_values[i][a] == value) l.having.back().add(i);
      }
    out_.push_back(std::move(l));
    out_.push_back(std::move(inverse));
  }

  const Universe& u_;
  std::vector<Literal> out_;
  bool cut_ = false;
};

}  // namespace

Literals make_literals(const Universe& universe) { return Maker(universe).make(); }

}  // namespace tripled::diagnosis
