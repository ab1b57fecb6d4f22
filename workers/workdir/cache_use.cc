#include "workers/workdir/cache_use.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

namespace tripled::workdir {

namespace fs = std::filesystem;

namespace {

// Of others (std, facts, preflight, …) their own folders take care.
constexpr std::string_view collected[] = {"target", "work", "views", "crates", "git", "archives"};

void walk(const std::string& cache, const wire::json::value& value, std::set<CacheEntry>& out) {
  if (auto* text = value.if_string()) {
    if (auto entry = cache_entry_at(cache, *text)) out.insert(std::move(*entry));
  } else if (auto* list = value.if_array()) {
    for (const auto& item : *list) walk(cache, item, out);
  } else if (auto* object = value.if_object()) {
    for (const auto& item : *object) walk(cache, item.value(), out);
  }
}

}  // namespace

std::optional<CacheEntry> cache_entry(const fs::path& cache, std::string_view path) {
  return cache_entry_at(cache.string() + "/", path);
}

std::optional<CacheEntry> cache_entry_at(std::string_view root, std::string_view path) {
  if (path.substr(0, root.size()) != root) return std::nullopt;
  auto rest = path.substr(root.size());
  const auto end = rest.find('/');
  if (end == std::string_view::npos) return std::nullopt;
  CacheEntry out{std::string(rest.substr(0, end)), std::string(rest.substr(end + 1))};
  out.name = out.name.substr(0, out.name.find('/'));
  const bool known = std::find(std::begin(collected), std::end(collected), out.kind) != std::end(collected);
  if (!known || out.name.empty() || out.name == "." || out.name == "..") return std::nullopt;
  return out;
}

std::vector<CacheEntry> entries_named(const fs::path& cache, const wire::json::value& spec) {
  std::set<CacheEntry> found;
  walk(cache.string() + "/", spec, found);
  return {found.begin(), found.end()};
}

fs::path use_lock(const fs::path& cache, const CacheEntry& entry) {
  return cache / "uses" / (entry.kind + "--" + entry.name + ".lock");
}

Result<FileLock> use_entry(const fs::path& cache, const CacheEntry& entry) {
  const auto path = use_lock(cache, entry);
  TRIPLED_TRY(make_directories(path.parent_path()));
  TRIPLED_ASSIGN(FileLock lock, FileLock::acquire(path, FileLock::Wait::yes, true));
  ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);
  return lock;
}

std::chrono::system_clock::time_point last_use(const fs::path& cache, const CacheEntry& entry) {
  // What was there before uses were kept has the time of its directory.
  for (const auto& path : {use_lock(cache, entry), cache / entry.kind / entry.name}) {
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0) return std::chrono::system_clock::from_time_t(info.st_mtim.tv_sec);
  }
  return {};
}

}  // namespace tripled::workdir
