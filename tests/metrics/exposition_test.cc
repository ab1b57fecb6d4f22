// The text that Prometheus reads: what stands in it, what never does, and that promtool has nothing to say.
#include "daemon/metrics/exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "tests/metrics/promtool.h"

namespace tripled::metrics {
namespace {

using testing::HasSubstr;
using testing::Not;

Snapshot a_snapshot() {
  Snapshot out;
  out.version = "0.1.0";
  MatrixCoverage matrix;
  matrix.project = "sam\"ple";
  matrix.matrix = "matrix.yaml";
  for (const char* triple : {"s390x-unknown-linux-gnu", "x86_64-unknown-freebsd"})
    matrix.compile.push_back({triple, "stable", Stage::check, 22, 21});
  matrix.compile.push_back({"wasm32-wasip1", "stable", Stage::check, std::nullopt, 0});
  matrix.execution.push_back({"s390x-unknown-linux-gnu", "stable", RunnerKind::emulated, 47, 45, 41});
  matrix.execution.push_back({"x86_64-unknown-freebsd", "stable", RunnerKind::emulated, 47, 0, 0});
  matrix.cells[{Stage::check, Verdict::fail}] = 2;
  matrix.evidence_at_ms = 1'500'000'000'250;
  out.coverage = {matrix};
  out.tally.attempts[Outcome::worker_lost] = 3;
  out.engine.slots = 4;
  out.engine.slots_used = 1;
  return out;
}

std::vector<std::string> lines_with(const std::string& text, const std::string& start) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (line.rfind(start, 0) == 0) out.push_back(line);
  return out;
}

TEST(Exposition, CompileAndExecutionAreFamiliesOfTheirOwn) {
  auto text = exposition(a_snapshot());
  EXPECT_THAT(text, HasSubstr("tripled_compile_units{project=\"sam\\\"ple\",matrix=\"matrix.yaml\","
                              "triple=\"s390x-unknown-linux-gnu\",toolchain=\"stable\",stage=\"check\","
                              "state=\"planned\"} 22"));
  EXPECT_THAT(text, HasSubstr("triple=\"s390x-unknown-linux-gnu\",toolchain=\"stable\",runner=\"emulated\","
                              "state=\"passed\"} 41"));
  // A check-only triple: planned tests, none of them run. Never a blank.
  EXPECT_THAT(text, HasSubstr("triple=\"x86_64-unknown-freebsd\",toolchain=\"stable\",runner=\"emulated\","
                              "state=\"executed\"} 0"));
  EXPECT_THAT(text, HasSubstr("tripled_coverage_evidence_timestamp_seconds{project=\"sam\\\"ple\","
                              "matrix=\"matrix.yaml\"} 1500000000.25"));
}

TEST(Exposition, FindingsAreCountedByCauseAndFault) {
  auto snapshot = a_snapshot();
  EXPECT_THAT(exposition(snapshot), Not(HasSubstr("tripled_findings{")));
  snapshot.coverage[0].findings = {{{Cause::configured_out, Fault::dependency, false}, 3},
                                   {{Cause::linker_missing, Fault::environment, true}, 1}};
  auto text = exposition(snapshot);
  EXPECT_THAT(
      text,
      HasSubstr("tripled_findings{project=\"sam\\\"ple\",matrix=\"matrix.yaml\",cause=\"configured-out\","
                "fault=\"dependency\",expected=\"no\"} 3"));
  EXPECT_THAT(text, HasSubstr("cause=\"linker-missing\",fault=\"environment\",expected=\"yes\"} 1"));
}

TEST(Exposition, WhatIsNotKnownIsNoSeries) {
  int lines = 0;
  for (const auto& line : lines_with(exposition(a_snapshot()), "tripled_compile_units{")) {
    if (line.find("wasm32-wasip1") == std::string::npos) continue;
    ++lines;
    EXPECT_THAT(line, HasSubstr("state=\"compiled\""));
  }
  EXPECT_EQ(lines, 1);
}

TEST(Exposition, CountersHaveEveryLabelFromTheStart) {
  auto text = exposition(Snapshot());
  EXPECT_EQ(lines_with(text, "tripled_attempts_total{").size(), all_texts<Outcome>().size());
  EXPECT_EQ(lines_with(text, "tripled_jobs{").size(), all_texts<JobState>().size());
  EXPECT_THAT(text, HasSubstr("tripled_sweeps_finished_total{exit_status=\"130\"} 0"));
  EXPECT_THAT(exposition(a_snapshot()), HasSubstr("tripled_attempts_total{outcome=\"worker-lost\"} 3"));
}

TEST(Exposition, AboveTheCeilingTriplesAreSummedAndAMetricSaysSo) {
  auto snapshot = a_snapshot();
  auto text = exposition(snapshot, 8);
  EXPECT_THAT(text, HasSubstr("tripled_metrics_series_dropped 7\n"));
  EXPECT_THAT(text, Not(HasSubstr("freebsd")));
  EXPECT_THAT(text, HasSubstr("triple=\"\",toolchain=\"\",stage=\"check\",state=\"planned\"} 44"));
  EXPECT_THAT(text, HasSubstr("triple=\"\",toolchain=\"\",runner=\"emulated\",state=\"planned\"} 94"));
  EXPECT_THAT(exposition(snapshot), HasSubstr("tripled_metrics_series_dropped 0\n"));
}

TEST(Exposition, MatricesAreSummedWhereTriplesAreNotEnough) {
  auto snapshot = a_snapshot();
  snapshot.coverage.push_back(snapshot.coverage[0]);
  snapshot.coverage.back().matrix = "other.yaml";
  snapshot.coverage.back().evidence_at_ms = 1'000;
  auto text = exposition(snapshot, 7);
  EXPECT_THAT(text, Not(HasSubstr(".yaml")));
  EXPECT_THAT(text,
              HasSubstr("matrix=\"\",triple=\"\",toolchain=\"\",stage=\"check\",state=\"planned\"} 88"));
  EXPECT_THAT(text, HasSubstr("{project=\"sam\\\"ple\",matrix=\"\"} 1\n"));  // the oldest evidence
  EXPECT_THAT(text, HasSubstr("stage=\"check\",verdict=\"fail\"} 4"));
}

TEST(Exposition, JobsHaveHistogramsByWhatTheyDo) {
  Snapshot snapshot;
  snapshot.tally.job_ran("execute", 0.5);
  snapshot.tally.job_ran("execute", 61);
  snapshot.tally.job_ran("execute", 100'000);
  snapshot.tally.jobs[{"execute", Verdict::suspect}] = 3;
  auto text = exposition(snapshot);
  const std::string name = "tripled_job_duration_seconds";
  EXPECT_THAT(text, HasSubstr(name + "_bucket{stage=\"execute\",le=\"0.5\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(name + "_bucket{stage=\"execute\",le=\"300\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(name + "_bucket{stage=\"execute\",le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr(name + "_sum{stage=\"execute\"} 100061.5\n"));
  EXPECT_THAT(text, HasSubstr("tripled_job_wait_seconds_count{stage=\"prepare\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("tripled_jobs_finished_total{stage=\"execute\",verdict=\"suspect\"} 3\n"));
}

TEST(Exposition, WhatIsNotThereOrHasNoCeilingIsNoSeries) {
  Snapshot snapshot;
  snapshot.storage.classes = {{"log", 7, 0}, {"archive", 1, 9}};
  auto text = exposition(snapshot);
  EXPECT_THAT(text, HasSubstr("tripled_disk_bytes{class=\"log\"} 7\n"));
  EXPECT_THAT(text, Not(HasSubstr("tripled_disk_ceiling_bytes{class=\"log\"")));
  EXPECT_THAT(text, HasSubstr("tripled_disk_ceiling_bytes{class=\"archive\"} 9\n"));
  EXPECT_THAT(text, Not(HasSubstr("tripled_disk_free_bytes")));
  EXPECT_THAT(text, Not(HasSubstr("tripled_certificate_expiry")));
  EXPECT_THAT(text, HasSubstr("tripled_last_backup_timestamp_seconds 0\n"));
}

TEST(Exposition, RequestsAreCountedByRouteMethodAndCode) {
  Snapshot snapshot;
  snapshot.http.routes = {"/metrics", "/api/v1/sweeps"};
  snapshot.http.answered("/metrics", "GET", 401, 0.002);
  auto text = exposition(snapshot);
  EXPECT_THAT(text,
              HasSubstr("tripled_http_requests_total{route=\"/metrics\",method=\"GET\",code=\"401\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr("tripled_http_request_duration_seconds_bucket{route=\"/metrics\",le=\"0.005\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("tripled_http_request_duration_seconds_count{route=\"/api/v1/sweeps\"} 0\n"));
}

TEST(ProcessState, IsThatOfThisProcess) {
  auto state = process_state();
  EXPECT_GT(state.resident_bytes, 1u << 20);
  EXPECT_GT(state.virtual_bytes, state.resident_bytes);
  EXPECT_GE(state.open_files, 3u);
  EXPECT_GE(state.most_files, state.open_files);
  EXPECT_GE(state.threads, 1u);
  const auto now = static_cast<double>(std::time(nullptr));
  EXPECT_GT(state.started_at, now - 3'600);
  EXPECT_LE(state.started_at, now + 5);
}

// Every line is a comment or a sample, no series stands twice, every family has help and type once.
TEST(Exposition, IsWellFormed) {
  std::istringstream in(exposition(a_snapshot()));
  const std::regex sample(
      R"re(([a-z_]+(\{[a-z_]+="([^"\\]|\\.)*"(,[a-z_]+="([^"\\]|\\.)*")*\})?) (-?[0-9.e+-]+))re");
  std::set<std::string> series, described;
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("# ", 0) == 0) {
      EXPECT_TRUE(described.insert(line.substr(0, line.find(' ', 7))).second) << line;
      continue;
    }
    std::smatch parts;
    ASSERT_TRUE(std::regex_match(line, parts, sample)) << line;
    EXPECT_TRUE(series.insert(parts[1]).second) << line;
  }
  EXPECT_GT(series.size(), 30u);
}

TEST(Exposition, PromtoolHasNothingToSay) {
  if (!test::promtool_is_here()) GTEST_SKIP() << test::kNoPromtool;
  auto file = std::filesystem::path(TRIPLED_BINARY_DIR) / "exposition-test.txt";
  std::ofstream(file) << exposition(a_snapshot());
  auto said = test::promtool("check metrics <'" + file.string() + "'");
  EXPECT_EQ(said.status, 0) << said.text;
  EXPECT_EQ(said.text, "");
}

}  // namespace
}  // namespace tripled::metrics
