// The bounded log against a plain string, and its compressed form.
#include "workers/exec/log_store.h"

#include <gtest/gtest.h>

#include <random>

#include "schema/base/text.h"

namespace tripled::test {
namespace {

using exec::BoundedLog;

TEST(BoundedLog, KeepsEverythingThatFits) {
  BoundedLog log(20);
  log.append("0123456789");
  log.append("abcdefghij");
  EXPECT_FALSE(log.truncated());
  EXPECT_EQ(log.text(), "0123456789abcdefghij");
}

TEST(BoundedLog, MarksWhatIsLeftOut) {
  BoundedLog log(20);
  log.append(
      "0123456789"
      "xx\nyy\n"
      "abcdefghij");
  EXPECT_TRUE(log.truncated());
  EXPECT_EQ(log.total_bytes(), 26u);
  EXPECT_EQ(log.text(), "0123456789\n[tripled: 6 bytes (2 lines) left out]\nabcdefghij");
}

TEST(BoundedLog, CutsAtLineEnds) {
  BoundedLog log(20);
  log.append("one\ntwo\nthree\nfour\nfive\nsix6\nseven\n");
  EXPECT_EQ(log.text(), "one\ntwo\n[tripled: 21 bytes (4 lines) left out]\nseven\n");
}

TEST(BoundedLog, EveryChunkingGivesTheSame) {
  std::mt19937 random(7);
  std::string all;
  while (all.size() < 5000) all += random() % 30 == 0 ? '\n' : static_cast<char>('a' + random() % 26);
  BoundedLog whole(1000);
  whole.append(all);
  for (int round = 0; round < 50; ++round) {
    BoundedLog log(1000);
    for (std::size_t at = 0; at < all.size();) {
      auto size = 1 + random() % 900;
      log.append(std::string_view(all).substr(at, size));
      at += size;
    }
    ASSERT_EQ(log.text(), whole.text());
    ASSERT_EQ(log.total_lines(), whole.total_lines());
  }
  auto text = whole.text();
  auto marker = text.find("[tripled: ");
  ASSERT_NE(marker, std::string::npos);
  EXPECT_TRUE(all.starts_with(text.substr(0, marker)));
  EXPECT_TRUE(all.ends_with(text.substr(text.find('\n', marker) + 1)));
}

TEST(BoundedLog, BytesStayAsTheyAre) {
  std::string bytes("\0\xff\xfe\x1b]0;title\x07<script>", 20);
  BoundedLog log(1000);
  log.append(bytes);
  EXPECT_EQ(log.text(), bytes);
}

TEST(BoundedLog, NoBoundIsNoText) {
  for (int bound : {0, 1}) {
    BoundedLog log(static_cast<std::uint64_t>(bound));
    log.append("hello\n");
    EXPECT_EQ(log.text(), "[tripled: 6 bytes (1 lines) left out]\n");
  }
}

TEST(Compress, GivesItBack) {
  for (const std::string& text : {std::string(), std::string("hello"), std::string(3 << 20, 'x')}) {
    auto frame = exec::compress(text);
    ASSERT_TRUE(frame);
    auto back = exec::decompress(*frame);
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, text);
  }
}

TEST(Compress, RefusesWhatIsBroken) {
  auto frame = exec::compress(std::string(100'000, 'x')).value();
  EXPECT_FALSE(exec::decompress("not zstd at all"));
  EXPECT_FALSE(exec::decompress(frame.substr(0, frame.size() / 2)));
  EXPECT_FALSE(exec::decompress(frame + "more"));
  EXPECT_FALSE(exec::decompress(frame, 99'999));
  EXPECT_TRUE(exec::decompress(frame, 100'000));
  EXPECT_FALSE(exec::decompress(""));
}

}  // namespace
}  // namespace tripled::test
