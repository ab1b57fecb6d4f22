#include "config/init.h"

#include <gtest/gtest.h>

#include "tests/config/support.h"

namespace tripled::config {
namespace {

using testing::error_of;

Result<Plan> plan_of(const InitFacts& facts) {
  auto text = initial_matrix(facts);
  auto matrix = parse_matrix(text, "tripled.yaml");
  EXPECT_TRUE(matrix) << error_of(matrix) << "\n" << text;
  if (!matrix) return matrix.error();
  std::vector<ToolchainFacts> toolchains;
  for (const auto& name : facts_needed(*matrix).toolchains) toolchains.push_back(testing::rustc_1_96(name));
  return expand(*matrix, toolchains);
}

InitFacts simple() {
  InitFacts facts;
  facts.host = "x86_64-unknown-linux-gnu";
  return facts;
}

TEST(Init, NothingKnownStillGivesAMatrix) {
  auto p = plan_of(simple());
  EXPECT_EQ(testing::ids(p), (std::vector<std::string>{"x86_64-unknown-linux-gnu", "i686-unknown-linux-gnu",
                                                       "aarch64-unknown-linux-gnu", "s390x-unknown-linux-gnu",
                                                       "x86_64-unknown-freebsd"}));
  EXPECT_TRUE(p->warnings.empty()) << p->warnings.front();
}

TEST(Init, ManifestsAndCiDecide) {
  auto facts = simple();
  facts.name = "it's: a \"name\" # really";
  facts.packages = {{"core", {"default", "std"}}, {"cli", {}}};
  facts.rust_version = "1.70";
  facts.no_std = true;
  facts.cfgs = {"cfg(windows)", "cfg(target_os = \"macos\")", "x86_64-unknown-netbsd"};
  facts.ci_triples = {"armv7-unknown-linux-gnueabihf", "x86_64-unknown-illumos", "not a triple"};
  auto p = plan_of(facts);
  ASSERT_TRUE(p) << error_of(p);
  EXPECT_EQ(p->project.name, facts.name);
  for (const char* id :
       {"x86_64-unknown-linux-gnu/full", "armv7-unknown-linux-gnueabihf/bare", "x86_64-pc-windows-gnu",
        "aarch64-apple-darwin", "x86_64-unknown-netbsd", "x86_64-unknown-illumos",
        "x86_64-unknown-linux-gnu/old", "thumbv7em-none-eabi/--lib --no-default-features"})
    testing::cell(p, id);
  EXPECT_EQ(testing::cell(p, "x86_64-unknown-linux-gnu/old").settings.toolchain, "msrv");
  EXPECT_EQ(testing::cell(p, "x86_64-unknown-linux-gnu/bare").settings.scope,
            (std::vector<std::string>{"--workspace", "--no-default-features"}));
  EXPECT_TRUE(p->warnings.empty()) << p->warnings.front();
}

TEST(Init, HostileNamesCannotBreakTheText) {
  auto facts = simple();
  facts.name = "a\nrules: x";
  facts.packages = {{"x\ny: 1", {}}, {"z", {"default"}}};
  facts.rust_version = "1.70\nfoo: 1";
  facts.ci_triples = {"x\ny", "a-b: c"};
  EXPECT_TRUE(plan_of(facts));
}

TEST(Init, AnotherHost) {
  InitFacts facts;
  facts.host = "aarch64-apple-darwin";
  facts.rust_version = "1.80";
  auto p = plan_of(facts);
  EXPECT_EQ(testing::cell(p, "aarch64-apple-darwin").settings.stages.size(), 4u);
  EXPECT_EQ(testing::cell(p, "aarch64-apple-darwin/old").settings.stages.size(), 1u);
}

}  // namespace
}  // namespace tripled::config
