// Lints that are errors, and whether that is portability. A denied lint that fires on every triple came with
// the toolchain (a warning that newer rustc knows, under `deny(warnings)`, or one that is an error by default
// now); it hides what only some triples show. One that fires on some triples only is a finding like any
// other. Pure.
#pragma once
#include <string>
#include <vector>

#include "daemon/report/report.h"

namespace tripled::report {

// One line for each such lint and unit. Nothing is said of a unit that was tried on a single triple: there is
// nothing to compare it with.
std::vector<std::string> lint_drift(const std::vector<CellEntry>& cells);

}  // namespace tripled::report
