// What can be read from manifests without cargo: the workspace a package belongs to and its path
// dependencies. Cargo itself would write a Cargo.lock while answering, and nothing may be written into a
// project's directory.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tripled::workdir {

// The directory whose Cargo.toml has `[workspace]` and governs `dir` (cargo book, "Workspaces"), or `dir`
// itself.
std::filesystem::path workspace_root(const std::filesystem::path& dir);

// Directories named by `path = "…"` keys of a manifest's text, as written.
std::vector<std::string> path_values(std::string_view manifest);

// Directories outside `root` that manifests below it reach by path dependencies, transitively.
std::vector<std::filesystem::path> outside_dependencies(const std::filesystem::path& root,
                                                        const std::vector<std::string>& files);

}  // namespace tripled::workdir
