// Which cells of a sweep a rerun is about. Pure.
#pragma once
#include <string>
#include <vector>

#include "daemon/store/rows.h"
#include "daemon/web/engine.h"
#include "schema/base/result.h"

namespace tripled::app {

// Ids in the order of the matrix: cells that are over and that the request picks. usage error: it names
// nothing, a cell that is not there or excluded, a word that is no stage, or picks no cell; conflict: a cell
// it names runs.
Result<std::vector<std::string>> cells_to_rerun(const store::SweepRecord& record,
                                                const web::RerunRequest& request);

}  // namespace tripled::app
