// The report of a stored sweep. Any thread that has the reader to itself.
#pragma once
#include <filesystem>

#include "daemon/report/report.h"
#include "daemon/store/reader.h"
#include "schema/base/result.h"

namespace tripled::report {

// usage error: no such sweep.
Result<Report> load(store::Reader& reader, store::SweepId sweep);
Result<Report> load(const std::filesystem::path& database, store::SweepId sweep);

}  // namespace tripled::report
