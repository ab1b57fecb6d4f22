// The terminal report: whole reports against files (TRIPLED_WRITE_GOLDEN=1 writes them anew), and what must
// hold of any.
#include "daemon/report/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "daemon/report/paint.h"
#include "daemon/report/words.h"
#include "schema/base/text.h"
#include "tests/report/fixture.h"

namespace tripled::report {
namespace {

using namespace fixture;
using testing::HasSubstr;
using testing::Not;

Report mid_size_report() {
  SweepMaker sweep;
  mid_size(sweep);
  return sweep.report();
}

std::string one_cell(const std::string& message) {
  SweepMaker sweep;
  sweep.cell("c", host).executed(RunnerKind::native,
                                 {test("p", "t", "lib", "a", TestState::failed, message)});
  return to_text(sweep.report());
}

void compare(const std::string& text, const std::string& name) {
  auto path = std::string(TRIPLED_SOURCE_DIR) + "/tests/report/golden/" + name;
  if (std::getenv("TRIPLED_WRITE_GOLDEN")) std::ofstream(path) << text;
  std::ifstream in(path);
  std::stringstream golden;
  golden << in.rdbuf();
  EXPECT_EQ(text, golden.str()) << path;
}

TEST(TextReport, WideTerminal) {
  TextOptions options;
  options.width = 132;
  compare(to_text(mid_size_report(), options), "wide.txt");
}

TEST(TextReport, EightyColumns) { compare(to_text(mid_size_report(), {}), "narrow.txt"); }

TEST(TextReport, AsciiHasNoOtherSigns) {
  TextOptions options;
  options.ascii = true;
  auto text = to_text(mid_size_report(), options);
  for (char c : text) ASSERT_LT(static_cast<unsigned char>(c), 0x80u) << text;
  EXPECT_THAT(text, HasSubstr("x fail"));
}

TEST(TextReport, FitsTheWidthExceptForCommandsToPaste) {
  auto report = mid_size_report();
  for (int width : {60, 80, 100, 132}) {
    TextOptions options;
    options.width = width;
    for (const auto& line : split(to_text(report, options), '\n')) {
      if (line.find("fix: ") == std::string::npos && width >= 80) {
        EXPECT_LE(columns(line), static_cast<std::size_t>(width)) << line;
      }
      EXPECT_TRUE(line.empty() || line.back() != ' ') << "blank at the end: " << line;
    }
  }
}

TEST(TextReport, ColourAddsNothingButColour) {
  auto report = mid_size_report();
  TextOptions options;
  options.colour = true;
  auto coloured = to_text(report, options);
  EXPECT_THAT(coloured, HasSubstr("\x1b[1;31m"));
  EXPECT_EQ(printable(coloured), to_text(report, {}));
}

TEST(TextReport, TheLastSentenceSaysBothCoveragesAndTheExitStatus) {
  auto text = to_text(mid_size_report(), {});
  auto lines = split(text, '\n');
  TextOptions wide;
  wide.width = 1000;
  lines = split(to_text(mid_size_report(), wide), '\n');
  const auto& last = lines[lines.size() - 2];
  EXPECT_THAT(last, HasSubstr("compiles completely on 2 of 5 triples"));
  EXPECT_THAT(last, HasSubstr("was run on 3 of 5 (2 native, 1 emulated; every planned test on 2)"));
  EXPECT_THAT(last, HasSubstr("Exit status 1: "));
}

TEST(TextReport, TheProjectsWordsCannotSteerTheTerminal) {
  auto text = one_cell(
      "first\n\x1b]0;title\a\x1b[2Jcleared\r\x07 \xc2\x9b"
      "31m \x1bPdcs");
  EXPECT_THAT(text, HasSubstr("cleared"));
  for (char c : text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << int(c);
  EXPECT_THAT(text, Not(HasSubstr("title")));
  EXPECT_THAT(text, Not(HasSubstr("\xc2\x9b")));
}

TEST(TextReport, EmptyAndUnfinishedReportsAreSaidToBe) {
  SweepMaker sweep;
  sweep.record().row.finished_at.reset();
  sweep.record().row.exit_status.reset();
  sweep.record().row.partial = true;
  sweep.record().plan.narrowed_by = "--triple 's390x-*'";
  auto text = to_text(sweep.report());
  EXPECT_THAT(text, HasSubstr("not finished"));
  EXPECT_THAT(text, HasSubstr("partial: not the whole matrix, narrowed by --triple 's390x-*'"));
  EXPECT_THAT(text, HasSubstr("130: interrupted"));
}

TEST(TextReport, VerboseShowsAllOfAMessage) {
  SweepMaker sweep;
  std::string message;
  for (int i = 0; i < 15; ++i) message += "line " + std::to_string(i) + "\n";
  sweep.cell("c", host).executed(RunnerKind::native,
                                 {test("p", "t", "lib", "a", TestState::failed, message)});
  auto report = sweep.report();
  EXPECT_THAT(to_text(report), Not(HasSubstr("line 12")));
  TextOptions options;
  options.verbose = true;
  EXPECT_THAT(to_text(report, options), HasSubstr("line 12"));
}

TEST(Words, PercentIsNeverRoundedToAllOrNothing) {
  EXPECT_EQ(percent(1.0), "100%");
  EXPECT_EQ(percent(0.999), "99%");
  EXPECT_EQ(percent(0.001), "1%");
  EXPECT_EQ(percent(0.0), "0%");
  EXPECT_EQ(percent(std::nullopt), "");
}

TEST(Words, AnUnknownWholeIsAQuestion) {
  EXPECT_EQ(fraction(3, std::nullopt), "3/?");
  EXPECT_EQ(fraction(0, 47), "0/47");
}

}  // namespace
}  // namespace tripled::report
