// `tripled doctor` and `tripled targets`: what each triple can do on this machine, and for each no the reason
// and a line that can be pasted. examine() proves it with probes and blocks for a second or two per triple;
// with `deep` it builds missing stds too (a minute each). survey() runs nothing at all. Thread-safe.
#pragma once
#include <string>
#include <vector>

#include "schema/model/doctor.h"
#include "workers/probe/context.h"
#include "workers/probe/std_state.h"

namespace tripled::probe {

// `toolchain` has the facts of at least the triples asked about; `installed`: ToolchainFinder::all();
// `cached`: StdCache::list().
DoctorReport examine(const DoctorQuestion& question, const ToolchainFacts& toolchain,
                     const std::vector<ToolchainFacts>& installed,
                     const std::vector<toolchain::StdEntry>& cached, const ProbeContext& context);

// Found, not tried.
std::vector<TargetRow> survey(const std::vector<CatalogueEntry>& triples, const ToolchainFacts& toolchain,
                              const std::vector<toolchain::StdEntry>& cached, const ProbeContext& context);

}  // namespace tripled::probe
