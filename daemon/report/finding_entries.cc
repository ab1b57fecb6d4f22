#include <algorithm>
#include <map>

#include "daemon/report/report.h"

namespace tripled::report {
namespace {

std::optional<std::string> if_any(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return text;
}

ExplanationEntry explanation_entry(const diagnosis::Explanation& e) {
  ExplanationEntry out;
  out.certainty = e.certainty;
  out.text = diagnosis::to_text(e);
  out.failing = e.failing;
  out.passing = e.passing;
  out.unknown = e.unknown;
  out.predicate = if_any(e.predicate);
  for (const auto& rival : e.rivals) out.rivals.push_back(rival.predicate);
  out.add_cell = if_any(e.add_cell);
  return out;
}

// The matrix's reason for this failure, where it states one.
std::optional<std::string> expected_in(const JobEntry& job, const Diagnosis& d) {
  for (const auto& unit : job.units)
    if (d.test.empty() && unit.package == d.package && (d.target.empty() || unit.target == d.target) &&
        unit.expected)
      return unit.expected;
  for (const auto& failure : job.failures)
    if (!d.test.empty() && failure.package == d.package && failure.test == d.test && failure.expected)
      return failure.expected;
  if (job.unexpected || job.expectation != Expectation::met) return std::nullopt;
  return job.expected_reasons.empty() ? "stated in the matrix" : job.expected_reasons.front();
}

FindingCell finding_cell(const diagnosis::FindingSeen& seen, const Diagnosis& d, const CellEntry* cell) {
  FindingCell out{seen.cell, seen.triple, seen.stages, seen.emulated, seen.cause, if_any(seen.version), {}};
  if (!cell) return out;
  bool all = true;
  for (const auto& job : cell->jobs) {
    if (std::find(seen.stages.begin(), seen.stages.end(), job.stage) == seen.stages.end()) continue;
    auto why = expected_in(job, d);
    all = all && why;
    if (why) out.expected = why;
  }
  if (!all) out.expected.reset();
  return out;
}

}  // namespace

void add_findings(Report& report, const diagnosis::SweepFindings& findings) {
  std::map<std::string, const CellEntry*> cells;
  for (const auto& cell : report.cells) cells[cell.id] = &cell;
  report.findings.emplace();
  for (const auto& finding : findings.findings) {
    const auto& d = finding.diagnosis;
    FindingEntry out{finding.id,
                     finding.verdict,
                     d.cause,
                     d.confidence,
                     d.fault,
                     d.title,
                     if_any(d.package),
                     if_any(d.version),
                     if_any(d.target),
                     if_any(d.test),
                     if_any(d.code),
                     if_any(d.subject),
                     if_any(d.cfg),
                     {},
                     explanation_entry(finding.explanation),
                     std::nullopt,
                     d.evidence,
                     d.mends,
                     d.ruled_out};
    for (const auto& seen : finding.seen) {
      auto cell = cells.find(seen.cell);
      out.cells.push_back(finding_cell(seen, d, cell == cells.end() ? nullptr : cell->second));
    }
    report.findings->push_back(std::move(out));
  }
}

}  // namespace tripled::report
