// What a sweep prints while it runs: lines without a terminal, one line drawn over on one, JSON on request,
// nothing when quiet.
#include "daemon/cli/live.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/base/text.h"
#include "schema/wire/json.h"

namespace tripled::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

const Terminal in_a_file{false, false, true, 80};
const Terminal on_a_terminal{true, false, true, 60};

app::SweepEvent event(const std::string& kind, const std::string& job = "1") {
  app::SweepEvent e;
  e.kind = kind;
  e.job = job;
  e.cell = "s390x-unknown-linux-gnu/bare";
  e.stage = Stage::build;
  return e;
}

app::SweepEvent finished(Verdict verdict, const std::string& text = "") {
  auto e = event("job-finished");
  e.verdict = verdict;
  e.text = text;
  e.duration_ms = 4100;
  return e;
}

struct Printed {
  std::string out, err;
};

template <class F>
Printed printed_by(LiveMode mode, const Terminal& terminal, F use) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  {
    Live live(mode, terminal);
    use(live);
  }
  std::fflush(stdout);
  return {testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

void a_small_sweep(Live& live) {
  live.message(Style::info, "Planned", "1 cells");
  live.begin(1, 3);
  live.event(event("job-started"));
  live.tick();
  live.event(finished(Verdict::fail, "E0432: unresolved import\nand more"));
  live.event(event("cell-finished"));
  live.tick();
}

TEST(Live, WithoutATerminalEveryEventIsALineAndNothingIsDrawnOver) {
  auto printed = printed_by(LiveMode::text, in_a_file, a_small_sweep);
  EXPECT_EQ(printed.out, "");  // the report's place
  EXPECT_EQ(printed.err.find_first_of("\r\033"), std::string::npos) << printed.err;
  EXPECT_EQ(printed.err,
            "     Planned 1 cells\n"
            "        fail s390x-unknown-linux-gnu/bare build 4.1s: E0432: unresolved import\n");
}

TEST(Live, WithoutATerminalTicksPrintNothing) {
  auto printed = printed_by(LiveMode::text, in_a_file, [](Live& live) {
    live.begin(10, 30);
    live.event(event("job-started"));
    for (int i = 0; i < 100; ++i) live.tick();
  });
  EXPECT_EQ(printed.err, "");
}

TEST(Live, OnATerminalTheLineIsDrawnOverAndGoneAtTheEnd) {
  auto printed = printed_by(LiveMode::text, on_a_terminal, a_small_sweep);
  EXPECT_THAT(printed.err, HasSubstr("\r\033[K    Sweeping 0/1 cells, 0/3 jobs"));
  EXPECT_THAT(printed.err, HasSubstr("1 failed"));
  EXPECT_TRUE(printed.err.ends_with("\r\033[K")) << printed.err;
  for (const auto& line : split(replace_all(printed.err, "\r\033[K", "\n"), '\n'))
    EXPECT_TRUE(!contains(line, "Sweeping") || line.size() <= 62u) << line;  // `…` has three bytes
}

TEST(Live, LineOfAFinishedJobSaysWhatWasImplied) {
  auto printed = printed_by(LiveMode::text, in_a_file, [](Live& live) {
    auto e = finished(Verdict::pass);
    e.implied = true;
    live.event(e);
  });
  EXPECT_THAT(printed.err, HasSubstr("pass s390x-unknown-linux-gnu/bare build (implied by build)"));
}

TEST(Live, PrepareAndSetupThatPassAreNoLines) {
  auto printed = printed_by(LiveMode::text, in_a_file, [](Live& live) {
    for (const char* job : {"1", "2"}) {
      auto begun = event("job-started", job);
      begun.stage.reset();
      begun.text = "setup of s390x-unknown-linux-gnu";
      live.event(begun);
      auto ended = finished(job[0] == '1' ? Verdict::pass : Verdict::broken, "no linker");
      ended.job = job;
      ended.stage.reset();
      live.event(ended);
    }
  });
  EXPECT_EQ(printed.err, "      broken setup of s390x-unknown-linux-gnu 4.1s: no linker\n");
}

TEST(Live, JsonIsOneObjectALineOnStandardOutputAndNothingElse) {
  auto printed = printed_by(LiveMode::json, on_a_terminal, a_small_sweep);
  EXPECT_EQ(printed.err, "");
  auto lines = split(printed.out, '\n');
  ASSERT_EQ(lines.size(), 4u);  // three events, and nothing after the last newline
  EXPECT_EQ(lines.back(), "");
  lines.pop_back();
  for (const auto& line : lines) {
    auto read = wire::from_text_json<app::SweepEvent>(line);
    ASSERT_TRUE(read) << line;
    EXPECT_EQ(read->cell, "s390x-unknown-linux-gnu/bare");
  }
}

TEST(Live, QuietPrintsNothing) {
  auto printed = printed_by(LiveMode::quiet, on_a_terminal, a_small_sweep);
  EXPECT_EQ(printed.out + printed.err, "");
}

TEST(Live, UnknownEventsAndStrayEndsDoNoHarm) {
  auto printed = printed_by(LiveMode::text, in_a_file, [](Live& live) {
    live.event(event("of a newer daemon"));
    live.event(event("progress", "never started"));
    auto e = event("job-finished", "never started");
    live.event(e);
  });
  EXPECT_EQ(split(printed.err, '\n').size(), 2u) << printed.err;
}

}  // namespace
}  // namespace tripled::cli
