// Where each setting of a cell comes from (`tripled plan --explain CELL`). Pure; any thread.
#pragma once
#include <string>
#include <vector>

#include "schema/base/result.h"
#include "schema/model/cell.h"

namespace tripled::config {

struct Explained {
  std::string key, value;
  std::string place;  // matrix.yaml:17:5, several joined by ", "; "default"
};
BOOST_DESCRIBE_STRUCT(Explained, (), (key, value, place))

// Coordinates first, then every setting in the order of MATRIX.md. usage error with the nearest id when there
// is no such cell.
Result<std::vector<Explained>> explain(const Plan& plan, const std::string& cell_id);

}  // namespace tripled::config
