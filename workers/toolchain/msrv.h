// `rust-version` of a project: from its Cargo.toml, the workspace it inherits from, or (for a virtual
// workspace without one) the highest of its members. Reads files only; a scanner of the few keys, not a TOML
// parser: cargo itself will refuse what is malformed. Source: cargo book, "The rust-version field".
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.h"

namespace tripled::toolchain {

struct ManifestVersion {
  std::string package;            // [package] rust-version
  bool inherited = false;         // rust-version.workspace = true
  std::string workspace_package;  // [workspace.package] rust-version
  bool is_workspace = false;
  std::vector<std::string> members, exclude;  // [workspace], globs as written
};
ManifestVersion scan_manifest(std::string_view cargo_toml);

// "1.85". Errors: config, names the manifest that lacks it.
Result<std::string> project_rust_version(const std::filesystem::path& project_dir);

}  // namespace tripled::toolchain
