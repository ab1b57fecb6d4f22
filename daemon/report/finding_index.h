// The findings of a report by where they were seen. Points into the report, which must outlive it. Pure.
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "daemon/report/report.h"

namespace tripled::report {

class FindingIndex {
 public:
  explicit FindingIndex(const Report& report);

  // All of them, worst first.
  std::vector<const FindingEntry*> at(const std::string& cell, Stage stage) const;
  // Those about this unit (or, `test` not empty, this test), else those of the job as a whole, which stand
  // for all of it.
  std::vector<const FindingEntry*> about(const std::string& cell, Stage stage, const std::string& package,
                                         const std::string& target, const std::string& test) const;

 private:
  std::map<std::pair<std::string, Stage>, std::vector<const FindingEntry*>> all_;
};

// "configured-out, certain; the project's code; finding 3f2a91c0".
std::string cause_text(const FindingEntry& entry);
// What sets its cells apart, in lines; empty: nothing can be said, as where a single cell was tried.
std::vector<std::string> explanation_lines(const FindingEntry& entry);
// "since sweep 12 of 2026-11-28, in 4 sweeps"; "new in this sweep"; empty: not compared.
std::string since_text(const FindingEntry& entry);
// The first way out, as it can be pasted; empty: none is known.
std::string mend_text(const FindingEntry& entry);

}  // namespace tripled::report
