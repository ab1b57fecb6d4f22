#include "workers/toolchain/installed.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "schema/base/text.h"

namespace tripled::toolchain {
namespace {

namespace fs = std::filesystem;

bool is_program(const fs::path& path) {
  std::error_code ec;
  return fs::is_regular_file(path, ec) && ::access(path.c_str(), X_OK) == 0;
}

bool equal_beginning(const fs::path& a, const fs::path& b) {
  std::ifstream left(a, std::ios::binary), right(b, std::ios::binary);
  std::string x(1 << 16, '\0'), y(1 << 16, '\0');
  left.read(x.data(), static_cast<std::streamsize>(x.size()));
  right.read(y.data(), static_cast<std::streamsize>(y.size()));
  return left.gcount() == right.gcount() && x == y;
}

bool is_inside(const fs::path& path, const std::string& directory) {
  if (directory.empty()) return false;
  std::error_code ec;
  auto root = fs::weakly_canonical(directory, ec).string() + "/";
  return fs::weakly_canonical(path, ec).string().starts_with(root);
}

std::vector<std::string> path_directories(const Surroundings& surroundings) {
  std::vector<std::string> out;
  for (auto& directory : split(surroundings.path, ':'))
    if (!directory.empty() && directory.front() == '/') out.push_back(directory);  // a relative one is a trap
  return out;
}

}  // namespace

bool is_rustup_proxy(const fs::path& program) {
  std::error_code ec;
  auto real = fs::canonical(program, ec);
  if (ec) return false;
  if (real.filename() == "rustup" || real.filename() == "rustup-init") return true;
  auto rustup = program.parent_path() / "rustup";
  if (!fs::is_regular_file(rustup, ec)) return false;
  if (fs::equivalent(real, rustup, ec)) return true;
  // A copy, on file systems without links: ten megabytes of equal size that begin alike.
  auto size = fs::file_size(real, ec);
  return !ec && size == fs::file_size(rustup, ec) && !ec && equal_beginning(real, rustup);
}

std::vector<Installed> rustup_toolchains(const Surroundings& surroundings) {
  std::vector<Installed> out;
  if (surroundings.rustup_home.empty()) return out;
  std::error_code ec;
  for (fs::directory_iterator it(fs::path(surroundings.rustup_home) / "toolchains", ec), end;
       !ec && it != end; it.increment(ec)) {
    auto rustc = it->path() / "bin/rustc";
    if (is_program(rustc)) out.push_back({it->path().filename().string(), rustc, true});
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

std::vector<Installed> plain_toolchains(const Surroundings& surroundings) {
  auto directories = path_directories(surroundings);
  directories.insert(directories.end(), {"/usr/local/bin", "/usr/bin"});
  std::vector<Installed> out;
  std::set<std::string> seen;
  for (const auto& directory : directories) {
    auto rustc = fs::path(directory) / "rustc";
    if (!is_program(rustc) || is_rustup_proxy(rustc) || is_inside(rustc, surroundings.rustup_home)) continue;
    std::error_code ec;
    if (!seen.insert(fs::canonical(rustc, ec).string()).second) continue;
    out.push_back({rustc.string(), rustc, false});
  }
  return out;
}

Result<Installed> toolchain_at(const fs::path& path) {
  for (const auto& candidate : {path / "bin/rustc", path / "rustc", path}) {
    if (!is_program(candidate)) continue;
    if (is_rustup_proxy(candidate))
      return usage_error(candidate.string() +
                         " is rustup's proxy, not a compiler; name a toolchain (`stable`) or " +
                         "a directory below ~/.rustup/toolchains");
    return Installed{path.string(), candidate, false};
  }
  std::error_code ec;
  if (!fs::exists(path, ec)) return usage_error("toolchain `" + path.string() + "`: there is no such path");
  return usage_error("toolchain `" + path.string() + "`: neither a rustc nor a directory with bin/rustc");
}

fs::path program_on_path(const Surroundings& surroundings, const std::string& program) {
  for (const auto& directory : path_directories(surroundings)) {
    auto candidate = fs::path(directory) / program;
    if (is_program(candidate) && (program == "rustup" || !is_rustup_proxy(candidate))) return candidate;
  }
  return {};
}

}  // namespace tripled::toolchain
