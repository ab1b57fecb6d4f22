// What a matrix that comes out of a repository may not choose by itself: whoever can push there is not the
// administrator of the workers. Pure; any thread.
#pragma once
#include <string>
#include <vector>

#include "config/matrix.h"

namespace tripled::config {

struct RepositoryLimits {
  std::vector<std::string> environment;  // variables it may set or unset: names or globs
  std::vector<std::string> pools;        // labels of workers it may ask for: names or globs
};

// config error with the place of what goes beyond the limits. The sources are the repository's own: a
// `source` that is not its root is refused too.
Status check_limits(const Matrix& matrix, const RepositoryLimits& limits);

}  // namespace tripled::config
