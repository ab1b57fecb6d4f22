// The grid of triple x stage for a terminal. Pure.
#pragma once
#include "daemon/report/paint.h"
#include "daemon/report/report.h"

namespace tripled::report {

// One line a cell where the terminal is wide enough, else two.
std::string grid_text(const Report& report, const Painter& painter);

}  // namespace tripled::report
