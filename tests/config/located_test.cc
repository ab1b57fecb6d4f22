#include "config/located.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/config/support.h"

namespace tripled::config {
namespace {

using testing::error_of;

Node read(const std::string& text) {
  auto node = read_yaml(text, "m.yaml");
  EXPECT_TRUE(node) << error_of(node);
  return node ? *node : Node{};
}

std::string refused(const std::string& text) { return error_of(read_yaml(text, "m.yaml")); }

TEST(Located, ScalarsStayTextAsWritten) {
  auto root = read("a: 1.70\nb: 13.0\nc: yes\nd: 0x10\ne: 'no'\nf: 1e3\n");
  EXPECT_EQ(root.find("a")->value.scalar, "1.70");
  EXPECT_EQ(root.find("b")->value.scalar, "13.0");
  EXPECT_EQ(root.find("c")->value.scalar, "yes");
  EXPECT_EQ(root.find("d")->value.scalar, "0x10");
  EXPECT_TRUE(root.find("e")->value.quoted);
  EXPECT_EQ(root.find("f")->value.scalar, "1e3");
}

TEST(Located, PlacesAreOneBasedAndCountCharacters) {
  auto root = read("# é\na:\n  - {k: v, é: \"w\"}\n");
  const auto& map = root.find("a")->value.items.at(0);
  EXPECT_EQ(map.place.text(), "m.yaml:3:5");
  EXPECT_EQ(map.entries.at(0).value.place.text(), "m.yaml:3:9");
  EXPECT_EQ(map.entries.at(1).key_place.text(), "m.yaml:3:12");
  EXPECT_EQ(map.entries.at(1).value.place.text(), "m.yaml:3:15");
}

TEST(Located, MapsKeepTheirOrder) {
  auto root = read("z: 1\na: 2\nm: 3\n");
  std::string keys;
  for (const auto& e : root.entries) keys += e.key;
  EXPECT_EQ(keys, "zam");
}

TEST(Located, NullsAreNotText) {
  auto root = read("a: null\nb: ~\nc:\nd: 'null'\n");
  EXPECT_TRUE(root.find("a")->value.is_null());
  EXPECT_TRUE(root.find("b")->value.is_null());
  EXPECT_TRUE(root.find("c")->value.is_null());
  EXPECT_TRUE(root.find("d")->value.is_scalar());
}

TEST(Located, AliasesKeepThePlaceOfTheirAnchor) {
  auto root = read("a: &x [1]\nb: *x\n");
  EXPECT_EQ(root.find("b")->value.items.at(0).place.text(), "m.yaml:1:8");
}

TEST(Located, OffsetsInsideVerbatimTextArePlaces) {
  auto root = read("a: plain text\nb: 'quoted text'\nc: \"x\\ty\"\n");
  EXPECT_EQ(root.find("a")->value.place_of(6).text(), "m.yaml:1:10");
  EXPECT_EQ(root.find("b")->value.place_of(7).text(), "m.yaml:2:12");
  EXPECT_FALSE(root.find("c")->value.verbatim);
  EXPECT_EQ(root.find("c")->value.place_of(2).text(), "m.yaml:3:4");
}

TEST(Located, DuplicateKeysNameBothPlaces) {
  EXPECT_EQ(refused("a: 1\nb: 2\na: 3\n"), "m.yaml:3:1: duplicate key `a`, first at m.yaml:1:1");
  EXPECT_EQ(refused("x: {k: 1, k: 2}\n"), "m.yaml:1:11: duplicate key `k`, first at m.yaml:1:5");
}

TEST(Located, ASecondDocumentIsRefused) {
  EXPECT_EQ(refused("a: 1\n---\nb: 2\n"),
            "m.yaml:2:1: a second document: a matrix is one document, remove the `---`");
  EXPECT_TRUE(read_yaml("---\na: 1\n", "m.yaml"));
}

TEST(Located, MergeKeysAndTagsAreRefusedByName) {
  EXPECT_EQ(refused("x: &x {k: 1}\ny:\n  <<: *x\n"),
            "m.yaml:3:3: merge keys (`<<`) are not part of the matrix language");
  EXPECT_NE(refused("a: !!python/object:os.system x\n").find("m.yaml:1:4: a tag"), std::string::npos);
  EXPECT_NE(refused("a: !!str 1\n").find("m.yaml:1:4: a tag"), std::string::npos);
}

TEST(Located, CyclesAreRefused) {
  EXPECT_EQ(refused("a: &a [*a]\n"), "m.yaml:1:8: an alias of the value that it is part of (a cycle)");
  EXPECT_EQ(refused("a: &a {k: *a}\n"), "m.yaml:1:11: an alias of the value that it is part of (a cycle)");
}

TEST(Located, SplitPlainTextSaysQuoteIt) {
  EXPECT_EQ(refused("x: {when: a in (b, c), reason: r}\n"),
            "m.yaml:1:20: `c)` has no value; inside `{}` a comma ends plain text: if it belongs to `when`, "
            "quote it: "
            "`when: 'a in (b, c)'`");
  EXPECT_TRUE(read_yaml("x: {a: , \"b\": , c: ~}\n", "m.yaml"));
}

TEST(Located, KeysAreText) {
  EXPECT_EQ(refused("? [a]\n: b\n"), "m.yaml:1:3: a key must be text, this is a list or a map");
  EXPECT_EQ(refused("~: b\n"), "m.yaml:1:1: a key must be text: quote it");
}

TEST(Located, InvalidYamlHasItsPlace) {
  EXPECT_EQ(refused("a: [1, 2\n"), "m.yaml:1:4: not valid YAML: end of sequence flow not found");
  EXPECT_EQ(refused("a: {b: [1], c"), "m.yaml:1:4: not valid YAML: end of map flow not found");
  EXPECT_EQ(refused("a:\n\tb: 1\n").substr(0, 9), "m.yaml:2:");
  EXPECT_NE(refused("a:\n\tb: 1\n").find("a tab in the indentation"), std::string::npos);
  EXPECT_EQ(refused("a: b: c\n"),
            "m.yaml:1:5: not valid YAML: illegal map value (text that holds `: ` must be quoted)");
}

TEST(Located, BytesThatAreNotTextAreRefused) {
  EXPECT_EQ(refused(std::string("a: b\nc: \0d\n", 11)), "m.yaml:2:4: a control character (byte 0)");
  EXPECT_EQ(refused("\xef\xbb\xbf"
                    "a: b\n"),
            "m.yaml:1:1: begins with a byte order mark: save it as UTF-8 without one");
  EXPECT_EQ(refused("a: \xff\n"), "m.yaml:1:4: not UTF-8");
  EXPECT_EQ(refused(""), "m.yaml:1:1: the file is empty");
  EXPECT_EQ(refused("# only a comment\n"), "m.yaml:1:1: the file is empty");
}

TEST(Located, DepthIsLimited) {
  std::string fits(64, '['), deep(65, '[');
  EXPECT_TRUE(read_yaml("a: " + fits.substr(1) + std::string(63, ']') + "\n", "m.yaml"));
  EXPECT_EQ(refused(deep + std::string(65, ']')), "m.yaml:1:65: nested deeper than 64 levels");
  EXPECT_EQ(refused(std::string(10'000, '[')), "m.yaml:1:65: nested deeper than 64 levels");
  std::string block;
  for (int i = 0; i < 300; ++i) block += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  EXPECT_EQ(refused(block), "m.yaml:65:65: nested deeper than 64 levels");
}

TEST(Located, DepthThroughAliasesIsLimited) {
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i < 100; ++i)
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  EXPECT_NE(refused(text).find("nested deeper than 64 levels"), std::string::npos);
}

TEST(Located, AliasBombsAreRefused) {
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    auto before = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 0; k < 9; ++k) laughs += ", " + before;
    laughs += "]\n";
  }
  EXPECT_NE(refused(laughs).find("more than 50000 values (aliases count each time they are used)"),
            std::string::npos);
}

TEST(Located, BombsOfLongTextAreRefused) {
  std::string text = "a: &a " + std::string(500'000, 'x') + "\nb: [";
  for (int i = 0; i < 1000; ++i) text += "*a, ";
  EXPECT_NE(refused(text + "]\n").find("bytes of text"), std::string::npos);
}

TEST(Located, OpenBracketsAreCountedBeforeTheParserKeepsThem) {
  EXPECT_EQ(refused(std::string(1'000'000, '[')), "m.yaml:1:50001: more than 50000 of `[`, `{` and `,`");
  std::string commas;
  for (int i = 0; i < 60'000; ++i) commas += "1,";
  EXPECT_EQ(refused("a: [" + commas + "]"), "m.yaml:1:100004: more than 50000 of `[`, `{` and `,`");
}

TEST(Located, OneLongLineIsNotQuadratic) {
  std::string text = "a: [é";
  for (int i = 0; i < 40'000; ++i) text += ",abcdefghijklmno";
  auto root = read(text + "]\n");
  EXPECT_EQ(root.entries.at(0).value.items.back().place.text(),
            "m.yaml:1:" + std::to_string(6 + 16 * 39'999 + 1));
}

TEST(Located, SizeIsLimited) {
  EXPECT_EQ(refused(std::string(20'000'000, 'a')), "m.yaml:1:1: larger than 1048576 bytes");
}

TEST(Located, ManyKeysStayCheap) {
  std::string text;
  for (int i = 0; i < 24'000; ++i) text += "k" + std::to_string(i) + ": 1\n";
  EXPECT_EQ(read(text).entries.size(), 24'000u);
  EXPECT_EQ(refused(text + "k0: 2\n"), "m.yaml:24001:1: duplicate key `k0`, first at m.yaml:1:1");
}

}  // namespace
}  // namespace tripled::config
