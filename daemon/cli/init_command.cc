// `tripled init`: a first matrix from what the project's manifests and CI files say. Reads them as text;
// cargo is not run.
#include <cstdio>
#include <filesystem>
#include <set>

#include "config/catalogue/catalogue.h"
#include "config/expr.h"
#include "config/init.h"
#include "daemon/cli/commands.h"
#include "schema/base/file.h"
#include "schema/base/text.h"

namespace tripled::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_files = 400;

// The text between the quotes of `key = "…"`; empty when the line is no such line.
std::string quoted_value(const std::string& line, const std::string& key) {
  auto t = std::string(trim(line));
  if (t.rfind(key, 0) != 0) return {};
  auto rest = trim(std::string_view(t).substr(key.size()));
  if (rest.empty() || rest[0] != '=') return {};
  auto open = rest.find('"'), close = rest.find('"', open + 1);
  return close == std::string_view::npos ? "" : std::string(rest.substr(open + 1, close - open - 1));
}

void read_manifest(const std::string& text, config::InitFacts& facts, std::set<std::string>& cfgs) {
  std::string section;
  PackageFacts package;
  for (const auto& line : split(text, '\n')) {
    auto t = std::string(trim(line));
    if (t.rfind('[', 0) == 0) {
      section = t;
      if (t.rfind("[target.", 0) == 0) {
        auto end = t.rfind('.');
        auto cfg = t.substr(8, end - 8);
        if (cfg.size() > 2 && (cfg[0] == '\'' || cfg[0] == '"')) cfg = cfg.substr(1, cfg.size() - 2);
        cfgs.insert(cfg);
      }
      continue;
    }
    if (section == "[package]") {
      if (auto name = quoted_value(line, "name"); !name.empty()) package.name = name;
      auto version = quoted_value(line, "rust-version");
      auto lower = config::parse_version(version) < config::parse_version(facts.rust_version);
      if (!version.empty() && (facts.rust_version.empty() || lower)) facts.rust_version = version;
    }
    if (section == "[features]")
      if (auto at = t.find('='); at != std::string::npos && t[0] != '#')
        package.features.push_back(std::string(trim(t.substr(0, at))));
  }
  if (!package.name.empty()) facts.packages.push_back(std::move(package));
}

// Words of CI files that are triples the catalogue knows.
void read_ci(const std::string& text, std::set<std::string>& triples) {
  for (const auto& triple : config::Catalogue::builtin().triples())
    for (std::size_t at = 0; (at = text.find(triple, at)) != std::string::npos; at += triple.size()) {
      char after = at + triple.size() < text.size() ? text[at + triple.size()] : ' ';
      if (!std::isalnum(static_cast<unsigned char>(after)) && after != '-' && after != '_')
        triples.insert(triple);
    }
}

config::InitFacts read_project(const fs::path& dir) {
  config::InitFacts facts;
  facts.name = fs::absolute(dir).lexically_normal().filename().string();
  facts.host = "x86_64-unknown-linux-gnu";
  std::set<std::string> cfgs, triples;
  std::size_t seen = 0;
  std::error_code ec;
  for (auto it = fs::recursive_directory_iterator(dir, ec); !ec && it != fs::end(it) && seen < max_files;
       it.increment(ec)) {
    auto name = it->path().filename().string();
    if (it->is_directory() && (name == ".git" || fs::exists(it->path() / "CACHEDIR.TAG", ec))) {
      it.disable_recursion_pending();
      continue;
    }
    bool ci = contains(it->path().string(), "/.github/workflows/") || name == ".cirrus.yml" ||
              name == ".gitlab-ci.yml";
    bool library = it->path().parent_path().filename() == "src" && name == "lib.rs";
    if (name != "Cargo.toml" && !ci && !library) continue;
    auto text = read_file(it->path(), 1 << 20);
    if (!text) continue;
    ++seen;
    if (name == "Cargo.toml") read_manifest(*text, facts, cfgs);
    if (ci) read_ci(*text, triples);
    if (library && contains(*text, "#![no_std]")) facts.no_std = true;
  }
  facts.cfgs.assign(cfgs.begin(), cfgs.end());
  facts.ci_triples.assign(triples.begin(), triples.end());
  return facts;
}

}  // namespace

int run_init(const InitCommand& command) {
  std::error_code ec;
  if (!fs::exists(fs::path(command.directory) / "Cargo.toml", ec))
    return report_error(usage_error(command.directory + " has no Cargo.toml"), command.colour);
  auto text = config::initial_matrix(read_project(command.directory));
  if (command.file == "-") {
    std::fputs(text.c_str(), stdout);
    return 0;
  }
  auto file = fs::path(command.directory) / command.file;
  if (fs::exists(file, ec) && !command.force)
    return report_error(usage_error(file.string() + " is there already; --force replaces it"),
                        command.colour);
  if (auto written = write_file_atomically(file, text); !written)
    return report_error(written.error(), command.colour);
  std::printf("wrote %s; next: tripled plan %s\n", file.string().c_str(), file.string().c_str());
  return 0;
}

}  // namespace tripled::cli
