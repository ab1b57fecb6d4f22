// Whether there is room for another batch.
#include "workers/agent/room.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/base/temporary_directory.h"

namespace tripled::test {
namespace {

using agent::Room;
using testing::HasSubstr;

TEST(Room, IsMissingBelowWhatIsWanted) {
  TemporaryDirectory dir;
  EXPECT_EQ(Room(dir.path(), 1).missing(), "");
  Room room(dir.path(), 1ull << 60);
  EXPECT_THAT(room.missing(), HasSubstr("no room on the disk of " + dir.path().string() + ": "));
  EXPECT_THAT(room.missing(), HasSubstr(" are free, 1024 PiB are wanted"));
}

TEST(Room, IsNotLookedAtWhereNoneIsWanted) { EXPECT_EQ(Room("/", 0).missing(), ""); }

// The cache is made by the first batch.
TEST(Room, OfADirectoryThatIsNotThereIsThatOfTheOneAbove) {
  TemporaryDirectory dir;
  EXPECT_EQ(Room(dir.path() / "not/yet", 1).missing(), "");
  EXPECT_NE(Room(dir.path() / "not/yet", 1ull << 60).missing(), "");
}

}  // namespace
}  // namespace tripled::test
