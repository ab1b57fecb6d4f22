// Which shard runs what: everything once, about equal parts, the same at every asking.
#include "daemon/app/sweep/shards.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace tripled::app {
namespace {

Executable binary(const std::string& target, bool libtest = true) {
  Executable out;
  out.package = "p";
  out.target = target;
  out.kind = "test";
  out.libtest = libtest;
  return out;
}

using Work = std::map<std::pair<std::string, int>, int>;  // (binary, part of it or -1) -> shards that run it

Work all_work(const std::vector<Executable>& binaries, const std::vector<BinaryDuration>& durations,
              int shards) {
  Work out;
  for (int shard = 0; shard < shards; ++shard) {
    auto work = work_of_shard(binaries, durations, shard, shards);
    std::set<std::string> targets, cut;
    for (const auto& p : work.parts) {
      cut.insert(p.target);
      for (int part : p.parts) ++out[{p.target, part}];
    }
    for (const auto& e : work.executables) {
      EXPECT_TRUE(targets.insert(e.target).second) << e.target << " is there twice";
      if (!cut.count(e.target)) ++out[{e.target, -1}];
    }
    for (const auto& target : cut) EXPECT_TRUE(targets.count(target)) << target;
  }
  return out;
}

TEST(Shards, AreAsManyAsTheirLengthAsksForUpToABound) {
  const ShardPolicy policy{std::chrono::minutes(10), 4};
  EXPECT_EQ(shards_for(0, policy), 1) << "nothing is known";
  EXPECT_EQ(shards_for(600'000, policy), 1);
  EXPECT_EQ(shards_for(600'001, policy), 2);
  EXPECT_EQ(shards_for(1'800'000, policy), 3);
  EXPECT_EQ(shards_for(36'000'000, policy), 4);
  EXPECT_EQ(shards_for(36'000'000, {Millis(0), 4}), 1) << "switched off";
}

TEST(Shards, EveryBinaryIsRunOnceWhateverItsDuration) {
  std::vector<Executable> binaries;
  std::vector<BinaryDuration> durations;
  for (int i = 0; i < 12; ++i) {
    binaries.push_back(binary("t" + std::to_string(i), i % 3 != 0));
    if (i % 4 == 3) continue;
    durations.push_back({"p", binaries.back().target, i % 3 != 0 ? "test" : "custom", i * i * 1000});
  }
  for (int shards = 2; shards <= 8; ++shards) {
    std::map<std::string, std::set<int>> parts;
    for (const auto& [what, count] : all_work(binaries, durations, shards)) {
      EXPECT_EQ(count, 1) << what.first << " part " << what.second << " of " << shards << " shards";
      parts[what.first].insert(what.second);
    }
    EXPECT_EQ(parts.size(), binaries.size());
    for (const auto& [target, seen] : parts) {
      if (seen.count(-1) > 0) continue;
      EXPECT_EQ(*seen.begin(), 0) << target;
      EXPECT_EQ(*seen.rbegin(), static_cast<int>(seen.size()) - 1) << target;
    }
  }
}

TEST(Shards, OneLongBinaryIsCutAndACustomHarnessIsNot) {
  const std::vector<BinaryDuration> durations{{"p", "long", "test", 90'000}, {"p", "own", "custom", 90'000}};
  auto cut = all_work({binary("long"), binary("short")}, durations, 3);
  EXPECT_EQ(cut.count({"long", -1}), 0u);
  EXPECT_GE(cut.size(), 3u);
  EXPECT_EQ(all_work({binary("own", false)}, durations, 3), (Work{{{"own", -1}, 1}}));
}

TEST(Shards, LoadsAreEvenAsFarAsBinariesAllow) {
  std::vector<Executable> binaries;
  std::vector<BinaryDuration> durations;
  for (int i = 1; i <= 30; ++i) {
    binaries.push_back(binary("t" + std::to_string(i)));
    durations.push_back({"p", binaries.back().target, "test", i * 100});
  }
  std::vector<std::int64_t> loads;
  for (int shard = 0; shard < 3; ++shard) {
    loads.push_back(0);
    for (const auto& e : work_of_shard(binaries, durations, shard, 3).executables)
      loads.back() += std::stoll(e.target.substr(1)) * 100;
  }
  const auto [least, most] = std::minmax_element(loads.begin(), loads.end());
  EXPECT_LE(*most - *least, 3000) << "no more than the longest binary";
}

TEST(Shards, TheOrderInWhichBinariesComeChangesNothing) {
  std::vector<Executable> binaries{binary("a"), binary("b"), binary("c"), binary("d")};
  auto names = [](const ShardWork& work) {
    std::vector<std::string> out;
    for (const auto& e : work.executables) out.push_back(e.target);
    return out;
  };
  auto reversed = binaries;
  std::reverse(reversed.begin(), reversed.end());
  for (int shard = 0; shard < 3; ++shard)
    EXPECT_EQ(names(work_of_shard(binaries, {}, shard, 3)), names(work_of_shard(reversed, {}, shard, 3)));
}

}  // namespace
}  // namespace tripled::app
