// How a std is built from a toolchain's rust-src: cargo's -Zbuild-std on a dummy package, in a scratch
// directory whose path depends on nothing but the key, so that two builds are alike. Blocks for half a minute
// to some minutes. Sources: cargo book "Unstable features: build-std"; reference: what each mode keeps was
// tried with rustc 1.96.
#pragma once
#include <filesystem>
#include <string>

#include "schema/base/result.h"
#include "schema/model/toolchain.h"
#include "workers/toolchain/std_cache.h"
#include "workers/toolchain/tools.h"

namespace tripled::toolchain {

// Part of every key: another recipe makes another std.
inline constexpr int kStdRecipe = 2;

struct StdOrder {
  const ToolchainFacts& toolchain;
  std::string triple;
  StdMode mode = StdMode::check;
  std::filesystem::path scratch;  // exists and is empty
  Millis timeout{30 * 60'000};
  int jobs = 0;  // 0: cargo's default
};

struct StdProduct {
  std::filesystem::path staged;  // in scratch; becomes lib/rustlib/<triple>. Empty: see failure
  StdFailure failure;
  std::string log;  // bounded
  Millis wall{0}, cpu{0};
};

// Errors: io (the scratch directory), tool (the process runner itself failed).
Result<StdProduct> make_std(const StdOrder& order, const Surroundings& surroundings, const RunTool& run);

// A program that a std of this triple needs besides the toolchain: windows-gnu's dlltool. Empty: none.
std::string tool_needed(const std::string& triple);

}  // namespace tripled::toolchain
