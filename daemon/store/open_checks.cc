#include "daemon/store/open_checks.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "schema/base/hash.h"

namespace tripled::store {
namespace {

constexpr std::string_view sqlite_magic{"SQLite format 3\0", 16};

Error damaged(const std::filesystem::path& path, const std::string& what) {
  return Error(ErrorKind::store, path.string() + " is damaged (" + what +
                                     "): restore a backup, or move it away to start with an empty one");
}

bool may_write(const std::filesystem::path& path) {
  return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0;
}

// Reads as many pages as the budget allows; a large database is not read in full at every start.
Status check_pages(Connection& db, const std::filesystem::path& path, Millis budget) {
  std::string finding;
  db.set_deadline(std::chrono::steady_clock::now() + budget);
  auto checked = db.execute("PRAGMA quick_check(1)", {}, [&](Row& row) {
    if (row.text(0) != "ok") finding = row.text(0);
  });
  db.set_deadline(std::nullopt);
  if (!checked && db.last_trouble() != Trouble::deadline) return damaged(path, checked.error().message());
  if (!finding.empty()) return damaged(path, finding);
  return {};
}

}  // namespace

Status check_place(const std::filesystem::path& database) {
  auto directory = database.parent_path();
  if (!directory.empty()) TRIPLED_TRY(make_directories(directory));
  if (directory.empty()) directory = ".";
  if (!may_write(directory))
    return Error(ErrorKind::store, directory.string() + " cannot be written by this user (needed for " +
                                       database.filename().string() +
                                       " and its log): change its owner or use another "
                                       "--state");
  if (std::filesystem::exists(database) && !may_write(database))
    return Error(ErrorKind::store, database.string() +
                                       " is read-only for this user: change its owner or use another "
                                       "--state");
  return {};
}

Status check_header(const std::filesystem::path& database) {
  int fd = ::open(database.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return {};
  if (fd < 0) return io_error("opening " + database.string(), errno);
  std::array<char, 16> start{};
  auto got = ::read(fd, start.data(), start.size());
  int saved = errno;
  ::close(fd);
  if (got < 0) return io_error("reading " + database.string(), saved);
  if (got == 0) return {};  // killed between the making of the file and the first commit
  if (std::string_view(start.data(), static_cast<std::size_t>(got)) != sqlite_magic)
    return Error(ErrorKind::store, database.string() +
                                       " is not a database: restore a backup, or move it away to "
                                       "start with an empty one");
  return {};
}

Status check_ours(Connection& db, const std::filesystem::path& path) {
  auto id = db.number("PRAGMA application_id");
  auto tables = id ? db.number("SELECT count(*) FROM sqlite_schema") : id;
  if (!tables && db.last_trouble() == Trouble::fatal) return damaged(path, tables.error().message());
  if (!tables) return tables.error();
  if (tables->value_or(0) > 0 && id->value_or(0) != application_id)
    return Error(ErrorKind::store, path.string() + " is a database of another program; use another --state");
  return {};
}

Status prepare_database(Connection& db, const StoreOptions& options) {
  const auto& path = options.path;
  TRIPLED_TRY(check_ours(db, path));
  if (db.is_read_only())
    return Error(ErrorKind::store, path.string() + " is on a read-only file system: use another --state");
  TRIPLED_ASSIGN(auto version, db.number("PRAGMA user_version"));
  const auto& migrations = options.migrations ? *options.migrations : built_in_migrations();
  TRIPLED_TRY(refuse_newer(static_cast<int>(version.value_or(0)), path, migrations));
  if (version.value_or(0) == 0) {
    TRIPLED_TRY(db.script("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = " +
                          std::to_string(application_id)));
  }
  TRIPLED_ASSIGN(auto journal, db.text("PRAGMA journal_mode = WAL"));
  if (journal.value_or("") != "wal")
    return Error(ErrorKind::store, path.string() +
                                       ": its file system cannot hold a write-ahead log (journal mode " +
                                       journal.value_or("?") + "): use another --state");
  TRIPLED_TRY(db.script("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = " +
                        std::to_string(options.wal_bytes)));
  TRIPLED_TRY(check_pages(db, path, options.check_budget));
  return migrate(db, path, migrations, options.progress);
}

Result<std::string> identify(Connection& db) {
  TRIPLED_ASSIGN(auto known, db.text("SELECT value FROM meta WHERE key = 'store_id'"));
  if (known) return *known;
  const std::string id = random_hex();
  TRIPLED_TRY(db.execute("INSERT INTO meta VALUES ('store_id', ?), ('created_at', ?)",
                         {id, std::to_string(unix_now_ms())}));
  return id;
}

bool reserve_file(const std::filesystem::path& path, std::uint64_t bytes) {
  int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  int rc = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes));
  ::close(fd);
  if (rc != 0) ::unlink(path.c_str());
  return rc == 0;
}

}  // namespace tripled::store
