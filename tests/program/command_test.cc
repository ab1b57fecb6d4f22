// The command line as data: what CLI11 was told is what is read.
#include "schema/program/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

namespace tripled::program {
namespace {

using testing::ElementsAre;

TEST(Command, HoldsWhatTheTreeTakes) {
  CLI::App app{"a program"};
  std::string text;
  std::vector<std::string> many;
  bool flag = false;
  auto* sub = app.add_subcommand("change", "Change one");
  sub->add_option("what", text, "which")->check(CLI::IsMember({"drain", "release"}))->required();
  sub->add_option("-p,--package", many, "only this; repeatable")->allow_extra_args(false);
  sub->add_option("--color", text, "when")
      ->transform(CLI::CheckedTransformer(std::map<std::string, int>{{"auto", 0}, {"never", 2}}));
  sub->add_option("--resume", text, "go on")->expected(0, 1);
  sub->add_flag("--json", flag, "as JSON");
  sub->add_flag("--secret", flag, "hidden")->group("");
  app.add_subcommand("hidden", "not for people")->group("");
  sub->footer("Examples:\n  a change drain");

  auto root = read_command(app, "a");
  EXPECT_EQ(root.description, "a program");
  ASSERT_EQ(root.commands.size(), 1u);
  const auto& change = root.commands[0];
  EXPECT_EQ(change.footer, "Examples:\n  a change drain");
  ASSERT_EQ(change.options.size(), 6u);  // --help is one
  EXPECT_THAT(change.options[0].names, ElementsAre("-h", "--help"));
  EXPECT_EQ(change.options[0].value, "");
  const auto& what = change.options[1];
  EXPECT_TRUE(what.names.empty());
  EXPECT_EQ(what.positional, "what");
  EXPECT_TRUE(what.required);
  EXPECT_THAT(what.choices, ElementsAre("drain", "release"));
  EXPECT_THAT(change.options[2].names, ElementsAre("-p", "--package"));
  EXPECT_TRUE(change.options[2].repeatable);
  EXPECT_EQ(change.options[2].value, "TEXT");
  EXPECT_THAT(change.options[3].choices, ElementsAre("auto", "never"));
  EXPECT_TRUE(change.options[4].may_lack_value);
  EXPECT_EQ(change.options[5].value, "");
}

}  // namespace
}  // namespace tripled::program
