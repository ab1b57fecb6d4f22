// Reading axes: of a group, and of an include row. Internal to config/.
#pragma once
#include <string>
#include <vector>

#include "config/matrix.h"

namespace tripled::config {

// triple, toolchain, scope, packages, features, profile: their values mean something by themselves.
bool is_known_axis(std::string_view name);
const std::vector<std::string>& known_axes();

Result<Axis> read_axis(const Entry& entry);
// `own`: the group's axis of that name, whose values may be named; null when the group has none.
Result<Axis> read_row_axis(const Entry& entry, const Axis* own);

}  // namespace tripled::config
