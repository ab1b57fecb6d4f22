// Ranges of HTTP: what is written is read back, and nothing else is taken.
#include "schema/wire/http_range.h"

#include <gtest/gtest.h>

namespace tripled::wire {
namespace {

TEST(HttpRange, ContentRangeIsReadAsItIsWritten) {
  for (const ContentRange& range :
       {ContentRange{0, 1, 1}, ContentRange{0, 100, 1000}, ContentRange{999, 1, 1000}, ContentRange{0, 0, 77},
        ContentRange{5'000'000'000, 8'000'000, 9'000'000'000}})
    EXPECT_EQ(parse_content_range(to_text(range)), range) << to_text(range);
  EXPECT_EQ(to_text(ContentRange{100, 100, 1000}), "bytes 100-199/1000");
  EXPECT_EQ(to_text(ContentRange{0, 0, 1000}), "bytes */1000");
}

TEST(HttpRange, OtherContentRangesAreRefused) {
  for (const char* text :
       {"", "bytes", "bytes ", "0-1/2", "bytes 1-0/2", "bytes 0-2/2", "bytes 0-1/*", "bytes -1/2",
        "bytes 0-1/2 ", "bytes 0-1", "bytes 0-1/2,3-4/5", "bytes +0-1/2", "bytes */", "bytes 0x0-1/2",
        "items 0-1/2", "bytes 0-99999999999999999999999/99999999999999999999999999"})
    EXPECT_FALSE(parse_content_range(text)) << text;
}

TEST(HttpRange, WantedOnesHaveABeginning) {
  EXPECT_EQ(parse_wanted_range("bytes=0-"), (WantedRange{0, UINT64_MAX}));
  EXPECT_EQ(parse_wanted_range("bytes=7-7"), (WantedRange{7, 7}));
  for (const char* text : {"", "bytes=", "bytes=-5", "bytes=5", "bytes=5-4", "bytes=0-1,3-4", "bytes 0-",
                           "bytes=a-", "bytes=0-b"})
    EXPECT_FALSE(parse_wanted_range(text)) << text;
}

}  // namespace
}  // namespace tripled::wire
