#include "daemon/store/store.h"
#include "daemon/store/store_impl.h"

namespace tripled::store {
namespace {

// Every column that names a blob stands here, and in blobs' foreign keys.
constexpr const char* delete_unreferenced =
    "DELETE FROM blobs WHERE hash IN (SELECT hash FROM blobs b WHERE created_at < ? "
    "AND NOT EXISTS (SELECT 1 FROM attempts WHERE log_hash = b.hash) "
    "AND NOT EXISTS (SELECT 1 FROM attempts WHERE evidence_hash = b.hash) "
    "AND NOT EXISTS (SELECT 1 FROM stale_results WHERE log_hash = b.hash) "
    "AND NOT EXISTS (SELECT 1 FROM setups WHERE log_hash = b.hash) "
    "AND NOT EXISTS (SELECT 1 FROM sweep_blobs WHERE hash = b.hash) "
    "AND NOT EXISTS (SELECT 1 FROM sweeps WHERE prepare_log = b.hash) LIMIT ?) RETURNING hash";

}  // namespace

Status Transaction::blob_is_recorded(const BlobRef& blob, const char* what) {
  if (blob.hash.empty()) return {};
  TRIPLED_ASSIGN(auto known, db().number("SELECT 1 FROM blobs WHERE hash = ?", {blob.hash}));
  if (known) return {};
  return Error(ErrorKind::usage,
               std::string(what) + " " + blob.hash + " is not recorded: it must be stored first");
}

Status Transaction::add_blob(const BlobRow& blob) {
  return db().execute(
      "INSERT INTO blobs (hash, size, kind, created_at) VALUES (?, ?, ?, ?) "
      "ON CONFLICT (hash) DO UPDATE SET created_at = max(created_at, excluded.created_at)",
      {blob.hash, blob.size, blob.kind, blob.created_at});
}

Result<std::vector<std::string>> Transaction::forget_unreferenced_blobs(UnixMs before, int limit) {
  std::vector<std::string> hashes;
  TRIPLED_TRY(
      db().execute(delete_unreferenced, {before, limit}, [&](Row& row) { hashes.push_back(row.text(0)); }));
  return hashes;
}

Result<std::vector<std::string>> Transaction::forget_blobs(const std::vector<DoomedBlob>& blobs) {
  std::vector<std::string> forgotten;
  for (const DoomedBlob& blob : blobs) {
    TRIPLED_TRY(
        db().execute("DELETE FROM blobs WHERE hash = ? AND created_at = ?", {blob.hash, blob.created_at}));
    if (db().changed_rows() > 0) forgotten.push_back(blob.hash);
  }
  return forgotten;
}

Status Transaction::name_blob(SweepId sweep, const std::string& hash) {
  return db().execute("INSERT OR IGNORE INTO sweep_blobs (sweep, hash) VALUES (?, ?)", {sweep, hash});
}

Result<std::int64_t> Transaction::append_event(const EventRow& event) {
  TRIPLED_TRY(db().execute("INSERT INTO events (sweep, kind, json, at) VALUES (?, ?, ?, ?)",
                           {null_if_zero(event.sweep), event.kind, event.json, event.at}));
  return db().last_id();
}

Status Transaction::prune_events(std::int64_t keep) {
  return db().execute("DELETE FROM events WHERE sequence <= (SELECT max(sequence) FROM events) - ?", {keep});
}

Status Transaction::prune_stale_results(UnixMs before) {
  return db().execute("DELETE FROM stale_results WHERE received_at < ?", {before});
}

Status Transaction::put_worker(const WorkerRow& worker) {
  return db().execute("INSERT OR REPLACE INTO workers (name, instance, last_seen, facts) VALUES (?, ?, ?, ?)",
                      {worker.name, worker.instance, worker.last_seen, make_document(worker.facts_json)});
}

Status Transaction::set_quarantine(const QuarantineRow& quarantine) {
  if (quarantine.why.empty())
    return db().execute("DELETE FROM quarantines WHERE worker = ?", {quarantine.worker});
  return db().execute("INSERT OR REPLACE INTO quarantines (worker, why, since) VALUES (?, ?, ?)",
                      {quarantine.worker, quarantine.why, quarantine.since});
}

Status Transaction::add_token(const TokenRow& token) {
  if (token.role == Role::none) return Error(ErrorKind::usage, "a token has a role");
  TRIPLED_ASSIGN(auto taken, db().number("SELECT 1 FROM tokens WHERE name = ?", {token.name}));
  if (taken) return Error(ErrorKind::conflict, "there is a token `" + token.name + "` already");
  return db().execute("INSERT INTO tokens (name, role, hash, created_at, pool) VALUES (?, ?, ?, ?, ?)",
                      {token.name, token.role, token.hash, token.created_at, token.pool});
}

Status Transaction::revoke_token(const std::string& name, UnixMs at) {
  TRIPLED_TRY(
      db().execute("UPDATE tokens SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL", {at, name}));
  return one_row("token `" + name + "`");
}

Status Transaction::touch_token(const std::string& name, UnixMs at) {
  return db().execute("UPDATE tokens SET last_seen = ? WHERE name = ?", {at, name});
}

Status Transaction::add_audit(const AuditRow& audit) {
  return db().execute("INSERT INTO audit (at, who, what, detail) VALUES (?, ?, ?, ?)",
                      {audit.at, audit.who, audit.what, audit.detail_json});
}

Status Transaction::set_meta(const std::string& key, const std::string& value) {
  return db().execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                      {key, value});
}

}  // namespace tripled::store
