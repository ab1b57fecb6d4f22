// Service: what people change, each change with its line in the audit table.
#include <algorithm>

#include "daemon/app/service.h"
#include "schema/base/failpoint.h"

namespace tripled::app {

Status Service::write_audited(const std::string& who, const std::string& what, wire::json::object detail,
                              CommitQueue::Write change) {
  store::AuditRow row{0, unix_now_ms(), who, what, wire::json::serialize(detail)};
  return core_->write_now([row, change](store::Transaction& tx) -> Status {
    if (change) TRIPLED_TRY(change(tx));
    return tx.add_audit(row);
  });
}

Status Service::change_worker(const std::string& worker, web::WorkerChange change, const std::string& who) {
  auto known = workers();
  bool found =
      std::any_of(known.begin(), known.end(), [&](const auto& view) { return view.worker == worker; });
  if (!found) return usage_error("there is no worker `" + worker + "`");
  switch (change) {
    case web::WorkerChange::drain:
      TRIPLED_TRY(write_audited(who, "drain", {{"worker", worker}}, {}));
      core_->change_worker(sched::DrainWorker{worker, false});
      return {};
    case web::WorkerChange::undrain:
      TRIPLED_TRY(write_audited(who, "undrain", {{"worker", worker}}, {}));
      core_->change_worker(sched::UndrainWorker{worker});
      return {};
    case web::WorkerChange::release:
      TRIPLED_TRY(write_audited(who, "release", {{"worker", worker}}, {}));
      core_->change_worker(sched::ReleaseWorker{worker});
      return {};
  }
  return {};
}

Status Service::store_token(const std::string& name, Role role, const std::string& token,
                            const std::string& who) {
  store::TokenRow row;
  row.name = name;
  row.role = role;
  row.hash = hash_of_token(token);
  row.created_at = unix_now_ms();
  TRIPLED_TRY(write_audited(who, "add token", {{"name", name}, {"role", to_text(role)}},
                            [row](store::Transaction& tx) { return tx.add_token(row); }));
  failpoint("daemon.token.after_commit");
  access_.add(row);
  return {};
}

Result<std::string> Service::add_token(const std::string& name, Role role, const std::string& who) {
  if (name == kLocalWorker) return usage_error("`local` is the daemon's own worker");
  auto token = new_token();
  TRIPLED_TRY(store_token(name, role, token, who));
  return token;
}

Status Service::revoke_token(const std::string& name, const std::string& who) {
  TRIPLED_TRY(write_audited(who, "revoke token", {{"name", name}},
                            [name](store::Transaction& tx) { return tx.revoke_token(name, unix_now_ms()); }));
  access_.revoke(name);
  return {};
}

}  // namespace tripled::app
