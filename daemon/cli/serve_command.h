// `tripled serve`: the daemon as a service, until it is told to end.
#pragma once
#include <string>

#include "daemon/cli/paths.h"

namespace tripled::cli {

struct ServeArgs {
  std::string settings;  // tripled.yaml; empty: defaults
  Paths paths;           // where the settings name none
  bool check = false;    // read the settings, say what they mean, and end
};

// 0 ended on request; 2 usage or configuration; 3 the store failed for good.
int run_serve(const ServeArgs& args);

}  // namespace tripled::cli
