// The numbered files of schema/sql, embedded at build time, and how a database gets from one to the next:
// forward only, one transaction each, the number kept in user_version. An existing database is copied beside
// itself first.
#pragma once
#include <filesystem>
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

// store error when `version` is beyond the last of `migrations`.
Status refuse_newer(int version, const std::filesystem::path& path, const std::vector<Migration>& migrations);

// Brings `db` (the file `path`) to the newest version. store error: made by a newer program (names file and
// both versions), or a migration failed (its transaction is rolled back, the copy stays).
Status migrate(Connection& db, const std::filesystem::path& path, const std::vector<Migration>& migrations);

}  // namespace tripled::store
