#include "daemon/web/routes.h"

#include "daemon/report/html.h"
#include "daemon/report/json.h"
#include "daemon/report/junit.h"
#include "daemon/report/load.h"
#include "daemon/report/text.h"
#include "daemon/web/answers.h"
#include "daemon/web/routes_projects.h"
#include "schema/base/duration.h"

namespace tripled::web {
namespace {

namespace json = wire::json;

json::value time_or_null(const std::optional<store::UnixMs>& at) {
  if (!at) return nullptr;
  return json::value(format_timestamp(*at));
}

json::value text_or_null(const std::string& text) {
  if (text.empty()) return nullptr;
  return json::value(text);
}

// --- sweeps

json::object sweep_json(const store::SweepRow& row) {
  json::object out;
  out["id"] = std::to_string(row.id);
  out["project"] = row.project_name;
  out["matrix"] = text_or_null(row.matrix_file);
  out["state"] = to_text(row.state);
  out["partial"] = row.partial;
  out["revision"] = text_or_null(row.revision);
  out["trigger"] = to_text(row.trigger);
  out["ref"] = text_or_null(row.ref);
  out["started_at"] = format_timestamp(row.started_at);
  out["finished_at"] = time_or_null(row.finished_at);
  out["exit_status"] = row.exit_status ? json::value(*row.exit_status) : json::value(nullptr);
  return out;
}

void list_sweeps(Api& api, Api::Call call) {
  auto limit = call.target.number("limit", 50, 1, 500);
  auto before = call.target.number("before", 0, 1, INT64_MAX);
  if (!limit || !before)
    return call.reply(problem(400, "`limit` is a number from 1 to 500, `before` the id of a sweep"));
  store::SweepQuery query;
  query.limit = static_cast<int>(*limit) + 1;  // one more tells whether there is a next page
  query.before = *before;
  api.read(
      [query](store::Reader& reader) {
        auto rows = reader.sweeps(query);
        if (!rows) return problem(rows.error());
        bool more = static_cast<int>(rows->size()) == query.limit;
        if (more) rows->pop_back();
        json::object out;
        json::array list;
        for (const auto& row : *rows) list.push_back(sweep_json(row));
        out["sweeps"] = std::move(list);
        out["next"] = more ? json::value(std::to_string(rows->back().id)) : json::value(nullptr);
        return json_answer(out);
      },
      std::move(call.reply));
}

void submit_sweep(Api& api, Api::Call call) {
  auto body = wire::parse(call.request.body);
  Submission submission;
  Status read = body ? wire::from_json(*body, submission) : Status(body.error());
  if (!read) return call.reply(problem(read.error()));
  if (submission.matrix.empty()) return call.reply(problem(422, "`matrix` is missing: the text of a matrix"));
  api.engine().submit(std::move(submission), call.who, [reply = call.reply](Result<store::SweepId> id) {
    if (!id) return reply(problem(id.error()));
    json::object out;
    out["id"] = std::to_string(*id);
    auto created = json_answer(out, 201);
    created.headers.emplace_back("Location", "/api/v1/sweeps/" + std::to_string(*id));
    reply(std::move(created));
  });
}

void answer_report(Api& api, store::SweepId id, const std::string& format, Api::Reply reply) {
  api.read(
      [id, format](store::Reader& reader) {
        auto row = reader.sweep(id);
        if (!row) return problem(row.error());
        if (!*row) return problem(404, "there is no sweep " + std::to_string(id));
        auto report = report::load(reader, id);
        if (!report) return problem(report.error());
        if (format == "html")
          return net::HttpResponse{200, "text/html; charset=utf-8", report::to_html(*report)};
        if (format == "junit") return net::HttpResponse{200, "application/xml", report::to_junit(*report)};
        if (format == "text")
          return net::HttpResponse{200, "text/plain; charset=utf-8", report::to_text(*report, {})};
        return net::HttpResponse{200, "application/json", report::to_json_text(*report)};
      },
      std::move(reply));
}

std::optional<store::SweepId> sweep_of(const Api::Call& call) {
  auto id = parse_id(call.words.front());
  if (!id) call.reply(problem(404, "`" + call.words.front() + "` is not the number of a sweep"));
  return id;
}

void show_sweep(Api& api, Api::Call call) {
  auto id = sweep_of(call);
  if (!id) return;
  auto format = call.target.query.count("format") ? call.target.query.at("format") : "json";
  if (format != "json" && format != "html" && format != "junit" && format != "text")
    return call.reply(problem(400, "`format` is json, html, junit or text"));
  answer_report(api, *id, format, std::move(call.reply));
}

void cancel_sweep(Api& api, Api::Call call) {
  auto id = sweep_of(call);
  if (!id) return;
  bool now = call.target.query.count("now") && call.target.query.at("now") == "true";
  auto cancelled = api.engine().cancel(*id, now, call.who);
  call.reply(cancelled ? net::HttpResponse{202, "application/json", "{}\n"} : problem(cancelled.error()));
}

// --- what runs and what waits

json::array workers_json(const Engine& engine) {
  json::array out;
  for (const auto& view : engine.workers()) {
    json::object worker;
    worker["name"] = view.worker;
    worker["connected"] = view.connected;
    worker["draining"] = view.draining;
    worker["quarantine"] = text_or_null(view.quarantine);
    worker["slots"] = view.slots;
    worker["used"] = view.used;
    out.push_back(std::move(worker));
  }
  return out;
}

json::object waiting_json(const sched::WaitingBatch& batch) {
  json::object out;
  out["sweep"] = batch.sweep;
  out["cell"] = text_or_null(batch.cell);
  out["kind"] = to_text(batch.kind);
  const auto* never = std::get_if<sched::Impossible>(&batch.placement);
  const auto* later = std::get_if<sched::Wait>(&batch.placement);
  out["impossible"] = never != nullptr;
  out["why"] = never ? never->why : later ? later->why : "about to be granted";
  return out;
}

void show_status(Api& api, Api::Call call) {
  auto& engine = api.engine();
  json::object out;
  out["unhealthy"] = text_or_null(engine.unhealthy());
  out["draining"] = engine.draining();
  out["workers"] = workers_json(engine);
  json::array running, waiting;
  for (const auto& batch : engine.running()) {
    json::object one;
    one["sweep"] = batch.sweep;
    one["cell"] = text_or_null(batch.cell);
    one["kind"] = to_text(batch.kind);
    one["worker"] = batch.worker;
    running.push_back(std::move(one));
  }
  for (const auto& batch : engine.waiting(200)) waiting.push_back(waiting_json(batch));
  out["running"] = std::move(running);
  out["waiting"] = std::move(waiting);
  call.reply(json_answer(out));
}

void list_workers(Api& api, Api::Call call) {
  json::object out;
  out["workers"] = workers_json(api.engine());
  call.reply(json_answer(out));
}

template <WorkerChange change>
void change_worker(Api& api, Api::Call call) {
  auto changed = api.engine().change_worker(call.words.front(), change, call.who);
  call.reply(changed ? net::HttpResponse{202, "application/json", "{}\n"} : problem(changed.error()));
}

void show_metrics(Api& api, Api::Call call) {
  call.reply({200, "text/plain; version=0.0.4; charset=utf-8", api.engine().metrics()});
}

// --- tokens and audit

void list_tokens(Api& api, Api::Call call) {
  api.read(
      [](store::Reader& reader) {
        auto rows = reader.tokens();
        if (!rows) return problem(rows.error());
        json::array list;
        for (const auto& row : *rows) {
          json::object token;
          token["name"] = row.name;
          token["role"] = to_text(row.role);
          token["created_at"] = format_timestamp(row.created_at);
          token["last_seen"] = time_or_null(row.last_seen);
          token["revoked_at"] = time_or_null(row.revoked_at);
          list.push_back(std::move(token));
        }
        json::object out;
        out["tokens"] = std::move(list);
        return json_answer(out);
      },
      std::move(call.reply));
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
  auto limit = call.target.number("limit", 100, 1, 1000);
  if (!limit) return call.reply(problem(400, "`limit` is a number from 1 to 1000"));
  api.read(
      [limit = static_cast<int>(*limit)](store::Reader& reader) {
        auto rows = reader.audit(limit);
        if (!rows) return problem(rows.error());
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
        return json_answer(out);
      },
      std::move(call.reply));
}

// --- pages, until there is one: the report itself

void show_newest_page(Api& api, Api::Call call) {
  api.read(
      [](store::Reader& reader) {
        auto last = reader.last_sweep({});
        if (!last) return problem(last.error());
        if (!*last)
          return net::HttpResponse{200, "text/plain; charset=utf-8", "No sweep is stored here yet.\n"};
        auto report = report::load(reader, (*last)->id);
        if (!report) return problem(report.error());
        return net::HttpResponse{200, "text/html; charset=utf-8", report::to_html(*report)};
      },
      std::move(call.reply));
}

void show_sweep_page(Api& api, Api::Call call) {
  auto id = sweep_of(call);
  if (id) answer_report(api, *id, "html", std::move(call.reply));
}

}  // namespace

const std::vector<Route>& routes() {
  static const std::vector<Route> all{
      {"GET", "/", Role::viewer, show_newest_page},
      {"GET", "/sweeps/{id}", Role::viewer, show_sweep_page},
      {"GET", "/metrics", Role::viewer, show_metrics},
      {"GET", "/api/v1/status", Role::viewer, show_status},
      {"GET", "/api/v1/sweeps", Role::viewer, list_sweeps},
      {"POST", "/api/v1/sweeps", Role::submitter, submit_sweep},
      {"GET", "/api/v1/sweeps/{id}", Role::viewer, show_sweep},
      {"POST", "/api/v1/sweeps/{id}/cancel", Role::submitter, cancel_sweep},
      {"GET", "/api/v1/workers", Role::viewer, list_workers},
      {"POST", "/api/v1/workers/{name}/drain", Role::admin, change_worker<WorkerChange::drain>},
      {"POST", "/api/v1/workers/{name}/undrain", Role::admin, change_worker<WorkerChange::undrain>},
      {"POST", "/api/v1/workers/{name}/release", Role::admin, change_worker<WorkerChange::release>},
      {"GET", "/api/v1/tokens", Role::admin, list_tokens},
      {"POST", "/api/v1/tokens", Role::admin, add_token},
      {"DELETE", "/api/v1/tokens/{name}", Role::admin, revoke_token},
      {"GET", "/api/v1/audit", Role::admin, list_audit},
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
  return all;
}

}  // namespace tripled::web
