#include "workers/probe/library_mix.h"

#include <filesystem>
#include <fstream>
#include <system_error>

#include "schema/base/text.h"

namespace tripled::probe {
namespace {

namespace fs = std::filesystem;

std::string host_file(const std::string& sysroot, const std::string& guest_path) {
  std::error_code error;
  auto inside = sysroot + guest_path;
  return !sysroot.empty() && fs::exists(inside, error) ? inside : guest_path;
}

bool is_libc(const std::string& path) {
  auto name = fs::path(path).filename().string();
  return name.rfind("libc.so", 0) == 0 || name.rfind("libc-2.", 0) == 0 || name.rfind("ld-musl", 0) == 0;
}

bool inside(const std::string& file, const std::string& sysroot) {
  std::error_code error;
  auto real = fs::canonical(file, error).string(), root = fs::canonical(sysroot, error).string();
  return (real + "/").rfind(root + "/", 0) == 0 || file.rfind(sysroot + "/", 0) == 0;
}

bool lists(const fs::path& list, const std::string& file) {
  std::ifstream in(list);
  for (std::string line; std::getline(in, line);)
    if (line == file) return true;
  return false;
}

}  // namespace

std::vector<std::string> opened_paths(std::string_view strace) {
  // 1234 openat(AT_FDCWD,"/lib/libc.so.6",O_RDONLY|O_CLOEXEC) = 3
  std::vector<std::string> paths;
  for (const auto& line : split(strace, '\n')) {
    auto call = line.find(" open");
    auto begin = line.find('"'), result = line.rfind(") = ");
    if (call == std::string::npos || begin == std::string::npos || result == std::string::npos ||
        begin < call)
      continue;
    auto end = line.find('"', begin + 1);
    if (end == std::string::npos || end > result || line.compare(result + 4, 1, "-") == 0) continue;
    paths.push_back(line.substr(begin + 1, end - begin - 1));
  }
  return paths;
}

std::optional<LibraryMix> find_library_mix(std::string_view strace, const std::string& sysroot,
                                           const std::string& interpreter) {
  if (interpreter.empty() || sysroot.empty()) return std::nullopt;
  for (const auto& path : opened_paths(strace)) {
    if (!is_libc(path)) continue;
    LibraryMix mix;
    mix.loader = host_file(sysroot, interpreter);
    mix.libc = host_file(sysroot, path);
    mix.mixed = inside(mix.loader, sysroot) != inside(mix.libc, sysroot);
    return mix;
  }
  return std::nullopt;
}

std::string owner_of(const std::string& file) {
  std::error_code error;
  auto name = fs::path(file).filename().string();
  // dpkg may know the file under /lib or /usr/lib, which are one directory since usr-merge.
  std::vector<std::string> spellings = {file};
  if (file.rfind("/usr/lib", 0) == 0) spellings.push_back(file.substr(4));
  if (file.rfind("/lib", 0) == 0) spellings.push_back("/usr" + file);
  for (const auto& list : fs::directory_iterator("/var/lib/dpkg/info", error)) {
    auto stem = list.path().stem().string();
    if (list.path().extension() != ".list" || stem.rfind("libc6", 0) != 0) continue;
    for (const auto& spelling : spellings)
      if (lists(list.path(), spelling)) return stem;
  }
  return file;
}

}  // namespace tripled::probe
