// Jobs, their attempts, and what an attempt left: result, units, tests, log.
#include <map>
#include <set>

#include "daemon/diagnosis/judge.h"
#include "daemon/report/words.h"
#include "daemon/store/blobs.h"
#include "daemon/store/log_lines.h"
#include "daemon/web/documents.h"
#include "daemon/web/query.h"
#include "daemon/web/routes.h"
#include "schema/base/text.h"

namespace tripled::web {
namespace {

namespace json = wire::json;

constexpr std::uint64_t kMostLines = 10'000;

net::HttpResponse none(const std::string& what, std::int64_t id) {
  return problem(404, "there is no " + what + " " + std::to_string(id));
}

// Those of these attempts that belong to a verdict from before a rerun. Each shard has attempts of its own,
// and its own last one of that verdict.
Result<std::set<store::AttemptId>> superseded(store::Reader& reader,
                                              const std::vector<store::AttemptRow>& attempts) {
  std::map<store::JobId, store::AttemptId> last;
  std::set<store::AttemptId> out;
  for (const auto& attempt : attempts) {
    auto known = last.find(attempt.job);
    if (known == last.end()) {
      TRIPLED_ASSIGN(auto earlier, reader.earlier_verdicts(attempt.job));
      known = last.emplace(attempt.job, earlier.empty() ? 0 : earlier.back().last_attempt).first;
    }
    if (attempt.id <= known->second) out.insert(attempt.id);
  }
  return out;
}

Result<json::object> job_document(store::Reader& reader, const store::JobRow& row) {
  auto out = job_json(row);
  TRIPLED_ASSIGN(auto attempts, reader.attempts(row.id));
  TRIPLED_ASSIGN(auto earlier, reader.earlier_verdicts(row.id));
  TRIPLED_ASSIGN(auto voided, reader.voided_attempts(row.id));
  TRIPLED_ASSIGN(auto old, superseded(reader, attempts));
  json::array tried, before;
  for (const auto& attempt : attempts)
    tried.push_back(attempt_json(attempt, old.contains(attempt.id), voided.contains(attempt.id)));
  for (const auto& verdict : earlier) before.push_back(earlier_json(verdict));
  TRIPLED_ASSIGN(bool is_void, reader.is_void(row));
  out["voided"] = is_void;
  out["attempts"] = std::move(tried);
  out["earlier"] = std::move(before);
  return out;
}

void show_job(Api& api, Api::Call call) {
  auto id = id_of(call, "a job");
  if (!id) return;
  api.read(std::move(call), [id = *id](store::Reader& reader) {
    auto row = reader.job(id);
    if (!row) return problem(row.error());
    if (!*row) return none("job", id);
    auto document = job_document(reader, **row);
    return document ? json_answer(*document) : problem(document.error());
  });
}

// A page of a list that is made whole anyway: `cursor` is a place in it.
template <class List>
net::HttpResponse slice(const std::string& name, const List& list, const Page& page) {
  json::array shown;
  auto begin = std::min(static_cast<std::size_t>(page.cursor), list.size());
  auto end = std::min(begin + static_cast<std::size_t>(page.limit), list.size());
  for (auto i = begin; i < end; ++i) shown.push_back(wire::to_json(list[i]));
  json::object out;
  out[name] = std::move(shown);
  out["next"] = end < list.size() ? json::value(std::to_string(end)) : json::value(nullptr);
  return json_answer(out);
}

// The last word on each test, after all attempts that count.
void list_job_tests(Api& api, Api::Call call) {
  auto id = id_of(call, "a job");
  auto page = id ? page_of(call, "after", 0, 100, 1000) : std::nullopt;
  bool good = page.has_value();
  auto state = word_of<TestState>(call, "state", good);
  if (!good) return;
  auto read = [id = *id, page = *page, state](store::Reader& reader) {
    auto row = reader.job(id);
    if (!row) return problem(row.error());
    if (!*row) return none("job", id);
    auto attempts = reader.attempts(id);
    if (!attempts) return problem(attempts.error());
    auto old = superseded(reader, *attempts);
    if (!old) return problem(old.error());
    std::vector<AttemptResult> results;
    for (const auto& attempt : *attempts) {
      if (old->contains(attempt.id)) continue;
      auto result = reader.attempt_result(attempt.id);
      if (!result) return problem(result.error());
      if (*result) results.push_back(std::move(**result));
    }
    auto tests = diagnosis::merged_tests(results);
    if (state) std::erase_if(tests, [&](const TestResult& test) { return test.state != *state; });
    return slice("tests", tests, page);
  };
  api.read(std::move(call), read, Api::Lane::documents);
}

void show_attempt(Api& api, Api::Call call) {
  auto id = id_of(call, "an attempt");
  if (!id) return;
  api.read(std::move(call), [id = *id](store::Reader& reader) {
    auto row = reader.attempt(id);
    if (!row) return problem(row.error());
    if (!*row) return none("attempt", id);
    auto old = superseded(reader, {**row});
    auto result = reader.attempt_summary(id);
    auto tests = reader.test_counts(id);
    auto voided = reader.voided_attempts((*row)->job);
    if (!voided) return problem(voided.error());
    if (!old) return problem(old.error());
    if (!result) return problem(result.error());
    if (!tests) return problem(tests.error());
    auto out = attempt_json(**row, old->contains(id), voided->contains(id));
    out["result"] = *result ? json::value(result_json(std::move(**result), *tests)) : json::value(nullptr);
    return json_answer(out);
  });
}

void list_units(Api& api, Api::Call call) {
  auto id = id_of(call, "an attempt");
  auto page = id ? page_of(call, "after", 0, 100, 1000) : std::nullopt;
  if (!page) return;
  api.read(std::move(call), [id = *id, page = *page](store::Reader& reader) {
    auto row = reader.attempt(id);
    if (!row) return problem(row.error());
    if (!*row) return none("attempt", id);
    auto result = reader.attempt_summary(id);
    if (!result) return problem(result.error());
    return slice("units", *result ? (*result)->units : std::vector<UnitResult>(), page);
  });
}

void list_tests(Api& api, Api::Call call) {
  auto id = id_of(call, "an attempt");
  auto page = id ? page_of(call, "after", -1, 100, 1000) : std::nullopt;
  bool good = page.has_value();
  store::TestQuery query;
  query.state = word_of<TestState>(call, "state", good);
  if (!good) return;
  query.attempt = *id;
  query.after = page->cursor;
  query.limit = page->limit + 1;
  api.read(std::move(call), [query](store::Reader& reader) {
    auto row = reader.attempt(query.attempt);
    if (!row) return problem(row.error());
    if (!*row) return none("attempt", query.attempt);
    auto tests = reader.tests(query);
    if (!tests) return problem(tests.error());
    bool more = static_cast<int>(tests->size()) == query.limit;
    if (more) tests->pop_back();
    json::array list;
    for (const auto& test : *tests) list.push_back(test_json(test.test));
    json::object out;
    out["tests"] = std::move(list);
    out["next"] = more ? json::value(std::to_string(tests->back().ordinal)) : json::value(nullptr);
    return json_answer(out);
  });
}

// --- logs

// For people and their terminals; byte for byte it is had with `raw`.
net::HttpResponse lines_answer(const std::string& frame, const store::LineRange& range) {
  auto lines = store::read_log_lines(frame, range);
  if (!lines) return problem(lines.error());
  net::HttpResponse out{200, "text/plain; charset=utf-8", report::printable(lines->text)};
  out.headers = {{"Tripled-Log-First", std::to_string(lines->first)},
                 {"Tripled-Log-Lines", std::to_string(lines->lines)},
                 {"Tripled-Log-Total", std::to_string(lines->total)}};
  return out;
}

std::optional<store::LineRange> range_of(const Api::Call& call) {
  auto from = call.target.number("from", 1, 1, INT64_MAX);
  auto lines = call.target.number("lines", 1000, 1, kMostLines);
  auto tail = call.target.number("tail", 0, 1, kMostLines);
  if (from && lines && tail) {
    store::LineRange out;
    out.from = static_cast<std::uint64_t>(*from);
    out.lines = static_cast<std::uint64_t>(*tail > 0 ? *tail : *lines);
    out.tail = *tail > 0;
    return out;
  }
  call.reply(problem(
      400, "`from` is the number of a line, `lines` and `tail` are from 1 to " + std::to_string(kMostLines)));
  return std::nullopt;
}

void show_log(Api& api, Api::Call call) {
  auto id = id_of(call, "an attempt");
  auto range = id ? range_of(call) : std::nullopt;
  if (!range) return;
  auto read = [id = *id, range = *range, raw = flag_of(call, "raw"),
               directory = api.options().blobs](store::Reader& reader) {
    auto row = reader.attempt(id);
    if (!row) return problem(row.error());
    if (!*row) return none("attempt", id);
    if ((*row)->log.hash.empty())
      return problem(404, "attempt " + std::to_string(id) +
                              ((*row)->finished_at ? " has no log" : " runs: its log comes with its end"));
    auto blobs = store::BlobStore::open(directory);
    auto frame = blobs ? blobs->get((*row)->log.hash) : Result<std::string>(blobs.error());
    if (!frame) return problem(frame.error());
    if (raw) return net::HttpResponse{200, "application/zstd", std::move(*frame)};
    return lines_answer(*frame, range);
  };
  api.read(std::move(call), read, Api::Lane::documents);
}

}  // namespace

std::vector<Route> attempt_routes() {
  return {
      {"GET", "/api/v1/jobs/{job}", Role::viewer, show_job},
      {"GET", "/api/v1/jobs/{job}/tests", Role::viewer, list_job_tests},
      {"GET", "/api/v1/attempts/{attempt}", Role::viewer, show_attempt},
      {"GET", "/api/v1/attempts/{attempt}/units", Role::viewer, list_units},
      {"GET", "/api/v1/attempts/{attempt}/tests", Role::viewer, list_tests},
      {"GET", "/api/v1/attempts/{attempt}/log", Role::viewer, show_log},
  };
}

}  // namespace tripled::web
