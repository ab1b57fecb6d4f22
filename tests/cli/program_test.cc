// The built `tripled` itself: what it says and how it exits when it is called the wrong way. Nothing here
// starts a worker.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "schema/base/file.h"
#include "schema/base/text.h"
#include "tests/e2e/tripled_process.h"

namespace tripled::cli {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

class Program : public testing::Test {
 protected:
  e2e::Ran run(const std::vector<std::string>& args) const {
    const std::map<std::string, std::string> env{{"XDG_STATE_HOME", (dir.path() / "xdg-state").string()},
                                                 {"XDG_CACHE_HOME", (dir.path() / "xdg-cache").string()},
                                                 {"NO_COLOR", "1"}};
    return e2e::Started(dir.path(), args, env, dir.path()).wait(60);
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(dir.path() / name) << text;
  }

  e2e::TemporaryDirectory dir;
};

// The first words below "Subcommands:".
std::vector<std::string> subcommands_in(const std::string& help) {
  std::vector<std::string> out;
  auto at = help.find("Subcommands:");
  if (at == std::string::npos) return out;
  for (const auto& line : split(help.substr(at), '\n')) {
    if (line.rfind("  ", 0) != 0 || line.rfind("   ", 0) == 0) continue;
    out.push_back(split_words(line).front());
  }
  return out;
}

TEST_F(Program, HelpNamesEverySubcommandAndEachHasExamples) {
  auto help = run({"--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_EQ(help.err, "");
  auto names = subcommands_in(help.out);
  EXPECT_THAT(names, testing::IsSupersetOf({"sweep", "plan", "report", "logs", "doctor", "targets", "init"}));
  for (const auto& name : names) {
    auto sub = run({name, "--help"});
    EXPECT_EQ(sub.status, 0) << name;
    EXPECT_EQ(sub.err, "") << name;
    EXPECT_THAT(sub.out, HasSubstr("Examples:")) << name;
    EXPECT_THAT(sub.out, HasSubstr("tripled " + name)) << name;
  }
}

// Options that an example uses exist: with a matrix that is wrong the complaint is about the matrix.
TEST_F(Program, ExamplesOfTheHelpAreAccepted) {
  write("matrix.yaml", "tripled: 1\ntriplse: []\n");
  int tried = 0;
  for (const auto& name : subcommands_in(run({"--help"}).out))
    for (const auto& line : split(run({name, "--help"}).out, '\n')) {
      auto words = shell_words(trim(line.substr(0, line.find("   ("))));
      if (!words || words->size() < 2 || words->at(0) != "tripled" || words->at(1) != name) continue;
      if (auto end = std::find(words->begin(), words->end(), ">"); end != words->end())
        words->erase(end, words->end());
      bool with_matrix = std::find(words->begin(), words->end(), "matrix.yaml") != words->end();
      if (!with_matrix && name != "report" && name != "logs") continue;  // would start a worker
      words->erase(words->begin());
      auto ran = run(*words);
      EXPECT_THAT(ran.err, AnyOf(HasSubstr("matrix.yaml:2:1"), HasSubstr("nothing was swept"))) << line;
      ++tried;
    }
  EXPECT_GE(tried, 6);
}

TEST_F(Program, VersionIsOneLine) {
  auto ran = run({"--version"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.out, testing::MatchesRegex("tripled [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST_F(Program, WrongCallsExitWith2AndSayWhatIsWrong) {
  write("matrix.yaml", "tripled: 1\n");
  struct Case {
    std::vector<std::string> args;
    const char* says;
  };
  for (const auto& c : {
           Case{{}, "subcommand"},
           Case{{"sweeep"}, "unknown command `sweeep`; did you mean `sweep`?"},
           Case{{"--no-such-option"}, "--no-such-option"},
           Case{{"sweep", "--no-such-option"}, "--no-such-option"},
           Case{{"sweep"}, "--triple"},
           Case{{"plan"}, "--triple"},
           Case{{"sweep", "matrix.yaml", "--stage", "biuld"}, "check, build, test-no-run, execute"},
           Case{{"plan", "matrix.yaml", "--stage", "biuld"}, "--stage biuld"},
           Case{{"sweep", "matrix.yaml", "--report", "pdf=x"}, "text, json, junit, html"},
           Case{{"sweep", "matrix.yaml", "--slots", "many"}, "--slots"},
           Case{{"sweep", "matrix.yaml", "--color", "blue"}, "--color"},
           Case{{"sweep", "matrix.yaml", "another.yaml"}, "another.yaml"},
           Case{{"report", "--state"}, "--state"},
           Case{{"init", "no-such-directory"}, "no-such-directory"},
           Case{{"init"}, "Cargo.toml"},
       }) {
    auto ran = run(c.args);
    auto called = shell_join(c.args);
    EXPECT_EQ(ran.status, 2) << called << "\n" << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(c.says)) << called;
    EXPECT_EQ(ran.out, "") << called;
    EXPECT_THAT(ran.err, Not(HasSubstr("\033"))) << called;
  }
  EXPECT_FALSE(fs::exists(dir.path() / "xdg-state"));  // before anything was made
}

TEST_F(Program, MatrixThatIsNotThereExitsWith2AndIsNamed) {
  for (const char* command : {"sweep", "plan"})
    for (const char* file : {"missing.yaml", "."}) {
      auto ran = run({command, file});
      EXPECT_EQ(ran.status, 2) << command << " " << file << "\n" << ran.err;
      EXPECT_THAT(ran.err, HasSubstr(file)) << command;
    }
}

TEST_F(Program, MistakesInTheMatrixExitWith2AndSayWhere) {
  struct Case {
    const char *text, *place, *says;
  };
  const std::string head = "tripled: 1\nproject: {source: {path: .}}\n";
  for (const auto& c : {
           Case{"axis:\n  triple: [x86_64-unknown-linux-gnu]\n", "matrix.yaml:3:1", "axes"},
           Case{"axes:\n  tripel: [x86_64-unknown-linux-gnu]\n", "matrix.yaml:", "triple"},
           Case{"axes: {triple: [x86_64-unknown-linux-gnu]}\ndefaults: {stages: [chek]}\n",
                "matrix.yaml:4:", "check"},
           Case{"axes: {triple: [x86_64-unknown-linux-gnu]}\ndefaults: {timeout: soon}\n",
                "matrix.yaml:4:", "soon"},
           Case{"axes: {triple: [x86_64-unknown-linux-gnu\n", "matrix.yaml:", ""},
           Case{"axes:\n\ttriple: []\n", "matrix.yaml:4:", ""},
       }) {
    write("matrix.yaml", head + c.text);
    for (const char* command : {"sweep", "plan"}) {
      auto ran = run({command, "matrix.yaml"});
      EXPECT_EQ(ran.status, 2) << command << "\n" << c.text << ran.err;
      EXPECT_THAT(ran.err, testing::StartsWith("error: matrix.yaml:")) << c.text;
      EXPECT_THAT(ran.err, HasSubstr(c.place)) << c.text;
      EXPECT_THAT(ran.err, HasSubstr(c.says)) << c.text;
      EXPECT_THAT(ran.err, testing::ContainsRegex("matrix.yaml:[0-9]+:[0-9]+: ")) << c.text;
    }
  }
}

TEST_F(Program, WithoutAStoreReportAndLogsExitWith2AndNameIt) {
  for (const char* command : {"report", "logs"}) {
    auto by_default = run({command});
    EXPECT_EQ(by_default.status, 2) << by_default.err;
    EXPECT_THAT(by_default.err, HasSubstr((dir.path() / "xdg-state" / "tripled" / "tripled.db").string()));
    auto elsewhere = run({command, "--state", (dir.path() / "mine").string()});
    EXPECT_EQ(elsewhere.status, 2) << elsewhere.err;
    EXPECT_THAT(elsewhere.err, HasSubstr((dir.path() / "mine" / "tripled.db").string()));
  }
  EXPECT_FALSE(fs::exists(dir.path() / "mine"));  // a question makes nothing
}

TEST_F(Program, FailedWithoutAnEarlierSweepExitsWith2) {
  write("matrix.yaml", "tripled: 1\naxes: {triple: [x86_64-unknown-linux-gnu]}\n");
  auto ran = run({"sweep", "matrix.yaml", "--failed"});
  EXPECT_EQ(ran.status, 2) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("tripled.db"));
}

TEST_F(Program, ColourOfErrorsIsTheOptions) {
  auto always = run({"plan", "missing.yaml", "--color", "always"});
  EXPECT_THAT(always.err, HasSubstr("\033[1;31merror:\033[0m"));
  auto never = run({"plan", "missing.yaml", "--color", "never"});
  EXPECT_THAT(never.err, testing::StartsWith("error: "));
}

TEST_F(Program, InitWritesAMatrixOnceAndNeverOverAnother) {
  write("Cargo.toml", "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
  auto printed = run({"init", "--file", "-"});
  EXPECT_EQ(printed.status, 0) << printed.err;
  EXPECT_FALSE(fs::exists(dir.path() / "matrix.yaml"));
  EXPECT_EQ(run({"init"}).status, 0);
  EXPECT_EQ(read_file(dir.path() / "matrix.yaml").value(), printed.out);
  write("matrix.yaml", "mine");
  auto refused = run({"init"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("--force"));
  EXPECT_EQ(read_file(dir.path() / "matrix.yaml").value(), "mine");
  EXPECT_EQ(run({"init", "--force"}).status, 0);
  EXPECT_EQ(read_file(dir.path() / "matrix.yaml").value(), printed.out);
}

}  // namespace
}  // namespace tripled::cli
