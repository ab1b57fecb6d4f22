// Sweeps: list, begin, read, cancel.
#include "daemon/web/documents.h"
#include "daemon/web/query.h"
#include "daemon/web/report_answer.h"
#include "daemon/web/routes.h"

namespace tripled::web {
namespace {

namespace json = wire::json;

void list_sweeps(Api& api, Api::Call call) {
  auto page = page_of(call, "before", 0, 50, 500);
  if (!page) return;
  store::SweepQuery query;
  query.limit = page->limit + 1;  // one more tells whether there is a next page
  query.before = page->cursor;
  api.read(std::move(call), [query](store::Reader& reader) {
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
  });
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

void show_sweep(Api& api, Api::Call call) {
  auto id = sweep_of(call);
  if (!id) return;
  auto format = call.target.query.count("format") ? call.target.query.at("format") : "json";
  if (format != "json" && format != "html" && format != "junit" && format != "text")
    return call.reply(problem(400, "`format` is json, html, junit or text"));
  answer_report(api, std::move(call), *id, format);
}

void cancel_sweep(Api& api, Api::Call call) {
  auto id = sweep_of(call);
  if (!id) return;
  auto cancelled = api.engine().cancel(*id, flag_of(call, "now"), call.who);
  call.reply(cancelled ? net::HttpResponse{202, "application/json", "{}\n"} : problem(cancelled.error()));
}

void rerun_sweep(Api& api, Api::Call call) {
  auto id = sweep_of(call);
  if (!id) return;
  auto body = wire::parse(call.request.body);
  RerunRequest wanted;
  Status read = body ? wire::from_json(*body, wanted) : Status(body.error());
  if (!read) return call.reply(problem(read.error()));
  auto cells = api.engine().rerun(*id, wanted, call.who);
  if (!cells) return call.reply(problem(cells.error()));
  json::object out;
  out["sweep"] = std::to_string(*id);
  out["cells"] = wire::to_json(*cells);
  call.reply(json_answer(out, 202));
}

}  // namespace

std::vector<Route> sweep_routes() {
  return {
      {"GET", "/api/v1/sweeps", Role::viewer, list_sweeps},
      {"POST", "/api/v1/sweeps", Role::submitter, submit_sweep},
      {"GET", "/api/v1/sweeps/{id}", Role::viewer, show_sweep},
      {"POST", "/api/v1/sweeps/{id}/cancel", Role::submitter, cancel_sweep},
      {"POST", "/api/v1/sweeps/{id}/rerun", Role::submitter, rerun_sweep},
  };
}

}  // namespace tripled::web
