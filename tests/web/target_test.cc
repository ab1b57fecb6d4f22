#include "daemon/web/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tripled::web {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Target, PathAndQueryAreDecoded) {
  auto target = parse_target("/api/v1/workers/a%2Fb%20c/drain?now=true&x=a+b%26&empty&=y");
  ASSERT_TRUE(target);
  EXPECT_THAT(target->path, ElementsAre("api", "v1", "workers", "a/b c", "drain"));
  EXPECT_EQ(target->query.at("now"), "true");
  EXPECT_EQ(target->query.at("x"), "a b&");
  EXPECT_EQ(target->query.at("empty"), "");
  EXPECT_EQ(target->query.size(), 3u);
}

TEST(Target, SlashesAtTheEndAndDoubledOnesDoNotCount) {
  EXPECT_THAT(parse_target("/")->path, IsEmpty());
  EXPECT_THAT(parse_target("//a//b/")->path, ElementsAre("a", "b"));
  EXPECT_THAT(parse_target("/?a=1")->path, IsEmpty());
  EXPECT_EQ(parse_target("/a+b")->path[0], "a+b");  // a plus is a space in queries alone
}

TEST(Target, WhatCannotBeReadIsRefused) {
  for (const char* bad : {"", "a", "/%", "/%4", "/%zz", "/%00", "/a?b=%", "http://h/a"})
    EXPECT_FALSE(parse_target(bad)) << bad;
}

TEST(Target, NumbersHaveBounds) {
  auto target = parse_target("/?limit=10&bad=1x&low=0&huge=99999999999999999999");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->number("limit", 5, 1, 100), 10);
  EXPECT_EQ(target->number("absent", 5, 1, 100), 5);
  EXPECT_FALSE(target->number("limit", 5, 1, 9));
  for (const char* key : {"bad", "low", "huge"}) EXPECT_FALSE(target->number(key, 5, 1, 100)) << key;
}

TEST(Target, Ids) {
  EXPECT_EQ(parse_id("12"), 12);
  for (const char* bad : {"", "0", "-1", "1x", " 1", "99999999999999999999"})
    EXPECT_FALSE(parse_id(bad)) << bad;
}

}  // namespace
}  // namespace tripled::web
