#include "daemon/store/backup.h"

#include <charconv>
#include <set>

#include "daemon/store/blob_copies.h"
#include "daemon/store/migrations.h"
#include "daemon/store/open_checks.h"
#include "daemon/store/reader.h"
#include "schema/base/duration.h"
#include "schema/base/failpoint.h"
#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "schema/base/text.h"
#include "schema/wire/json.h"

namespace tripled::store {

namespace fs = std::filesystem;

namespace backup_files {
struct BackupFile {
  std::string made_at, store_id;
  int schema = 0;
  SweepId last_sweep = 0;
  std::size_t sweeps = 0, blobs = 0, missing = 0;
};
BOOST_DESCRIBE_STRUCT(BackupFile, (), (made_at, store_id, schema, last_sweep, sweeps, blobs, missing))
}  // namespace backup_files

namespace {

constexpr const char* database_name = "tripled.db";
// Beside the database, which a backup only reads: milliseconds since 1970, and what that is for people.
constexpr const char* last_backup_name = "last-backup";

fs::path with_suffix(fs::path path, const std::string& suffix) {
  path += suffix;
  return path;
}

Status move_file(const fs::path& from, const fs::path& to) {
  std::error_code ec;
  fs::rename(from, to, ec);
  if (ec)
    return Error(ErrorKind::io, "renaming " + from.string() + " to " + to.string() + ": " + ec.message());
  return {};
}

Status check_whole(Connection& db, const fs::path& path) {
  std::string finding;
  auto checked = db.execute("PRAGMA integrity_check(1)", {}, [&](Row& row) {
    if (row.text(0) != "ok") finding = row.text(0);
  });
  if (checked)
    checked = db.execute("PRAGMA foreign_key_check", {}, [&](Row& row) {
      finding = "a row of " + row.text(0) + " names one that is not there";
    });
  if (!checked) finding = checked.error().message();
  if (finding.empty()) return {};
  return Error(ErrorKind::store, path.string() + " is damaged: " + finding);
}

// What stands in it, for people.
struct Contents {
  std::string store_id;
  int schema = 0;
  std::size_t sweeps = 0, running = 0;
  SweepId last_sweep = 0;
  UnixMs last_started = 0;

