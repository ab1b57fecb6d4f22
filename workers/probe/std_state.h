// What kind of std a triple has here, without building one. Reads nothing but what is handed in.
#pragma once
#include <string>
#include <vector>

#include "schema/model/toolchain.h"
#include "workers/toolchain/std_cache.h"

namespace tripled::probe {

// shipped: with the toolchain. cached: built earlier. buildable: from rust-src, once, in a minute. core:
// there is no std, core and alloc are built. none: neither shipped nor source to build it from. unknown: this
// rustc does not know the triple.
BOOST_DEFINE_ENUM_CLASS(StdState, shipped, cached, buildable, core, none, unknown)

// `cached`: StdCache::list(). `toolchain.triples` holds the triple.
StdState std_state(const ToolchainFacts& toolchain, const std::string& triple,
                   const std::vector<toolchain::StdEntry>& cached);

}  // namespace tripled::probe
