#include "workers/probe/std_state.h"

#include <algorithm>

#include "workers/toolchain/discover.h"

namespace tripled::probe {

StdState std_state(const ToolchainFacts& toolchain, const std::string& triple,
                   const std::vector<toolchain::StdEntry>& cached) {
  const auto* facts = toolchain.find(triple);
  if (facts == nullptr) return StdState::unknown;
  if (facts->dist) return StdState::shipped;
  auto id = toolchain::rustc_id(toolchain);
  auto wanted = facts->std ? toolchain::StdMode::full : toolchain::StdMode::core;
  if (std::any_of(cached.begin(), cached.end(), [&](const auto& entry) {
        return entry.triple == triple && entry.rustc_id == id && entry.mode == wanted;
      }))
    return facts->std ? StdState::cached : StdState::core;
  if (toolchain.rust_src.empty()) return StdState::none;
  return facts->std ? StdState::buildable : StdState::core;
}

}  // namespace tripled::probe
