// Words and signs that every rendering of a report uses, so that none says it otherwise. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/report/report.h"

namespace tripled::report {

// ✓ pass, ✗ fail, ◔ timeout, ! broken, – blocked, ~ flaky, ? suspect, · excluded, ⊘ cancelled; one column
// wide.
std::string symbol(Verdict verdict, bool ascii);

// It failed, and every failure in it is one that the matrix states.
bool as_expected(const JobEntry& job);

// Who can mend it: "the project's code".
std::string fault_text(Fault fault);

// Of a partial sweep: how it differs from the matrix. "partial: not the whole matrix, narrowed by --stage
// check".
std::string partial_text(const SweepEntry& sweep);

// "void: it was pass, on worker w1 or prepared by one that was found out to be wrong"; empty: it is not void.
std::string void_text(const JobEntry& job);
// "earlier: fail, void (1 test fails); pass": what it had come to before; empty: nothing.
std::string earlier_text(const JobEntry& job);

// "21/22", "0/?" where planned is not known.
std::string fraction(std::int64_t part, const std::optional<std::int64_t>& whole);
// "93%"; 100% only for all, 0% only for none. Empty: not known.
std::string percent(const std::optional<double>& ratio);
// native, emulated, "40 native, 2 emulated"; empty: nothing was executed.
std::string execution_mode(const ExecutionCoverage& coverage);
std::int64_t executed(const ExecutionCoverage& coverage);
std::int64_t passed(const ExecutionCoverage& coverage);

// Compile stages and execute, those that some cell of the report has, in order. execute always: a check-only
// triple shows 0/N.
std::vector<Stage> stages_of(const Report& report);
const JobEntry* find_job(const CellEntry& cell, Stage stage);
// Sum over its jobs.
std::int64_t duration_ms(const CellEntry& cell);

// Valid UTF-8 without terminal escapes (CSI, OSC) and control characters; tabs and line feeds stay.
std::string printable(std::string_view text);
// At most `count` lines of printable(text); empty ones at the end are dropped.
std::vector<std::string> lines_of(std::string_view text, std::size_t count);

// "3 of 11 triples compile …; … ran": both coverages of the whole sweep as one sentence each.
struct Sentences {
  std::string compiles, runs;
  std::string compiles_on, runs_on,
      runs_how;  // "2 of 5 triples", "3 of 5 triples", "2 native, 1 emulated; …"
};
Sentences both_coverages(const Report& report);
// What the exit status says: "nothing unexpected", "2 unexpected failures", …
std::string exit_meaning(const Report& report, int status);

}  // namespace tripled::report
