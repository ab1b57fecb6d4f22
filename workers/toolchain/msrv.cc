#include "workers/toolchain/msrv.h"

#include <optional>

#include "schema/base/file.h"
#include "schema/base/text.h"
#include "workers/toolchain/toolchain_name.h"

namespace tripled::toolchain {
namespace {

namespace fs = std::filesystem;

// The line without a comment; `#` inside quotes stays.
std::string_view without_comment(std::string_view line) {
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quote) {
      if (line[i] == quote) quote = 0;
    } else if (line[i] == '"' || line[i] == '\'') {
      quote = line[i];
    } else if (line[i] == '#') {
      return line.substr(0, i);
    }
  }
  return line;
}

std::vector<std::string> quoted_texts(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '"' && text[i] != '\'') continue;
    auto end = text.find(text[i], i + 1);
    if (end == std::string_view::npos) break;
    out.emplace_back(text.substr(i + 1, end - i - 1));
    i = end;
  }
  return out;
}

// `[ workspace . package ]` -> "workspace.package"; nullopt: no table header.
std::optional<std::string> table_header(std::string_view line) {
  if (line.size() < 2 || line.front() != '[' || line.back() != ']') return std::nullopt;
  std::string name;
  for (char c : line.substr(1, line.size() - 2))
    if (c != ' ' && c != '\t' && c != '"' && c != '\'') name += c;
  return name;
}

void take_value(ManifestVersion& out, const std::string& key, std::string_view value) {
  auto texts = quoted_texts(value);
  auto first = texts.empty() ? std::string() : texts.front();
  if (key == "package.rust-version") {
    out.package = first;
    if (first.empty() && contains(value, "workspace") && contains(value, "true")) out.inherited = true;
  } else if (key == "package.rust-version.workspace") {
    out.inherited = trim(value) == "true";
  } else if (key == "workspace.package.rust-version") {
    out.workspace_package = first;
  } else if (key == "workspace.members") {
    out.members = std::move(texts);
  } else if (key == "workspace.exclude") {
    out.exclude = std::move(texts);
  }
}

Result<ManifestVersion> read_manifest(const fs::path& path) {
  TRIPLED_ASSIGN(auto text, read_file(path, 16u << 20));
  return scan_manifest(text);
}

// From the nearest workspace at or above `directory`.
std::string inherited_version(fs::path directory) {
  for (;; directory = directory.parent_path()) {
    auto manifest = read_manifest(directory / "Cargo.toml");
    if (manifest && manifest.value().is_workspace) return manifest.value().workspace_package;
    if (directory == directory.parent_path()) return "";
  }
}

bool matches_any(const std::vector<std::string>& globs, const std::string& path) {
  for (const auto& glob : globs)
    if (glob_match(glob, path)) return true;
  return false;
}

// Directories with a manifest that the `members` globs name; a glob is followed one level deep, as they are
// written
// (`crates/*`).
std::vector<fs::path> member_directories(const fs::path& root, const ManifestVersion& workspace) {
  std::vector<fs::path> out;
  std::error_code ec;
  for (const auto& member : workspace.members) {
    auto parent = (root / member).parent_path();
    if (!contains(member, "*") && !contains(member, "?") && !contains(member, "[")) {
      out.push_back(root / member);
      continue;
    }
    for (fs::directory_iterator it(parent, ec), end; !ec && it != end; it.increment(ec)) {
      auto relative = it->path().lexically_relative(root).string();
      if (glob_match(member, relative) && !matches_any(workspace.exclude, relative))
        out.push_back(it->path());
    }
  }
  return out;
}

std::string highest_of_members(const fs::path& root, const ManifestVersion& workspace) {
  std::string best;
  for (const auto& directory : member_directories(root, workspace)) {
    auto manifest = read_manifest(directory / "Cargo.toml");
    if (!manifest || manifest.value().package.empty()) continue;
    const auto& version = manifest.value().package;
    if (best.empty() || parse_version(version) > parse_version(best)) best = version;
  }
  return best;
}

}  // namespace

ManifestVersion scan_manifest(std::string_view cargo_toml) {
  ManifestVersion out;
  std::string table, key, value;
  auto flush = [&] {
    if (!key.empty()) take_value(out, key, value);
    key.clear();
  };
  bool open_array = false;
  for (const auto& raw : split(cargo_toml, '\n')) {
    auto line = trim(without_comment(raw));
    if (line.empty()) continue;
    if (open_array) {
      value += ' ';
      value += line;
      open_array = !contains(line, "]");
      continue;
    }
    flush();
    if (auto header = table_header(line)) {
      table = *header;
      if (table == "workspace" || table.starts_with("workspace.")) out.is_workspace = true;
      continue;
    }
    auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    key.clear();
    for (char c : line.substr(0, equals))
      if (c != ' ' && c != '"' && c != '\'') key += c;
    if (!table.empty()) key = table + "." + key;
    if (key.starts_with("workspace.")) out.is_workspace = true;
    value = trim(line.substr(equals + 1));
    open_array = value.starts_with("[") && !contains(value, "]");
  }
  flush();
  return out;
}

Result<std::string> project_rust_version(const fs::path& project_dir) {
  auto path = project_dir / "Cargo.toml";
  TRIPLED_ASSIGN(auto manifest, read_manifest(path));
  std::string version = manifest.package;
  if (version.empty() && manifest.inherited) version = inherited_version(fs::absolute(project_dir));
  if (version.empty()) version = manifest.workspace_package;
  if (version.empty() && manifest.is_workspace) version = highest_of_members(project_dir, manifest);
  if (version.empty()) return config_error(path.string() + ": no `rust-version` in it nor in its workspace");
  if (!parse_version(version))
    return config_error(path.string() + ": `rust-version = \"" + version + "\"` is no version");
  return version;
}

}  // namespace tripled::toolchain
