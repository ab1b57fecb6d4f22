// From the settings of a project, and what git said of it, to a request that can be expanded. Pure but for
// the links of a directory, which are followed.
#pragma once
#include <string>
#include <vector>

#include "config/service_settings.h"
#include "daemon/app/service/planning.h"
#include "daemon/store/trigger_rows.h"
#include "schema/model/git.h"

namespace tripled::app {

// Fills in what nobody said (`ref: main`). usage and config errors: names that cannot be, sources that are
// not below the daemon's `project-roots`, a matrix with an error, a URL with a password in it.
Status check_project(store::ProjectSettings& settings, const config::ServiceSettings& service);

// `git`: what a worker answered about the ref; not looked at where the project is a directory. config error
// with file:line:col: the matrix is wrong, or chooses what the project does not let it.
Result<MatrixRequest> project_request(const store::ProjectSettings& settings,
                                      const config::ServiceSettings& service, const GitAnswer& git);

}  // namespace tripled::app
