// What a command line is understood as, by what it is refused for: no worker is started here.
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "daemon/cli/cli.h"
#include "daemon/cli/sweep_command.h"

namespace tripled::cli {
namespace {

struct Said {
  int status;
  std::string err;
};

Said run_with(std::vector<std::string> words) {
  words.insert(words.begin(), "tripled");
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  ::testing::internal::CaptureStderr();
  static bool first = true;  // run() registers a logger, once in a process
  if (!first) spdlog::drop("tripled");
  first = false;
  int status = run(static_cast<int>(argv.size()), argv.data());
  return {status, ::testing::internal::GetCapturedStderr()};
}

TEST(CommandLine, ListsTakeOneValueEachTime) {
  for (const char* option : {"--triple", "--test", "-p"}) {
    auto said = run_with({"sweep", option, "x*", "/no/such/matrix.yaml"});
    EXPECT_EQ(said.status, 2) << option;
    EXPECT_NE(said.err.find("/no/such/matrix.yaml"), std::string::npos) << option << ": " << said.err;
  }
  auto said =
      run_with({"plan", "--triple", "a", "--triple", "b", "--stage", "check", "/no/such/matrix.yaml"});
  EXPECT_NE(said.err.find("/no/such/matrix.yaml"), std::string::npos) << said.err;
}

TEST(CommandLine, ResumeTakesANumberAndNothingElse) {
  auto number = [](const std::string& text) { return parse_resume(text, {}); };
  EXPECT_EQ(*number(""), 0);
  EXPECT_EQ(*number("17"), 17);
  for (const char* text : {"17x", "matrix.yaml", "0", "-1", "99999999999999999999"}) {
    ASSERT_FALSE(number(text)) << text;
    EXPECT_EQ(number(text).error().kind(), ErrorKind::usage) << text;
  }
  EXPECT_EQ(number("matrix.yaml").error().message(),
            "--resume matrix.yaml: expected the number of a sweep, or nothing for the newest");
  PlanArgs plan;
  plan.matrix = "m.yaml";
  EXPECT_NE(parse_resume("", plan).error().message().find("leave out `m.yaml`"), std::string::npos);
  EXPECT_EQ(run_with({"sweep", "--resume", "matrix.yaml"}).status, 2);
}

TEST(CommandLine, WhatNeedsADaemonSaysSo) {
  auto follow = run_with({"logs", "x86_64-unknown-linux-gnu", "-f"});
  EXPECT_EQ(follow.status, 2);
  EXPECT_NE(follow.err.find("name it with --server"), std::string::npos) << follow.err;
  auto rerun =
      run_with({"rerun", "7", "--triple", "a*", "some-cell", "--failed", "--server", "http://127.0.0.1:1"});
  EXPECT_EQ(rerun.status, 3);
  EXPECT_NE(rerun.err.find("connecting to the daemon at 127.0.0.1:1"), std::string::npos) << rerun.err;
  EXPECT_EQ(run_with({"rerun"}).status, 2) << "of which sweep?";
}

}  // namespace
}  // namespace tripled::cli
