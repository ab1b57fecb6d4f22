#include "daemon/cli/report_output.h"

#include <set>

#include "daemon/report/html.h"
#include "daemon/report/json.h"
#include "daemon/report/junit.h"
#include "daemon/report/text.h"
#include "daemon/store/reader.h"
#include "schema/base/text.h"

namespace tripled::cli {

const std::vector<std::string>& report_formats() {
  static const std::vector<std::string> formats{"text", "json", "junit", "html"};
  return formats;
}

// Units with tests that compiled in no cell of this sweep may have been listed by an earlier one.
static Result<std::vector<store::TestList>> earlier_lists(store::Reader& reader,
                                                          const store::SweepRecord& record) {
  store::TestListQuery query;
  query.project = record.row.project;
  query.before = record.row.id;
  if (!record.prepare) return std::vector<store::TestList>();
  std::set<store::UnitName> units;
  for (const auto& planned : record.prepare->planned)
    for (const auto& unit : planned.test)
      if (unit.member && (unit.harness || unit.kind == "doctest"))
        units.insert({unit.package, unit.target, unit.kind == "proc-macro" ? "lib" : unit.kind});
  query.units.assign(units.begin(), units.end());
  return reader.test_lists(query);
}

Result<report::Report> load_report(const std::filesystem::path& database, store::SweepId sweep) {
  TRIPLED_ASSIGN(store::Reader reader, store::Reader::open(database));
  TRIPLED_ASSIGN(store::SweepRecord record, reader.load_sweep(sweep));
  TRIPLED_ASSIGN(std::vector<store::TestList> earlier, earlier_lists(reader, record));
  return report::build(record, earlier);
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
