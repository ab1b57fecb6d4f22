// Results of a worker that was found out to be wrong. Pure data.
#pragma once
#include <cstdint>
#include <string>

#include "daemon/store/rows.h"

namespace tripled::store {

struct VoidQuery {
  std::string worker;
  UnixMs since = 0, until = 0;  // finished from `since` on and before `until`
};

// A cell whose verdict hangs on such results: its own, of its setup, or of what prepared the sweep.
struct AffectedCell {
  SweepId sweep = 0;
  std::string cell;
  bool current = false;   // of a sweep that runs, or of the newest of its matrix
  bool open = false;      // not over yet
  bool prepared = false;  // the sources and units that it was told of are among those results
};

}  // namespace tripled::store
