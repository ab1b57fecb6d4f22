// `cargo metadata --format-version 1`, as far as tests and evidence need it, and the two facts it leaves out:
// a target's `harness = false` and its manifest's text (scanned by us). Pure, thread-safe.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.h"

namespace tripled::cargo {

struct MetadataTarget {
  std::string name, kind, src_path;
  bool test = false, doctest = false;
  std::vector<std::string> required_features;
};

struct MetadataPackage {
  std::string id, name, version, source, manifest_path;  // source empty: a path
  std::string description, homepage, repository, license, license_file, readme, rust_version;
  std::vector<std::string> authors;
  std::string links;
  std::vector<MetadataTarget> targets;
};

struct Metadata {
  std::vector<MetadataPackage> packages;
  std::vector<std::string> workspace_members;  // ids
  std::string workspace_root, target_directory;

  const MetadataPackage* find(std::string_view name, std::string_view version) const;
};
Result<Metadata> parse_metadata(std::string_view json);

// Names of the targets of a kind ("test", "bench", "example", "bin", "lib") with `harness = false` in a
// manifest. A scan of the TOML that finds `[[test]]` tables and inline `test = [{…}]` arrays; the library has
// the package's name unless it says one.
struct HarnessOff {
  std::string kind, name;
};
std::vector<HarnessOff> targets_without_harness(std::string_view manifest_toml);

}  // namespace tripled::cargo
