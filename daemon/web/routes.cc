#include "daemon/web/routes.h"

namespace tripled::web {

const std::vector<Route>& routes() {
  static const std::vector<Route> all = [] {
    std::vector<Route> out;
    for (auto* subject :
         {page_routes, sweep_routes, finding_routes, cell_routes, attempt_routes, matrix_routes, event_routes,
          worker_routes, token_routes, enrolment_routes, project_routes})
      for (auto& route : subject()) out.push_back(route);
    return out;
  }();
  return all;
}

}  // namespace tripled::web
