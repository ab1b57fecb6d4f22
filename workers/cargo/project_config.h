// The project's own cargo configuration (`cargo config get --format json`, unstable, RUSTC_BOOTSTRAP=1), as
// far as the cell's flags, linker and runner must respect it. Pure, thread-safe.
//
// Who wins, tried with cargo 1.95 and 1.96: rustflags come from exactly one of CARGO_ENCODED_RUSTFLAGS,
// RUSTFLAGS, {target.T and every matching target.'cfg(…)', joined in this order, cfg keys sorted},
// build.rustflags. CARGO_BUILD_RUSTFLAGS and CARGO_TARGET_T_RUSTFLAGS join the files' value of the same key
// (`--config` does so for arrays only; a string in the file is an error). No single key appends in every
// case, and for cfg keys ours would come first. So: a cell without flags sets nothing; a cell with flags sets
// CARGO_ENCODED_RUSTFLAGS = the project's effective flags + ours.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.h"

namespace tripled::cargo {

struct TargetConfig {  // [target.<key>]
  std::optional<std::vector<std::string>> rustflags, rustdocflags;
  std::string linker;
  std::vector<std::string> runner;
};

struct ProjectConfig {
  std::optional<std::vector<std::string>> build_rustflags, build_rustdocflags;
  std::map<std::string, TargetConfig> targets;  // key: triple or cfg(…)
  std::string build_target_dir, rustc_wrapper, rustc, rustdoc;
  std::vector<std::string> build_target;
  std::map<std::string, std::string> env;  // [env]
  bool profile_overrides = false;          // [profile.*] in configuration
};

// `json`: stdout of `cargo config get --format json`. Unknown keys are passed over.
Result<ProjectConfig> parse_config(std::string_view json);

// A cfg expression as cargo reads it (`cfg(any(unix, target_os = "x"))` or its inside) against lines of
// `rustc --print cfg`. nullopt: not an expression.
std::optional<bool> cfg_matches(std::string_view expression, const std::vector<std::string>& cfg);

// What cargo would give to rustc for `triple` by the rules above. `cfg`: lines of `rustc --print cfg --target
// triple`.
std::vector<std::string> effective_rustflags(const ProjectConfig& config, const std::string& triple,
                                             const std::vector<std::string>& cfg);
std::vector<std::string> effective_rustdocflags(const ProjectConfig& config, const std::string& triple,
                                                const std::vector<std::string>& cfg);
// Settings of the project that ours will override, one line each for the report: linker, runner, target dir,
// wrapper.
std::vector<std::string> overridden_settings(const ProjectConfig& config, const std::string& triple,
                                             const std::vector<std::string>& cfg);

}  // namespace tripled::cargo
