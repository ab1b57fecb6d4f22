// Projects and schedules in the API.
#include "config/cron.h"
#include "daemon/web/answers.h"
#include "daemon/web/documents.h"
#include "daemon/web/project_engine.h"
#include "daemon/web/routes.h"
#include "schema/base/duration.h"

namespace tripled::web {
namespace {

namespace json = wire::json;

json::value id_or_null(std::int64_t id) {
  return id == 0 ? json::value(nullptr) : json::value(std::to_string(id));
}

// What a request says, with words it must not say refused: a typo must not go unnoticed.
template <class T>
Status read_body(const Api::Call& call, T& out) {
  TRIPLED_ASSIGN(auto body, wire::parse(call.request.body));
  if (!body.is_object()) return usage_error("the body is a JSON object");
  const auto known = wire::to_json(T());
  for (const auto& member : body.get_object())
    if (!known.get_object().if_contains(member.key()))
      return usage_error("`" + std::string(member.key()) + "` is not known here");
  return wire::from_json(body, out);
}

// --- projects

json::object project_json(const store::ProjectSettingsRow& row) {
  auto out = wire::to_json(row.settings).as_object();
  out["created_at"] = format_timestamp(row.created_at);
  json::object state;
  state["polled_at"] = row.polled_at ? json::value(format_timestamp(*row.polled_at)) : json::value(nullptr);
  state["failures"] = row.poll_failures;
  state["error"] = text_or_null(row.poll_error);
  out["poll_state"] = std::move(state);
  return out;
}

void put_project(Api& api, Api::Call call, bool replace) {
  store::ProjectSettings settings;
  if (auto read = read_body(call, settings); !read) return call.reply(problem(read.error()));
  if (replace) settings.name = call.words.front();
  const auto name = settings.name;
  auto put = api.engine().projects().put_project(std::move(settings), replace, call.who);
  if (!put) return call.reply(problem(put.error()));
  call.reply(json_answer(json::object{{"name", name}}, replace ? 200 : 201));
}

// --- schedules

// As the API says it; `age` is a duration.
struct ScheduleBody {
  std::string project, cron, zone = "UTC", ref;
  store::Overlap overlap = store::Overlap::skip;
  store::CatchUp catch_up = store::CatchUp::none;
  std::string catch_up_age = "24h";
  bool enabled = true;
};
BOOST_DESCRIBE_STRUCT(ScheduleBody, (), (project, cron, zone, ref, overlap, catch_up, catch_up_age, enabled))

json::object fire_json(const store::FireRow& fire) {
  json::object out;
  out["nominal"] = fire.nominal;
  out["fold"] = fire.fold;
  out["due_at"] = format_timestamp(fire.due_at);
  out["recorded_at"] = format_timestamp(fire.recorded_at);
  out["cause"] = to_text(fire.cause);
  out["state"] = to_text(fire.state);
  out["sweep"] = id_or_null(fire.sweep);
  out["reason"] = text_or_null(fire.reason);
  return out;
}

// When it is due next; null where it is disabled or cannot be told.
json::value next_due(const store::ScheduleRow& row) {
  auto cron = config::parse_cron(row.cron);
  auto zone = config::TimeZone::find(row.zone);
  if (!row.enabled || !cron || !zone) return nullptr;
  auto next = config::next_after(*cron, *zone, unix_now_ms() / 1000);
  return next ? json::value(format_timestamp(next->at * 1000)) : json::value(nullptr);
}

json::object schedule_json(const store::ScheduleRow& row, const std::vector<store::FireRow>& fires) {
  json::object out;
  out["id"] = std::to_string(row.id);
  out["project"] = row.project;
  out["cron"] = row.cron;
  out["zone"] = row.zone;
  out["ref"] = text_or_null(row.ref);
  out["overlap"] = to_text(row.overlap);
  out["catch_up"] = to_text(row.catch_up);
  out["catch_up_age"] = format_duration(Millis(row.catch_up_ms));
  out["enabled"] = row.enabled;
  out["created_by"] = row.created_by;
  out["next_due"] = next_due(row);
  json::array list;
  for (const auto& fire : fires) list.push_back(fire_json(fire));
  out["fires"] = std::move(list);
  return out;
}

void put_schedule(Api& api, Api::Call call, store::ScheduleId id) {
  ScheduleBody body;
  if (auto read = read_body(call, body); !read) return call.reply(problem(read.error()));
  auto age = parse_duration(body.catch_up_age);
  if (!age || age->count() <= 0)
    return call.reply(
        problem(422, "`catch_up_age` is a duration such as 6h, found `" + body.catch_up_age + "`"));
  store::ScheduleRow row;
  row.id = id;
  row.project = body.project;
  row.cron = body.cron;
  row.zone = body.zone;
  row.ref = body.ref;
  row.overlap = body.overlap;
  row.catch_up = body.catch_up;
  row.catch_up_ms = age->count();
  row.enabled = body.enabled;
  auto put = api.engine().projects().put_schedule(std::move(row), call.who);
  if (!put) return call.reply(problem(put.error()));
  call.reply(json_answer(json::object{{"id", std::to_string(*put)}}, id == 0 ? 201 : 200));
}

std::optional<store::ScheduleId> schedule_of(const Api::Call& call) {
  auto id = parse_id(call.words.front());
  if (!id) call.reply(problem(404, "`" + call.words.front() + "` is not the number of a schedule"));
  return id;
}

constexpr int kFiresShown = 50;

void list_projects(Api& api, Api::Call call) {
  api.read(std::move(call), [](store::Reader& reader) {
    auto rows = reader.project_settings();
    if (!rows) return problem(rows.error());
    json::array list;
    for (const auto& row : *rows) list.push_back(project_json(row));
    return json_answer(json::object{{"projects", std::move(list)}});
  });
}

void show_project(Api& api, Api::Call call) {
  const auto name = call.words.front();
  api.read(std::move(call), [name](store::Reader& reader) {
    auto row = reader.project_settings(name);
    if (!row) return problem(row.error());
    if (!*row) return problem(404, "there is no project `" + name + "`");
    auto refs = reader.project_refs(name);
    if (!refs) return problem(refs.error());
    auto out = project_json(**row);
    json::array list;
    for (const auto& ref : *refs)
      list.push_back(json::object{{"ref", ref.ref},
                                  {"revision", ref.revision},
                                  {"seen_at", format_timestamp(ref.seen_at)},
                                  {"sweep", id_or_null(ref.sweep)},
                                  {"note", text_or_null(ref.note)}});
    out["refs"] = std::move(list);
    return json_answer(out);
  });
}

void add_project(Api& api, Api::Call call) { put_project(api, std::move(call), false); }
void change_project(Api& api, Api::Call call) { put_project(api, std::move(call), true); }

void remove_project(Api& api, Api::Call call) {
  auto removed = api.engine().projects().remove_project(call.words.front(), call.who);
  call.reply(removed ? net::HttpResponse{204, "application/json", ""}
                     : problem(404, removed.error().message()));
}

void list_schedules(Api& api, Api::Call call) {
  api.read(std::move(call), [](store::Reader& reader) {
    auto rows = reader.schedules();
    if (!rows) return problem(rows.error());
    json::array list;
    for (const auto& row : *rows) {
      auto fires = reader.fires(row.id, 1);
      if (!fires) return problem(fires.error());
      list.push_back(schedule_json(row, *fires));
    }
    return json_answer(json::object{{"schedules", std::move(list)}});
  });
}

void show_schedule(Api& api, Api::Call call) {
  auto id = schedule_of(call);
  if (!id) return;
  api.read(std::move(call), [id = *id](store::Reader& reader) {
    auto row = reader.schedule(id);
    if (!row) return problem(row.error());
    if (!*row) return problem(404, "there is no schedule " + std::to_string(id));
    auto fires = reader.fires(id, kFiresShown);
    if (!fires) return problem(fires.error());
    return json_answer(schedule_json(**row, *fires));
  });
}

void add_schedule(Api& api, Api::Call call) { put_schedule(api, std::move(call), 0); }

void change_schedule(Api& api, Api::Call call) {
  if (auto id = schedule_of(call)) put_schedule(api, std::move(call), *id);
}

void remove_schedule(Api& api, Api::Call call) {
  auto id = schedule_of(call);
  if (!id) return;
  auto removed = api.engine().projects().remove_schedule(*id, call.who);
  call.reply(removed ? net::HttpResponse{204, "application/json", ""}
                     : problem(404, removed.error().message()));
}

void run_schedule(Api& api, Api::Call call) {
  auto id = schedule_of(call);
  if (!id) return;
  api.engine().projects().run_schedule(*id, call.who, [reply = call.reply](Result<store::SweepId> sweep) {
    if (!sweep) return reply(problem(sweep.error()));
    auto created = json_answer(json::object{{"id", std::to_string(*sweep)}}, 201);
    created.headers.emplace_back("Location", "/api/v1/sweeps/" + std::to_string(*sweep));
    reply(std::move(created));
  });
}

}  // namespace

std::vector<Route> project_routes() {
  return {
      {"GET", "/api/v1/projects", Role::viewer, list_projects},
      {"POST", "/api/v1/projects", Role::admin, add_project},
      {"GET", "/api/v1/projects/{name}", Role::viewer, show_project},
      {"PUT", "/api/v1/projects/{name}", Role::admin, change_project},
      {"DELETE", "/api/v1/projects/{name}", Role::admin, remove_project},
      {"GET", "/api/v1/schedules", Role::viewer, list_schedules},
      {"POST", "/api/v1/schedules", Role::submitter, add_schedule},
      {"GET", "/api/v1/schedules/{id}", Role::viewer, show_schedule},
      {"PUT", "/api/v1/schedules/{id}", Role::submitter, change_schedule},
      {"DELETE", "/api/v1/schedules/{id}", Role::submitter, remove_schedule},
      {"POST", "/api/v1/schedules/{id}/run", Role::submitter, run_schedule},
  };
}

}  // namespace tripled::web
