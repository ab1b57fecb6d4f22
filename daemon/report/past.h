// A sweep as daemon/history compares it. Pure.
#pragma once
#include "daemon/history/compare.h"
#include "daemon/report/report.h"

namespace tripled::report {

// `report` has its findings; `rules`: the version they were made by.
history::SweepPast past_of(const store::SweepRecord& record, const Report& report, int rules);

}  // namespace tripled::report
