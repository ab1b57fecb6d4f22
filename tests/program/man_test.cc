// The man pages: nothing a formatter complains about, and everything that the programs and the schema say.
#include "schema/program/man.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/program/support.h"

namespace tripled::program {
namespace {

using test::document;
using test::has_program;
using test::shell;
using testing::HasSubstr;

const std::vector<std::string> pages{"tripled.1", "tripled-worker.1", "tripled.yaml.5"};

TEST(ManPages, MandocHasNothingToSay) {
  if (!has_program("mandoc")) GTEST_SKIP() << "mandoc is not here (deploy/install test)";
  for (const auto& page : pages) EXPECT_EQ(shell("mandoc -T lint " + document(page)).out, "") << page;
}

TEST(ManPages, GroffHasNothingToSay) {
  if (!has_program("man")) GTEST_SKIP() << "man is not here (deploy/install test)";
  for (const auto& page : pages)
    EXPECT_EQ(
        shell("LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l -Tutf8 -Z " + document(page) + " >/dev/null").out,
        "")
        << page;
}

TEST(ManPages, SayWhatHelpSays) {
  if (!has_program("man")) GTEST_SKIP() << "man is not here (deploy/install test)";
  auto read = [](const std::string& page) {
    return shell("LC_ALL=C.UTF-8 MANWIDTH=200 man -P cat -l " + document(page) + " | col -bx").out;
  };
  auto tripled = read("tripled.1");
  EXPECT_THAT(tripled, HasSubstr("tripled workers [options] [change] [name]"));
  EXPECT_THAT(tripled, HasSubstr("tripled sweep matrix.yaml --triple 's390x-*' --stage check"));
  EXPECT_THAT(tripled, HasSubstr("3 only broken (the cure is outside the code)"));
  EXPECT_THAT(tripled, HasSubstr("[default: ~/.local/state/tripled]"));
  EXPECT_THAT(read("tripled-worker.1"), HasSubstr("batches that run at once [default: 2]"));
  auto settings = read("tripled.yaml.5");
  EXPECT_THAT(settings, HasSubstr("heartbeat: string"));
  EXPECT_THAT(settings, HasSubstr("[default: 127.0.0.1:7420]"));
}

TEST(Roff, NothingOfATextIsTakenForAMacro) {
  EXPECT_EQ(roff_text(".PP is `no-macro` here\\"), "\\&.PP is \\fBno\\-macro\\fR here\\e\n");
  EXPECT_EQ(roff_text("'x' … one `unclosed"), "\\(aqx\\(aq \\[u2026] one \\(gaunclosed\n");
}

TEST(SettingsPage, NeedsAnObject) {
  EXPECT_FALSE(settings_man_page(wire::json::value(1), {}, {}));
  EXPECT_FALSE(settings_man_page(wire::json::object{{"type", "string"}}, {}, {}));
}

}  // namespace
}  // namespace tripled::program
