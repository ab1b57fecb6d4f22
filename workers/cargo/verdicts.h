// From what cargo said to one verdict per planned unit. Pure, thread-safe. Rules: DESIGN.md "Verdicts":
// process outcome first, structured output second, text last; a failing unit blocks only what depends on it;
// order of errors is dependency order, then rustc's.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "schema/model/result.h"
#include "workers/cargo/environment_fault.h"
#include "workers/cargo/messages.h"
#include "workers/cargo/stderr.h"

namespace tripled::cargo {

struct ConcludeInput {
  const std::vector<Unit>* units = nullptr;  // the whole graph of this triple
  std::vector<int> planned;                  // planned_compile() or planned_tests()
  const BuildMessages* messages = nullptr;   // of all cargo calls of the stage, merged
  std::vector<CargoError> cargo_errors;      // likewise
  ProcessRecord process;                     // of the last call
  FaultContext fault;                        // triple, host, whether it has a std
};

struct Conclusion {
  std::vector<UnitResult> units;   // one per planned unit, in the order of the plan
  std::vector<Diagnostic> errors;  // of planned units and what they need; at most 500
  std::int64_t error_count = 0;    // before that bound
  // Worst of the units' verdicts and of the failures below them (a dependency's error makes the job `fail`
  // although its units are `blocked`). pass when nothing was planned.
  Verdict verdict = Verdict::pass;
  // Not empty: cargo failed, and for a unit alone that no planned unit needs (a host unit in a foreign cell).
  std::string uncounted_failure;
  std::string broken_reason, broken_fix;  // of the first environment's fault in dependency order
  bool all_reached = true;                // false: some planned unit neither compiled, failed nor was blocked
};

// A unit's verdict: pass (its artefact was seen); fail or broken (its own errors, or those of something it
// needs that is no unit of the plan: a dependency, a build script; blocked_by names it); blocked (blocked_by:
// the deepest failing unit, whose target has a unit in the plan that failed or was not reached); else by the
// outcome: timeout, cancelled, broken (cargo was killed). After a global error (resolver, manifest, network,
// disk) every unit that was not reached takes its verdict.
Conclusion conclude_units(const ConcludeInput& input);

// `check` of the units that `build` of the same graph compiled: pass and implied. Units that did not pass are
// left out and must be checked.
std::vector<UnitResult> implied_check(const std::vector<UnitResult>& build);

}  // namespace tripled::cargo
