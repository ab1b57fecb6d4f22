// Names cargo gives to packages, crate targets and source files, in one spelling each.
// Pure and thread-safe. Sources: cargo book "Package ID Specifications", rustc's `file_name` of spans, seen
// with 1.85-1.96.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace tripled::cargo {

struct PackageName {
  std::string name, version;
  std::string
      source;  // "path+file:///…", "registry+https://…", "git+https://…" without `#…`; empty: not said
};

// `path+file:///a/name#1.0`, `path+file:///a/dir#name@1.0`, `registry+URL#name@1.0`, `git+URL?rev=x#1.0`, and
// what cargo before 1.77 wrote: `name 1.0 (registry+URL)`. What cannot be read becomes the name.
PackageName parse_package_id(std::string_view id);
// `name v1.0 (/path)` and `name v1.0` of cargo's messages to people.
PackageName parse_package_display(std::string_view text);

// cargo's `kind` array as one word: lib, proc-macro, bin, test, example, bench, custom-build.
std::string target_kind(const std::vector<std::string>& kinds);

// Where the files of one cargo call lie. All absolute; empty where not known.
struct SourcePaths {
  std::string source_dir;      // the snapshot: what diagnostics are made relative to
  std::string workspace_root;  // rustc's spans of workspace members are relative to it; empty: source_dir
  std::string target_dir;
  std::string triple;  // of `--target`, to tell host artefacts from the cell's
};

// A span's file as the report shows it: relative to the project, `<crate>-<version>/…` for registry packages,
// `<name>-<rev>/…` for git checkouts, `library/…` for std, `OUT_DIR/…` for what a build script generated.
std::string display_path(std::string_view file, const SourcePaths& paths);

// The same for every absolute path in a text of rustc's or cargo's. URLs are left alone.
std::string display_text(std::string_view text, const SourcePaths& paths);

}  // namespace tripled::cargo
