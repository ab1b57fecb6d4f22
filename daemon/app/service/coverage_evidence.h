// Which sweeps the coverage gauges show. A matrix that schedules or polls sweep is shown as its main ref
// stands: for each cell the last final verdict of such a sweep of that ref. Sweeps of other refs, partial
// ones, and those that a person began never move it. A matrix that only people sweep is shown by its last
// whole sweep. Any thread that has the reader to itself.
#pragma once
#include "daemon/metrics/exposition.h"
#include "daemon/report/report.h"
#include "daemon/store/reader.h"

namespace tripled::app {

Result<bool> is_evidence(store::Reader& reader, const store::SweepRow& sweep);

// `report`: of that sweep. Cells that it left out because nothing changed for them (`when`), and those that
// are not over yet, are taken from the sweeps before it; without one there they are not shown.
metrics::MatrixCoverage coverage_of(store::Reader& reader, const store::SweepRow& sweep,
                                    report::Report report);
// nullopt: it is no evidence, or the store cannot be read.
std::optional<metrics::MatrixCoverage> coverage_of(const std::filesystem::path& database,
                                                   store::SweepId sweep, const report::Report& report);
// Of a sweep that still runs: a scheduled or polled one moves each cell when it ends, a person's all at the
// end. Cells that are tried again because their results are void are planned and no more until they are over;
// then a person's sweep is shown as it stands.
std::optional<metrics::MatrixCoverage> coverage_while_running(const std::filesystem::path& database,
                                                              store::SweepId sweep);

}  // namespace tripled::app
