#include "daemon/diagnosis/explain/exactness.h"

#include <algorithm>

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

bool settled(const Universe& u, std::size_t point, bool holds) {
  std::vector<Bits> differing;
  for (std::size_t a = 0; a < u.attributes.size(); ++a) {
    Bits cells(u.cells.size());
    for (std::size_t i = 0; i < u.cells.size(); ++i)
      if (u.cell_values[i][a] != u.value_at(point, a)) cells.add(i);
    if (!cells.none()) differing.push_back(std::move(cells));
  }
  return holds ? !coverable(differing, u.failing, 2) : !coverable(differing, u.passing, 3);
}

}  // namespace

std::optional<std::size_t> first_unsettled(const Universe& u, const Truth& truth,
                                           const std::vector<std::size_t>& preferred) {
  auto look = [&](std::size_t triple, bool holding_only) -> std::optional<std::size_t> {
    for (std::size_t c = 0; c < u.contexts.size(); ++c) {
      auto point = triple * u.contexts.size() + c;
      bool holds = truth[c].at(triple);
      if ((holds || !holding_only) && !settled(u, point, holds)) return point;
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
