#include "daemon/store/migrations.h"

#include "daemon/store/connection.h"
#include "schema/base/file.h"

namespace tripled::store {
namespace {

// <file>.v3 beside the database, or <file>.v3.2 … when an earlier try left one.
Status copy_before(Connection& db, const std::filesystem::path& path, int version) {
  auto copy = path;
  copy += ".v" + std::to_string(version);
  for (int n = 2; std::filesystem::exists(copy) && n < 100; ++n) {
    copy = path;
    copy += ".v" + std::to_string(version) + "." + std::to_string(n);
  }
  auto unfinished = copy;
  unfinished += ".tmp";
  std::error_code ec;
  std::filesystem::remove(unfinished, ec);
  if (auto copied = db.copy_to(unfinished); !copied) {
    std::filesystem::remove(unfinished, ec);
    return copied.error().with("before the migration");
  }
  TRIPLED_TRY(sync_path(unfinished));
  std::filesystem::rename(unfinished, copy, ec);
  if (ec) return Error(ErrorKind::io, "renaming to " + copy.string() + ": " + ec.message());
  return {};
}

Status apply(Connection& db, const Migration& migration) {
  TRIPLED_TRY(db.script("BEGIN IMMEDIATE"));
  Status done = db.script(migration.sql);
  if (done) done = db.script("PRAGMA user_version = " + std::to_string(migration.number));
  if (done) {
    bool broken = false;
    done = db.execute("PRAGMA foreign_key_check", {}, [&](Row&) { broken = true; });
    if (done && broken) done = Error(ErrorKind::store, "it breaks a foreign key");
  }
  if (done) done = db.script("COMMIT");
  if (!done && db.in_transaction()) static_cast<void>(db.script("ROLLBACK"));
  return done;
}

}  // namespace

Status refuse_newer(int version, const std::filesystem::path& path,
                    const std::vector<Migration>& migrations) {
  const int newest = migrations.empty() ? 0 : migrations.back().number;
  if (version <= newest) return {};
  return Error(ErrorKind::store, path.string() + " has schema " + std::to_string(version) +
                                     ", this program knows up to " + std::to_string(newest) +
                                     ": it was written by a newer tripled; use that one, or another --state");
}

Status migrate(Connection& db, const std::filesystem::path& path, const std::vector<Migration>& migrations) {
  TRIPLED_ASSIGN(auto version, db.number("PRAGMA user_version"));
  const int current = static_cast<int>(version.value_or(0));
  TRIPLED_TRY(refuse_newer(current, path, migrations));
  if (migrations.empty() || current == migrations.back().number) return {};
  if (current > 0) TRIPLED_TRY(copy_before(db, path, current));
  for (const Migration& migration : migrations) {
    if (migration.number <= current) continue;
    if (auto done = apply(db, migration); !done)
      return Error(ErrorKind::store,
                   "migrating " + path.string() + " by " + migration.name + ": " + done.error().message());
  }
  return {};
}

}  // namespace tripled::store
