// How exclude and include rows, and what rules made, meet.
#include <gtest/gtest.h>

#include "tests/config/support.h"

namespace tripled::config {
namespace {

using testing::cell;
using testing::error_of;
using testing::ids;
using testing::plan;
using Ids = std::vector<std::string>;

const std::string kAxes = "tripled: 1\naxes: {triple: [i686-unknown-linux-gnu, s390x-unknown-linux-gnu]}\n";

TEST(Rows, ExcludeIsForTheProductAlone) {
  auto p = plan(kAxes +
                "exclude: [{when: 'triple = s390x-* or triple = *-freebsd', reason: slow}]\n"
                "include: [{triple: x86_64-unknown-freebsd, stages: [check]}]\n");
  EXPECT_EQ(cell(p, "s390x-unknown-linux-gnu").excluded_reason, "slow");
  EXPECT_EQ(cell(p, "x86_64-unknown-freebsd").excluded_reason, "");
}

TEST(Rows, ARowMayStandForAnExcludedCell) {
  auto p = plan(kAxes +
                "exclude: [{when: 'triple = s390x-*', reason: slow}]\n"
                "include: [{triple: s390x-unknown-linux-gnu, stages: [check]}]\n");
  EXPECT_EQ(ids(p), (Ids{"i686-unknown-linux-gnu", "s390x-unknown-linux-gnu"}));
  EXPECT_EQ(cell(p, "s390x-unknown-linux-gnu").excluded_reason, "");
  EXPECT_EQ(cell(p, "s390x-unknown-linux-gnu").settings.stages, std::vector<Stage>{Stage::check});
  EXPECT_EQ(error_of(plan(kAxes + "exclude: [{when: 'triple = s390x-*', reason: slow}]\n"
                                  "include: [{triple: s390x-unknown-linux-gnu, stages: [check]},"
                                  " {triple: s390x-unknown-linux-gnu}]\n")),
            "m.yaml:4:63: cell s390x-unknown-linux-gnu is made twice, first at m.yaml:4:11");
}

TEST(Rows, WhatRulesMadeIsSeenByExcludeAndOnly) {
  const std::string rules = kAxes + "rules: [{match: 'triple = s390x-*', profile: release}]\n";
  auto p = plan(rules + "exclude: [{when: profile = release, reason: slow}]\n");
  EXPECT_EQ(cell(p, "s390x-unknown-linux-gnu").excluded_reason, "slow");
  EXPECT_EQ(cell(p, "i686-unknown-linux-gnu").excluded_reason, "");
  ExpandOptions options;
  options.narrowing.only = "profile = release";
  EXPECT_EQ(ids(plan(rules, options)), Ids{"s390x-unknown-linux-gnu"});
}

}  // namespace
}  // namespace tripled::config