  std::string text() const {
    if (sweeps == 0) return "no sweep";
    return counted(sweeps, "sweep") + ", the newest " + std::to_string(last_sweep) + " of " +
           format_timestamp(last_started);
  }
};

Result<Contents> contents_of(Connection& db) {
  Contents out;
  TRIPLED_ASSIGN(auto version, db.number("PRAGMA user_version"));
  out.schema = static_cast<int>(version.value_or(0));
  TRIPLED_ASSIGN(auto id, db.text("SELECT value FROM meta WHERE key = 'store_id'"));
  out.store_id = id.value_or("");
  TRIPLED_TRY(
      db.execute("SELECT count(*), count(*) FILTER (WHERE state = 'running'), max(id), max(started_at) "
                 "FROM sweeps",
                 {}, [&](Row& row) {
                   out.sweeps = static_cast<std::size_t>(row.integer(0));
                   out.running = static_cast<std::size_t>(row.integer(1));
                   out.last_sweep = row.integer(2);
                   out.last_started = row.integer(3);
                 }));
  return out;
}

// --- backup

// One file without a log beside it, that was read from end to end.
Status make_copy(const fs::path& database, const fs::path& to) {
  std::error_code ec;
  fs::remove(to, ec);
  TRIPLED_ASSIGN(auto source, Connection::open(database, Connection::Mode::read_only, Millis(5000)));
  TRIPLED_TRY(source->copy_to(to));
  TRIPLED_ASSIGN(auto copy, Connection::open(to, Connection::Mode::read_write, Millis(0)));
  TRIPLED_TRY(copy->text("PRAGMA journal_mode = DELETE"));
  TRIPLED_TRY(check_whole(*copy, to));
  copy.reset();
  return sync_path(to);
}

Status write_description(const fs::path& to, const BackupSummary& summary) {
  backup_files::BackupFile file{format_timestamp(unix_now_ms()),
                                summary.store_id,
                                summary.schema,
                                summary.last_sweep,
                                summary.sweeps,
                                summary.blobs,
                                summary.missing.size()};
  return write_file_atomically(to / "backup.json", wire::to_text_json(file) + "\n", true);
}

// One that misses files is none to rely on: it does not count as the last.
Status note_backup(const fs::path& state, const BackupSummary& summary) {
  if (!summary.missing.empty()) return {};
  const auto at = unix_now_ms();
  return write_file_atomically(state / last_backup_name,
                               std::to_string(at) + " " + format_timestamp(at) + "\n");
}

// --- restore

// Of a backup, or of a state directory that nobody uses.
Result<std::unique_ptr<Connection>> open_backup(const fs::path& from) {
  const auto path = from / database_name;
  std::error_code ec;
  if (!fs::exists(path, ec)) return usage_error(from.string() + " is no backup: it has no " + database_name);
  TRIPLED_TRY(check_header(path));
  TRIPLED_ASSIGN(auto db, Connection::open(path, Connection::Mode::read_only, Millis(1000)));
  TRIPLED_TRY(check_ours(*db, path));
  TRIPLED_ASSIGN(auto version, db->number("PRAGMA user_version"));
  TRIPLED_TRY(refuse_newer(static_cast<int>(version.value_or(0)), path, built_in_migrations()));
  TRIPLED_TRY(check_whole(*db, path));
  return db;
}

// What is in the way, and what of it the backup does not have.
Error in_the_way(const fs::path& database, const Contents& backup) {
  std::string there = "cannot be read";
  if (auto db = Connection::open(database, Connection::Mode::read_only, Millis(1000)))
    if (auto contents = contents_of(**db)) there = "holds " + contents->text();
  return usage_error(
      database.string() + " " + there + "; the backup holds " + backup.text() +
      ": what came after it would be lost. With --replace it is set aside and the backup takes "
      "its place");
}

// A new id, and no number twice: what was given out after the backup is still known to workers and people.
Status begin_anew(Connection& db, const Contents& backup, const std::string& id) {
  TRIPLED_TRY(
      db.execute("INSERT OR REPLACE INTO meta VALUES ('store_id', ?), ('restored_from', ?), "
                 "('restored_at', ?)",
                 {id, backup.store_id, std::to_string(unix_now_ms())}));
  for (const char* table : {"sweeps", "batches", "jobs", "leases", "attempts", "events"}) {
    TRIPLED_ASSIGN(auto last, db.number("SELECT max(seq) FROM sqlite_sequence WHERE name = ?", {table}));
    const std::int64_t gap = std::string_view(table) == "sweeps" ? 1000 : 1'000'000;
    TRIPLED_TRY(db.execute("DELETE FROM sqlite_sequence WHERE name = ?", {table}));
    TRIPLED_TRY(db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)",
                           {table, (last.value_or(0) / gap + 1) * gap}));
  }
  return {};
}

// By a second name, so that at every moment there is a database, whoever is killed: a daemon that found none
// would begin an empty one. The log beside it would be replayed into the next one of that name.
Result<fs::path> set_aside(const fs::path& database) {
  std::error_code ec;
  if (!fs::exists(database, ec)) return fs::path();
  if (auto db = Connection::open(database, Connection::Mode::read_write, Millis(1000)))
    static_cast<void>((*db)->execute("PRAGMA wal_checkpoint(TRUNCATE)"));  // a damaged one keeps its log
  auto time = replace_all(replace_all(format_timestamp(unix_now_ms()), "-", ""), ":", "");
  auto aside = with_suffix(database, ".replaced-" + time);
  for (int n = 2; fs::exists(aside, ec); ++n)
    aside = with_suffix(database, ".replaced-" + time + "." + std::to_string(n));
  fs::create_hard_link(database, aside, ec);
  if (ec) TRIPLED_TRY(move_file(database, aside));  // a file system without them
  if (fs::exists(with_suffix(database, "-wal"), ec))
    TRIPLED_TRY(move_file(with_suffix(database, "-wal"), with_suffix(aside, "-wal")));
  fs::remove(with_suffix(database, "-shm"), ec);
  return aside;
}

}  // namespace

