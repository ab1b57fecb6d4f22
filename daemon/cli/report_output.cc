#include "daemon/cli/report_output.h"

#include "daemon/report/html.h"
#include "daemon/report/json.h"
#include "daemon/report/junit.h"
#include "daemon/report/text.h"
#include "schema/base/text.h"

namespace tripled::cli {

const std::vector<std::string>& report_formats() {
  static const std::vector<std::string> formats{"text", "json", "junit", "html"};
  return formats;
}

Result<std::string> render(const report::Report& report, const std::string& format,
                           const Terminal& terminal) {
  if (format == "json") return report::to_json_text(report);
  if (format == "junit") return report::to_junit(report);
  if (format == "html") return report::to_html(report);
  if (format != "text")
    return usage_error("unknown report format `" + format + "`: one of " + join(report_formats(), ", "));
  report::TextOptions options;
  options.colour = terminal.colour;
  options.width = terminal.width;
  options.ascii = !terminal.unicode;
  return report::to_text(report, options);
}

}  // namespace tripled::cli
