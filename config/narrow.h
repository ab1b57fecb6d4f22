// The command line's choice among finished cells. Internal to config/.
#pragma once
#include <vector>

#include "config/cell_maker.h"

namespace tripled::config {

// Moves what is left of `cells` into plan.cells; usage error that names what was asked when nothing is.
Status narrow(const Matrix& matrix, const CellMaker& maker, const Narrowing& narrowing,
              std::vector<MadeCell>& cells, Plan& plan);

// What a cell's scope says of packages, in any of cargo's spellings.
struct ScopePackages {
  std::vector<std::string> named, excluded, rest;  // names or globs; the other words
  bool workspace = false;
};
ScopePackages packages_of_scope(const std::vector<std::string>& scope);

bool matches_any(const std::vector<std::string>& globs, const std::string& text);

// usage error when a `--package` is neither one of the project's nor named by any cell's scope.
Status check_packages(const Narrowing& narrowing, const std::vector<PackageFacts>& packages,
                      const std::vector<MadeCell>& cells);

// `-p` words for `packages` (names or globs) within a cell's scope; false when the scope holds none of them.
bool narrow_packages(const std::vector<std::string>& packages, std::vector<std::string>& scope);

}  // namespace tripled::config
