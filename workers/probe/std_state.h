// What kind of std a triple has here, without building one. Reads nothing but what is handed in.
#pragma once
#include <string>
#include <vector>

#include "schema/model/doctor.h"
#include "workers/toolchain/std_cache.h"

namespace tripled::probe {

// `cached`: StdCache::list(). `toolchain.triples` holds the triple.
StdState std_state(const ToolchainFacts& toolchain, const std::string& triple,
                   const std::vector<toolchain::StdEntry>& cached);

}  // namespace tripled::probe
