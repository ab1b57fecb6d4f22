#include "daemon/report/finding_index.h"

#include "daemon/report/words.h"
#include "schema/base/text.h"

namespace tripled::report {

static bool is_about(const FindingEntry& entry, const std::string& package, const std::string& target,
                     const std::string& test) {
  return entry.package == package && (!entry.target || *entry.target == target) &&
         entry.test.value_or("") == test;
}

FindingIndex::FindingIndex(const Report& report) {
  if (!report.findings) return;
  for (const auto& entry : *report.findings)
    for (const auto& cell : entry.cells)
      for (Stage stage : cell.stages) all_[{cell.id, stage}].push_back(&entry);
}

std::vector<const FindingEntry*> FindingIndex::at(const std::string& cell, Stage stage) const {
  auto found = all_.find({cell, stage});
  return found == all_.end() ? std::vector<const FindingEntry*>() : found->second;
}

std::vector<const FindingEntry*> FindingIndex::about(const std::string& cell, Stage stage,
                                                     const std::string& package, const std::string& target,
                                                     const std::string& test) const {
  std::vector<const FindingEntry*> own, whole;
  for (const auto* entry : at(cell, stage)) {
    if (is_about(*entry, package, target, test)) own.push_back(entry);
    if (!entry->package && !entry->test) whole.push_back(entry);
  }
  return own.empty() ? whole : own;
}

std::string cause_text(const FindingEntry& e) {
  return to_text(e.cause) + ", " + to_text(e.confidence) + "; " + fault_text(e.fault) + "; finding " + e.id;
}

std::vector<std::string> explanation_lines(const FindingEntry& entry) {
  // Where a program is missing says nothing of the code.
  if (entry.fault == Fault::environment) return {};
  const auto& e = entry.explanation;
  switch (e.certainty) {
    case diagnosis::Certainty::nothing_tried:
    case diagnosis::Certainty::nowhere:
      return {};
    case diagnosis::Certainty::everywhere:
      if (e.failing < 2) return {};
      break;
    case diagnosis::Certainty::exactly:
    case diagnosis::Certainty::fits:
    case diagnosis::Certainty::ambiguous:
    case diagnosis::Certainty::none_found:
      break;
  }
  return split(e.text, '\n');
}

std::string since_text(const FindingEntry& entry) {
  if (!entry.since) return "";
  const auto& s = *entry.since;
  if (s.sweeps == 1) return s.at_least ? "" : "new in this sweep";
  return std::string(s.at_least ? "at least since" : "since") + " sweep " + s.sweep + " of " +
         s.at.substr(0, 10) + ", in " + std::to_string(s.sweeps) + " sweeps one after the other";
}

std::string mend_text(const FindingEntry& entry) {
  for (const auto& mend : entry.mends)
    if (!mend.text.empty()) return printable(mend.text);
  return "";
}

}  // namespace tripled::report
