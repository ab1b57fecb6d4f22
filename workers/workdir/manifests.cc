#include "workers/workdir/manifests.h"

#include <algorithm>
#include <set>

#include "schema/base/file.h"
#include "schema/base/text.h"

namespace tripled::workdir {

namespace fs = std::filesystem;

static bool has_workspace_table(const fs::path& manifest) {
  auto text = read_file(manifest, 4 << 20);
  if (!text) return false;
  for (const auto& line : split(*text, '\n')) {
    auto t = trim(line);
    if (t.substr(0, 11) == "[workspace]" || t.substr(0, 11) == "[workspace.") return true;
  }
  return false;
}

fs::path workspace_root(const fs::path& dir) {
  if (has_workspace_table(dir / "Cargo.toml")) return dir;
  for (fs::path at = dir; at != at.parent_path();) {
    at = at.parent_path();
    if (has_workspace_table(at / "Cargo.toml")) return at;
  }
  return dir;
}

std::vector<std::string> path_values(std::string_view manifest) {
  std::vector<std::string> out;
  for (const auto& line : split(manifest, '\n')) {
    auto code = line.substr(0, line.find('#'));
    for (std::size_t at = 0; (at = code.find("path", at)) != std::string::npos; at += 4) {
      auto rest = trim(std::string_view(code).substr(at + 4));
      bool key_start = at == 0 || !(std::isalnum(static_cast<unsigned char>(code[at - 1])) ||
                                    code[at - 1] == '-' || code[at - 1] == '_');
      if (!key_start || rest.empty() || rest[0] != '=') continue;
      rest = trim(rest.substr(1));
      if (rest.empty() || (rest[0] != '"' && rest[0] != '\'')) continue;
      auto end = rest.find(rest[0], 1);
      if (end != std::string_view::npos) out.emplace_back(rest.substr(1, end - 1));
    }
  }
  return out;
}

static bool is_below(const fs::path& path, const fs::path& root) {
  auto relative = path.lexically_relative(root);
  return !relative.empty() && *relative.begin() != "..";
}

std::vector<fs::path> outside_dependencies(const fs::path& root, const std::vector<std::string>& files) {
  std::set<fs::path> found;
  std::vector<fs::path> manifests;
  for (const auto& f : files)
    if (fs::path(f).filename() == "Cargo.toml") manifests.push_back(root / f);
  while (!manifests.empty()) {
    auto manifest = manifests.back();
    manifests.pop_back();
    auto text = read_file(manifest, 4 << 20);
    if (!text) continue;
    for (const auto& value : path_values(*text)) {
      auto dir = (manifest.parent_path() / value).lexically_normal();
      if (!dir.has_filename()) dir = dir.parent_path();
      std::error_code ec;
      if (is_below(dir, root) || !fs::exists(dir / "Cargo.toml", ec)) continue;
      dir = workspace_root(dir);  // its manifest may inherit from there
      if (is_below(root, dir)) continue;
      if (found.insert(dir).second) manifests.push_back(dir / "Cargo.toml");
    }
  }
  return {found.begin(), found.end()};
}

}  // namespace tripled::workdir
