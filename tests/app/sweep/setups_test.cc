// What each worker can do for one way to set a triple up.
#include "daemon/app/sweep/setups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tripled::app {
namespace {

SetupResult of(const std::string& worker, bool check, bool link, bool run) {
  SetupResult out;
  out.worker = worker;
  out.check = {check, check ? "" : "no std", ""};
  out.link = {link, link ? "" : "no linker", ""};
  out.runner.kind = run ? RunnerKind::emulated : RunnerKind::none;
  if (!run) out.run_emulated.reason = "no qemu";
  return out;
}

const std::vector<Need> all{Need::check, Need::link, Need::run};

std::vector<std::string> lacking(const Setups& setups) {
  std::vector<std::string> out;
  for (const auto& lack : setups.lacks("k", all))
    if (!lack.why.empty()) out.push_back(lack.worker + ": " + lack.ability + ": " + lack.why);
  return out;
}

TEST(Setups, OfNobodyAreNone) {
  Setups setups;
  EXPECT_EQ(setups.best("k"), nullptr);
  EXPECT_FALSE(setups.complete("k", all));
  EXPECT_THAT(lacking(setups), testing::IsEmpty());
}

TEST(Setups, WhatNobodyCanNobodyLacks) {
  Setups setups;
  setups.put("k", of("w1", true, false, false));
  EXPECT_FALSE(setups.complete("k", all));
  EXPECT_TRUE(setups.complete("k", {Need::check}));
  EXPECT_THAT(lacking(setups), testing::IsEmpty()) << "its cells run there and say what is missing";
}

TEST(Setups, OneLinksAndAnotherRuns) {
  Setups setups;
  setups.put("k", of("board", false, false, true));
  setups.put("k", of("builder", true, true, false));
  EXPECT_TRUE(setups.complete("k", all));
  EXPECT_EQ(setups.best("k")->worker, "builder");
  EXPECT_THAT(lacking(setups), testing::ElementsAre("board: check k: no std", "board: link k: no std",
                                                    "builder: run k: no qemu"));
  EXPECT_EQ(setups.of("k", "board")->runner.kind, RunnerKind::emulated);
  EXPECT_EQ(setups.of("k", "w3"), nullptr);
  ASSERT_EQ(setups.others("k").size(), 1u);
  EXPECT_EQ(setups.others("k").front().worker, "board");
}

TEST(Setups, WhatAWorkerCanAgainIsSaidToo) {
  Setups setups;
  setups.put("k", of("w1", true, false, true));
  setups.put("k", of("w2", true, true, true));
  ASSERT_THAT(lacking(setups), testing::ElementsAre("w1: link k: no linker"));
  setups.put("k", of("w1", true, true, true));
  EXPECT_THAT(lacking(setups), testing::IsEmpty());
  for (const auto& lack : setups.lacks("k", all)) EXPECT_EQ(lack.why, "") << lack.worker;
  setups.forget("k");
  EXPECT_EQ(setups.best("k"), nullptr);
}

}  // namespace
}  // namespace tripled::app
