// What goes when the cache is over its limit, and what never: what a batch holds, and what was used just now.
#include "workers/workdir/collect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "tests/base/temporary_directory.h"
#include "workers/workdir/target_dir.h"

namespace tripled::workdir {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using testing::ElementsAre;

class Collect : public testing::Test {
 protected:
  // An entry of about 400 KiB, used so long ago.
  fs::path entry(const std::string& kind, const std::string& name, hours ago) {
    auto dir = cache / kind / name;
    fs::create_directories(dir / "deep");
    EXPECT_TRUE(write_file_atomically(dir / "deep" / "file", std::string(400 << 10, 'x')));
    used(kind, name, ago);
    return dir;
  }
  void used(const std::string& kind, const std::string& name, hours ago) {
    EXPECT_TRUE(use_entry(cache, {kind, name}));
    fs::last_write_time(use_lock(cache, {kind, name}), fs::file_time_type::clock::now() - ago);
  }
  // Target dirs get 55 of a hundred.
  std::vector<ClassUse> run(std::uint64_t kib_of_targets) {
    CacheLimits limits;
    limits.bytes = (kib_of_targets << 10) * 100 / 55;
    auto collected = collect(cache, limits, std::chrono::system_clock::now());
    EXPECT_TRUE(collected);
    return collected ? *collected : std::vector<ClassUse>();
  }
  std::vector<std::string> left(const std::string& kind) const {
    std::vector<std::string> out;
    for (const auto& found : fs::directory_iterator(cache / kind))
      if (found.is_directory()) out.push_back(found.path().filename());
    std::sort(out.begin(), out.end());
    return out;
  }
  test::TemporaryDirectory temporary;
  fs::path cache = temporary.path() / "cache";
};

TEST_F(Collect, TheLeastRecentlyUsedGoFirstUntilTheShareHolds) {
  entry("target", "b", hours(50));
  entry("target", "a", hours(40));
  entry("target", "c", hours(30));
  EXPECT_THAT(run(2000).front().removed, 0u);
  auto use = run(900).front();
  EXPECT_EQ(use.kind, "target");
  EXPECT_EQ(use.entries, 3u);
  EXPECT_EQ(use.removed, 1u);
  EXPECT_GE(use.freed, 400u << 10);
  EXPECT_THAT(left("target"), ElementsAre("a", "c"));
  EXPECT_FALSE(fs::exists(cache / "trash") && !fs::is_empty(cache / "trash"));
}

TEST_F(Collect, EachClassHasAShareOfItsOwn) {
  entry("target", "t", hours(50));
  entry("work", "w", hours(50));
  entry("views", "v", hours(50));
  entry("std", "s", hours(50));
  fs::create_directories(cache / "views" / "locks");
  run(500);  // of which work has 136 KiB
  EXPECT_THAT(left("target"), ElementsAre("t"));
  EXPECT_TRUE(left("work").empty());
  EXPECT_THAT(left("views"), ElementsAre("locks"));
  EXPECT_THAT(left("std"), ElementsAre("s")) << "stds have a bound of their own";
}

TEST_F(Collect, WhatABatchHoldsStays) {
  entry("target", "held", hours(50));
  entry("work", "project", hours(50));
  auto spec =
      wire::json::value{{"executables", {{{"path", (cache / "target/held/debug/deps/x-1").string()}}}},
                        {"sources", {{"root", (cache / "work/project/src").string()}}},
                        {"other", "/usr/bin/cargo"},
                        {"outside", (temporary.path() / "cache-of-another/target/x/y").string()}};
  auto named = entries_named(cache, spec);
  ASSERT_THAT(named, ElementsAre(CacheEntry{"target", "held"}, CacheEntry{"work", "project"}));
  {
    std::vector<FileLock> held;
    for (const auto& e : named) held.push_back(use_entry(cache, e).value());
    for (const auto& e : named)  // long ago, and still in use
      fs::last_write_time(use_lock(cache, e), fs::file_time_type::clock::now() - hours(50));
    run(1);
    EXPECT_THAT(left("target"), ElementsAre("held"));
    EXPECT_THAT(left("work"), ElementsAre("project"));
  }
  run(1);
  EXPECT_TRUE(left("target").empty());
  EXPECT_TRUE(left("work").empty());
}

// E.4 22: what a build script made of a target dir.
TEST_F(Collect, TensOfThousandsOfFilesGo) {
  auto dir = entry("target", "crowded", hours(50));
  const int files = std::getenv("TRIPLED_FAULTS_FULL") ? 100'000 : 20'000;
  for (int i = 0; i < files; ++i) {
    if (i % 1000 == 0) fs::create_directories(dir / std::to_string(i / 1000));
    std::ofstream(dir / std::to_string(i / 1000) / std::to_string(i)).put('x');
  }
  EXPECT_EQ(run(1).front().removed, 1u);
  EXPECT_TRUE(left("target").empty());
  EXPECT_FALSE(fs::exists(cache / "trash") && !fs::is_empty(cache / "trash"));
}

TEST_F(Collect, WhatWasUsedAShortTimeAgoStays) {
  entry("target", "now", hours(0));
  entry("target", "recently", hours(1));
  run(1);
  EXPECT_THAT(left("target"), ElementsAre("now", "recently")) << "another batch of the sweep may need it";
}

TEST_F(Collect, AnOpenTargetDirIsInUse) {
  TargetDirKey key{"p-1", "commit", "/view", {}};
  const auto name = target_dir_name(key);
  {
    auto opened = TargetDir::open(cache, key, "x86_64-unknown-linux-gnu", "std");
    ASSERT_TRUE(opened);
    entry("target", name, hours(50));
    run(1);
    EXPECT_THAT(left("target"), ElementsAre(name));
  }
  run(1);
  EXPECT_TRUE(left("target").empty());
}

TEST_F(Collect, NamesThatLeadOutsideAreNoEntries) {
  for (const char* path : {"target/../../etc", "target/..", "target", "unknown/x/y", "std/x/y"})
    EXPECT_FALSE(cache_entry(cache, (cache / path).string())) << path;
  EXPECT_FALSE(cache_entry(cache, "/etc/passwd"));
}

TEST_F(Collect, OneCollectsAtATime) {
  entry("target", "t", hours(50));
  auto held = FileLock::acquire(cache / "collect.lock", FileLock::Wait::no);
  ASSERT_TRUE(held);
  EXPECT_TRUE(run(1).empty());
  EXPECT_THAT(left("target"), ElementsAre("t"));
}

}  // namespace
}  // namespace tripled::workdir
