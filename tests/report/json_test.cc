// The JSON contract: every shape of report is what the schema says, and the schema refuses what it does not
// say.
#include "daemon/report/json.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <sstream>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "daemon/report/diagnose.h"
#include "schema/wire/json.h"
#include "tests/report/fixture.h"

namespace tripled::report {
namespace {

using namespace fixture;
namespace json = boost::json;

std::string read(const std::string& path) {
  std::ifstream in(path);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

// Empty: valid.
std::string problems(const json::value& document) {
  static const auto text = read(TRIPLED_SOURCE_DIR "/schema/json/report.schema.json");
  auto parsed = json::parse(text);
  valijson::Schema schema;
  valijson::SchemaParser parser;
  parser.populateSchema(valijson::adapters::BoostJsonAdapter(parsed), schema);
  valijson::Validator validator;
  valijson::ValidationResults results;
  valijson::adapters::BoostJsonAdapter target(document);
  if (validator.validate(schema, target, &results)) return "";
  std::string out = "invalid";
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    out += "\n";
    for (const auto& part : error.context) out += part;
    out += ": " + error.description;
  }
  return out;
}

json::value document(const Report& report) { return json::parse(to_json_text(report)); }

TEST(ReportJson, FindingsAndChangesAreWhatTheSchemaSays) {
  SweepMaker sweep;
  auto lib = unit("core", "core", "lib");
  sweep.cell(host, host).compiled(Stage::check, {unit_result(lib)});
  sweep.cell(s390x, s390x)
      .compiled(Stage::check, {failed(lib, "E0432", "unresolved import `x`", "src/lib.rs", 9)});
  auto report = sweep.report();
  EXPECT_EQ(problems(document(report)), "") << "nobody looked yet";
  add_findings(report, diagnose_sweep(sweep.record(), [](const std::string&) { return std::nullopt; }));
  ASSERT_EQ(report.findings->size(), 1u);
  report.findings->front().since = SinceEntry{"3", "2026-01-01T00:00:00Z", 2, false};
  history::Transition transition{
      history::Change::new_failure, host, Verdict::fail, Verdict::fail, {"a"}, {"b"}, {"lock"}};
  report.changes = history::Comparison{"3", "4", {transition}, 1, 0, std::nullopt};
  for (const auto& word : all_texts<history::Change>()) {
    report.changes->transitions[0].change = *from_text<history::Change>(word);
    EXPECT_EQ(problems(document(report)), "") << word;
  }
  for (const auto& word : all_texts<Cause>()) {
    report.findings->front().cause = *from_text<Cause>(word);
    EXPECT_EQ(problems(document(report)), "") << word;
  }
  for (const auto& word : all_texts<diagnosis::Certainty>()) {
    report.findings->front().explanation.certainty = *from_text<diagnosis::Certainty>(word);
    EXPECT_EQ(problems(document(report)), "") << word;
  }
}

TEST(ReportJson, WhatIsVoidAndWhatWasBeforeAreInIt) {
  SweepMaker sweep;
  sweep.cell("c", host).compiled(Stage::check, {unit_result(unit("core", "core", "lib"))});
  sweep.record().jobs[0].voided = true;
  store::EarlierVerdict was;
  was.verdict = Verdict::fail;
  was.voided = true;
  sweep.record().jobs[0].earlier = {was, {}};
  auto written = document(build(sweep.record()));
  EXPECT_EQ(problems(written), "");
  const auto& job = written.at("cells").at(0).at("jobs").at(0);
  EXPECT_TRUE(job.at("voided").as_bool());
  EXPECT_EQ(job.at("earlier").at(0).at("verdict"), "fail");
  EXPECT_TRUE(job.at("earlier").at(0).at("voided").as_bool());
  EXPECT_TRUE(job.at("earlier").at(1).at("verdict").is_null());
}

TEST(ReportJson, SaysWhereItsSourcesLay) {
  SweepMaker sweep;
  sweep.cell("c", host).compiled(Stage::check, {unit_result(unit("core", "core", "lib"))});
  auto& source = sweep.record().plan.project.source;
  source = {};
  source.sent = SentSources{"abc", 10, "", "", "", "laptop", "/home/ann/demo", "ci"};
  EXPECT_EQ(document(build(sweep.record())).at("sweep").at("source"), "laptop:/home/ann/demo, sent by ci");
}

TEST(ReportJson, AMidSizeReportIsValid) {
  SweepMaker sweep;
  mid_size(sweep);
  EXPECT_EQ(problems(document(sweep.report())), "");
}

TEST(ReportJson, AnEmptyReportIsValid) {
  Report empty;
  SweepMaker sweep;
  EXPECT_EQ(problems(document(sweep.report())), "");
}

TEST(ReportJson, ARunningSweepWithoutAMatrixIsValid) {
  SweepMaker sweep;
  sweep.cell("c", host).blocked(Stage::check, "");
  auto& record = sweep.record();
  record.jobs[0].row.verdict.reset();
  record.row.state = store::SweepState::running;
  record.row.finished_at.reset();
  record.row.exit_status.reset();
  record.row.matrix_file = record.row.revision = record.row.lock_hash = "";
  record.prepare.reset();
  auto value = document(build(record));
  EXPECT_EQ(problems(value), "");
  const auto& head = value.at("sweep").as_object();
  for (const char* key : {"matrix", "revision", "lock_hash", "finished_at", "exit_status"})
    EXPECT_TRUE(head.at(key).is_null()) << key;
  EXPECT_EQ(value.at("cells").at(0).at("jobs").at(0).at("reason").as_string(), "not over yet");
}

TEST(ReportJson, UnknownIsNullAndNeverZero) {
  SweepMaker sweep;
  sweep.cell("c", s390x).cannot_plan("no").broken(Stage::check, "r", "");
  auto value = document(sweep.report());
  EXPECT_EQ(problems(value), "");
  const auto& cell = value.at("cells").at(0);
  EXPECT_TRUE(cell.at("compile_coverage").at("check").at("planned").is_null());
  EXPECT_TRUE(cell.at("compile_coverage").at("check").at("ratio").is_null());
  EXPECT_TRUE(cell.at("execution_coverage").at("planned").is_null());
  EXPECT_TRUE(cell.at("pass_ratio").is_null());
}

TEST(ReportJson, KeysStandInTheOrderOfTheContract) {
  SweepMaker sweep;
  mid_size(sweep);
  auto value = document(sweep.report());
  std::vector<std::string> keys;
  for (const auto& item : value.at("cells").at(0).as_object()) keys.emplace_back(item.key());
  EXPECT_EQ(keys, (std::vector<std::string>{"id", "group", "triple", "toolchain", "scope", "profile", "axes",
                                            "verdict", "excluded_reason", "std", "compile_coverage",
                                            "execution_coverage", "pass_ratio", "jobs"}));
  EXPECT_EQ(value.as_object().begin()->key(), "format");
  SweepMaker again;
  mid_size(again);
  EXPECT_EQ(to_json_text(sweep.report()), to_json_text(again.report()));
}

TEST(ReportJson, TestFailuresAreCalledAsTheContractCallsThem) {
  SweepMaker sweep;
  mid_size(sweep);
  EXPECT_NE(to_json_text(sweep.report()).find("\"kind\": \"assert\""), std::string::npos);
}

// Each removes, adds or spoils one thing of a valid report.
TEST(ReportJson, TheSchemaRefusesWhatTheContractDoesNotSay) {
  SweepMaker sweep;
  mid_size(sweep);
  const auto good = document(sweep.report());
  auto refused = [&](const char* what, auto&& spoil) {
    auto value = good;
    spoil(value);
    EXPECT_NE(problems(value), "") << what;
  };
  refused("format 2", [](auto& v) { v.as_object()["format"] = 2; });
  refused("unknown key", [](auto& v) { v.as_object()["more"] = 1; });
  refused("missing key", [](auto& v) { v.at("sweep").as_object().erase("revision"); });
  refused("a verdict of its own", [](auto& v) { v.at("cells").at(0).as_object()["verdict"] = "error"; });
  refused("missing total", [](auto& v) { v.at("sweep").at("totals").as_object().erase("pass"); });
  refused("ratio above one",
          [](auto& v) { v.at("cells").at(0).at("execution_coverage").as_object()["ratio"] = 1.5; });
  refused("execute has no compile coverage", [](auto& v) {
    auto& coverage = v.at("cells").at(0).at("compile_coverage").as_object();
    coverage["execute"] = coverage.begin()->value();
  });
  refused("time without zone", [](auto& v) { v.at("sweep").as_object()["started_at"] = "2026-11-21 09:30"; });
  refused("job without notes",
          [](auto& v) { v.at("cells").at(0).at("jobs").at(0).as_object().erase("notes"); });
  refused("cells no list", [](auto& v) { v.as_object()["cells"] = nullptr; });
}

}  // namespace
}  // namespace tripled::report
