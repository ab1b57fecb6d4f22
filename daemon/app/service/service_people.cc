// Service: what people change, each change with its line in the audit table.
#include <algorithm>

#include "daemon/app/service/service.h"
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
  core_->shut_out(name);
  return {};
}

Result<web::NewEnrolment> Service::add_enrolment(const web::EnrolmentRequest& request,
                                                 const std::string& who) {
  if (request.worker == kLocalWorker) return usage_error("`local` is the daemon's own worker");
  const auto token = new_token();
  store::EnrolmentRow row;
  row.hash = hash_of_token(token);
  row.worker = request.worker;
  row.pool = request.pool;
  row.created_at = unix_now_ms();
  row.created_by = who;
  row.expires_at = row.created_at + request.good_for.count();
  TRIPLED_TRY(core_->write_now([&](store::Transaction& tx) -> Status {
    TRIPLED_ASSIGN(row.id, tx.add_enrolment(row));
    wire::json::object detail{{"enrolment", row.id},
                              {"worker", row.worker},
                              {"pool", row.pool},
                              {"expires_at", format_timestamp(row.expires_at)}};
    return tx.add_audit({0, row.created_at, who, "add enrolment", wire::json::serialize(detail)});
  }));
  access_.add(row);
  return web::NewEnrolment{row.id, token, row.expires_at};
}

Status Service::revoke_enrolment(store::EnrolmentId enrolment, const std::string& who) {
  return write_audited(who, "revoke enrolment", {{"enrolment", enrolment}},
                       [&](store::Transaction& tx) { return tx.revoke_enrolment(enrolment, unix_now_ms()); });
}

// The one transaction decides between two that come at once. A worker that dies before it has kept its token
// is told by the next refusal to ask for another enrolment.
Result<web::OwnToken> Service::enrol(store::EnrolmentId enrolment, const std::string& worker) {
  if (worker == kLocalWorker) return usage_error("`local` is the daemon's own worker");
  const auto who = "enrolment " + std::to_string(enrolment);
  const auto token = new_token();
  store::TokenRow row;
  row.name = worker;
  row.role = Role::worker;
  row.hash = hash_of_token(token);
  row.created_at = unix_now_ms();
  auto used = write_audited(who, "enrol", {{"enrolment", enrolment}, {"worker", worker}},
                            [&](store::Transaction& tx) -> Status {
                              TRIPLED_ASSIGN(row.pool, tx.use_enrolment(enrolment, row));
                              return {};
                            });
  if (!used) {
    const auto why = worker + ": " + used.error().message();
    if (auto& last = refused_enrolments_[enrolment]; last != why) {  // asking again adds no rows
      last = why;
      TRIPLED_TRY(
          write_audited(who, "refuse enrolment",
                        {{"enrolment", enrolment}, {"worker", worker}, {"why", used.error().message()}}, {}));
    }
    return used.error();
  }
  access_.revoke(worker);
  access_.add(row);
  core_->shut_out(worker);
  return web::OwnToken{token, row.pool};
}

}  // namespace tripled::app
