// One job of the report from its row and results. Pure.
#pragma once
#include "daemon/report/record_view.h"
#include "daemon/report/report.h"

namespace tripled::report {

// `coverage`: the cell's; `over`: the sweep ended, what has no verdict never will.
JobEntry build_job(const CellView& cell, const JobView& job, const ExecutionCoverage& coverage, bool over);

RunnerEntry runner_entry(const RunnerUsed& used);

}  // namespace tripled::report
