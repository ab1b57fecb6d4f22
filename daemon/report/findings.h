// What went wrong in a sweep as renderings for people show it: one entry per finding of the report, and,
// where nothing was diagnosed, one per first error or failing test; what the matrix expects stands apart.
// Pure.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "daemon/report/report.h"

namespace tripled::report {

struct Seen {
  std::string cell, triple;
  std::vector<Stage> stages;  // in order
  bool emulated = false;      // tests: how they were run
};

struct Finding {
  Verdict verdict = Verdict::fail;
  std::string title;                    // one printable line
  std::vector<std::string> subjects;    // package/target
  std::string test;                     // empty: a unit's or the environment's
  std::string place;                    // file:line; empty: not known
  std::string text;                     // rustc's or the test's own words, printable; may be empty
  std::string fix;                      // broken
  std::optional<std::string> expected;  // the matrix's reason
  std::vector<std::string> blocks;      // units that were not tried because of it
  std::vector<Seen> seen;               // in the order of the cells
  const FindingEntry* entry = nullptr;  // of the report it was made from; null: not diagnosed
};

struct Unmet {
  std::string text;
  std::vector<Seen> seen;
};

struct Findings {
  std::vector<Finding> failures;  // unexpected fail, timeout, suspect
  std::vector<Finding> broken;    // unexpected
  std::vector<Finding>
      not_run;  // cancelled; and blocked by nothing that the cell itself shows (prepare failed)
  std::vector<Finding> flaky, expected;
  std::vector<Unmet> unmet;
};

Findings collect(const Report& report);

// "on i686-unknown-linux-gnu (check, build)", "on 2 triples: …"; at most `limit` names, then only how many.
std::string seen_text(const Finding& finding, std::size_t limit);
// Cells alone, without "on" and stages.
std::string names_text(const std::vector<Seen>& seen, std::size_t limit);

}  // namespace tripled::report
