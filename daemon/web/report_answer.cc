#include "daemon/web/report_answer.h"

#include "daemon/report/html.h"
#include "daemon/report/json.h"
#include "daemon/report/junit.h"
#include "daemon/report/load.h"
#include "daemon/report/text.h"
#include "daemon/web/answers.h"
#include "daemon/web/etag.h"

namespace tripled::web {

static net::HttpResponse render(const report::Report& report, const std::string& format) {
  if (format == "html") return {200, "text/html; charset=utf-8", report::to_html(report)};
  if (format == "junit") return {200, "application/xml", report::to_junit(report)};
  if (format == "text") return {200, "text/plain; charset=utf-8", report::to_text(report, {})};
  return {200, "application/json", report::to_json_text(report)};
}

void answer_report(Api& api, Api::Call call, store::SweepId id, const std::string& format) {
  auto read = [id, format, blobs = api.options().blobs,
               held = call.request.header("if-none-match")](store::Reader& reader) {
    auto row = reader.sweep(id);
    if (!row) return problem(row.error());
    if (!*row) return problem(404, "there is no sweep " + std::to_string(id));
    auto tag = tag_of(**row, format);
    if (tag && is_held(held, *tag)) return not_modified(*tag);
    auto loaded = report::load_with_changes(reader, id, blobs);
    if (!loaded) return problem(loaded.error());
    auto answer = render(loaded->report, format);
    if (tag) answer.headers.emplace_back("ETag", *tag);
    return answer;
  };
  api.read(std::move(call), read, Api::Lane::documents);
}

}  // namespace tripled::web
