// Which unit of the graph passed or failed, and which errors are its own. compiler-message names a target but
// not whether it was compiled with --test or for the host; stderr's "could not compile `x` (lib test) due to
// 3 previous errors" does. Internal to workers/cargo; pure.
#pragma once
#include <optional>
#include <vector>

#include "schema/model/result.h"
#include "workers/cargo/messages.h"
#include "workers/cargo/stderr.h"

namespace tripled::cargo {

enum class UnitState { unknown, passed, failed };

struct UnitEvidence {
  UnitState state = UnitState::unknown;
  std::vector<Diagnostic> errors;         // of a failed unit, in rustc's order; never empty
  std::optional<CargoError> cargo_error;  // its own line of stderr
};

// One per unit. An artefact means passed. An error that a library and its harness both report is given to
// both; one that came once goes to the variant that lacks errors by cargo's count.
std::vector<UnitEvidence> attribute(const std::vector<Unit>& units, const BuildMessages& messages,
                                    const std::vector<CargoError>& cargo_errors);

}  // namespace tripled::cargo
