#include "daemon/store/connection.h"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <sqlite3.h>

#include <cerrno>

namespace tripled::store {
namespace {

Trouble classify(int extended, int system_errno) {
  // A quota, or a shared-memory file that cannot grow, is a full disk that SQLite calls an I/O error.
  const int code = extended & 0xff;
  if (code == SQLITE_IOERR && (system_errno == ENOSPC || system_errno == EDQUOT) &&
      extended != SQLITE_IOERR_FSYNC)
    return Trouble::full;
  switch (code) {
    case SQLITE_FULL:
      return Trouble::full;
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return Trouble::fatal;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Trouble::busy;
    case SQLITE_INTERRUPT:
      return Trouble::deadline;
    case SQLITE_CONSTRAINT:
      return extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY ||
                     extended == SQLITE_CONSTRAINT_ROWID
                 ? Trouble::duplicate
                 : Trouble::other;
    default:
      return Trouble::other;
  }
}

ErrorKind kind_of(Trouble trouble) {
  switch (trouble) {
    case Trouble::full:
    case Trouble::fatal:
    case Trouble::busy:
      return ErrorKind::store;
    case Trouble::duplicate:
      return ErrorKind::conflict;
    case Trouble::deadline:
      return ErrorKind::timeout;
    case Trouble::other:
      return ErrorKind::internal;
  }
  return ErrorKind::internal;
}

}  // namespace

// --- rows

bool Row::is_null(int column) const { return statement_.isColumnNull(column); }
std::int64_t Row::integer(int column) const { return statement_.getColumn(column).getInt64(); }
std::optional<std::int64_t> Row::maybe_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}
std::string Row::text(int column) const { return statement_.getColumn(column).getString(); }

std::string Row::json(int column) {
  auto value = statement_.getColumn(column);
  if (!value.isBlob()) return value.getString();
  auto text = decompress_document(
      {static_cast<const char*>(value.getBlob()), static_cast<std::size_t>(value.size())});
  if (text) return std::move(text).value();
  fail(text.error());
  return {};
}

void Row::fail(Error error) {
  if (status_) status_ = std::move(error);
}

// --- connection

Connection::Connection(std::unique_ptr<SQLite::Database> db, std::filesystem::path path)
    : path_(std::move(path)), db_(std::move(db)) {}

Connection::~Connection() { statements_.clear(); }

Result<std::unique_ptr<Connection>> Connection::open(const std::filesystem::path& path, Mode mode,
                                                     Millis busy_timeout) {
  const int flags =
      mode == Mode::read_only ? SQLite::OPEN_READONLY : SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE;
  try {
    auto db =
        std::make_unique<SQLite::Database>(path.string(), flags, static_cast<int>(busy_timeout.count()));
    sqlite3_extended_result_codes(db->getHandle(), 1);
    std::unique_ptr<Connection> connection(new Connection(std::move(db), path));
    TRIPLED_TRY(connection->script("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"));
    if (mode == Mode::read_only) TRIPLED_TRY(connection->script("PRAGMA query_only = ON;"));
    if (mode == Mode::read_write) sqlite3_wal_hook(connection->db_->getHandle(), on_commit, connection.get());
    return connection;
  } catch (const SQLite::Exception& e) {
    return Error(ErrorKind::store, "opening " + path.string() + ": " + e.what());
  }
}

Error Connection::failed(const SQLite::Exception& e) {
  const int extended = sqlite3_extended_errcode(db_->getHandle());
  last_trouble_ = classify(extended, sqlite3_system_errno(db_->getHandle()));
  Error error(kind_of(last_trouble_), path_.string() + ": " + e.what());
  if (on_trouble) on_trouble(last_trouble_, error);
  return error;
}

Status Connection::execute(const std::string& sql, std::initializer_list<Value> values,
                           const RowFunction& row) {
  try {
    auto& statement = statements_[sql];
    if (!statement) statement = std::make_unique<SQLite::Statement>(*db_, sql);
    return step_all(*statement, values, row);
  } catch (const SQLite::Exception& e) {
    statements_.erase(sql);
    return failed(e);
  }
}

