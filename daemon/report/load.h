// The report of a stored sweep. Any thread that has the reader to itself.
#pragma once
#include <filesystem>

#include "daemon/report/diagnose.h"
#include "daemon/report/report.h"
#include "daemon/store/reader.h"
#include "schema/base/result.h"

namespace tripled::report {

// Without findings: what verdicts and coverage need. usage error: no such sweep.
Result<Report> load(store::Reader& reader, store::SweepId sweep);
Result<Report> load(const std::filesystem::path& database, store::SweepId sweep);

// With findings: those stored when the sweep ended, or, where the rules have changed since or none are
// stored, made from the evidence among `blobs` (the directory; what is missing there is not an error).
struct Diagnosed {
  Report report;
  diagnosis::SweepFindings findings;
};
Result<Diagnosed> load_diagnosed(store::Reader& reader, store::SweepId sweep,
                                 const std::filesystem::path& blobs);
Result<Diagnosed> load_diagnosed(const std::filesystem::path& database, store::SweepId sweep,
                                 const std::filesystem::path& blobs);

}  // namespace tripled::report
