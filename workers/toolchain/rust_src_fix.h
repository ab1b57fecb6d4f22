// What to type when a toolchain has neither a std for a triple nor the source to build it from.
#pragma once
#include <string>

#include "schema/model/toolchain.h"
#include "workers/toolchain/tools.h"

namespace tripled::toolchain {

// Name of the rustup toolchain this is, empty when it is none.
std::string rustup_name(const ToolchainFacts& toolchain, const Surroundings& surroundings);

// `rustup component add rust-src …`, or the Debian package that goes with the one rustc came in (asked of
// dpkg).
std::string rust_src_fix(const ToolchainFacts& toolchain, const TripleFacts& triple,
                         const Surroundings& surroundings, const RunTool& run);

// Debian's source package of a compiler package: rustc -> rust-src, rustc-web -> rust-web-src, rustc-1.85 ->
// rust-1.85-src. Empty: not a compiler package.
std::string debian_source_package(const std::string& rustc_package);

}  // namespace tripled::toolchain
