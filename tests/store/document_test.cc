#include "daemon/store/document.h"

#include <gtest/gtest.h>

namespace tripled::store {
namespace {

TEST(Document, SmallIsTextLargeIsCompressed) {
  EXPECT_FALSE(make_document("{}").compressed);
  const std::string large = "[" + std::string(100'000, ' ') + "]";
  const Document document = make_document(large);
  ASSERT_TRUE(document.compressed);
  EXPECT_LT(document.bytes.size(), large.size() / 100);
  auto back = decompress_document(document.bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, large);
}

TEST(Document, InvalidUtf8IsReplacedSoThatItCanBeReadAgain) {
  EXPECT_EQ(make_document("\"a\xff\"").bytes, "\"a\xef\xbf\xbd\"");
}

TEST(Document, DamageIsAnErrorAtEveryByte) {
  const std::string text = "{\"a\":\"" + std::string(3000, 'x') + "\"}";
  const std::string bytes = make_document(text).bytes;
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_FALSE(decompress_document(bytes.substr(0, cut))) << cut;
  EXPECT_FALSE(decompress_document("not zstd at all"));
}

}  // namespace
}  // namespace tripled::store
