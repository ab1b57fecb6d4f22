#include "daemon/store/store.h"
#include "daemon/store/store_impl.h"

namespace tripled::store {

// The result stays as it is: an attempt has exactly one. Findings that rest on it are made again.
Result<std::int64_t> Transaction::void_attempts(const VoidQuery& query, UnixMs at) {
  TRIPLED_TRY(
      db().execute("UPDATE attempts SET voided_at = ? WHERE worker = ? AND finished_at >= ? AND "
                   "finished_at < ? AND voided_at IS NULL",
                   {at, query.worker, query.since, query.until}));
  TRIPLED_ASSIGN(auto changed, db().number("SELECT changes()"));
  TRIPLED_TRY(
      db().execute("DELETE FROM sweep_docs WHERE kind = 'findings' AND sweep IN (SELECT j.sweep FROM "
                   "attempts a JOIN jobs j "
                   "ON j.id = a.job WHERE a.worker = ? AND a.voided_at = ?)",
                   {query.worker, at}));
  return changed.value_or(0);
}

}  // namespace tripled::store
