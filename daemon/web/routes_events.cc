// What happens: as a stream, or page by page for who cannot hold one.
#include "daemon/web/documents.h"
#include "daemon/web/event_stream.h"
#include "daemon/web/query.h"
#include "daemon/web/routes.h"
#include "schema/base/duration.h"

namespace tripled::web {
namespace {

namespace json = wire::json;

json::object event_json(const store::EventRow& row) {
  json::object out;
  out["id"] = std::to_string(row.sequence);
  out["at"] = format_timestamp(row.at);
  out["kind"] = row.kind;
  out["sweep"] = row.sweep ? json::value(std::to_string(row.sweep)) : json::value(nullptr);
  auto detail = wire::parse(row.json);
  out["detail"] = detail ? *detail : json::value(nullptr);
  return out;
}

void list_events(Api& api, Api::Call call, const EventQuery& query) {
  api.read(std::move(call), [query](store::Reader& reader) {
    auto page = read_events(reader, query);
    if (!page) return problem(page.error());
    json::array list;
    for (const auto& event : page->events) list.push_back(event_json(event));
    json::object out;
    out["events"] = std::move(list);
    out["next"] = std::to_string(page->last);
    out["lost"] = page->lost;
    return json_answer(out);
  });
}

void show_events(Api& api, Api::Call call) {
  EventQuery query;
  auto since = call.target.number("since", -1, 0, INT64_MAX);
  auto sweep = call.target.number("sweep", 0, 1, INT64_MAX);
  auto limit = call.target.number("limit", 200, 1, 1000);
  auto format = text_of(call, "format");
  if (!since || !sweep || !limit || (!format.empty() && format != "json" && format != "stream"))
    return call.reply(problem(400,
                              "`since` is the id of an event, `sweep` that of a sweep, `limit` from 1 to "
                              "1000, `format` json or stream"));
  if (*since >= 0) query.since = *since;
  if (auto last = parse_id(call.request.header("last-event-id")))
    query.since = *last;  // newer than the address
  query.sweep = *sweep;
  query.limit = static_cast<int>(*limit);
  if (format == "json") return list_events(api, std::move(call), query);
  auto stream = api.events().open(query);
  if (!stream) return call.reply(problem(503, "too many listen already: ask with `format=json`"));
  net::HttpResponse answer{200, "text/event-stream", ""};
  answer.pieces = std::move(stream);
  call.reply(std::move(answer));
}

}  // namespace

std::vector<Route> event_routes() { return {{"GET", "/api/v1/events", Role::viewer, show_events}}; }

}  // namespace tripled::web
