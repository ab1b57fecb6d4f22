// What is looked at before a database is trusted, and what a new one gets. Private to daemon/store.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "daemon/store/connection.h"
#include "daemon/store/lock.h"
#include "daemon/store/store.h"

namespace tripled::store {

// "trip": PRAGMA application_id of every database of ours.
inline constexpr std::int64_t application_id = 0x74726970;

// Directory made and writable, file (when there) writable.
Status check_place(const std::filesystem::path& database);
// The first bytes of a file that is there: an SQLite database, or empty. Only before this process has it
// open: closing a file drops the locks SQLite holds on it.
Status check_header(const std::filesystem::path& database);
// No database of another program.
Status check_ours(Connection& db, const std::filesystem::path& path);
// Ours, sound as far as the budget goes, journal and sync as promised, migrated.
Status prepare_database(Connection& db, const StoreOptions& options);
// Its store_id; a new database gets one.
Result<std::string> identify(Connection& db);

// A file of `bytes` real blocks. False: no room, or not possible here.
bool reserve_file(const std::filesystem::path& path, std::uint64_t bytes);

}  // namespace tripled::store
