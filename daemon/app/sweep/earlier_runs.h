// What the last sweep of a matrix tells of the next one.
#pragma once
#include <string>
#include <vector>

#include "daemon/app/sweep/plan_batches.h"
#include "daemon/store/reader.h"

namespace tripled::app {

// How long the binaries of a cell's tests took in that sweep, in their first attempts. Doctests are not of a
// binary.
Result<std::vector<BinaryDuration>> binary_durations(store::Reader& reader, store::SweepId sweep,
                                                     const std::string& cell);

// The execute batch `rows.batches[index]` becomes so many, each with its share of what is expected.
void divide(PlannedRows& rows, std::size_t index, BatchDefinition definition, int shards);

}  // namespace tripled::app
