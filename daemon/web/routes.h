// Every route of the API, once: method, path, who may call it, and what answers. Internal to daemon/web.
#pragma once
#include <string_view>
#include <vector>

#include "daemon/web/api.h"

namespace tripled::web {

struct Route {
  std::string_view method, path;  // `{…}` is any one segment
  Role least;                     // viewer, submitter or admin
  void (*handler)(Api&, Api::Call);
};

const std::vector<Route>& routes();

}  // namespace tripled::web
