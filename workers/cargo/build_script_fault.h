// Why a build script failed, where the cure is outside the code: C compilers, pkg-config, cmake, libclang and
// other programs. Texts of the crates cc, cmake, pkg-config, bindgen, openssl-sys and prost-build. Internal
// to workers/cargo; pure.
#pragma once
#include <optional>

#include "workers/cargo/environment_fault.h"

namespace tripled::cargo {

std::optional<EnvironmentFault> build_script_fault(const CargoError& error, const FaultContext& context);

}  // namespace tripled::cargo
