#include "daemon/diagnosis/causes/asserted.h"

#include <gtest/gtest.h>

namespace tripled::diagnosis {
namespace {

bool swapped(const char* a, const char* b) { return is_byte_swapped({a, b}); }

TEST(Asserted, OfBothForms) {
  auto now = asserted("assertion `left == right` failed: text\n  left: [1, 2]\n right: [2, 1]");
  ASSERT_TRUE(now);
  EXPECT_EQ(now->left, "[1, 2]");
  auto then = asserted("assertion failed: `(left == right)`\n  left: `\"a\"`,\n right: `\"b\"`: text");
  ASSERT_TRUE(then);
  EXPECT_EQ(then->left, "\"a\"");
  EXPECT_EQ(then->right, "\"b\"");
  EXPECT_FALSE(asserted("assertion failed: x.is_ok()"));
}

TEST(Swapped, Numbers) {
  EXPECT_TRUE(swapped("1", "256"));
  EXPECT_TRUE(swapped("1", "16777216"));
  EXPECT_TRUE(swapped("0x1234", "0x3412"));
  EXPECT_TRUE(swapped("Some(72057594037927936)", "Some(1)"));
  EXPECT_TRUE(swapped("-2", "-257")) << "0xFFFE and 0xFEFF";
  EXPECT_FALSE(swapped("1", "2"));
  EXPECT_FALSE(swapped("257", "257"));
  EXPECT_FALSE(swapped("4", "8"));
}

TEST(Swapped, Lists) {
  EXPECT_TRUE(swapped("[1, 2, 3, 4]", "[4, 3, 2, 1]"));
  EXPECT_TRUE(swapped("[1, 2, 3, 4]", "[2, 1, 4, 3]"));
  EXPECT_TRUE(swapped("[1, 512]", "[256, 2]"));
  EXPECT_TRUE(
      swapped("[[40, 0, 0, 0], [17, 0, 0, 0, 0, 0, 0, 0]]", "[[0, 0, 0, 40], [0, 0, 0, 0, 0, 0, 0, 17]]"));
  EXPECT_TRUE(swapped("[73, 73, 42, 0, 36, 0, 0, 0, 7]", "[73, 73, 0, 42, 0, 0, 0, 36, 7]"))
      << "fields of several sizes";
  EXPECT_FALSE(swapped("[1, 2, 3]", "[3, 2, 1]")) << "no word has three bytes";
  EXPECT_FALSE(swapped("[1, 2]", "[1, 3]"));
  EXPECT_FALSE(swapped("[1, 2]", "[1, 2]"));
  EXPECT_FALSE(swapped("[\"a\"]", "[\"b\"]"));
}

TEST(WordWidth, SizesLimitsAndCutNumbers) {
  EXPECT_TRUE(is_word_width({"4", "8"}));
  EXPECT_TRUE(is_word_width({"24", "12"}));
  EXPECT_TRUE(is_word_width({"2147483647", "9223372036854775807"}));
  EXPECT_TRUE(is_word_width({"\"4294967295\"", "\"18446744073709551615\""}));
  EXPECT_TRUE(is_word_width({"705032704", "5000000000"}));
  EXPECT_FALSE(is_word_width({"3", "6"}));
  EXPECT_FALSE(is_word_width({"1", "2"}));
  EXPECT_FALSE(is_word_width({"7", "7"}));
}

TEST(Layout, SizesOfStructs) {
  EXPECT_TRUE(is_layout({"56", "80"}));
  EXPECT_FALSE(is_layout({"10", "9"}));
  EXPECT_FALSE(is_layout({"\"a\"", "\"b\""}));
}

TEST(PageSize, BothAreOne) {
  EXPECT_TRUE(is_page_size({"4096", "65536"}));
  EXPECT_FALSE(is_page_size({"4096", "4095"}));
}

}  // namespace
}  // namespace tripled::diagnosis
