#include "daemon/diagnosis/explain/exactness.h"

#include <algorithm>
#include <map>

namespace tripled::diagnosis {
namespace {

// Whether `sets` of which at most `limit` are taken can cover `wanted`.
bool coverable(const std::vector<Bits>& sets, const Bits& wanted, int limit) {
  if (wanted.none()) return true;
  if (limit == 0) return false;
  std::size_t first = 0;
  while (!wanted.at(first)) ++first;
  return std::any_of(sets.begin(), sets.end(), [&](const Bits& set) {
    return set.at(first) && coverable(sets, wanted & ~set, limit - 1);
  });
}

class Settling {
 public:
  explicit Settling(const Universe& u) : u_(u), differing_(u.attributes.size()) {
    for (std::size_t a = 0; a < u.attributes.size(); ++a)
      for (std::size_t i = 0; i < u.cells.size(); ++i) {
        const auto& value = u.cell_values[i][a];
        if (differing_[a].contains(value)) continue;
        Bits cells(u.cells.size());
        for (std::size_t j = 0; j < u.cells.size(); ++j)
          if (u.cell_values[j][a] != value) cells.add(j);
        differing_[a].emplace(value, std::move(cells));
      }
  }

  bool settled(std::size_t point, bool holds) const {
    std::vector<Bits> sets;  // per attribute, the cells that differ from the point in it
    Bits any(u_.cells.size());
    for (std::size_t a = 0; a < u_.attributes.size(); ++a) {
      auto found = differing_[a].find(u_.value_at(point, a));
      auto cells = found == differing_[a].end() ? Bits(u_.cells.size(), true) : found->second;
      if (cells.none()) continue;
      any |= cells;
      sets.push_back(std::move(cells));
    }
    const auto& wanted = holds ? u_.failing : u_.passing;
    return !any.covers(wanted) || !coverable(sets, wanted, holds ? 2 : 3);
  }

 private:
  const Universe& u_;
  std::vector<std::map<std::string, Bits>> differing_;  // [attribute][value]
};

}  // namespace

std::optional<std::size_t> first_unsettled(const Universe& u, const Truth& truth,
                                           const std::vector<std::size_t>& preferred) {
  Settling settling(u);
  auto look = [&](std::size_t triple, bool holding_only) -> std::optional<std::size_t> {
    for (std::size_t c = 0; c < u.contexts.size(); ++c) {
      auto point = triple * u.contexts.size() + c;
      bool holds = truth[c].at(triple);
      if ((holds || !holding_only) && !settling.settled(point, holds)) return point;
    }
    return std::nullopt;
  };
  for (bool holding_only : {true, false})
    for (auto triple : preferred)
      if (auto point = look(triple, holding_only)) return point;
  for (std::size_t triple = 0; triple < u.known.size(); ++triple)
    if (auto point = look(triple, false)) return point;
  return std::nullopt;
}

}  // namespace tripled::diagnosis
