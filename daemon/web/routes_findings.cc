// Findings of a sweep and what it changed against another one.
#include <algorithm>
#include <charconv>

#include "daemon/report/load.h"
#include "daemon/web/answers.h"
#include "daemon/web/query.h"
#include "daemon/web/routes.h"

namespace tripled::web {
namespace {

namespace json = wire::json;

void list_findings(Api& api, Api::Call call) {
  auto id = sweep_of(call);
  if (!id) return;
  auto read = [id = *id, blobs = api.options().blobs](store::Reader& reader) {
    auto loaded = report::load_with_changes(reader, id, blobs);
    if (!loaded) return problem(loaded.error());
    return json_answer({{"findings", wire::to_json(*loaded->report.findings)}});
  };
  api.read(std::move(call), read, Api::Lane::documents);
}

void show_finding(Api& api, Api::Call call) {
  auto id = sweep_of(call);
  if (!id) return;
  auto read = [id = *id, wanted = call.words[1], blobs = api.options().blobs](store::Reader& reader) {
    auto loaded = report::load_with_changes(reader, id, blobs);
    if (!loaded) return problem(loaded.error());
    for (const auto& finding : *loaded->report.findings)
      if (finding.id == wanted) return json_answer(wire::to_json(finding).as_object());
    return problem(404, "sweep " + std::to_string(id) + " has no finding " + wanted);
  };
  api.read(std::move(call), read, Api::Lane::documents);
}

// `since`: a number; without one: the sweep before it of the same matrix and ref.
void show_changes(Api& api, Api::Call call) {
  auto id = sweep_of(call);
  if (!id) return;
  store::SweepId since = 0;
  if (auto word = call.target.query.find("since"); word != call.target.query.end()) {
    const auto& text = word->second;
    auto parsed = std::from_chars(text.data(), text.data() + text.size(), since);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || since <= 0)
      return call.reply(problem(400, "`since` is the number of a sweep"));
  }
  auto read = [id = *id, since, blobs = api.options().blobs](store::Reader& reader) {
    auto before = since > 0 ? Result<store::SweepId>(since) : report::sweep_before(reader, id);
    if (!before) return problem(before.error());
    if (*before == 0)
      return problem(404, "there is no sweep before " + std::to_string(id) + " to compare it with");
    auto compared = report::compare_sweeps(reader, *before, id, blobs);
    if (!compared) return problem(compared.error());
    return json_answer(wire::to_json(*compared).as_object());
  };
  api.read(std::move(call), read, Api::Lane::documents);
}

}  // namespace

std::vector<Route> finding_routes() {
  return {
      {"GET", "/api/v1/sweeps/{id}/findings", Role::viewer, list_findings},
      {"GET", "/api/v1/sweeps/{id}/findings/{finding}", Role::viewer, show_finding},
      {"GET", "/api/v1/sweeps/{id}/changes", Role::viewer, show_changes},
  };
}

}  // namespace tripled::web
