// The two coverages of a report, as metrics. Pure.
#pragma once
#include "daemon/metrics/exposition.h"
#include "daemon/report/report.h"

namespace tripled::app {

// Cells of one triple and toolchain are summed. Tests that are planned and were not run count to the runner
// that the cell would have had: its own where it ran, else native on the toolchain's host and emulated
// elsewhere.
metrics::MatrixCoverage coverage_metrics(const report::Report& report);

}  // namespace tripled::app
