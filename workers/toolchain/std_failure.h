// Why a std could not be had, from what cargo and rustc printed: pure. The texts were seen with rustc 1.96.
#pragma once
#include <string>
#include <string_view>

#include "schema/model/reflect.h"

namespace tripled::toolchain {

// broken_upstream: std's own source does not compile for the triple at this version. no_backend: this rustc
// cannot generate code for it. build_script: one of std's dependencies' build scripts failed. environment:
// disk, memory, network.
BOOST_DEFINE_ENUM_CLASS(StdFailureKind, none, broken_upstream, no_backend, compiler_crash, missing_tool,
                        no_rust_src, build_script, environment, timed_out, cancelled, unknown)

struct StdFailure {
  StdFailureKind kind = StdFailureKind::none;
  std::string message;  // one line: "std does not compile for T with rustc 1.96.0: E0425: cannot find …"
  std::string code;     // E0425, when the compiler gave one
  std::string fix;      // a command or a YAML line that can be pasted; empty: none known
};

struct FailedBuild {
  std::string_view log;  // stderr of cargo, diagnostics rendered
  int exit_code = 0, signal = 0;
  bool timed_out = false, cancelled = false;
  std::string_view triple, rustc_version;
};
StdFailure classify_std_failure(const FailedBuild& build);

// The same inputs give the same failure: it may be remembered instead of tried again.
bool is_lasting(StdFailureKind kind);

}  // namespace tripled::toolchain
