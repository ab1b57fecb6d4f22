// Toolchain names and rustc's own account of itself, as text: pure.
// Sources: rustup book "Toolchains"; rustc -vV; semver as rustc uses it (1.98.0-nightly).
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tripled::toolchain {

struct RustVersion {
  int major = 0, minor = 0, patch = 0;
  auto operator<=>(const RustVersion&) const = default;
};
// "1.85", "1.85.0", "1.98.0-nightly" (what follows the numbers is left out). nullopt: no version.
std::optional<RustVersion> parse_version(std::string_view text);

struct ToolchainName {
  enum class Kind { channel, dated, version, system, msrv, path, other };
  Kind kind = Kind::other;  // other: maybe the name of a rustup toolchain
  std::string channel;      // channel, dated: stable, beta, nightly
  std::string date;         // dated
  RustVersion version;      // version
  bool with_patch = false;  // version: 1.85.0 and not 1.85
};
ToolchainName parse_toolchain_name(std::string_view name);

struct VerboseVersion {
  std::string release, commit, commit_date, host;
  std::string channel;  // stable, beta, nightly, dev
};
// The output of `rustc -vV`; nullopt: that is not what this is. `unknown` commits come out empty.
std::optional<VerboseVersion> parse_verbose_version(std::string_view text);

// Does a toolchain of this release and channel answer to the name? Only channel and version names can.
bool answers_to(const ToolchainName& name, std::string_view release, std::string_view channel);

}  // namespace tripled::toolchain
