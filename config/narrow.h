// The command line's choice among finished cells. Internal to config/.
#pragma once
#include <vector>

#include "config/cell_maker.h"

namespace tripled::config {

// Moves what is left of `cells` into plan.cells; usage error that names what was asked when nothing is.
Status narrow(const Matrix& matrix, const CellMaker& maker, const Narrowing& narrowing,
              std::vector<MadeCell>& cells, Plan& plan);

// `-p` words for `packages` (names or globs) within a cell's scope; false when the scope holds none of them.
bool narrow_packages(const std::vector<std::string>& packages, std::vector<std::string>& scope);

}  // namespace tripled::config
