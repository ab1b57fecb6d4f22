// The sample workspace over its whole matrix on the real tools, compared cell by cell with what was written
// by hand from each crate's planted fault (tests/fixtures/sample/expected.yaml).
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <set>

#include "schema/base/text.h"
#include "tests/e2e/project.h"

namespace tripled::e2e {
namespace {

namespace json = wire::json;
namespace fs = std::filesystem;

const fs::path sample = fs::path(TRIPLED_SOURCE_DIR) / "tests" / "fixtures" / "sample";

using e2e::text;  // of JSON
std::string text(const YAML::Node& n) { return n.IsNull() || !n.IsDefined() ? "null" : n.as<std::string>(); }

// A cell's facts as lines, so that a difference shows itself.
using Lines = std::set<std::string>;

std::string first_error_code(const json::value& unit) {
  const auto& error = unit.at("first_error");
  return error.is_null() ? "null" : text(error.at("code"));
}
std::string first_error_place(const json::value& unit) {
  const auto& error = unit.at("first_error");
  if (error.is_null() || error.at("file").is_null()) return "null";
  return text(error.at("file")) + ":" + text(error.at("line"));
}

Lines seen_lines(const json::value& cell) {
  Lines out;
  out.insert("verdict " + text(cell.at("verdict")));
  for (const auto& job : cell.at("jobs").as_array()) {
    auto stage = text(job.at("stage"));
    if (stage != "execute") {
      const auto& coverage = cell.at("compile_coverage").at(stage);
      out.insert(stage + " " + text(job.at("verdict")) + " " + text(coverage.at("compiled")) + "/" +
                 text(coverage.at("planned")));
      for (const auto& u : job.at("units").as_array()) {
        if (text(u.at("verdict")) == "pass") continue;
        bool fails = text(u.at("verdict")) == "fail";
        out.insert(stage + " unit " + text(u.at("package")) + "/" + text(u.at("target")) + " " +
                   text(u.at("kind")) + " " + text(u.at("verdict")) +
                   (fails ? " " + first_error_code(u) + " " + first_error_place(u) : ""));
      }
    } else {
      out.insert("execute " + text(job.at("verdict")));
      out.insert("ignored " + text(job.at("tests").at("ignored")));
      for (const auto& f : job.at("failures").as_array())
        out.insert("test " + text(f.at("package")) + "/" + text(f.at("target")) + " " + text(f.at("test")) +
                   " " + text(f.at("kind")));
    }
  }
  const auto& execution = cell.at("execution_coverage");
  out.insert("tests planned " + text(execution.at("planned")));
  auto sum = [&](const char* what) {
    return execution.at("native").at(what).to_number<int>() +
           execution.at("emulated").at(what).to_number<int>();
  };
  out.insert("tests executed " + std::to_string(sum("executed")) + " passed " +
             std::to_string(sum("passed")));
  auto mode = execution.at("emulated").at("executed").to_number<int>() > 0 ? "emulated"
              : execution.at("native").at("executed").to_number<int>() > 0 ? "native"
                                                                           : "none";
  out.insert(std::string("mode ") + mode);
  return out;
}

Lines expected_lines(const YAML::Node& cell, const Lines& seen) {
  Lines out;
  out.insert("verdict " + text(cell["verdict"]));
  for (const auto& job : cell["jobs"]) {
    auto stage = job.first.as<std::string>();
    out.insert(stage + " " + text(job.second["verdict"]) + " " + text(job.second["compiled"]) + "/" +
               text(job.second["planned"]));
    for (const auto& u : job.second["units"]) {
      bool fails = text(u["verdict"]) == "fail";
      out.insert(stage + " unit " + text(u["package"]) + "/" + text(u["target"]) + " " + text(u["kind"]) +
                 " " + text(u["verdict"]) + (fails ? " " + text(u["code"]) + " " + text(u["at"]) : ""));
    }
  }
  const auto& execution = cell["execution"];
  out.insert("tests planned " + text(execution["planned"]));
  out.insert("tests executed " + text(execution["executed"]) + " passed " + text(execution["passed"]));
  auto mode = text(execution["mode"]);
  if (mode == "any")
    mode = seen.count("mode native") ? "native" : "emulated";  // i686: as the machine's loader allows
  out.insert("mode " + mode);
  if (text(execution["verdict"]) == "null") return out;
  out.insert("execute " + text(execution["verdict"]));
  out.insert("ignored " + text(execution["ignored"]));
  for (const auto& f : execution["failed"])
    out.insert("test " + text(f["package"]) + "/" + text(f["target"]) + " " + text(f["test"]) + " " +
               text(f["kind"]));
  return out;
}

// Cells are told apart by triple and scope.
const json::value* find_cell(const json::value& report, const std::string& triple, const std::string& scope) {
  for (const auto& cell : report.at("cells").as_array()) {
    std::vector<std::string> words;
    for (const auto& w : cell.at("scope").as_array()) words.push_back(text(w));
    if (text(cell.at("triple")) == triple && join(words, " ") == scope) return &cell;
  }
  return nullptr;
}

void compare(const json::value& report, const YAML::Node& expected, bool all_cells) {
  std::size_t compared = 0;
  for (const auto& cell : expected["cells"]) {
    auto triple = text(cell["triple"]);
    auto scope = cell["scope"].IsNull() ? "" : text(cell["scope"]);
    const auto* found = find_cell(report, triple, scope);
    if (!found && !all_cells) continue;
    ASSERT_NE(found, nullptr) << triple << " " << scope;
    ++compared;
    auto seen = seen_lines(*found);
    auto wanted = expected_lines(cell, seen);
    for (const auto& line : wanted)
      EXPECT_TRUE(seen.count(line)) << triple << " " << scope << ": expected: " << line;
    for (const auto& line : seen)
      EXPECT_TRUE(wanted.count(line)) << triple << " " << scope << ": not expected: " << line;
  }
  EXPECT_EQ(compared, report.at("cells").as_array().size());
}

TEST(Sample, OneCrateOnX86AndS390xThroughAllFourStages) {
  TemporaryDirectory dir;
  auto ran =
      run_tripled(dir.path(), in_directory(dir.path(), {"sweep", (sample / "matrix.yaml").string(),
                                                        "--triple", "x86_64-unknown-linux-gnu", "--triple",
                                                        "s390x-unknown-linux-gnu", "-p", "endian"}));
  EXPECT_EQ(ran.status, 0) << ran.err << ran.out;
  auto report = json_report(dir.path());
  EXPECT_EQ(text(report.at("sweep").at("partial")), "true");
  const auto* s390x = find_cell(report, "s390x-unknown-linux-gnu", "-p endian");
  ASSERT_NE(s390x, nullptr);
  EXPECT_EQ(text(s390x->at("execution_coverage").at("emulated").at("executed")), "3");
  EXPECT_EQ(text(s390x->at("execution_coverage").at("emulated").at("passed")), "2");
  EXPECT_EQ(text(s390x->at("std").at("source")), "built");
  EXPECT_NE(text(report.at("sweep").at("narrowed_by")).find("--package endian"), std::string::npos);
  // The failure on s390x is expected: there is nothing to repeat.
  auto again = run_tripled(dir.path(), in_directory(dir.path(), {"sweep", (sample / "matrix.yaml").string(),
                                                                 "--failed", "-p", "endian"}));
  EXPECT_EQ(again.status, 2) << again.err << again.out;
  EXPECT_NE(again.err.find("everything ended as the matrix says"), std::string::npos) << again.err;
}

TEST(Sample, WholeGridAsWrittenByHand) {
  TemporaryDirectory dir;
  auto ran = run_tripled(dir.path(), in_directory(dir.path(), {"sweep", (sample / "matrix.yaml").string()}));
  // Every planted failure is stated as expected in the matrix.
  EXPECT_EQ(ran.status, 0) << ran.err << ran.out;
  auto expected = YAML::LoadFile((sample / "expected.yaml").string());
  compare(json_report(dir.path()), expected, true);
  // The daemon crate's grandchild slept for an hour: nothing of any job is left.
  EXPECT_TRUE(processes_with((test_cache() / "target").string()).empty());
}

}  // namespace
}  // namespace tripled::e2e
