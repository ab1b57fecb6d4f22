// `cargo metadata --format-version 1 --filter-platform <triple>` of a failed job, as far as causes need it:
// what each package declares (for every platform) and what was resolved for this one. Pure, thread-safe.
#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.h"

namespace tripled::diagnosis {

struct Dependency {
  std::string name, rename, requirement;
  std::string kind;    // normal, dev, build
  std::string target;  // `cfg(…)` or a triple; empty: every platform
  std::string source;  // empty: a path
  bool optional = false, default_features = true;
  std::vector<std::string> features;

  // The name Rust code uses for it.
  std::string crate() const;
};

struct PackageTarget {
  std::string name, kind, src_path;           // kind as `units` names it: lib, bin, test, custom-build, …
  std::vector<std::string> crate_types = {};  // lib, rlib, dylib, cdylib, bin …
};

struct Package {
  std::string id, name, version, source, manifest_path, links, rust_version, edition;
  bool member = false;
  std::vector<Dependency> dependencies;                      // as declared
  std::map<std::string, std::vector<std::string>> features;  // as declared, optional dependencies included
  std::vector<PackageTarget> targets;
  std::set<std::string> enabled;                // features that are on here, by the resolver
  std::map<std::string, std::string> resolved;  // crate name in its code -> package id
  bool reached = false;                         // part of the graph of this platform

  std::string directory() const;  // absolute, of the manifest
};

struct Metadata {
  std::vector<Package> packages;
  std::string workspace_root;

  const Package* find(std::string_view name, std::string_view version = "") const;
  const Package* by_id(std::string_view id) const;
  // The package that `from` calls `crate` in its code; null: none is reachable under that name.
  const Package* dependency(const Package& from, std::string_view crate) const;
  std::vector<const Package*> versions_of(std::string_view name) const;
  // Does anything but dev-dependencies of members lead to it?
  bool only_for_tests(const Package& package) const;
};

// protocol error: the text is no metadata (it can be cargo's own error, too).
Result<Metadata> parse_metadata(std::string_view json);

// `-` and `_` are the same in names of crates.
std::string crate_name(std::string_view package);

}  // namespace tripled::diagnosis
