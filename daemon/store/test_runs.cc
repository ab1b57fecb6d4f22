#include "daemon/store/test_runs.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "daemon/store/test_codes.h"
#include "schema/base/hash.h"

namespace tripled::store {
namespace {

// Before lists were stored once.
constexpr const char* select_single =
    "SELECT n.package, n.target, n.kind, n.test, t.state, t.failure, t.flags, t.duration_ms, t.message "
    "FROM tests t JOIN test_names n ON n.id = t.name WHERE t.attempt = ? ORDER BY t.ordinal";
constexpr const char* select_single_listed =
    "SELECT j.cell, n.package, n.target, n.kind, n.test, max(t.state = 2) FROM jobs j "
    "JOIN attempts a ON a.job = j.id JOIN tests t ON t.attempt = a.id JOIN test_names n ON n.id = t.name "
    "WHERE j.sweep = ? AND j.stage = 'execute' AND a.voided_at IS NULL GROUP BY j.cell, n.id ORDER BY n.test";

constexpr const char* select_runs =
    "SELECT l.doc, r.doc FROM test_runs r JOIN test_lists l ON l.id = r.list WHERE r.attempt = ? "
    "ORDER BY r.ordinal";
constexpr const char* select_listed_runs =
    "SELECT j.cell, r.list, r.doc FROM jobs j JOIN attempts a ON a.job = j.id "
    "JOIN test_runs r ON r.attempt = a.id "
    "WHERE j.sweep = ? AND j.stage = 'execute' AND a.voided_at IS NULL ORDER BY a.id";

TestResult read_single(Row& row) {
  TestResult out;
  out.package = row.text(0);
  out.target = row.text(1);
  out.kind = row.text(2);
  out.test = row.text(3);
  if (auto state = from_code<TestState>(row.integer(4)))
    out.state = *state;
  else
    row.fail(Error(ErrorKind::store, "unknown test state " + std::to_string(row.integer(4))));
  if (!row.is_null(5)) out.failure = from_code<TestFailureKind>(row.integer(5));
  out.flaky = (row.integer(6) & 1) != 0;
  out.suspect = (row.integer(6) & 2) != 0;
  out.duration_ms = row.integer(7);
  out.message = row.json(8);
  return out;
}

bool simply_passed(const TestResult& test) {
  return test.state == TestState::passed && !test.failure && flags_of(test) == 0 && test.message.empty();
}

}  // namespace

std::vector<BinaryRun> runs_of(std::vector<TestResult> tests) {
  std::map<std::tuple<std::string, std::string, std::string>, std::vector<TestResult>> by_binary;
  std::vector<decltype(by_binary)::key_type> order;
  for (auto& test : tests) {
    decltype(by_binary)::key_type key{test.package, test.target, test.kind};
    auto& binary = by_binary[key];
    if (binary.empty()) order.push_back(key);
    binary.push_back(std::move(test));
  }
  std::vector<BinaryRun> out;
  for (const auto& key : order) {
    auto& binary = by_binary[key];
    std::stable_sort(binary.begin(), binary.end(),
                     [](const auto& a, const auto& b) { return a.test < b.test; });
    BinaryRun run;
    std::tie(run.names.package, run.names.target, run.names.kind) = key;
    for (auto& test : binary) {
      if (!simply_passed(test))
        run.run.others.push_back({static_cast<std::int64_t>(run.names.tests.size()), code_of(test.state),
                                  test.failure ? code_of(*test.failure) : -1, flags_of(test),
                                  std::move(test.message)});
      run.names.tests.push_back(std::move(test.test));
      run.run.durations.push_back(test.duration_ms);
    }
    out.push_back(std::move(run));
  }
  return out;
}

Status append_results(const TestNames& names, TestRun run, std::vector<TestResult>& out) {
  const Error damaged(ErrorKind::store, "results of tests that are not those of their list");
  const std::size_t first = out.size();
  if (run.durations.size() != names.tests.size()) return damaged;
  for (std::size_t i = 0; i < names.tests.size(); ++i) {
    TestResult test;
    test.package = names.package;
    test.target = names.target;
    test.kind = names.kind;
    test.test = names.tests[i];
    test.duration_ms = run.durations[i];
    out.push_back(std::move(test));
  }
  for (auto& other : run.others) {
    auto state = from_code<TestState>(other.state);
    if (!state || other.test < 0 || static_cast<std::size_t>(other.test) >= names.tests.size())
      return damaged;
    auto& test = out[first + static_cast<std::size_t>(other.test)];
    test.state = *state;
    if (other.failure >= 0) test.failure = from_code<TestFailureKind>(other.failure);
    test.flaky = (other.flags & 1) != 0;
    test.suspect = (other.flags & 2) != 0;
    test.message = std::move(other.message);
  }
  return {};
}

std::string hash_of(const TestNames& names) {
  Sha256 hash;
  for (const auto* part : {&names.package, &names.target, &names.kind}) hash.field(*part);
  for (const auto& test : names.tests) hash.field(test);
  return hash.hex().substr(0, 32);
}

Status read_tests(Connection& db, std::int64_t attempt, std::vector<TestResult>& out) {
  TRIPLED_TRY(db.execute(select_single, {attempt}, [&](Row& row) { out.push_back(read_single(row)); }));
  return db.execute(select_runs, {attempt}, [&](Row& row) {
    const auto names = row.document<TestNames>(0);
    if (auto appended = append_results(names, row.document<TestRun>(1), out); !appended)
      row.fail(appended.error());
  });
}

Status read_listed(Connection& db, std::int64_t sweep, const std::function<void(const Listing&)>& listed) {
  TRIPLED_TRY(db.execute(select_single_listed, {sweep}, [&](Row& row) {
    const TestNames of{row.text(1), row.text(2), row.text(3), {}};
    listed({row.text(0), of, row.text(4), row.flag(5)});
  }));
  struct Run {
    std::string cell;
    std::int64_t list = 0;
    TestRun run;
  };
  std::vector<Run> runs;
  std::map<std::int64_t, TestNames> lists;
  TRIPLED_TRY(db.execute(select_listed_runs, {sweep}, [&](Row& row) {
    runs.push_back({row.text(0), row.integer(1), row.document<TestRun>(2)});
    lists[row.integer(1)];
  }));
  for (auto& [id, names] : lists)
    TRIPLED_TRY(db.execute("SELECT doc FROM test_lists WHERE id = ?", {id},
                           [&](Row& row) { names = row.document<TestNames>(0); }));
  for (const Run& run : runs) {
    std::vector<TestResult> results;
    TRIPLED_TRY(append_results(lists[run.list], run.run, results));
    for (const auto& result : results)
      listed({run.cell, lists[run.list], result.test, result.state == TestState::ignored});
  }
  return {};
}

}  // namespace tripled::store
