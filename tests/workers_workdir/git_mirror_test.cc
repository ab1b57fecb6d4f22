// What is asked about a repository, with real git over repositories of this machine.
#include "workers/workdir/git_mirror.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "schema/base/text.h"
#include "tests/base/temporary_directory.h"

namespace tripled::workdir {
namespace {

namespace fs = std::filesystem;
using test::TemporaryDirectory;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class GitMirror : public ::testing::Test {
 protected:
  GitMirror() : repository(dir.path() / "repository"), cache(dir.path() / "cache") {
    fs::create_directories(repository);
    git("init -q -b main .");
    commit("matrix.yaml", "tripled: 1\n", "first");
    first = head();
  }

  void git(const std::string& arguments) {
    auto command = "cd " + shell_quote(repository.string()) +
                   " && HOME=/nonexistent git -c user.name=t -c user.email=t@example " + arguments +
                   " >/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0) << arguments;
  }
  void commit(const std::string& file, const std::string& text, const std::string& message) {
    fs::create_directories((repository / file).parent_path());
    std::ofstream(repository / file) << text;
    git("add -A");
    git("commit -q -m " + shell_quote(message));
  }
  std::string head() const { return std::string(trim(*plain.run(repository, {"rev-parse", "HEAD"}))); }
  GitQuestion about(const std::string& ref, const std::string& base = "") const {
    return {repository.string(), {}, ref, "matrix.yaml", base};
  }
  Result<GitAnswer> ask(const GitQuestion& question) const { return answer_git(plain, question, cache); }
  std::string refusal(const GitQuestion& question) const {
    auto answer = ask(question);
    return answer ? "(answered)" : answer.error().message();
  }

  TemporaryDirectory dir;
  fs::path repository, cache;
  Git plain{{{"PATH", "/usr/bin:/bin"}, {"HOME", "/nonexistent"}}};
  std::string first;
};

TEST_F(GitMirror, BranchesThatMatch) {
  git("branch release/1.0");
  git("branch topic");
  auto answer = ask({repository.string(), {"main", "release/*"}, "", "", ""});
  ASSERT_TRUE(answer) << answer.error().message();
  ASSERT_EQ(answer->branches.size(), 2u);
  EXPECT_EQ(answer->branches[0].name, "main");
  EXPECT_EQ(answer->branches[0].revision, first);
  EXPECT_EQ(answer->branches[1].name, "release/1.0");
  EXPECT_FALSE(fs::exists(cache)) << "nothing is fetched for that";
}

TEST_F(GitMirror, FileMessageAndChangedPaths) {
  commit("src/a/b.rs", "x", "second\n\nwith a body");
  commit("näme.txt", "y", "third");
  auto answer = ask(about("main", first));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->revision, head());
  EXPECT_EQ(answer->message, "third\n\n");
  EXPECT_EQ(answer->matrix, "tripled: 1\n");
  ASSERT_TRUE(answer->changed);
  EXPECT_THAT(*answer->changed, UnorderedElementsAre("src/a/b.rs", "näme.txt"));
  EXPECT_FALSE(ask(about("main"))->changed);
  // The mirror follows, also a branch that was rewritten.
  git("reset -q --hard " + first);
  commit("other.rs", "z", "instead");
  answer = ask(about("main", first));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_THAT(*answer->changed, ElementsAre("other.rs"));
}

TEST_F(GitMirror, TagsAndCommits) {
  git("tag v1");
  commit("b", "", "second");
  EXPECT_EQ(ask(about("v1"))->revision, first);
  EXPECT_EQ(ask(about(first))->revision, first);
  EXPECT_THAT(refusal(about("v2")), HasSubstr("there is no branch, tag or commit `v2`"));
}

TEST_F(GitMirror, UnknownBaseIsNotKnown) {
  EXPECT_FALSE(ask(about("main", std::string(40, '1')))->changed);
  EXPECT_FALSE(ask(about("main", "--output=/tmp/x"))->changed);
}

TEST_F(GitMirror, NothingBecomesAnOption) {
  for (const char* bad : {"--upload-pack=touch x", "a..b", "main:x", "a b", "-x", "x\n"})
    EXPECT_THAT(refusal(about(bad)), HasSubstr("cannot be the")) << bad;
  for (const char* bad : {"../x", "/etc/passwd", "a//b", "-p"}) {
    auto question = about("main");
    question.matrix_path = bad;
    EXPECT_NE(refusal(question), "(answered)") << bad;
  }
  GitQuestion question = about("main");
  question.url = "--upload-pack=touch " + (dir.path() / "made").string();
  EXPECT_THAT(refusal(question), HasSubstr("cannot be the URL"));
  question.url = "ext::sh -c 'touch " + (dir.path() / "made").string() + "'";
  EXPECT_THAT(refusal(question), HasSubstr("'ext' not allowed"));
  EXPECT_FALSE(fs::exists(dir.path() / "made"));
}

TEST_F(GitMirror, NoFileNoRepository) {
  auto question = about("main");
  question.matrix_path = "ci/matrix.yaml";
  EXPECT_THAT(refusal(question), HasSubstr("there is no file `ci/matrix.yaml`"));
  question.url = (dir.path() / "none").string();
  EXPECT_THAT(refusal(question), HasSubstr("does not appear to be a git repository"));
}

TEST_F(GitMirror, CredentialsThatOthersCanReadAreNotUsed) {
  auto file = dir.path() / "credentials";
  std::ofstream(file) << "https://u:secret@git.example\n";
  fs::permissions(file, fs::perms::owner_read | fs::perms::others_read);
  std::map<std::string, std::string> environment{{"PATH", "/usr/bin:/bin"}, {"HOME", "/nonexistent"}};
  environment["TRIPLED_GIT_CREDENTIALS"] = file.string();
  Git git(environment);
  auto answer = answer_git(git, about("main"), cache);
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message(), HasSubstr("can be read by others"));
  fs::permissions(file, fs::perms::owner_read);
  EXPECT_TRUE(answer_git(git, about("main"), cache));
}

}  // namespace
}  // namespace tripled::workdir
