#include "workers/cargo/package_id.h"

#include <algorithm>
#include <array>

#include "schema/base/text.h"

namespace tripled::cargo {

namespace {

bool starts_with_digit(std::string_view text) { return !text.empty() && text[0] >= '0' && text[0] <= '9'; }

// `name 1.0.0 (registry+https://…)`, cargo < 1.77.
PackageName parse_old_id(std::string_view id) {
  PackageName out;
  auto open = id.find(" (");
  if (open != std::string_view::npos && id.ends_with(')')) {
    out.source = std::string(id.substr(open + 2, id.size() - open - 3));
    id = id.substr(0, open);
  }
  auto space = id.find(' ');
  out.name = std::string(id.substr(0, space));
  if (space != std::string_view::npos) out.version = std::string(id.substr(space + 1));
  return out;
}

// The last directory of a URL without query: what names the package in `URL#version`.
std::string last_segment(std::string_view url) {
  url = url.substr(0, url.find('?'));
  while (url.ends_with('/')) url.remove_suffix(1);
  auto slash = url.rfind('/');
  std::string name(slash == std::string_view::npos ? url : url.substr(slash + 1));
  if (name.ends_with(".git")) name.resize(name.size() - 4);
  return name;
}

// What follows `marker` and one more component: `/registry/src/<index>/<rest>`.
std::string_view after_component(std::string_view path, std::string_view marker) {
  auto at = path.find(marker);
  if (at == std::string_view::npos) return {};
  auto rest = path.substr(at + marker.size());
  auto slash = rest.find('/');
  return slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
}

std::string_view below(std::string_view path, std::string_view directory) {
  while (directory.ends_with('/')) directory.remove_suffix(1);
  if (directory.empty() || !path.starts_with(directory) || path.size() <= directory.size() ||
      path[directory.size()] != '/')
    return {};
  return path.substr(directory.size() + 1);
}

// `~/.cargo/git/checkouts/<name>-<hash>/<rev>/<rest>` -> `<name>-<rev>/<rest>`.
std::string git_checkout_path(std::string_view path) {
  constexpr std::string_view marker = "/git/checkouts/";
  auto at = path.find(marker);
  if (at == std::string_view::npos) return {};
  auto rest = path.substr(at + marker.size());
  auto first = rest.find('/');
  if (first == std::string_view::npos) return {};
  auto second = rest.find('/', first + 1);
  if (second == std::string_view::npos) return {};
  std::string_view name = rest.substr(0, first);
  name = name.substr(0, name.rfind('-'));
  return std::string(name) + "-" + std::string(rest.substr(first + 1));
}

std::string std_library_path(std::string_view path) {
  if (path.starts_with("/rustc/") || contains(path, "/rustlib/src/rust/") || contains(path, "/rustc-")) {
    auto at = path.find("/library/");
    if (at != std::string_view::npos) return std::string(path.substr(at + 1));
  }
  return {};
}

}  // namespace

PackageName parse_package_id(std::string_view id) {
  if (contains(id, " ")) return parse_old_id(id);  // its source may carry a `#rev` of its own
  auto hash = id.rfind('#');
  if (hash == std::string_view::npos) {
    if (contains(id, "://")) return {last_segment(id), "", std::string(id)};
    auto at = id.rfind('@');
    if (at == std::string_view::npos) return {std::string(id), "", ""};
    return {std::string(id.substr(0, at)), std::string(id.substr(at + 1)), ""};
  }
  PackageName out;
  out.source = std::string(id.substr(0, hash));
  auto fragment = id.substr(hash + 1);
  auto at = fragment.rfind('@');
  if (at != std::string_view::npos) {
    out.name = std::string(fragment.substr(0, at));
    out.version = std::string(fragment.substr(at + 1));
  } else if (starts_with_digit(fragment)) {
    out.name = last_segment(out.source);
    out.version = std::string(fragment);
  } else {
    out.name = std::string(fragment);
  }
  return out;
}

PackageName parse_package_display(std::string_view text) {
  PackageName out;
  auto words = split_words(text);
  if (words.empty()) return out;
  out.name = words[0];
  if (words.size() > 1 && words[1].size() > 1 && words[1][0] == 'v') out.version = words[1].substr(1);
  auto open = text.find(" (");
  if (open != std::string_view::npos && text.ends_with(')'))
    out.source = std::string(text.substr(open + 2, text.size() - open - 3));
  return out;
}

std::string target_kind(const std::vector<std::string>& kinds) {
  static constexpr std::array<std::string_view, 5> libraries{"lib", "rlib", "dylib", "cdylib", "staticlib"};
  for (const auto& kind : kinds)
    if (std::find(libraries.begin(), libraries.end(), kind) != libraries.end()) return "lib";
  return kinds.empty() ? "lib" : kinds[0];
}

std::string display_path(std::string_view file, const SourcePaths& paths) {
  if (file.empty() || file[0] != '/') {
    const std::string& root = paths.workspace_root;
    if (file.empty() || root.empty() || root == paths.source_dir || file[0] == '<') return std::string(file);
    return display_path(root + "/" + std::string(file), paths);
  }
  if (auto rest = below(file, paths.target_dir); !rest.empty()) {
    auto out = rest.find("/out/");
    return out == std::string_view::npos ? "target/" + std::string(rest)
                                         : "OUT_DIR/" + std::string(rest.substr(out + 5));
  }
  if (auto rest = below(file, paths.source_dir); !rest.empty()) return std::string(rest);
  if (auto rest = below(file, paths.workspace_root); !rest.empty()) return std::string(rest);
  if (auto rest = after_component(file, "/registry/src/"); !rest.empty()) return std::string(rest);
  if (auto rest = git_checkout_path(file); !rest.empty()) return rest;
  if (auto rest = std_library_path(file); !rest.empty()) return rest;
  return std::string(file);
}

std::string display_text(std::string_view text, const SourcePaths& paths) {
  // What may stand before a path, and what ends it: quotes, brackets, white space, the colon before a line
  // number.
  constexpr std::string_view before = " \t\n\"'`([{<=,|", after = " \t\n\"'`)]}>=,|:;";
  std::string out;
  std::size_t done = 0;
  for (auto at = text.find('/'); at != std::string_view::npos; at = text.find('/', at + 1)) {
    if (at < done || (at > 0 && before.find(text[at - 1]) == std::string_view::npos)) continue;
    auto end = std::min(text.find_first_of(after, at), text.size());
    out += text.substr(done, at - done);
    out += display_path(text.substr(at, end - at), paths);
    done = end;
  }
  out += text.substr(done);
  return out;
}

}  // namespace tripled::cargo
