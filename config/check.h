// What can be checked of a whole matrix only after all of it was read. Internal to config/.
#pragma once
#include <functional>

#include "config/matrix.h"

namespace tripled::config {

// Toolchain names, axis names in expressions, `lockfile: shipped`. config error with its place.
Status check_matrix(const Matrix& matrix);
// Axis names of an expression that is asked of all groups (`--only`).
Status check_axes(const Expr& expr, const Matrix& matrix);
// Calls `visit` for every written setting, file order within a level.
void for_each_patch(const Matrix& matrix, const std::function<void(const Patch&)>& visit);
void for_each_expr(const Matrix& matrix, const std::function<void(const Expr&)>& visit);

}  // namespace tripled::config
