// What a shell makes of the completion scripts of the built programs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/base/text.h"
#include "tests/program/support.h"

namespace tripled::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;

// What bash offers for the last of `words`, which follow the program's name.
std::vector<std::string> offered(const std::string& program, const std::vector<std::string>& words) {
  auto script = "source " + shell_quote(document(program + ".bash")) + "\nCOMP_WORDS=(" + program + " " +
                shell_join(words) + ")\nCOMP_CWORD=" + std::to_string(words.size()) + "\n_" +
                replace_all(program, "-", "_") + "\nprintf '%s\\n' \"${COMPREPLY[@]}\"";
  auto said = shell("bash -c " + shell_quote(script));
  EXPECT_EQ(said.status, 0) << said.out;
  return split_words(said.out);
}

TEST(Bash, CompletesCommands) {
  EXPECT_THAT(offered("tripled", {"wor"}), ElementsAre("workers"));
  EXPECT_THAT(offered("tripled", {""}), IsSupersetOf({"sweep", "plan", "workers", "completion"}));
  EXPECT_THAT(offered("tripled", {"man"}), IsEmpty()) << "it is for packaging";
}

TEST(Bash, CompletesOptionsOfTheirCommand) {
  EXPECT_THAT(offered("tripled", {"sweep", "--tri"}), ElementsAre("--triple"));
  EXPECT_THAT(offered("tripled", {"sweep", "--triple", "x*", "--stri"}), ElementsAre("--strict"));
  EXPECT_THAT(offered("tripled", {"plan", "--stri"}), IsEmpty());
  EXPECT_THAT(offered("tripled-worker", {"--sl"}), ElementsAre("--slots"));
}

TEST(Bash, CompletesValues) {
  EXPECT_THAT(offered("tripled", {"sweep", "--color", "a"}), ElementsAre("always", "auto"));
  EXPECT_THAT(offered("tripled", {"sweep", "--color", "=", "n"}), ElementsAre("never"));
  EXPECT_THAT(offered("tripled", {"workers", "dr"}), ElementsAre("drain"));
  EXPECT_THAT(offered("tripled", {"completion", ""}), ElementsAre("bash", "fish", "zsh"));
  EXPECT_THAT(offered("tripled", {"sweep", "--triple", "swe"}), IsEmpty()) << "a value is no command";
}

// Every command and every option that help names is offered.
TEST(Bash, IsInStepWithHelp) {
  const std::string program = TRIPLED_BINARY_DIR "/bin/tripled";
  int options = 0;
  for (const auto& command : offered("tripled", {""})) {
    auto known = offered("tripled", {command, "-"});
    auto help = shell(shell_quote(program) + " " + command + " --help").out;
    for (const auto& line : split(help.substr(help.find("Options:")), '\n')) {
      if (line.rfind("  -", 0) != 0) continue;
      for (const auto& name : split(split_words(line).front(), ',')) {
        EXPECT_THAT(known, Contains(name)) << command;
        ++options;
      }
    }
  }
  EXPECT_GT(options, 80);
}

TEST(Scripts, AreUnderstoodByTheirShells) {
  std::vector<std::string> missing;
  for (const std::string shell_name : {"bash", "zsh", "fish"}) {
    if (!has_program(shell_name)) {
      missing.push_back(shell_name);
      continue;
    }
    for (const std::string program : {"tripled", "tripled-worker"}) {
      auto said = shell(shell_name + " -n " + shell_quote(document(program + "." + shell_name)));
      EXPECT_EQ(said.status, 0) << said.out;
      EXPECT_EQ(said.out, "");
    }
  }
  if (!missing.empty()) GTEST_SKIP() << "not here: " << join(missing, ", ") << " (deploy/install test)";
}

TEST(Fish, CompletesCommandsOptionsAndValues) {
  if (!has_program("fish")) GTEST_SKIP() << "fish is not here (deploy/install test)";
  auto offers = [](const std::string& line) {
    auto script = "source " + document("tripled.fish") + "; complete -C " + shell_quote(line);
    auto said = shell("HOME=/nonexistent fish --no-config -c " + shell_quote(script));
    std::vector<std::string> out;
    for (const auto& one : split(said.out, '\n'))
      if (!one.empty()) out.push_back(one.substr(0, one.find('\t')));
    return out;
  };
  EXPECT_THAT(offers("tripled wor"), ElementsAre("workers"));
  EXPECT_THAT(offers("tripled sweep --stri"), ElementsAre("--strict"));
  EXPECT_THAT(offers("tripled plan --stri"), IsEmpty());
  EXPECT_THAT(offers("tripled sweep --color n"), ElementsAre("never"));
}

}  // namespace
}  // namespace tripled::test
