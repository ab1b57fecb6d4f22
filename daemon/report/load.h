// The report of a stored sweep. Any thread that has the reader to itself.
#pragma once
#include <filesystem>
#include <map>
#include <string>

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
  history::SweepPast past;  // as it is compared with others
};
Result<Diagnosed> load_diagnosed(store::Reader& reader, store::SweepId sweep,
                                 const std::filesystem::path& blobs);
Result<Diagnosed> load_diagnosed(const std::filesystem::path& database, store::SweepId sweep,
                                 const std::filesystem::path& blobs);

// The same, and what changed since the sweep before it of the same matrix and ref, and since when each
// finding is seen.
Result<Diagnosed> load_with_changes(store::Reader& reader, store::SweepId sweep,
                                    const std::filesystem::path& blobs);
Result<Diagnosed> load_with_changes(const std::filesystem::path& database, store::SweepId sweep,
                                    const std::filesystem::path& blobs);

// The sweep that this one is compared with: the newest one before it of its project, matrix and ref that was
// not narrowed and came to its end; 0: there is none.
Result<store::SweepId> sweep_before(store::Reader& reader, store::SweepId sweep);

// Any two sweeps, with the titles of the findings that their transitions name.
struct ComparedSweeps {
  history::Comparison changes;
  std::map<std::string, std::string> findings;
};
BOOST_DESCRIBE_STRUCT(ComparedSweeps, (), (changes, findings))
Result<ComparedSweeps> compare_sweeps(store::Reader& reader, store::SweepId before, store::SweepId after,
                                      const std::filesystem::path& blobs);

}  // namespace tripled::report
