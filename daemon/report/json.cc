#include "daemon/report/json.h"

#include "schema/wire/json.h"

namespace tripled::report {

std::string to_json_text(const Report& report) {
  auto text = wire::pretty(wire::to_json(report));
  if (text.empty() || text.back() != '\n') text += '\n';
  return text;
}

}  // namespace tripled::report
