// What changed from one sweep to another, cell by cell (DESIGN.md: a cell's identity is its coordinates as
// written). Both sides are diagnosed by the same rules, so that a change of rules makes no transition. Pure,
// any thread.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "schema/model/enums.h"

namespace tripled::history {

// regression: it passed and fails. fixed: it failed and passes. new_failure: it failed and fails otherwise
// (a finding that was not there). partly_fixed: it fails still, by fewer findings. new_cell, vanished: in one
// of the two only. flaky: it is since. broken, unbroken: the cure was, is no longer, outside the code.
// expectation_unmet: one that held does no longer.
BOOST_DEFINE_ENUM_CLASS(Change, regression, new_failure, expectation_unmet, flaky, broken, fixed,
                        partly_fixed, unbroken, new_cell, vanished)

// A cell of one sweep.
struct CellPast {
  std::string id;
  Verdict verdict = Verdict::pass;
  bool unmet = false;              // an expectation of it does not hold
  std::set<std::string> findings;  // ids
  // What a verdict hangs on beside the sources: toolchain, std, runner, worker. A name without a value is not
  // known and changes nothing.
  std::map<std::string, std::string> conditions;
};

struct SweepPast {
  std::string id;
  bool partial = false;  // cells it lacks did not vanish
  std::string revision;
  // Of the sweep as a whole: sources, lock, matrix, rules.
  std::map<std::string, std::string> conditions;
  std::vector<CellPast> cells;
};

struct Transition {
  Change change = Change::regression;
  std::string cell;
  std::optional<Verdict> before, after;     // null: it is not in that sweep
  std::vector<std::string> appeared, gone;  // findings, by id
  // What else is not the same: "toolchain 1.95.0 -> 1.96.0".
  std::vector<std::string> also_changed;
};
BOOST_DESCRIBE_STRUCT(Transition, (), (change, cell, before, after, appeared, gone, also_changed))

struct Comparison {
  std::string before, after;            // sweeps
  std::vector<Transition> transitions;  // as Change lists them, then by cell
  int same = 0, not_comparable = 0;     // cells; the latter were blocked or cancelled in one of the two
  // "a1b2c3..d4e5f6" where nothing but the revision differs for every transition; null: more does, or it is
  // not known.
  std::optional<std::string> revision_range;
};
BOOST_DESCRIBE_STRUCT(Comparison, (), (before, after, transitions, same, not_comparable, revision_range))

Comparison compare(const SweepPast& before, const SweepPast& after);

// Whether something got worse: a regression, a new failure or an expectation that no longer holds.
bool is_worse(const Comparison& comparison);

}  // namespace tripled::history
