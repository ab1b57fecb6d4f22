#include "daemon/store/reader.h"

#include "daemon/store/open_checks.h"
#include "daemon/store/row_columns.h"

namespace tripled::store {

Reader::Reader(std::unique_ptr<Connection> db) : db_(std::move(db)) {}
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

Result<Reader> Reader::open(const std::filesystem::path& database) {
  std::error_code ec;
  if (!std::filesystem::exists(database, ec))
    return usage_error("no store at " + database.string() + " yet: nothing was swept with this --state");
  // Never open(2) the file here: closing it would drop the POSIX locks of this process's writer on it.
  TRIPLED_ASSIGN(auto db, Connection::open(database, Connection::Mode::read_only, Millis(5000)));
  TRIPLED_TRY(check_ours(*db, database));
  TRIPLED_ASSIGN(auto version, db->number("PRAGMA user_version"));
  if (version.value_or(0) == 0)
    return usage_error(database.string() + " is empty: nothing was swept with this --state");
  const auto& known = built_in_migrations();
  TRIPLED_TRY(refuse_newer(static_cast<int>(version.value_or(0)), database, known));
  if (version.value_or(0) < known.back().number)
    return Error(ErrorKind::store, database.string() + " has the older schema " +
                                       std::to_string(version.value_or(0)) +
                                       ": `tripled sweep` or `tripled serve` brings it to " +
                                       std::to_string(known.back().number));
  return Reader(std::move(db));
}

void Reader::limit_time(Millis limit) { db_->set_deadline(std::chrono::steady_clock::now() + limit); }

Result<std::string> Reader::store_id() {
  TRIPLED_ASSIGN(auto id, meta("store_id"));
  return id.value_or("");
}

Result<std::optional<std::string>> Reader::meta(const std::string& key) {
  return db_->text("SELECT value FROM meta WHERE key = ?", {key});
}

Result<IdCounters> Reader::id_counters() {
  IdCounters out;
  TRIPLED_TRY(db_->execute("SELECT name, seq FROM sqlite_sequence", {}, [&](Row& row) {
    const std::string table = row.text(0);
    if (table == "sweeps") out.sweep = row.integer(1);
    if (table == "batches") out.batch = row.integer(1);
    if (table == "jobs") out.job = row.integer(1);
    if (table == "leases") out.lease = row.integer(1);
    if (table == "attempts") out.attempt = row.integer(1);
    if (table == "events") out.event = row.integer(1);
  }));
  return out;
}

Result<std::vector<ProjectRow>> Reader::projects() {
  std::vector<ProjectRow> out;
  TRIPLED_TRY(
      db_->execute("SELECT id, name, origin, doc, created_at FROM projects ORDER BY id", {}, [&](Row& row) {
        out.push_back({row.integer(0), row.text(1), row.text(2), row.document<Project>(3), row.integer(4)});
      }));
  return out;
}

Result<std::vector<UnitRow>> Reader::units(AttemptId attempt) {
  std::vector<UnitRow> out;
  TRIPLED_TRY(
      db_->execute("SELECT attempt, package, target, kind, harness, verdict, code FROM units "
                   "WHERE attempt = ? ORDER BY ordinal",
                   {attempt}, [&](Row& row) {
                     out.push_back({row.integer(0), row.text(1), row.text(2), row.text(3), row.flag(4),
                                    row.word<Verdict>(5), row.text(6)});
                   }));
  return out;
}

Result<std::vector<LogRef>> Reader::logs(SweepId sweep, const std::string& cell, std::optional<Stage> stage) {
  static const std::string sql = "SELECT a.*, j.cell, j.stage, b.kind, b.setup_key FROM (" +
                                 std::string(attempt_columns) +
                                 ") a JOIN jobs j ON j.id = a.job LEFT JOIN batches b ON b.id = j.batch "
                                 "WHERE j.sweep = ?1 AND coalesce(j.cell, '') = ?2 AND (?3 IS NULL OR "
                                 "j.stage = ?3) AND a.log_hash IS NOT NULL "
                                 "ORDER BY a.id";
  std::vector<LogRef> out;
  TRIPLED_TRY(db_->execute(sql, {sweep, cell, stage}, [&](Row& row) {
    constexpr int next = attempt_column_count;
    LogRef ref;
    ref.attempt = read_attempt(row);
    ref.cell = row.text(next);
    ref.stage = row.maybe_word<Stage>(next + 1);
    ref.kind = row.maybe_word<BatchKind>(next + 2).value_or(BatchKind::compile);
    ref.setup_key = row.text(next + 3);
    out.push_back(std::move(ref));
  }));
  return out;
}

Result<std::optional<std::int64_t>> Reader::oldest_event() {
  return db_->number("SELECT sequence FROM events ORDER BY sequence LIMIT 1");
}

Result<std::vector<EventRow>> Reader::events(std::int64_t after_sequence, SweepId sweep, int limit) {
  std::vector<EventRow> out;
  TRIPLED_TRY(db_->execute(
      "SELECT sequence, sweep, kind, json, at FROM events "
      "WHERE sequence > ?1 AND (?2 = 0 OR sweep = ?2) ORDER BY sequence LIMIT ?3",
      {after_sequence, sweep, limit}, [&](Row& row) {
        out.push_back({row.integer(0), row.integer(1), row.text(2), row.text(3), row.integer(4)});
      }));
  return out;
}

Result<std::vector<StaleResult>> Reader::stale_results(int limit) {
  std::vector<StaleResult> out;
  TRIPLED_TRY(
      db_->execute("SELECT s.id, s.attempt, s.worker, s.instance, s.epoch, s.why, s.log_hash, b.size, "
                   "s.received_at FROM stale_results s LEFT JOIN blobs b ON b.hash = s.log_hash "
                   "ORDER BY s.id DESC LIMIT ?",
                   {limit}, [&](Row& row) {
                     out.push_back({row.integer(0),
                                    row.integer(1),
                                    row.text(2),
                                    row.text(3),
                                    row.integer(4),
                                    row.text(5),
                                    {row.text(6), static_cast<std::uint64_t>(row.integer(7))},
                                    row.integer(8)});
                   }));
  return out;
}

Result<std::vector<WorkerRow>> Reader::workers() {
  std::vector<WorkerRow> out;
  TRIPLED_TRY(
      db_->execute("SELECT name, instance, last_seen, facts FROM workers ORDER BY name", {}, [&](Row& row) {
        out.push_back({row.text(0), row.text(1), row.integer(2), row.json(3)});
      }));
  return out;
}

Result<std::vector<TokenRow>> Reader::tokens() {
  std::vector<TokenRow> out;
  TRIPLED_TRY(db_->execute(
      "SELECT name, role, hash, created_at, last_seen, revoked_at, pool FROM tokens ORDER BY name", {},
      [&](Row& row) {
        out.push_back({row.text(0), row.word<Role>(1), row.text(2), row.integer(3), row.maybe_integer(4),
                       row.maybe_integer(5), row.text(6)});
      }));
  return out;
}

Result<std::vector<EnrolmentRow>> Reader::enrolments() {
  std::vector<EnrolmentRow> out;
  TRIPLED_TRY(db_->execute(
      "SELECT id, hash, worker, pool, created_at, created_by, expires_at, used_at, used_by, revoked_at "
      "FROM enrolments ORDER BY id DESC",
      {}, [&](Row& row) {
        out.push_back({row.integer(0), row.text(1), row.text(2), row.text(3), row.integer(4), row.text(5),
                       row.integer(6), row.maybe_integer(7), row.text(8), row.maybe_integer(9)});
      }));
  return out;
}

Result<std::vector<AuditRow>> Reader::audit(int limit, std::int64_t before) {
  std::vector<AuditRow> out;
  TRIPLED_TRY(db_->execute(
      "SELECT id, at, who, what, detail FROM audit WHERE ?1 = 0 OR id < ?1 ORDER BY id DESC LIMIT ?2",
      {before, limit}, [&](Row& row) {
        out.push_back({row.integer(0), row.integer(1), row.text(2), row.text(3), row.text(4)});
      }));
  return out;
}

Result<std::vector<BlobRow>> Reader::blobs() {
  std::vector<BlobRow> out;
  TRIPLED_TRY(db_->execute("SELECT hash, size, kind, created_at FROM blobs ORDER BY hash", {}, [&](Row& row) {
    out.push_back(
        {row.text(0), static_cast<std::uint64_t>(row.integer(1)), row.word<BlobClass>(2), row.integer(3)});
  }));
  return out;
}

Result<bool> Reader::has_blob(const std::string& hash) {
  TRIPLED_ASSIGN(auto found, db_->number("SELECT 1 FROM blobs WHERE hash = ?", {hash}));
  return found.has_value();
}

}  // namespace tripled::store
