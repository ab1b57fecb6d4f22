// What was found out by probing, on disk under <cache>/preflight/<key>.json, so that a sweep does not probe
// again. The key holds everything the answer depends on: rustc, std, programs and directories with time and
// size, settings, the probe's own version. Only what worked is kept: a failure is looked at again each time.
// Thread-safe.
#pragma once
#include <optional>
#include <string>

#include "schema/model/batch.h"
#include "workers/probe/preflight.h"

namespace tripled::probe {

std::string preflight_key(const PreflightQuestion& question, const SetupResult& std_part,
                          const ProbeContext& context);
std::optional<ProbedTriple> load_preflight(const ProbeContext& context, const std::string& key);
// A cache that cannot be written is not an error.
void store_preflight(const ProbeContext& context, const std::string& key, const ProbedTriple& probed);

}  // namespace tripled::probe
