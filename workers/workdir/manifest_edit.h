// Edits of a manifest in our own copy of a published crate, where cargo would refuse the whole package
// otherwise. By table headers and keys, as cargo's normalised manifests are written (cargo book, "cargo
// package"); not a TOML parser. Pure but for looking whether files exist.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace tripled::workdir {

// A `[[bin]]`, `[[test]]`, `[[example]]` or `[[bench]]` table whose file the package lacks.
struct MissingTarget {
  std::string kind, name;
};

struct EditedManifest {
  std::string text;
  std::vector<MissingTarget> missing;  // their tables are not in `text` any more
};

// `package`: the directory the manifest's paths are relative to. Places as in the cargo book, "Cargo
// Targets": `path`, else <kind>s/NAME.rs or <kind>s/NAME/main.rs (a bin also src/bin/… and src/main.rs).
EditedManifest without_missing_targets(const std::string& manifest, const std::filesystem::path& package);

// Without its `dev-dependencies` tables, those of `target` tables included.
std::string without_dev_dependencies(const std::string& manifest);

}  // namespace tripled::workdir
