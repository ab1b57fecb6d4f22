#include "schema/model/planning.h"

#include <algorithm>

namespace tripled {
namespace {

template <class Counts>
std::vector<int> planned(const std::vector<Unit>& units, bool host_cell, Counts&& counts) {
  std::vector<int> out;
  for (std::size_t i = 0; i < units.size(); ++i) {
    const auto& unit = units[i];
    if (!unit.member || !counts(unit)) continue;
    // What else is compiled for the host is somebody's build-dependency: a reason, not a unit.
    bool host_unit = unit.kind == "proc-macro" || unit.kind == "custom-build" || unit.kind == "doctest";
    if (unit.host && (!host_cell || !host_unit)) continue;
    bool again = std::any_of(out.begin(), out.end(),
                             [&](int j) { return same_unit(units[static_cast<std::size_t>(j)], unit); });
    if (!again) out.push_back(static_cast<int>(i));
  }
  return out;
}

bool is_compiled(const Unit& unit) { return unit.kind != "run-custom-build" && unit.kind != "doctest"; }

bool is_test(const Unit& unit) {
  return is_compiled(unit) && (unit.harness || unit.kind == "example") && unit.kind != "custom-build";
}

}  // namespace

std::vector<int> planned_compile(const std::vector<Unit>& units, bool host_cell) {
  return planned(units, host_cell, is_compiled);
}

std::vector<int> planned_tests(const std::vector<Unit>& units, bool host_cell) {
  return planned(units, host_cell, is_test);
}

std::optional<std::vector<Unit>> planned_units(const PlannedUnits& plan, Stage stage, bool host_cell) {
  const bool of_build = stage == Stage::check || stage == Stage::build;
  if (!(of_build ? plan.build_error : plan.test_error).empty()) return std::nullopt;
  const auto& units = of_build ? plan.build : plan.test;
  std::vector<int> indexes;
  switch (stage) {
    case Stage::check:
    case Stage::build:
      indexes = planned_compile(units, host_cell);
      break;
    case Stage::test_no_run:
      indexes = planned_tests(units, host_cell);
      break;
    case Stage::execute:
      indexes = planned(units, host_cell,
                        [](const Unit& u) { return u.kind == "doctest" || (is_test(u) && u.harness); });
      break;
  }
  std::vector<Unit> out;
  for (int i : indexes) out.push_back(units[static_cast<std::size_t>(i)]);
  return out;
}

}  // namespace tripled