Result<BackupSummary> back_up(const fs::path& state, const fs::path& to) {
  const auto database = state / database_name;
  TRIPLED_ASSIGN(Reader reader, Reader::open(database));
  TRIPLED_TRY(make_directories(to));
  TRIPLED_ASSIGN(FileLock lock, FileLock::acquire(to / "backup.lock", FileLock::Wait::no));
  TRIPLED_ASSIGN(BlobStore blobs, BlobStore::open(state / "blobs"));
  TRIPLED_ASSIGN(BlobStore copies, BlobStore::open(to / "blobs"));
  // Files before rows, for the daemon may collect what the copy of its database still names; then what came
  // meanwhile.
  TRIPLED_ASSIGN(auto before, reader.blobs());
  TRIPLED_ASSIGN(auto early, copy_blobs(before, blobs, copies));
  failpoint("daemon.backup.files_copied");
  const auto unfinished = to / (std::string(database_name) + ".tmp");
  TRIPLED_TRY(make_copy(database, unfinished));
  failpoint("daemon.backup.database_copied");
  TRIPLED_ASSIGN(auto copy, Connection::open(unfinished, Connection::Mode::read_only, Millis(0)));
  TRIPLED_ASSIGN(auto rows, blob_rows(*copy));
  TRIPLED_ASSIGN(auto copied, copy_blobs(rows, blobs, copies));
  BackupSummary out;
  out.missing = std::move(copied.missing);
  TRIPLED_TRY(name_missing(*copy, out.missing));
  TRIPLED_ASSIGN(Contents contents, contents_of(*copy));
  copy.reset();
  TRIPLED_TRY(move_file(unfinished, to / database_name));
  TRIPLED_TRY(sync_path(to));
  failpoint("daemon.backup.published");
  std::set<std::string> named;
  for (const auto& row : rows) named.insert(row.hash);
  TRIPLED_TRY(copies.sweep_orphans([&](const std::string& hash) { return named.count(hash) > 0; }));
  out.store_id = contents.store_id;
  out.schema = contents.schema;
  out.sweeps = contents.sweeps;
  out.last_sweep = contents.last_sweep;
  out.blobs = copied.there + copied.made;
  out.new_blobs = early.made + copied.made;
  out.blob_bytes = copied.bytes;
  std::error_code ec;
  out.database_bytes = fs::file_size(to / database_name, ec);
  TRIPLED_TRY(write_description(to, out));
  TRIPLED_TRY(note_backup(state, out));
  return out;
}

UnixMs last_backup(const fs::path& state) {
  auto text = read_file(state / last_backup_name, 4096);
  UnixMs at = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), at);
  return at;
}

Result<RestoreSummary> restore_backup(const RestoreRequest& request) {
  const auto database = request.state / database_name;
  TRIPLED_ASSIGN(auto backup, open_backup(request.from));
  TRIPLED_ASSIGN(Contents contents, contents_of(*backup));
  TRIPLED_TRY(check_place(database));
  TRIPLED_ASSIGN(FileLock lock, lock_database(database, "tripled restore"));
  std::error_code ec;
  if (fs::exists(database, ec) && !request.replace) return in_the_way(database, contents);
  const auto unfinished = with_suffix(database, ".restoring");
  fs::remove(unfinished, ec);
  TRIPLED_TRY(backup->copy_to(unfinished));
  RestoreSummary out;
  out.store_id = random_hex();
  out.sweeps = contents.sweeps;
  out.running = contents.running;
  {
    TRIPLED_ASSIGN(auto db, Connection::open(unfinished, Connection::Mode::read_write, Millis(0)));
    TRIPLED_ASSIGN(auto rows, blob_rows(*db));
    TRIPLED_ASSIGN(BlobStore from, BlobStore::open(request.from / "blobs"));
    TRIPLED_ASSIGN(BlobStore to, BlobStore::open(request.state / "blobs"));
    TRIPLED_ASSIGN(auto copied, copy_blobs(rows, from, to));
    out.blobs = copied.there + copied.made;
    out.missing = std::move(copied.missing);
    TRIPLED_TRY(name_missing(*db, out.missing));
    TRIPLED_TRY(db->script("BEGIN"));
    for (const auto& missing : out.missing)  // what named them names nothing (ON DELETE SET NULL)
      TRIPLED_TRY(db->execute("DELETE FROM blobs WHERE hash = ?", {missing.blob.hash}));
    TRIPLED_TRY(begin_anew(*db, contents, out.store_id));
    TRIPLED_TRY(db->script("COMMIT"));
    TRIPLED_ASSIGN(auto last, db->number("SELECT seq FROM sqlite_sequence WHERE name = 'sweeps'"));
    out.next_sweep = last.value_or(0) + 1;
    TRIPLED_TRY(check_whole(*db, unfinished));
  }
  TRIPLED_TRY(sync_path(unfinished));
  failpoint("daemon.restore.prepared");
  TRIPLED_ASSIGN(out.replaced, set_aside(database));
  failpoint("daemon.restore.set_aside");
  TRIPLED_TRY(move_file(unfinished, database));
  TRIPLED_TRY(sync_path(request.state));
  return out;
}

}  // namespace tripled::store
