// What a rustc knows of its triples: `--print all-target-specs-json` and `--print cfg`, kept on disk under
// <cache>/facts/<rustc id>.json (a few hundred KiB, written atomically, merged under a lock). Thread-safe.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "schema/model/toolchain.h"
#include "workers/toolchain/discover.h"
#include "workers/toolchain/tools.h"

namespace tripled::toolchain {

// Fills `triples` (sorted by name; `dist` is looked up on disk each time) and, for the triples and flag sets
// asked for, `cfg` and `cfg_with_flags`. `"*"` in cfg_triples: all. A triple or flag set that rustc refuses
// gets no cfg. Errors: tool (rustc could not be asked at all). A cache that cannot be written is not an
// error.
Status add_triple_facts(ToolchainFacts& facts, const std::vector<std::string>& cfg_triples,
                        const std::vector<std::vector<std::string>>& flag_sets,
                        const std::filesystem::path& cache, const Surroundings& surroundings,
                        const RunTool& run);

// One answer per name asked for, in their order; a toolchain that is missing or mute has its `error` set.
std::vector<ToolchainFacts> collect_facts(const FactsRequest& request, ToolchainFinder& finder,
                                          const std::filesystem::path& cache, const RunTool& run);

// The std of this triple lies in the toolchain's own sysroot.
bool ships_std(const std::filesystem::path& sysroot, const std::string& triple);

}  // namespace tripled::toolchain
