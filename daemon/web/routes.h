// Every route of the API, once: method, path, who may call it, and what answers. Internal to daemon/web.
#pragma once
#include <string_view>
#include <vector>

#include "daemon/web/api.h"

namespace tripled::web {

struct Route {
  std::string_view method, path;  // `{…}` is any one segment
  Role least;                     // viewer, submitter or admin; none: the handler looks who it is
  void (*handler)(Api&, Api::Call);
};

const std::vector<Route>& routes();

// Those of one subject: routes_<subject>.cc. routes.cc puts them together.
std::vector<Route> page_routes();
std::vector<Route> sweep_routes();
std::vector<Route> worker_routes();
std::vector<Route> token_routes();
std::vector<Route> enrolment_routes();
std::vector<Route> finding_routes();
std::vector<Route> cell_routes();
std::vector<Route> attempt_routes();
std::vector<Route> matrix_routes();
std::vector<Route> event_routes();
std::vector<Route> project_routes();

}  // namespace tripled::web
