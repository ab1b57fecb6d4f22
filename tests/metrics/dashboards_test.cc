// deploy/grafana: every panel asks for something that the daemon or a recording rule has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "tests/metrics/deployed.h"
#include "tests/metrics/promtool.h"

namespace tripled::metrics {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

using test::deployed;
using test::text_of;

std::set<std::string> recorded() {
  std::set<std::string> out;
  auto rules = text_of(deployed("prometheus/rules.yml"));
  const std::regex name("record: (\\S+)");
  for (std::sregex_iterator it(rules.begin(), rules.end(), name), end; it != end; ++it) out.insert((*it)[1]);
  return out;
}

TEST(Dashboards, EveryPanelAsksForWhatIsThere) {
  auto exposed = exposition(test::every_metric());
  auto rules = recorded();
  const std::regex metric("(?:tripled[_:]|process_)[a-z_:]+");
  std::set<std::string> uids;
  int dashboards = 0, expressions = 0;
  for (const auto& entry : fs::directory_iterator(deployed("grafana/dashboards"))) {
    ++dashboards;
    auto dashboard = json::parse(text_of(entry.path()));
    EXPECT_TRUE(uids.insert(std::string(dashboard.at("uid").as_string())).second) << entry.path();
    std::set<std::int64_t> ids;
    for (const auto& panel : dashboard.at("panels").as_array()) {
      EXPECT_TRUE(ids.insert(panel.at("id").as_int64()).second) << entry.path();
      ASSERT_FALSE(panel.at("targets").as_array().empty()) << panel.at("title");
      for (const auto& target : panel.at("targets").as_array()) {
        ++expressions;
        std::string expr(target.at("expr").as_string());
        std::smatch found;
        ASSERT_TRUE(std::regex_search(expr, found, metric)) << expr;
        for (std::sregex_iterator it(expr.begin(), expr.end(), metric), end; it != end; ++it) {
          auto name = std::regex_replace(it->str(), std::regex("_bucket$"), "");  // of a histogram
          bool known = rules.count(name) > 0 || exposed.find("# TYPE " + name + " ") != std::string::npos;
          EXPECT_TRUE(known) << name << " in " << entry.path();
        }
      }
    }
  }
  EXPECT_EQ(dashboards, 3);
  EXPECT_GE(expressions, 25);
}

// Compile and execution are never added up: no expression has both.
TEST(Dashboards, NoExpressionMixesTheTwoCoverages) {
  for (const auto& entry : fs::directory_iterator(deployed("grafana/dashboards"))) {
    auto dashboard = json::parse(text_of(entry.path()));
    for (const auto& panel : dashboard.at("panels").as_array())
      for (const auto& target : panel.at("targets").as_array()) {
        std::string expr(target.at("expr").as_string());
        EXPECT_FALSE(expr.find("compile") != std::string::npos && expr.find("execution") != std::string::npos)
            << expr;
      }
  }
}

// Each expression as a recording rule: promtool reads them as Prometheus would.
TEST(Dashboards, PromtoolReadsEveryExpression) {
  if (!test::promtool_is_here()) GTEST_SKIP() << test::kNoPromtool;
  auto file = fs::path(TRIPLED_BINARY_DIR) / "dashboard-expressions.yml";
  {
    std::ofstream out(file);
    out << "groups:\n  - name: dashboards\n    rules:\n";
    int n = 0;
    for (const auto& entry : fs::directory_iterator(deployed("grafana/dashboards"))) {
      auto dashboard = json::parse(text_of(entry.path()));
      for (const auto& panel : dashboard.at("panels").as_array())
        for (const auto& target : panel.at("targets").as_array())
          out << "      - {record: 'e" << n++ << "', expr: " << json::serialize(target.at("expr")) << "}\n";
    }
  }
  auto said = test::promtool("check rules '" + file.string() + "'");
  EXPECT_EQ(said.status, 0) << said.text;
}

}  // namespace
}  // namespace tripled::metrics
