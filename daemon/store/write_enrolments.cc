// Transaction: one-time tokens by which workers get their own.
#include "daemon/store/store.h"
#include "daemon/store/store_impl.h"
#include "schema/base/duration.h"

namespace tripled::store {
namespace {

Error refused(const std::string& why) {
  return Error(ErrorKind::conflict, why + ": ask for a new one (`tripled token enrol`)");
}

// Why nobody may use it (any more); ok: it may be used.
Status check_usable(const EnrolmentRow& row, UnixMs now) {
  if (row.used_at)
    return refused("this enrolment token was used at " + format_timestamp(*row.used_at) + " by worker `" +
                   row.used_by +
                   "`, and is good once; if that was this worker and it did not get its own token");
  if (row.revoked_at)
    return refused("this enrolment token was revoked at " + format_timestamp(*row.revoked_at));
  if (row.expires_at <= now)
    return refused("this enrolment token was good until " + format_timestamp(row.expires_at));
  return {};
}

}  // namespace

Result<EnrolmentId> Transaction::add_enrolment(const EnrolmentRow& enrolment) {
  TRIPLED_TRY(
      db().execute("INSERT INTO enrolments (hash, worker, pool, created_at, created_by, expires_at) "
                   "VALUES (?, ?, ?, ?, ?, ?)",
                   {enrolment.hash, enrolment.worker, enrolment.pool, enrolment.created_at,
                    enrolment.created_by, enrolment.expires_at}));
  return db().last_id();
}

Status Transaction::revoke_enrolment(EnrolmentId enrolment, UnixMs at) {
  TRIPLED_TRY(db().execute(
      "UPDATE enrolments SET revoked_at = ? WHERE id = ? AND used_at IS NULL AND revoked_at IS NULL",
      {at, enrolment}));
  return one_row("enrolment " + std::to_string(enrolment) + " that could be used");
}

Result<std::string> Transaction::use_enrolment(EnrolmentId enrolment, const TokenRow& token) {
  EnrolmentRow row;
  TRIPLED_TRY(db().execute(
      "SELECT id, worker, pool, expires_at, used_at, used_by, revoked_at FROM enrolments WHERE id = ?",
      {enrolment}, [&](Row& found) {
        row.id = found.integer(0);
        row.worker = found.text(1);
        row.pool = found.text(2);
        row.expires_at = found.integer(3);
        row.used_at = found.maybe_integer(4);
        row.used_by = found.text(5);
        row.revoked_at = found.maybe_integer(6);
      }));
  if (row.id == 0) return Error(ErrorKind::usage, "there is no enrolment " + std::to_string(enrolment));
  TRIPLED_TRY(check_usable(row, token.created_at));
  if (!row.worker.empty() && row.worker != token.name)
    return Error(ErrorKind::usage, "this enrolment token is for worker `" + row.worker +
                                       "`, this one calls itself `" + token.name +
                                       "` (tripled-worker --name)");
  // What names the worker may give it another token: an administrator said so. Anybody's may not take a name
  // over.
  if (!row.worker.empty())
    TRIPLED_TRY(db().execute("DELETE FROM tokens WHERE name = ? AND role = 'worker'", {token.name}));
  TRIPLED_ASSIGN(auto taken, db().number("SELECT 1 FROM tokens WHERE name = ?", {token.name}));
  if (taken)
    return Error(ErrorKind::conflict, "there is a token `" + token.name + "` already: `tripled token enrol " +
                                          token.name +
                                          "` makes an enrolment token that replaces a worker's own");
  TRIPLED_TRY(db().execute("UPDATE enrolments SET used_at = ?, used_by = ? WHERE id = ?",
                           {token.created_at, token.name, enrolment}));
  auto own = token;
  own.role = Role::worker;
  own.pool = row.pool;
  TRIPLED_TRY(add_token(own));
  return own.pool;
}

}  // namespace tripled::store
