// The report as JSON text: schema/json/report.schema.json, `format: 1`. Pure.
#pragma once
#include <string>

#include "daemon/report/report.h"

namespace tripled::report {

// Pretty, in the order of the structs, with a newline at the end. Absent is null and never missing.
std::string to_json_text(const Report& report);

}  // namespace tripled::report
