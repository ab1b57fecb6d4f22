// One SQLite connection and its cached statements; where SQLite's exceptions become Errors. Private to
// daemon/store. One thread at a time. Texts and blobs are copied in and out.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>

#include "daemon/store/document.h"
#include "schema/base/duration.h"
#include "schema/base/result.h"
#include "schema/model/reflect.h"
#include "schema/wire/json.h"

struct sqlite3;
namespace SQLite {
class Database;
class Statement;
class Exception;
}  // namespace SQLite

namespace tripled::store {

// What is bound to a `?`.
class Value {
 public:
  Value(std::nullptr_t) {}
  Value(const std::string& text) : value_(text) {}
  Value(std::string&& text) : value_(std::move(text)) {}
  Value(const char* text) : value_(std::string(text)) {}
  Value(const Document& document) {
    if (document.compressed)
      value_ = Bytes{document.bytes};
    else
      value_ = document.bytes;
  }
  template <class T>
    requires(std::is_integral_v<T>)
  Value(T number) : value_(static_cast<std::int64_t>(number)) {}
  template <class E>
    requires(std::is_enum_v<E>)
  Value(E word) : value_(to_text(word)) {}
  template <class T>
  Value(const std::optional<T>& maybe) {
    if (maybe) *this = Value(*maybe);
  }

 private:
  friend class Connection;
  struct Bytes {
    std::string bytes;
  };
  std::variant<std::nullptr_t, std::int64_t, std::string, Bytes> value_ = nullptr;
};

inline Value null_if_empty(const std::string& text) { return text.empty() ? Value(nullptr) : Value(text); }
inline Value null_if_zero(std::int64_t number) { return number == 0 ? Value(nullptr) : Value(number); }

// The current row. What cannot be read (an unknown word, a broken document) gives a default and is
// remembered: the call that ran the statement returns it.
class Row {
 public:
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  bool flag(int column) const { return integer(column) != 0; }
  std::optional<std::int64_t> maybe_integer(int column) const;
  std::string text(int column) const;  // NULL: empty
  std::string json(int column);        // of a document
  void fail(Error error);

  template <class E>
  std::optional<E> maybe_word(int column) {
    if (is_null(column)) return std::nullopt;
    auto known = from_text<E>(text(column));
    if (!known) fail(Error(ErrorKind::store, "unknown word `" + text(column) + "`"));
    return known;
  }
  template <class E>
  E word(int column) {
    auto known = maybe_word<E>(column);
    return known ? *known : E{};
  }
  template <class T>
  T document(int column) {
    auto parsed = wire::from_text_json<T>(json(column));
    if (parsed) return std::move(parsed).value();
    fail(parsed.error());
    return T{};
  }

 private:
  friend class Connection;
  Row(SQLite::Statement& statement, Status& status) : statement_(statement), status_(status) {}
  SQLite::Statement& statement_;
  Status& status_;
};

// full: no room. fatal: I/O, corruption: nothing can be promised any more. busy: locked from outside.
// duplicate: a unique key is there already. deadline: took too long. other: a bug of ours.
enum class Trouble { full, fatal, busy, duplicate, deadline, other };

class Connection {
 public:
  enum class Mode { read_write, read_only };
  static Result<std::unique_ptr<Connection>> open(const std::filesystem::path& path, Mode mode,
                                                  Millis busy_timeout);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  using RowFunction = std::function<void(Row&)>;
  Status execute(const std::string& sql, std::initializer_list<Value> values = {},
                 const RowFunction& row = nullptr);
  // Several statements, nothing bound.
  Status script(const std::string& sql);
  // The first column of the first row.
  Result<std::optional<std::int64_t>> number(const std::string& sql,
                                             std::initializer_list<Value> values = {});
  Result<std::optional<std::string>> text(const std::string& sql, std::initializer_list<Value> values = {});

  std::int64_t changed_rows() const;  // by the last statement
  std::int64_t last_id() const;
  bool in_transaction() const;
  bool is_read_only() const;
  // Of the write-ahead log after the last commit of this connection.
  std::int64_t wal_pages() const { return wal_pages_; }
  // What went wrong behind a commit that holds, when its pages went on into the database; once.
  struct CheckpointTrouble {
    Trouble trouble;
    Error error;
  };
  std::optional<CheckpointTrouble> take_checkpoint_trouble() {
    return std::exchange(checkpoint_trouble_, std::nullopt);
  }
  // What the last failing call met.
  Trouble last_trouble() const { return last_trouble_; }
  // Statements that run longer than this from now on end with an error; nullopt: for ever.
  void set_deadline(std::optional<TimePoint> deadline);
  // Called every few milliseconds while statements run; none: not any more.
  void set_progress(std::function<void()> progress);
  // A consistent copy of the database as it is now. Writers elsewhere are not stopped: it is one read
  // transaction.
  Status copy_to(const std::filesystem::path& path, const std::function<void()>& progress = {});

  std::function<void(Trouble, const Error&)> on_trouble;

 private:
  Connection(std::unique_ptr<SQLite::Database> db, std::filesystem::path path);
  Error failed(const SQLite::Exception& e);
  void watch_statements();
  static int on_instructions(void* connection);
  static int on_commit(void* connection, sqlite3* db, const char* name, int pages);
  Status step_all(SQLite::Statement& statement, std::initializer_list<Value> values, const RowFunction& row);

  std::filesystem::path path_;
  std::unique_ptr<SQLite::Database> db_;
  std::unordered_map<std::string, std::unique_ptr<SQLite::Statement>> statements_;
  std::int64_t wal_pages_ = 0;
  std::optional<CheckpointTrouble> checkpoint_trouble_;
  std::optional<TimePoint> deadline_;
  std::function<void()> progress_;
  Trouble last_trouble_ = Trouble::other;
};

}  // namespace tripled::store
