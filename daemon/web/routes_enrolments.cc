// One-time tokens by which workers get their own.
#include "daemon/web/query.h"
#include "daemon/web/routes.h"
#include "schema/base/duration.h"

namespace tripled::web {
namespace {

namespace json = wire::json;

constexpr std::size_t kLongestName = 100;
constexpr std::chrono::hours kLongestGood{30 * 24};

struct EnrolmentBody {
  std::string worker, pool, expires = "1h";
};
BOOST_DESCRIBE_STRUCT(EnrolmentBody, (), (worker, pool, expires))

void add_enrolment(Api& api, Api::Call call) {
  auto body = wire::from_text_json<EnrolmentBody>(call.request.body);
  if (!body) return call.reply(problem(body.error()));
  auto good_for = parse_duration(body->expires);
  if (!good_for || good_for->count() <= 0 || *good_for > kLongestGood)
    return call.reply(
        problem(422, "`expires` is a duration of up to 720h such as 1h, found `" + body->expires + "`"));
  if (body->worker.size() > kLongestName || body->pool.size() > kLongestName)
    return call.reply(problem(422, "`worker` and `pool` have up to 100 bytes"));
  auto made = api.engine().add_enrolment({body->worker, body->pool, *good_for}, call.who);
  if (!made) return call.reply(problem(made.error()));
  call.reply(json_answer(json::object{{"id", std::to_string(made->id)},
                                      {"token", made->token},
                                      {"expires_at", format_timestamp(made->expires_at)}},
                         201));
}

void revoke_enrolment(Api& api, Api::Call call) {
  auto id = id_of(call, "an enrolment");
  if (!id) return;
  auto revoked = api.engine().revoke_enrolment(*id, call.who);
  call.reply(revoked ? net::HttpResponse{204, "application/json", ""}
                     : problem(404, revoked.error().message()));
}

struct EnrolBody {
  std::string worker;
};
BOOST_DESCRIBE_STRUCT(EnrolBody, (), (worker))

void enrol(Api& api, Api::Call call) {
  const auto& who = call.request.identity;
  if (who.enrolment == 0)
    return call.reply(
        who.role == Role::none
            ? problem(401, "this needs an enrolment token: `tripled token enrol`")
            : problem(403, "this needs an enrolment token, yours is of role " + to_text(who.role)));
  auto body = wire::from_text_json<EnrolBody>(call.request.body);
  if (!body) return call.reply(problem(body.error()));
  if (body->worker.empty() || body->worker.size() > kLongestName)
    return call.reply(problem(422, "`worker` is a name of up to 100 bytes"));
  auto own = api.engine().enrol(who.enrolment, body->worker);
  if (!own) return call.reply(problem(own.error()));
  call.reply(json_answer(
      json::object{{"worker", body->worker}, {"pool", text_or_null(own->pool)}, {"token", own->token}}, 201));
}

}  // namespace

std::vector<Route> enrolment_routes() {
  return {
      {"POST", "/api/v1/enrolments", Role::admin, add_enrolment},
      {"DELETE", "/api/v1/enrolments/{id}", Role::admin, revoke_enrolment},
      {"POST", "/api/v1/enrol", Role::none, enrol},
  };
}

}  // namespace tripled::web
