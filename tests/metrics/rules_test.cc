// deploy/prometheus: the rules and alerts are what Prometheus takes, each alert fires in its case and is
// silent in another (alerts_test.yml), and they name no metric that the daemon does not have.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "daemon/metrics/exposition.h"
#include "tests/metrics/promtool.h"

namespace tripled::metrics {
namespace {

namespace fs = std::filesystem;

const fs::path source = TRIPLED_SOURCE_DIR;

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

TEST(Rules, PromtoolTakesThemAndEveryAlertFiresInItsCase) {
  if (!test::promtool_is_here()) GTEST_SKIP() << test::kNoPromtool;
  auto dir = fs::path(TRIPLED_BINARY_DIR) / "prometheus-test";
  fs::create_directories(dir);
  for (const auto& file :
       {source / "deploy/prometheus/rules.yml", source / "deploy/prometheus/alerts.yml",
        source / "deploy/prometheus/prometheus.yml", source / "tests/metrics/alerts_test.yml"})
    fs::copy_file(file, dir / file.filename(), fs::copy_options::overwrite_existing);
  for (const char* command : {"check rules rules.yml alerts.yml", "check config --syntax-only prometheus.yml",
                              "test rules alerts_test.yml"}) {
    fs::current_path(dir);
    auto said = test::promtool(command);
    EXPECT_EQ(said.status, 0) << command << "\n" << said.text;
  }
}

TEST(Rules, EveryAlertHasItsCase) {
  auto alerts = text_of(source / "deploy/prometheus/alerts.yml"),
       cases = text_of(source / "tests/metrics/alerts_test.yml");
  const std::regex name("alert: (\\w+)");
  int count = 0;
  for (std::sregex_iterator it(alerts.begin(), alerts.end(), name), end; it != end; ++it, ++count)
    EXPECT_THAT(cases, testing::HasSubstr((*it)[1].str()));
  EXPECT_GE(count, 10);
}

TEST(Rules, NameOnlyMetricsThatExist) {
  Snapshot snapshot;
  snapshot.coverage.push_back(
      {"p", "m", {{"t", "c", Stage::check, 1, 1}}, {{"t", "c", RunnerKind::native, 1, 1, 1}}, {}, 1});
  snapshot.coverage.back().cells[{Stage::check, Verdict::pass}] = 1;
  auto exposed = exposition(snapshot);
  const std::regex name("tripled_[a-z_]+");
  std::set<std::string> named;
  for (const char* file : {"rules.yml", "alerts.yml"}) {
    auto text = text_of(source / "deploy/prometheus" / file);
    for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it)
      named.insert(it->str());
  }
  EXPECT_GE(named.size(), 8u);
  for (const auto& metric : named)
    EXPECT_THAT(exposed, testing::HasSubstr("# TYPE " + metric + " ")) << metric;
}

}  // namespace
}  // namespace tripled::metrics
