// The report of a stored sweep. Any thread; one read of the database.
#pragma once
#include <filesystem>

#include "daemon/report/report.h"
#include "schema/base/result.h"

namespace tripled::report {

// usage error: no such sweep.
Result<Report> load(const std::filesystem::path& database, store::SweepId sweep);

}  // namespace tripled::report