Status Connection::step_all(SQLite::Statement& statement, std::initializer_list<Value> values,
                            const RowFunction& row) {
  struct Reset {  // whatever happens: an open statement would keep its read transaction
    SQLite::Statement& statement;
    ~Reset() {
      statement.tryReset();
      statement.clearBindings();
    }
  } reset{statement};
  int index = 0;
  for (const Value& value : values) {
    ++index;
    if (auto* number = std::get_if<std::int64_t>(&value.value_))
      statement.bind(index, *number);
    else if (auto* text = std::get_if<std::string>(&value.value_))
      statement.bindNoCopy(index, *text);
    else if (auto* blob = std::get_if<Value::Bytes>(&value.value_))
      statement.bindNoCopy(index, blob->bytes.data(), static_cast<int>(blob->bytes.size()));
    else
      statement.bind(index);
  }
  Status status;
  while (statement.executeStep()) {
    if (!row) continue;
    Row current(statement, status);
    row(current);
    if (!status) return status.error().with(path_.string());
  }
  return {};
}

Status Connection::script(const std::string& sql) {
  try {
    db_->exec(sql);
    return {};
  } catch (const SQLite::Exception& e) {
    return failed(e);
  }
}

Result<std::optional<std::int64_t>> Connection::number(const std::string& sql,
                                                       std::initializer_list<Value> values) {
  std::optional<std::int64_t> out;
  TRIPLED_TRY(execute(sql, values, [&](Row& row) {
    if (!out) out = row.maybe_integer(0);
  }));
  return out;
}

Result<std::optional<std::string>> Connection::text(const std::string& sql,
                                                    std::initializer_list<Value> values) {
  std::optional<std::string> out;
  TRIPLED_TRY(execute(sql, values, [&](Row& row) {
    if (!out && !row.is_null(0)) out = row.text(0);
  }));
  return out;
}

std::int64_t Connection::changed_rows() const { return sqlite3_changes64(db_->getHandle()); }
std::int64_t Connection::last_id() const { return sqlite3_last_insert_rowid(db_->getHandle()); }
bool Connection::in_transaction() const { return sqlite3_get_autocommit(db_->getHandle()) == 0; }
bool Connection::is_read_only() const { return sqlite3_db_readonly(db_->getHandle(), "main") == 1; }

// As SQLite's own hook, which this one replaces: what is committed goes on into the database in small
// portions.
int Connection::on_commit(void* connection, sqlite3* db, const char* name, int pages) {
  constexpr int portion = 1000;
  auto& self = *static_cast<Connection*>(connection);
  self.wal_pages_ = pages;
  if (pages < portion) return SQLITE_OK;
  const int rc = sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  const auto trouble = classify(rc, sqlite3_system_errno(db));
  if (rc != SQLITE_OK && trouble != Trouble::busy)
    self.checkpoint_trouble_ = {
        trouble, Error(kind_of(trouble), self.path_.string() + ": checkpoint: " + sqlite3_errstr(rc))};
  return SQLITE_OK;
}

int Connection::on_instructions(void* connection) {
  auto& self = *static_cast<Connection*>(connection);
  if (self.progress_) self.progress_();
  return self.deadline_ && std::chrono::steady_clock::now() > *self.deadline_ ? 1 : 0;
}

void Connection::watch_statements() {
  const bool wanted = deadline_.has_value() || progress_ != nullptr;
  sqlite3_progress_handler(db_->getHandle(), wanted ? 10000 : 0, wanted ? on_instructions : nullptr, this);
}

void Connection::set_deadline(std::optional<TimePoint> deadline) {
  deadline_ = deadline;
  watch_statements();
}

void Connection::set_progress(std::function<void()> progress) {
  progress_ = std::move(progress);
  watch_statements();
}

Status Connection::copy_to(const std::filesystem::path& path, const std::function<void()>& progress) {
  try {
    SQLite::Database copy(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    // Without it a writer of another process between two steps would make the copy begin again.
    const bool alone = !in_transaction();
    if (alone) db_->exec("BEGIN; SELECT count(*) FROM sqlite_schema");
    SQLite::Backup backup(copy, *db_);
    int rc = SQLITE_OK;
    while (rc == SQLITE_OK) {
      rc = backup.executeStep(4096);
      if (progress) progress();
    }
    if (alone) db_->exec("ROLLBACK");
    if (rc != SQLITE_DONE)
      return Error(ErrorKind::store, "copying to " + path.string() + ": " + sqlite3_errstr(rc));
    return {};
  } catch (const SQLite::Exception& e) {
    if (in_transaction()) sqlite3_exec(db_->getHandle(), "ROLLBACK", nullptr, nullptr, nullptr);
    return Error(ErrorKind::store, "copying " + path_.string() + " to " + path.string() + ": " + e.what());
  }
}

}  // namespace tripled::store
