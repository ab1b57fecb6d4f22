// Globs, words of a shell line, nearest names and valid UTF-8, each against what the standard or a real shell
// says.
#include "schema/base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <random>

namespace tripled {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct GlobCase {
  const char *pattern, *text;
  bool matches;
};

class Glob : public testing::TestWithParam<GlobCase> {};

TEST_P(Glob, MatchesTheWholeTextOrNotAtAll) {
  const auto& c = GetParam();
  EXPECT_EQ(glob_match(c.pattern, c.text), c.matches) << "`" << c.pattern << "` on `" << c.text << "`";
}

INSTANTIATE_TEST_SUITE_P(Plain, Glob,
                         testing::Values(GlobCase{"", "", true}, GlobCase{"", "a", false},
                                         GlobCase{"abc", "abc", true}, GlobCase{"abc", "abcd", false},
                                         GlobCase{"bc", "abc", false},
                                         GlobCase{"a.c", "abc", false},  // no regular expression
                                         GlobCase{"ABC", "abc", false}));

INSTANTIATE_TEST_SUITE_P(
    Wildcards, Glob,
    testing::Values(GlobCase{"*", "", true}, GlobCase{"*", "a/b::c", true},  // `/` is a character like others
                    GlobCase{"?", "", false}, GlobCase{"?", "a", true}, GlobCase{"?", "ab", false},
                    GlobCase{"*-linux-*", "s390x-unknown-linux-gnu", true},
                    GlobCase{"*-linux-*", "x86_64-unknown-freebsd", false}, GlobCase{"a*a", "a", false},
                    GlobCase{"a*a", "aa", true}, GlobCase{"*ab", "aab", true}, GlobCase{"**", "x", true},
                    GlobCase{"*?*", "", false}, GlobCase{"x*y*z", "x-y-y-z", true},
                    GlobCase{"x*y*z", "x-z-y", false}));

INSTANTIATE_TEST_SUITE_P(Sets, Glob,
                         testing::Values(GlobCase{"i[3-6]86-*", "i686-unknown", true},
                                         GlobCase{"i[3-6]86-*", "i786-unknown", false},
                                         GlobCase{"[abc]", "b", true}, GlobCase{"[abc]", "d", false},
                                         GlobCase{"[abc]", "", false}, GlobCase{"[!abc]", "d", true},
                                         GlobCase{"[!abc]", "a", false}, GlobCase{"[!abc]", "", false},
                                         GlobCase{"[]x]", "]", true}, GlobCase{"[a-]", "-", true},
                                         GlobCase{"*[0-9]", "v12", true},
                                         GlobCase{"a[", "a[", true}));  // unclosed: a letter

INSTANTIATE_TEST_SUITE_P(Alternatives, Glob,
                         testing::Values(GlobCase{"{a,b}", "a", true}, GlobCase{"{a,b}", "b", true},
                                         GlobCase{"{a,b}", "c", false}, GlobCase{"{a,b}", "a,b", false},
                                         GlobCase{"{x86_64,i*}-linux", "i686-linux", true},
                                         GlobCase{"{a,}b", "b", true}, GlobCase{"{a,b}{c,d}", "bd", true},
                                         GlobCase{"{a,b}{c,d}", "ba", false}, GlobCase{"a{b", "a{b", true}));

TEST(Glob, ManyStarsDoNotTakeExponentialTime) {
  std::string pattern, text(20'000, 'a');
  for (int i = 0; i < 40; ++i) pattern += "*a";
  pattern += "*b";
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(glob_match(pattern, text));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(Split, KeepsEmptyFieldsAndJoinIsItsInverse) {
  EXPECT_THAT(split("", ','), ElementsAre(""));
  EXPECT_THAT(split(",a,,b,", ','), ElementsAre("", "a", "", "b", ""));
  for (const char* text : {"", ",", "a", "a,b", ",,a,"}) EXPECT_EQ(join(split(text, ','), ","), text);
}

TEST(SplitWords, KnowsEveryWhiteSpaceAndGivesNoEmptyWord) {
  EXPECT_THAT(split_words(" \t a\r\nb  c \v"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(split_words(" \n "), IsEmpty());
}

TEST(Trim, TakesWhiteSpaceAtBothEndsOnly) {
  EXPECT_EQ(trim(" \t a b \r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
}

TEST(ReplaceAll, DoesNotReplaceWhatItPutThere) {
  EXPECT_EQ(replace_all("a-a", "a", "aa"), "aa-aa");
  EXPECT_EQ(replace_all("xx", "x", ""), "");
  EXPECT_EQ(replace_all("aaa", "aa", "b"), "ba");
}

// What /bin/sh makes of the words: one per line of `od`-free output, ended by NUL.
std::vector<std::string> words_of_sh(const std::string& line) {
  std::string command = "printf '%s\\0' " + line;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("popen failed");
  std::string bytes;
  std::array<char, 4096> buffer;
  while (auto n = std::fread(buffer.data(), 1, buffer.size(), pipe)) bytes.append(buffer.data(), n);
  EXPECT_EQ(::pclose(pipe), 0) << command;
  auto words = split(bytes, '\0');
  words.pop_back();
  return words;
}

TEST(ShellWords, AreTheWordsOfARealShell) {
  for (const char* line : {
           "a b  c",
           R"('a b' "c d" e\ f)",
           R"(a'b'"c"d)",
           R"('' "")",
           R"('it'\''s')",
           R"("a\"b" "a\\b")",
           R"("a\b" "\n" 'a\b')",  // inside double quotes a backslash before another letter stays
           R"("\$x" "\`x\`")",
           R"(-C link-arg='-Wl,-z now' "--cfg=feature=\"x\"")",
           "a\tb\nc",
       }) {
    auto words = shell_words(line);
    ASSERT_TRUE(words) << line;
    std::string one_line = line;
    for (char& c : one_line)
      if (c == '\n') c = ' ';  // to sh a new command
    EXPECT_EQ(*words, words_of_sh(one_line)) << line;
  }
}

TEST(ShellWords, OfNothingAreNone) {
  EXPECT_THAT(shell_words("").value(), IsEmpty());
  EXPECT_THAT(shell_words(" \t\n").value(), IsEmpty());
}

TEST(ShellWords, UnclosedQuoteIsNoLine) {
  for (const char* line : {"'", "\"", "a 'b", "a \"b c", R"("a\")"}) EXPECT_FALSE(shell_words(line)) << line;
}

std::string random_word(std::mt19937& random) {
  static constexpr std::string_view letters = "ab '\"\\$`!*?[]{}()<>|&;~#=%\t\n-é";
  std::string out;
  for (auto n = random() % 12; n > 0; --n) out += letters[random() % letters.size()];
  return out;
}

TEST(ShellQuote, EveryWordComesBackAsItWas) {
  std::mt19937 random(20261127);
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::string> words;
    for (auto n = random() % 5; n > 0; --n) words.push_back(random_word(random));
    auto line = shell_join(words);
    auto back = shell_words(line);
    ASSERT_TRUE(back) << line;
    ASSERT_EQ(*back, words) << line;
  }
}

TEST(ShellQuote, ARealShellReadsTheSameWords) {
  std::mt19937 random(7);
  std::vector<std::string> words;
  for (int i = 0; i < 300; ++i) words.push_back(random_word(random));
  EXPECT_EQ(words_of_sh(shell_join(words)), words);
}

TEST(ShellQuote, LeavesPlainWordsAlone) {
  EXPECT_EQ(shell_quote("--target=s390x-unknown-linux-gnu"), "--target=s390x-unknown-linux-gnu");
  EXPECT_EQ(shell_quote(""), "''");
  EXPECT_EQ(shell_quote("~"), "'~'");  // a home directory to a shell
}

TEST(Nearest, NamesWhatWasProbablyMeant) {
  const std::vector<std::string> keys{"triples", "toolchain", "stages", "scope"};
  EXPECT_EQ(nearest("triple", keys), "triples");
  EXPECT_EQ(nearest("tripels", keys), "triples");
  EXPECT_EQ(nearest("toolchian", keys), "toolchain");
  EXPECT_EQ(nearest("stages", keys), "stages");
}

TEST(Nearest, SaysNothingWhenNothingIsNear) {
  EXPECT_EQ(nearest("environment", {"triples", "stages"}), std::nullopt);
  EXPECT_EQ(nearest("abc", {}), std::nullopt);
  EXPECT_EQ(nearest("abc", {"axy"}), std::nullopt);  // two of three letters differ
}

TEST(Nearest, OfSeveralTheNearest) { EXPECT_EQ(nearest("tripless", {"triple", "triples"}), "triples"); }

constexpr const char* fffd = "\xef\xbf\xbd";

TEST(ValidUtf8, IsLeftAsItIs) {
  for (const char* text : {"", "ascii\n\t", "é", "€", "\xf0\x9f\xa6\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xf4\x8f\xbf\xbf", "\xc2\x80"})
    EXPECT_EQ(to_valid_utf8(text), text);
  EXPECT_EQ(to_valid_utf8(std::string_view("a\0b", 3)), std::string_view("a\0b", 3));
}

TEST(ValidUtf8, WhatIsNotIsReplaced) {
  const std::string r = fffd;
  EXPECT_EQ(to_valid_utf8("a\xff z"), "a" + r + " z");
  EXPECT_EQ(to_valid_utf8("\x80"), r);                          // a tail without a head
  EXPECT_EQ(to_valid_utf8("\xc3"), r);                          // cut at the end
  EXPECT_EQ(to_valid_utf8("\xc3("), r + "(");                   // the next letter is kept
  EXPECT_EQ(to_valid_utf8("\xc0\xaf"), r + r);                  // overlong `/`
  EXPECT_EQ(to_valid_utf8("\xe0\x80\xaf"), r + r + r);          // overlong
  EXPECT_EQ(to_valid_utf8("\xed\xa0\x80"), r + r + r);          // a surrogate
  EXPECT_EQ(to_valid_utf8("\xf4\x90\x80\x80"), r + r + r + r);  // above U+10FFFF
  EXPECT_EQ(to_valid_utf8("\xe2\x82 x"), r + r + " x");
}

TEST(ValidUtf8, OfAnyBytesIsValidAndStaysTheSame) {
  std::mt19937 random(3);
  for (int i = 0; i < 500; ++i) {
    std::string bytes;
    for (auto n = random() % 40; n > 0; --n) bytes += static_cast<char>(random());
    auto once = to_valid_utf8(bytes);
    EXPECT_EQ(to_valid_utf8(once), once);
  }
}

}  // namespace
}  // namespace tripled
