// Where state and caches lie by default (XDG base directory specification).
#include "daemon/cli/paths.h"

#include <gtest/gtest.h>

#include "tests/cli/environment.h"

namespace tripled::cli {
namespace {

using test::Environment;

TEST(Paths, AreBelowTheXdgDirectories) {
  Environment env({{"XDG_STATE_HOME", "/x/state"}, {"XDG_CACHE_HOME", "/x/cache"}, {"HOME", "/home/u"}});
  EXPECT_EQ(default_paths().state, "/x/state/tripled");
  EXPECT_EQ(default_paths().cache, "/x/cache/tripled");
}

TEST(Paths, AreBelowHomeWithoutThem) {
  for (std::optional<std::string> not_there :
       {std::optional<std::string>(), std::optional<std::string>("")}) {
    Environment env({{"XDG_STATE_HOME", not_there}, {"XDG_CACHE_HOME", not_there}, {"HOME", "/home/u"}});
    EXPECT_EQ(default_paths().state, "/home/u/.local/state/tripled");
    EXPECT_EQ(default_paths().cache, "/home/u/.cache/tripled");
  }
}

TEST(Paths, RelativeXdgDirectoryIsPassedOver) {  // as the specification wants it
  Environment env({{"XDG_STATE_HOME", "state"}, {"XDG_CACHE_HOME", "./cache"}, {"HOME", "/home/u"}});
  EXPECT_EQ(default_paths().state, "/home/u/.local/state/tripled");
  EXPECT_EQ(default_paths().cache, "/home/u/.cache/tripled");
}

TEST(Paths, AreAbsoluteEvenWithoutAHome) {
  Environment env(
      {{"XDG_STATE_HOME", std::nullopt}, {"XDG_CACHE_HOME", std::nullopt}, {"HOME", std::nullopt}});
  EXPECT_TRUE(default_paths().state.is_absolute());
  EXPECT_TRUE(default_paths().cache.is_absolute());
}

}  // namespace
}  // namespace tripled::cli
