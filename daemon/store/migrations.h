// The numbered files of schema/sql, embedded at build time, and how a database gets from one to the next:
// forward only, one transaction each, the number kept in user_version. An existing database is copied beside
// itself first.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "schema/base/result.h"

namespace tripled::store {

class Connection;

struct Migration {
  int number = 0;    // 1, 2, …: no gaps
  std::string name;  // 0001_initial
  std::string sql;
};

const std::vector<Migration>& built_in_migrations();

// Of the copies that earlier migrations left beside a database, as many are kept.
inline constexpr std::size_t migration_copies_kept = 3;

// store error when `version` is beyond the last of `migrations`.
Status refuse_newer(int version, const std::filesystem::path& path, const std::vector<Migration>& migrations);

// store error, which names the file and both sizes, when a copy of `needed` bytes would leave less than a
// margin of `free`.
Status require_room_for_copy(std::uint64_t needed, std::uint64_t free, const std::filesystem::path& path);

// Brings `db` (the file `path`) to the newest version. What was there is copied to <path>.v<version>-<time>
// first. `progress` is called again and again meanwhile, from this thread. store error: made by a newer
// program (names file and both versions), no room for the copy, or a migration failed (its transaction is
// rolled back, the copy stays).
Status migrate(Connection& db, const std::filesystem::path& path, const std::vector<Migration>& migrations,
               const std::function<void()>& progress = {});

}  // namespace tripled::store
