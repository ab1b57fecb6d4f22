// `when`: which cells a triggered sweep leaves out (MATRIX.md). Internal to config/.
#pragma once
#include <vector>

#include "config/cell_maker.h"

namespace tripled::config {

// Excludes the cells whose `when` the change does not meet, with the reason: `full` is for sweeps of
// everything; of `paths`, `message` and `event` all that are written must have a glob that matches. Unknown
// paths meet every glob.
void leave_out(const Change& change, std::vector<MadeCell>& cells);

}  // namespace tripled::config
