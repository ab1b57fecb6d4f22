// A sweep's report in any of its formats.
#pragma once
#include <filesystem>
#include <string>

#include "daemon/cli/terminal.h"
#include "daemon/report/report.h"
#include "schema/base/result.h"

namespace tripled::cli {

// `format`: text, json, junit, html. usage error names the known ones.
Result<std::string> render(const report::Report& report, const std::string& format, const Terminal& terminal);
const std::vector<std::string>& report_formats();

}  // namespace tripled::cli
