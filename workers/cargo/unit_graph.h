// `cargo build|test --unit-graph -Z unstable-options`: what cargo would compile, without compiling it. Needs
// RUSTC_BOOTSTRAP=1 on stable; version 1 of the format, seen with 1.85-1.96. Pure, thread-safe.
//
// What cargo 1.95 and 1.96 do (tried): units of `--target T` carry platform T, even where T is the host;
// proc-macros, compiled build scripts and what these need carry none. Running a build script (mode
// run-custom-build) carries T. A proc-macro's own harness carries none. `test` adds a `doctest` unit per
// library. Feature or panic variants are units of their own.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.h"
#include "schema/model/planning.h"
#include "schema/model/result.h"

namespace tripled::cargo {

// Per triple: its units and the host units they need, `needs` as indexes into that list, dependencies before
// dependents. member: the package has a root in the graph. Kinds beside cargo's own: `run-custom-build`
// (host) and `doctest` (never a compile unit). protocol error: no unit graph.
Result<std::map<std::string, std::vector<Unit>>> parse_unit_graph(std::string_view json,
                                                                  const std::vector<std::string>& triples);

// Which of them count: schema/model/planning.h.
using tripled::planned_compile;
using tripled::planned_tests;
// Packages (name) of the members whose library has doctests enabled.
std::vector<std::string> doctest_packages(const std::vector<Unit>& units);

}  // namespace tripled::cargo
