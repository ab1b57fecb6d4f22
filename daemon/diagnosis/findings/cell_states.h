// What a job says of a unit or test that failed elsewhere. Internal to daemon/diagnosis/findings. Pure.
#pragma once
#include "daemon/diagnosis/findings/findings.h"

namespace tripled::diagnosis {

struct UnitEnd {
  CellState state = CellState::unknown;
  std::string why;  // of unknown
};

// How the unit or test that `about` is about ended in `job`, which does not show the finding. A dependency,
// which is no unit of its own, ended well where something that was compiled needs it.
UnitEnd unit_end(const SweepJob& job, const Diagnosis& about);

}  // namespace tripled::diagnosis
