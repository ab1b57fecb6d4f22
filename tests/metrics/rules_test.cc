// deploy/prometheus: the rules and alerts are what Prometheus takes, each alert fires in its case and is
// silent in another (alerts_test.yml), and they name no metric that the daemon does not have.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>

#include "tests/metrics/deployed.h"
#include "tests/metrics/promtool.h"

namespace tripled::metrics {
namespace {

namespace fs = std::filesystem;

const fs::path source = TRIPLED_SOURCE_DIR;

using test::deployed;
using test::text_of;

TEST(Rules, PromtoolTakesThemAndEveryAlertFiresInItsCase) {
  if (!test::promtool_is_here()) GTEST_SKIP() << test::kNoPromtool;
  auto dir = fs::path(TRIPLED_BINARY_DIR) / "prometheus-test";
  fs::create_directories(dir);
  for (const auto& file : {deployed("prometheus/rules.yml"), deployed("prometheus/alerts.yml"),
                           deployed("prometheus/prometheus.yml"), source / "tests/metrics/alerts_test.yml"})
    fs::copy_file(file, dir / file.filename(), fs::copy_options::overwrite_existing);
  for (const char* command : {"check rules rules.yml alerts.yml", "check config --syntax-only prometheus.yml",
                              "test rules alerts_test.yml"}) {
    fs::current_path(dir);
    auto said = test::promtool(command);
    EXPECT_EQ(said.status, 0) << command << "\n" << said.text;
  }
}

TEST(Rules, EveryAlertHasItsCase) {
  auto alerts = text_of(deployed("prometheus/alerts.yml")),
       cases = text_of(source / "tests/metrics/alerts_test.yml");
  const std::regex name("alert: (\\w+)");
  int count = 0;
  for (std::sregex_iterator it(alerts.begin(), alerts.end(), name), end; it != end; ++it, ++count)
    EXPECT_THAT(cases, testing::HasSubstr((*it)[1].str()));
  EXPECT_GE(count, 10);
}

TEST(Rules, NameOnlyMetricsThatExist) {
  auto exposed = exposition(test::every_metric());
  const std::regex name("tripled_[a-z_]+");
  std::set<std::string> named;
  for (const char* file : {"rules.yml", "alerts.yml"}) {
    auto text = text_of(deployed("prometheus") / file);
    for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it)
      named.insert(it->str());
  }
  EXPECT_GE(named.size(), 8u);
  for (const auto& metric : named)
    EXPECT_THAT(exposed, testing::HasSubstr("# TYPE " + metric + " ")) << metric;
}

}  // namespace
}  // namespace tripled::metrics
