// Who uses which entry of the cache: <cache>/<class>/<name>, such as target/p-20119604-247ee2fec6b4 or
// work/sample-8f2a. A batch holds what it uses; the collection removes only what nobody holds. The time of
// the lock's file is that of the last use. Any thread; several processes may share one cache.
#pragma once
#include <chrono>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/file.h"
#include "schema/wire/json.h"

namespace tripled::workdir {

struct CacheEntry {
  std::string kind, name;  // target, p-20119604-247ee2fec6b4
  auto operator<=>(const CacheEntry&) const = default;
};

// Of a path below the cache; nullopt: it is not, or is of no class that is collected.
std::optional<CacheEntry> cache_entry(const std::filesystem::path& cache, std::string_view path);
// Every entry that a text of `spec` lies in: what a batch was told to work with.
std::vector<CacheEntry> entries_named(const std::filesystem::path& cache, const wire::json::value& spec);
// The same of a described struct, without making JSON of it. Keys of maps are no paths.
template <class Spec>
std::vector<CacheEntry> entries_named_in(const std::filesystem::path& cache, const Spec& spec);

std::filesystem::path use_lock(const std::filesystem::path& cache, const CacheEntry& entry);
// Shared, and used now. Waits while the entry is being removed, which takes no longer than a rename.
Result<FileLock> use_entry(const std::filesystem::path& cache, const CacheEntry& entry);
// When it was used last; the epoch: never.
std::chrono::system_clock::time_point last_use(const std::filesystem::path& cache, const CacheEntry& entry);

// --- implementation
// -----------------------------------------------------------------------------------------------

// `cache` with a slash behind it.
std::optional<CacheEntry> cache_entry_at(std::string_view cache, std::string_view path);

template <class T, class Visit>
void for_each_text(const T& value, const Visit& visit) {
  if constexpr (std::is_same_v<T, std::string>) {
    visit(value);
  } else if constexpr (wire::is_optional<T>::value) {
    if (value) for_each_text(*value, visit);
  } else if constexpr (wire::is_vector<T>::value) {
    for (const auto& item : value) for_each_text(item, visit);
  } else if constexpr (wire::is_map<T>::value) {
    for (const auto& [key, item] : value) for_each_text(item, visit);
  } else if constexpr (std::is_class_v<T>) {
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
        [&](auto d) { for_each_text(value.*d.pointer, visit); });
  }
}

template <class Spec>
std::vector<CacheEntry> entries_named_in(const std::filesystem::path& cache, const Spec& spec) {
  const auto root = cache.string() + "/";
  std::set<CacheEntry> found;
  for_each_text(spec, [&](const std::string& text) {
    if (auto entry = cache_entry_at(root, text)) found.insert(std::move(*entry));
  });
  return {found.begin(), found.end()};
}

}  // namespace tripled::workdir
