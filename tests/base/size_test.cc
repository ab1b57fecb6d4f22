#include "schema/base/size.h"

#include <gtest/gtest.h>

namespace tripled {
namespace {

TEST(Size, IsReadWithItsUnit) {
  EXPECT_EQ(parse_size("20 GiB"), 20ull << 30);
  EXPECT_EQ(parse_size("512MiB"), 512ull << 20);
  EXPECT_EQ(parse_size("1.5 KiB"), 1536u);
  EXPECT_EQ(parse_size("0 B"), 0u);
  for (const char* wrong : {"", "20", "GiB", "-1 GiB", "20 GB", "1e3 B", "nan B", "9999 PiB", "20 GiB more"})
    EXPECT_FALSE(parse_size(wrong)) << wrong;
}

TEST(Size, IsSaidShortly) {
  EXPECT_EQ(format_size(0), "0 B");
  EXPECT_EQ(format_size(1000), "1000 B");
  EXPECT_EQ(format_size(1536), "1.5 KiB");
  EXPECT_EQ(format_size(20ull << 30), "20 GiB");
  EXPECT_EQ(format_size(150ull << 20), "150 MiB");
}

}  // namespace
}  // namespace tripled
