// Which units of cargo's graph count (DESIGN.md, "Units planned"): the worker plans with it, the report
// counts with it where nothing was tried. Pure, thread-safe.
#pragma once
#include <optional>
#include <vector>

#include "schema/model/batch.h"

namespace tripled {

// Indexes into `units`. `host_cell`: the cell's triple is the host, so that host units (proc-macros, build
// scripts) count too. Equal units (cargo compiles a library twice for panic variants) count once. Of a graph
// of `build`: lib and bins of members (and what else the caller selected).
std::vector<int> planned_compile(const std::vector<Unit>& units, bool host_cell);
// Of a graph of `test`: test harnesses, and the examples cargo builds with them; benches where they are in
// the graph.
std::vector<int> planned_tests(const std::vector<Unit>& units, bool host_cell);

// The units of one stage; of `execute`: what has tests (harnesses, and a unit of kind `doctest` per library).
// nullopt: cargo could not plan.
std::optional<std::vector<Unit>> planned_units(const PlannedUnits& planned, Stage stage, bool host_cell);

}  // namespace tripled
