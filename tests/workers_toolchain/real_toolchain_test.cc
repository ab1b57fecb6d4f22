// Toolchains and facts of the machine the tests run on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/workers_toolchain/support.h"
#include "workers/toolchain/discover.h"
#include "workers/toolchain/facts.h"

namespace tripled::toolchain::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(RealToolchain, SystemIsAPlainRustcWithAllItSaysOfItself) {
  ToolchainFinder finder(Surroundings::of_this_process(), real_tools());
  auto facts = finder.find("system");
  if (!facts.error.empty()) GTEST_SKIP() << "no plain rustc here: " << facts.error;
  EXPECT_EQ(facts.name, "system");
  EXPECT_FALSE(is_rustup_proxy(facts.rustc));
  EXPECT_THAT(facts.rustc_verbose, HasSubstr("release: " + facts.version));
  EXPECT_THAT(facts.cargo_version, HasSubstr("cargo 1."));
  EXPECT_TRUE(ships_std(facts.sysroot, facts.host));
  EXPECT_THAT(rustc_id(facts), HasSubstr(facts.version));
  // Asked by its path it is the same one.
  auto by_path = finder.find(facts.rustc);
  EXPECT_EQ(by_path.rustc, facts.rustc) << by_path.error;
  EXPECT_EQ(rustc_id(by_path), rustc_id(facts));
}

TEST(RealToolchain, RustupsStableIsNeverTheProxy) {
  auto surroundings = Surroundings::of_this_process();
  auto installed = rustup_toolchains(surroundings);
  if (std::none_of(installed.begin(), installed.end(),
                   [](const auto& t) { return t.name.starts_with("stable-"); }))
    GTEST_SKIP() << "rustup's stable is not installed here";
  ToolchainFinder finder(surroundings, real_tools());
  auto facts = finder.find("stable");
  ASSERT_EQ(facts.error, "");
  EXPECT_THAT(facts.rustc, HasSubstr("/toolchains/stable-"));
  EXPECT_EQ(facts.channel, "stable");
  EXPECT_EQ(facts.rustc.substr(0, facts.rustc.size() - 5), facts.cargo.substr(0, facts.cargo.size() - 5));
  // Its version names it too.
  auto by_version = finder.find(facts.version);
  EXPECT_EQ(by_version.version, facts.version) << by_version.error;
}

TEST(RealToolchain, AMissingOneSaysWhatIsThereAndWhatToType) {
  ToolchainFinder finder(Surroundings::of_this_process(), real_tools());
  auto facts = finder.find("1.31.0");
  EXPECT_THAT(facts.error, HasSubstr("rustup toolchain install 1.31.0"));
  EXPECT_EQ(facts.rustc, "");
  for (const auto& present : finder.all())
    EXPECT_THAT(facts.error, HasSubstr(present.error.empty() ? present.version : present.name));
}

TEST(RealToolchain, FactsComeFromRustcAndThenFromDisk) {
  ScratchDir cache;
  ToolchainFinder finder(Surroundings::of_this_process(), real_tools());
  FactsRequest request;
  request.toolchains = {"system", "1.31.0"};
  request.cfg_triples = {"s390x-unknown-linux-gnu", "no-such-triple"};
  request.flag_sets = {{"-Ctarget-feature=+vector"}, {"-Zno-such-flag"}};
  auto answers = collect_facts(request, finder, cache.path(), real_tools());
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_THAT(answers[1].error, Not(IsEmpty()));
  const auto& facts = answers[0];
  if (!facts.error.empty()) GTEST_SKIP() << "no plain rustc here: " << facts.error;
  EXPECT_GT(facts.triples.size(), 200u);
  const auto* big = facts.find("s390x-unknown-linux-gnu");
  ASSERT_TRUE(big);
  EXPECT_TRUE(big->std);
  EXPECT_EQ(big->tier, 2);
  EXPECT_EQ(big->endian, "big");
  EXPECT_EQ(big->pointer_width, 64);
  EXPECT_THAT(big->cfg, Contains("target_endian=\"big\""));
  EXPECT_THAT(facts.cfg_with_flags, testing::SizeIs(1));
  EXPECT_THAT(facts.cfg_with_flags.at("s390x-unknown-linux-gnu -Ctarget-feature=+vector"),
              Contains("target_feature=\"vector\""));
  const auto* bare = facts.find("thumbv7em-none-eabi");
  ASSERT_TRUE(bare);
  EXPECT_FALSE(bare->std);
  EXPECT_THAT(bare->cfg, IsEmpty());  // not asked for
  EXPECT_TRUE(facts.find(facts.host)->dist);

  // From disk: nothing is run any more, and the answer is the same.
  int asked = 0;
  RunTool counting = [&](const ToolCommand& command) {
    ++asked;
    return real_tools()(command);
  };
  auto again = facts;
  again.triples.clear();
  again.cfg_with_flags.clear();
  ASSERT_TRUE(add_triple_facts(again, request.cfg_triples, request.flag_sets, cache.path(),
                               finder.surroundings(), counting));
  EXPECT_EQ(asked, 0);
  EXPECT_EQ(again.triples.size(), facts.triples.size());
  EXPECT_EQ(again.find("s390x-unknown-linux-gnu")->cfg, big->cfg);
  EXPECT_EQ(again.cfg_with_flags, facts.cfg_with_flags);
}

}  // namespace
}  // namespace tripled::toolchain::test
