// Matrices, as far as they were ever swept: a pair of project and file.
#include "daemon/web/documents.h"
#include "daemon/web/query.h"
#include "daemon/web/routes.h"

namespace tripled::web {
namespace {

namespace json = wire::json;

void list_matrices(Api& api, Api::Call call) {
  auto page = page_of(call, "before", 0, 50, 500);
  if (!page) return;
  api.read(std::move(call), [page = *page](store::Reader& reader) {
    auto rows = reader.matrices(page.cursor, page.limit + 1);
    if (!rows) return problem(rows.error());
    bool more = static_cast<int>(rows->size()) > page.limit;
    if (more) rows->pop_back();
    json::array list;
    for (const auto& row : *rows) {
      json::object matrix;
      matrix["project_id"] = std::to_string(row.project);
      matrix["project"] = row.last.project_name;
      matrix["origin"] = row.last.project_origin;
      matrix["matrix"] = text_or_null(row.matrix_file);
      matrix["sweeps"] = row.sweeps;
      matrix["last"] = sweep_json(row.last);
      matrix["last_finished"] =
          row.last_finished ? json::value(sweep_json(*row.last_finished)) : json::value(nullptr);
      list.push_back(std::move(matrix));
    }
    json::object out;
    out["matrices"] = std::move(list);
    out["next"] = more ? json::value(std::to_string(rows->back().last.id)) : json::value(nullptr);
    return json_answer(out);
  });
}

// `-` stands for sweeps without a matrix: a path segment cannot be empty.
void list_sweeps_of_matrix(Api& api, Api::Call call) {
  auto project = id_of(call, "a project");
  auto page = project ? page_of(call, "before", 0, 50, 500) : std::nullopt;
  if (!page) return;
  store::SweepQuery query;
  query.project = *project;
  query.matrix_file = call.words.at(1) == "-" ? "" : call.words.at(1);
  query.without_matrix = query.matrix_file.empty();
  query.before = page->cursor;
  query.limit = page->limit + 1;
  api.read(std::move(call), [query](store::Reader& reader) {
    auto rows = reader.sweeps(query);
    if (!rows) return problem(rows.error());
    if (rows->empty() && query.before == 0)
      return problem(404, "project " + std::to_string(query.project) + " was never swept with that matrix");
    bool more = static_cast<int>(rows->size()) == query.limit;
    if (more) rows->pop_back();
    json::array list;
    for (const auto& row : *rows) list.push_back(sweep_json(row));
    json::object out;
    out["sweeps"] = std::move(list);
    out["next"] = more ? json::value(std::to_string(rows->back().id)) : json::value(nullptr);
    return json_answer(out);
  });
}

}  // namespace

std::vector<Route> matrix_routes() {
  return {
      {"GET", "/api/v1/matrices", Role::viewer, list_matrices},
      {"GET", "/api/v1/matrices/{project}/{matrix}", Role::viewer, list_sweeps_of_matrix},
  };
}

}  // namespace tripled::web
