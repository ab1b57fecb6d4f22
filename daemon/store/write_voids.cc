#include "daemon/store/store.h"
#include "daemon/store/store_impl.h"

namespace tripled::store {

// The result stays as it is: an attempt has exactly one.
Result<std::int64_t> Transaction::void_attempts(const VoidQuery& query, UnixMs at) {
  TRIPLED_TRY(
      db().execute("UPDATE attempts SET voided_at = ? WHERE worker = ? AND finished_at >= ? AND "
                   "finished_at < ? AND voided_at IS NULL",
                   {at, query.worker, query.since, query.until}));
  TRIPLED_ASSIGN(auto changed, db().number("SELECT changes()"));
  return changed.value_or(0);
}

}  // namespace tripled::store
