#include "daemon/store/migrations.h"

#include <algorithm>

#include "daemon/store/connection.h"
#include "schema/base/duration.h"
#include "schema/base/failpoint.h"
#include "schema/base/file.h"
#include "schema/base/text.h"

namespace tripled::store {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t margin_bytes = 16u << 20;  // for the migration itself and whoever shares the disk

std::uint64_t size_of(const fs::path& file) {
  std::error_code ec;
  auto size = fs::file_size(file, ec);
  return ec ? 0 : size;
}

fs::path with_suffix(fs::path path, const std::string& suffix) {
  path += suffix;
  return path;
}

// <file>.v3-20261121T093000Z; a second one of the same second gets a number.
fs::path copy_name(const fs::path& path, int version) {
  auto time = replace_all(replace_all(format_timestamp(unix_now_ms()), "-", ""), ":", "");
  auto name = with_suffix(path, ".v" + std::to_string(version) + "-" + time);
  for (int n = 2; fs::exists(name); ++n)
    name = with_suffix(path, ".v" + std::to_string(version) + "-" + time + "." + std::to_string(n));
  return name;
}

// Copies by earlier migrations, the oldest first, and what a killed one left half.
struct Copies {
  std::vector<fs::path> whole, half;
};

Copies copies_of(const fs::path& path) {
  Copies out;
  std::error_code ec;
  const auto prefix = path.filename().string() + ".v";
  auto directory = path.parent_path().empty() ? fs::path(".") : path.parent_path();
  for (fs::directory_iterator it(directory, ec), end; !ec && it != end; it.increment(ec)) {
    auto name = it->path().filename().string();
    if (name.rfind(prefix, 0) != 0 || name.size() == prefix.size() || !std::isdigit(name[prefix.size()]))
      continue;
    (name.ends_with(".tmp") ? out.half : out.whole).push_back(it->path());
  }
  std::sort(out.whole.begin(), out.whole.end(), [](const auto& a, const auto& b) {
    std::error_code ignored;
    return std::pair(fs::last_write_time(a, ignored), a) < std::pair(fs::last_write_time(b, ignored), b);
  });
  return out;
}

void remove_all_but(std::vector<fs::path> copies, std::size_t kept) {
  std::error_code ignored;
  for (std::size_t i = 0; i + kept < copies.size(); ++i) fs::remove(copies[i], ignored);
}

Status copy_before(Connection& db, const fs::path& path, int version, const std::function<void()>& progress) {
  auto earlier = copies_of(path);
  remove_all_but(earlier.half, 0);
  remove_all_but(earlier.whole, migration_copies_kept - 1);  // before: their room may be needed
  std::error_code ec;
  auto room = fs::space(path, ec);
  if (!ec) TRIPLED_TRY(require_room_for_copy(size_of(path), room.available, path));
  const auto copy = copy_name(path, version);
  const auto unfinished = with_suffix(copy, ".tmp");
  if (auto copied = db.copy_to(unfinished, progress); !copied) {
    fs::remove(unfinished, ec);
    return copied.error().with("before the migration");
  }
  TRIPLED_TRY(sync_path(unfinished));
  fs::rename(unfinished, copy, ec);
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
  failpoint("daemon.migration.before_commit");
  if (done) done = db.script("COMMIT");
  failpoint("daemon.migration.after_commit");
  if (!done && db.in_transaction()) static_cast<void>(db.script("ROLLBACK"));
  return done;
}

}  // namespace

Status refuse_newer(int version, const fs::path& path, const std::vector<Migration>& migrations) {
  const int newest = migrations.empty() ? 0 : migrations.back().number;
  if (version <= newest) return {};
  return Error(ErrorKind::store, path.string() + " has schema " + std::to_string(version) +
                                     ", this program knows up to " + std::to_string(newest) +
                                     ": it was written by a newer tripled; use that one, or another --state");
}

Status require_room_for_copy(std::uint64_t needed, std::uint64_t free, const fs::path& path) {
  if (free >= margin_bytes && free - margin_bytes >= needed) return {};
  auto mib = [](std::uint64_t bytes) { return std::to_string((bytes + (1u << 20) - 1) >> 20) + " MiB"; };
  return Error(ErrorKind::store, path.string() + " is to be migrated, and copied before: that takes " +
                                     mib(needed + margin_bytes) + ", " + mib(free) +
                                     " are free on its disk; make room there");
}

Status migrate(Connection& db, const fs::path& path, const std::vector<Migration>& migrations,
               const std::function<void()>& progress) {
  TRIPLED_ASSIGN(auto version, db.number("PRAGMA user_version"));
  const int current = static_cast<int>(version.value_or(0));
  TRIPLED_TRY(refuse_newer(current, path, migrations));
  if (migrations.empty() || current == migrations.back().number) return {};
  db.set_progress(progress);
  Status done;
  if (current > 0) done = copy_before(db, path, current, progress);
  failpoint("daemon.migration.copied");
  for (const Migration& migration : migrations) {
    if (!done) break;
    if (migration.number <= current) continue;
    if (auto applied = apply(db, migration); !applied)
      done = Error(ErrorKind::store,
                   "migrating " + path.string() + " by " + migration.name + ": " + applied.error().message());
  }
  db.set_progress({});
  return done;
}

}  // namespace tripled::store
