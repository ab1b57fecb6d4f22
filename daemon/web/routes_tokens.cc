// Tokens, and the table of what was changed with them.
#include "daemon/web/query.h"
#include "daemon/web/routes.h"
#include "schema/base/duration.h"

namespace tripled::web {
namespace {

namespace json = wire::json;

const char* state_of(const store::EnrolmentRow& row) {
  if (row.used_at) return "used";
  if (row.revoked_at) return "revoked";
  return row.expires_at <= unix_now_ms() ? "expired" : "open";
}

json::object enrolment_json(const store::EnrolmentRow& row) {
  json::object out;
  out["id"] = std::to_string(row.id);
  out["state"] = state_of(row);
  out["worker"] = text_or_null(row.worker);
  out["pool"] = text_or_null(row.pool);
  out["created_at"] = format_timestamp(row.created_at);
  out["created_by"] = row.created_by;
  out["expires_at"] = format_timestamp(row.expires_at);
  out["used_at"] = time_or_null(row.used_at);
  out["used_by"] = text_or_null(row.used_by);
  return out;
}

void list_tokens(Api& api, Api::Call call) {
  api.read(std::move(call), [](store::Reader& reader) {
    auto rows = reader.tokens();
    if (!rows) return problem(rows.error());
    auto enrolments = reader.enrolments();
    if (!enrolments) return problem(enrolments.error());
    json::array list;
    for (const auto& row : *rows) {
      json::object token;
      token["name"] = row.name;
      token["role"] = to_text(row.role);
      token["created_at"] = format_timestamp(row.created_at);
      token["last_seen"] = time_or_null(row.last_seen);
      token["revoked_at"] = time_or_null(row.revoked_at);
      token["pool"] = text_or_null(row.pool);
      list.push_back(std::move(token));
    }
    json::object out;
    out["tokens"] = std::move(list);
    json::array once;
    for (const auto& row : *enrolments) once.push_back(enrolment_json(row));
    out["enrolments"] = std::move(once);
    return json_answer(out);
  });
}

struct NewToken {
  std::string name;
  Role role = Role::none;
};
BOOST_DESCRIBE_STRUCT(NewToken, (), (name, role))

void add_token(Api& api, Api::Call call) {
  auto body = wire::parse(call.request.body);
  NewToken wanted;
  Status read = body ? wire::from_json(*body, wanted) : Status(body.error());
  if (!read) return call.reply(problem(read.error()));
  if (wanted.name.empty() || wanted.name.size() > 100 || wanted.role == Role::none)
    return call.reply(
        problem(422,
                "a token has a `name` of up to 100 bytes and a `role`: viewer, submitter, worker "
                "or admin"));
  auto token = api.engine().add_token(wanted.name, wanted.role, call.who);
  if (!token) return call.reply(problem(token.error()));
  json::object out;
  out["name"] = wanted.name;
  out["role"] = to_text(wanted.role);
  out["token"] = *token;
  call.reply(json_answer(out, 201));
}

void revoke_token(Api& api, Api::Call call) {
  auto revoked = api.engine().revoke_token(call.words.front(), call.who);
  call.reply(revoked ? net::HttpResponse{204, "application/json", ""}
                     : problem(404, revoked.error().message()));
}

void list_audit(Api& api, Api::Call call) {
  auto page = page_of(call, "before", 0, 100, 1000);
  if (!page) return;
  api.read(std::move(call), [page = *page](store::Reader& reader) {
    auto rows = reader.audit(page.limit + 1, page.cursor);
    if (!rows) return problem(rows.error());
    bool more = static_cast<int>(rows->size()) > page.limit;
    if (more) rows->pop_back();
    json::array list;
    for (const auto& row : *rows) {
      json::object entry;
      entry["at"] = format_timestamp(row.at);
      entry["who"] = row.who;
      entry["what"] = row.what;
      auto detail = wire::parse(row.detail_json);
      entry["detail"] = detail ? *detail : json::value(nullptr);
      list.push_back(std::move(entry));
    }
    json::object out;
    out["audit"] = std::move(list);
    out["next"] = more ? json::value(std::to_string(rows->back().id)) : json::value(nullptr);
    return json_answer(out);
  });
}

}  // namespace

std::vector<Route> token_routes() {
  return {
      {"GET", "/api/v1/tokens", Role::admin, list_tokens},
      {"POST", "/api/v1/tokens", Role::admin, add_token},
      {"DELETE", "/api/v1/tokens/{name}", Role::admin, revoke_token},
      {"GET", "/api/v1/audit", Role::admin, list_audit},
  };
}

}  // namespace tripled::web
