// The cells of a sweep and what prepared them.
#include "daemon/web/documents.h"
#include "daemon/web/etag.h"
#include "daemon/web/query.h"
#include "daemon/web/routes.h"

namespace tripled::web {
namespace {

namespace json = wire::json;

net::HttpResponse no_sweep(store::SweepId id) {
  return problem(404, "there is no sweep " + std::to_string(id));
}

void list_cells(Api& api, Api::Call call) {
  auto id = sweep_of(call);
  auto page = id ? page_of(call, "after", -1, 100, 500) : std::nullopt;
  if (!page) return;
  bool good = true;
  store::CellQuery query;
  query.sweep = *id;
  query.triple = text_of(call, "triple");
  query.stage = word_of<Stage>(call, "stage", good);
  query.verdict = word_of<Verdict>(call, "verdict", good);
  query.after = static_cast<int>(std::min<std::int64_t>(page->cursor, INT32_MAX));
  query.limit = page->limit + 1;
  if (!good) return;
  auto read = [query, document = call.request.target,
               held = call.request.header("if-none-match")](store::Reader& reader) {
    auto sweep = reader.sweep(query.sweep);
    if (!sweep) return problem(sweep.error());
    if (!*sweep) return no_sweep(query.sweep);
    auto tag = tag_of(**sweep, document);
    if (tag && is_held(held, *tag)) return not_modified(*tag);
    auto cells = reader.cell_page(query);
    if (!cells) return problem(cells.error());
    bool more = static_cast<int>(cells->size()) == query.limit;
    if (more) cells->pop_back();
    json::array list;
    for (const auto& cell : *cells) list.push_back(cell_json(cell));
    json::object out;
    out["cells"] = std::move(list);
    out["next"] = more ? json::value(std::to_string(cells->back().ordinal)) : json::value(nullptr);
    auto answer = json_answer(out);
    if (tag) answer.headers.emplace_back("ETag", *tag);
    return answer;
  };
  api.read(std::move(call), read);
}

// A job with every verdict it ever had.
Result<json::object> with_earlier(store::Reader& reader, const store::JobRow& row) {
  auto out = job_json(row);
  TRIPLED_ASSIGN(auto earlier, reader.earlier_verdicts(row.id));
  json::array list;
  for (const auto& verdict : earlier) list.push_back(earlier_json(verdict));
  out["earlier"] = std::move(list);
  TRIPLED_ASSIGN(bool is_void, reader.is_void(row));
  out["voided"] = is_void;
  return out;
}

Result<json::array> with_earlier(store::Reader& reader, const std::vector<store::JobRow>& rows) {
  json::array out;
  for (const auto& row : rows) {
    TRIPLED_ASSIGN(auto job, with_earlier(reader, row));
    out.push_back(std::move(job));
  }
  return out;
}

void show_cell(Api& api, Api::Call call) {
  auto id = sweep_of(call);
  if (!id) return;
  auto read = [id = *id, name = call.words.at(1)](store::Reader& reader) {
    auto cell = reader.cell(id, name);
    if (!cell) return problem(cell.error());
    if (!*cell) return problem(404, "sweep " + std::to_string(id) + " has no cell `" + name + "`");
    auto jobs = reader.jobs_of_cell(id, name);
    if (!jobs) return problem(jobs.error());
    auto list = with_earlier(reader, *jobs);
    if (!list) return problem(list.error());
    auto out = cell_json(**cell, {});
    out["jobs"] = std::move(*list);
    return json_answer(out);
  };
  api.read(std::move(call), read);
}

void list_preparation(Api& api, Api::Call call) {
  auto id = sweep_of(call);
  if (!id) return;
  api.read(std::move(call), [id = *id](store::Reader& reader) {
    auto sweep = reader.sweep(id);
    if (!sweep) return problem(sweep.error());
    if (!*sweep) return no_sweep(id);
    auto rows = reader.preparation(id);
    if (!rows) return problem(rows.error());
    json::array list;
    for (const auto& row : *rows) {
      auto job = with_earlier(reader, row.job);
      if (!job) return problem(job.error());
      (*job)["kind"] = to_text(row.kind);
      (*job)["triple"] = text_or_null(row.triple);
      (*job)["setup_key"] = text_or_null(row.setup_key);
      list.push_back(std::move(*job));
    }
    json::object out;
    out["jobs"] = std::move(list);
    return json_answer(out);
  });
}

}  // namespace

std::vector<Route> cell_routes() {
  return {
      {"GET", "/api/v1/sweeps/{id}/cells", Role::viewer, list_cells},
      {"GET", "/api/v1/sweeps/{id}/cells/{cell}", Role::viewer, show_cell},
      {"GET", "/api/v1/sweeps/{id}/preparation", Role::viewer, list_preparation},
  };
}

}  // namespace tripled::web
