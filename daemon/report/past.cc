#include "daemon/report/past.h"

#include <set>

#include "schema/base/hash.h"
#include "schema/base/text.h"

namespace tripled::report {
namespace {

std::string version_of(const Report& report, const std::string& toolchain) {
  for (const auto& t : report.sweep.toolchains)
    if (t.name == toolchain) return t.version;
  return "";
}

std::map<std::string, std::string> conditions_of(const Report& report, const CellEntry& cell) {
  std::map<std::string, std::string> out{{"toolchain", version_of(report, cell.toolchain)},
                                         {"std", cell.std.hash.value_or("")}};
  std::set<std::string> workers, runners;
  for (const auto& job : cell.jobs) {
    if (job.worker) workers.insert(*job.worker);
    if (job.runner) runners.insert(job.runner->name + " " + job.runner->version.value_or(""));
  }
  out["worker"] = join({workers.begin(), workers.end()}, ", ");
  out["runner"] = join({runners.begin(), runners.end()}, ", ");
  return out;
}

}  // namespace

history::SweepPast past_of(const store::SweepRecord& record, const Report& report, int rules) {
  history::SweepPast out;
  out.id = report.sweep.id;
  out.partial = report.sweep.partial;
  out.revision = record.row.revision;
  out.conditions = {{"sources", record.row.snapshot},
                    {"lock", record.row.lock_hash},
                    {"matrix", record.matrix_text.empty() ? "" : sha256_hex(record.matrix_text)},
                    {"rules", std::to_string(rules)}};
  std::map<std::string, std::set<std::string>> findings;
  if (report.findings)
    for (const auto& finding : *report.findings)
      for (const auto& cell : finding.cells) findings[cell.id].insert(finding.id);
  for (const auto& cell : report.cells) {
    history::CellPast past;
    past.id = cell.id;
    past.verdict = cell.verdict;
    for (const auto& job : cell.jobs) past.unmet = past.unmet || !job.unmet.empty();
    past.findings = findings[cell.id];
    past.conditions = conditions_of(report, cell);
    out.cells.push_back(std::move(past));
  }
  return out;
}

}  // namespace tripled::report
