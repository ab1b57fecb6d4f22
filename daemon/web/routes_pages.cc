// Pages, until there is one: the report itself.
#include "daemon/report/html.h"
#include "daemon/report/load.h"
#include "daemon/web/query.h"
#include "daemon/web/report_answer.h"
#include "daemon/web/routes.h"

namespace tripled::web {
namespace {

void show_newest_page(Api& api, Api::Call call) {
  auto read = [blobs = api.options().blobs](store::Reader& reader) {
    auto last = reader.last_sweep({});
    if (!last) return problem(last.error());
    if (!*last) return net::HttpResponse{200, "text/plain; charset=utf-8", "No sweep is stored here yet.\n"};
    auto loaded = report::load_with_changes(reader, (*last)->id, blobs);
    if (!loaded) return problem(loaded.error());
    return net::HttpResponse{200, "text/html; charset=utf-8", report::to_html(loaded->report)};
  };
  api.read(std::move(call), read, Api::Lane::documents);
}

void show_sweep_page(Api& api, Api::Call call) {
  auto id = sweep_of(call);
  if (id) answer_report(api, std::move(call), *id, "html");
}

}  // namespace

std::vector<Route> page_routes() {
  return {
      {"GET", "/", Role::viewer, show_newest_page},
      {"GET", "/sweeps/{id}", Role::viewer, show_sweep_page},
  };
}

}  // namespace tripled::web
