#include "workers/cargo/unit_graph.h"

#include <gmock/gmock.h>

#include "tests/workers_cargo/support.h"

namespace tripled::cargo {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

std::vector<std::string> names(const std::vector<Unit>& units, const std::vector<int>& planned) {
  std::vector<std::string> out;
  for (int index : planned) {
    const auto& unit = units[static_cast<std::size_t>(index)];
    out.push_back(unit.package + "/" + unit.target + ":" + unit.kind + (unit.harness ? " test" : ""));
  }
  return out;
}

TEST(UnitGraph, DependenciesStandBeforeDependents) {
  for (const char* name :
       {"workspace-test.96", "workspace-test.95", "workspace-check.96", "registry-dependency.96"}) {
    auto units = units_of(name);
    ASSERT_FALSE(units.empty());
    for (std::size_t i = 0; i < units.size(); ++i)
      for (int need : units[i].needs) EXPECT_LT(need, static_cast<int>(i));
  }
}

TEST(UnitGraph, BuildInAForeignCellCountsLibsAndBinsOfMembers) {
  auto units = units_of("clean-build.96", kS390x);
  EXPECT_THAT(
      names(units, planned_compile(units, false)),
      UnorderedElementsAre("clean/clean:lib", "clean/clean:bin"));  // mac and the build script are the host's
}

TEST(UnitGraph, TestsInAForeignCell) {
  auto units = units_of("clean-test.96", kS390x);
  EXPECT_THAT(names(units, planned_tests(units, false)),
              UnorderedElementsAre("clean/clean:lib test", "clean/clean:bin test", "clean/it:test test",
                                   "clean/ex:example"));
  EXPECT_THAT(doctest_packages(units), UnorderedElementsAre("clean", "mac"));
}

TEST(UnitGraph, HostCellCountsProcMacrosToo) {
  auto units = units_of("workspace-test.96");
  auto planned = names(units, planned_tests(units, true));
  EXPECT_THAT(planned, testing::Contains("mac/mac:proc-macro test"));
  EXPECT_THAT(planned, testing::Contains("bhelp/bhelp:lib test"));
  EXPECT_THAT(names(units, planned_tests(units, false)),
              testing::Not(testing::Contains("mac/mac:proc-macro test")));
  auto build = units_of("workspace-check.96");
  auto compiled = names(build, planned_compile(build, true));
  EXPECT_EQ(std::count(compiled.begin(), compiled.end(), "bhelp/bhelp:lib"),
            1);  // also built for the build script
  EXPECT_EQ(std::count(compiled.begin(), compiled.end(), "mac/mac:proc-macro"), 1);
  EXPECT_EQ(std::count(compiled.begin(), compiled.end(), "clean/build-script-build:custom-build"), 1);
}

TEST(UnitGraph, DependenciesAreNotMembers) {
  auto units = units_of("registry-dependency.96");
  EXPECT_THAT(names(units, planned_compile(units, true)), ElementsAre("reg/reg:lib", "reg/reg:bin"));
  int others = 0;
  for (const auto& unit : units)
    if (!unit.member) ++others;
  EXPECT_GT(others, 0);
}

TEST(UnitGraph, SeveralTriplesShareTheHostsUnits) {
  const char* text = R"({"version":1,"roots":[1,2,3],"units":[
    {"pkg_id":"path+file:///s/h#1.0.0","target":{"kind":["lib"],"name":"h"},"mode":"build","platform":null,"dependencies":[]},
    {"pkg_id":"path+file:///s/a#1.0.0","target":{"kind":["lib"],"name":"a"},"mode":"build","platform":"t1","dependencies":[{"index":4}]},
    {"pkg_id":"path+file:///s/a#1.0.0","target":{"kind":["lib"],"name":"a"},"mode":"build","platform":"t2","dependencies":[{"index":4}]},
    {"pkg_id":"path+file:///s/m#1.0.0","target":{"kind":["proc-macro"],"name":"m"},"mode":"build","platform":null,"dependencies":[]},
    {"pkg_id":"path+file:///s/a#1.0.0","target":{"kind":["custom-build"],"name":"build-script-build"},"mode":"run-custom-build","platform":"t1","dependencies":[{"index":0}]}]})";
  auto graph = parse_unit_graph(text, {"t1", "t2", "t3"});
  ASSERT_TRUE(graph) << graph.error().message();
  EXPECT_EQ(graph->at("t1").size(), 4u);
  EXPECT_EQ(graph->at("t2").size(), 4u);
  EXPECT_EQ(graph->at("t3").size(), 1u);
  EXPECT_THAT(names(graph->at("t2"), planned_compile(graph->at("t2"), false)), ElementsAre("a/a:lib"));
  EXPECT_TRUE(graph->at("t1")[1].host);  // a build script runs here
  EXPECT_EQ(graph->at("t1")[1].kind, "run-custom-build");
  EXPECT_FALSE(graph->at("t1")[0].member);
}

TEST(UnitGraph, WhatIsNoGraphIsAnError) {
  EXPECT_FALSE(parse_unit_graph("error: no", {kHost}));
  EXPECT_FALSE(parse_unit_graph("{}", {kHost}));
  auto version = parse_unit_graph(R"({"version":2,"units":[],"roots":[]})", {kHost});
  ASSERT_FALSE(version);
  EXPECT_EQ(version.error().message(), "cargo's unit graph has version 2, known is 1");
  EXPECT_FALSE(parse_unit_graph(R"({"version":1,"units":[],"roots":[0]})", {kHost}));
  EXPECT_FALSE(
      parse_unit_graph(R"({"version":1,"units":[{"dependencies":[{"index":9}]}],"roots":[]})", {kHost}));
}

TEST(UnitGraph, CyclesEnd) {
  auto graph = parse_unit_graph(
      R"({"version":1,"roots":[0],"units":[{"pkg_id":"a#1","platform":"t","dependencies":[{"index":1}]},{"pkg_id":"b#1","platform":"t","dependencies":[{"index":0}]}]})",
      {"t"});
  ASSERT_TRUE(graph);
  EXPECT_EQ(graph->at("t").size(), 2u);
}

}  // namespace
}  // namespace tripled::cargo
