#include "daemon/report/lint_drift.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <tuple>

#include "daemon/report/words.h"
#include "schema/base/text.h"

namespace tripled::report {
namespace {

// rustc's error codes are E and four digits; a lint's code is its name: unused_imports, clippy::all.
bool is_lint(const std::string& code) {
  return !code.empty() && std::islower(static_cast<unsigned char>(code[0])) != 0;
}

// A unit under one toolchain and stage: what is compared over triples.
using Subject = std::tuple<std::string, std::string, Stage>;

struct Tried {
  std::set<std::string> triples;                        // where it ended by itself
  std::map<std::string, std::set<std::string>> denied;  // lint: where it was the unit's first error
};

bool ended_by_itself(Verdict verdict) { return verdict == Verdict::pass || verdict == Verdict::fail; }

std::map<Subject, Tried> by_subject(const std::vector<CellEntry>& cells) {
  std::map<Subject, Tried> all;
  for (const auto& cell : cells)
    for (const auto& job : cell.jobs)
      for (const auto& unit : job.units) {
        if (!ended_by_itself(unit.verdict)) continue;
        auto& tried = all[{cell.toolchain, unit.package + "/" + unit.target, job.stage}];
        tried.triples.insert(cell.triple);
        if (unit.first_error && unit.first_error->code && is_lint(*unit.first_error->code))
          tried.denied[*unit.first_error->code].insert(cell.triple);
      }
  return all;
}

}  // namespace

std::vector<std::string> lint_drift(const std::vector<CellEntry>& cells) {
  std::vector<std::string> out;
  for (const auto& [subject, tried] : by_subject(cells)) {
    const auto& [toolchain, unit, stage] = subject;
    for (const auto& [lint, triples] : tried.denied) {
      if (triples.size() < 2 || triples.size() != tried.triples.size()) continue;
      auto line =
          printable(unit) + ": the lint `" + printable(lint) + "` is an error with toolchain " + toolchain +
          " on every triple (" + std::to_string(triples.size()) + " of " +
          std::to_string(tried.triples.size()) +
          "): toolchain drift, not portability. It hides what comes after it; `lints: cap` goes past it";
      if (std::find(out.begin(), out.end(), line) == out.end()) out.push_back(line);  // another stage's
    }
  }
  return out;
}

}  // namespace tripled::report
