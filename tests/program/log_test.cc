// Log lines as the journal takes them: a program whose standard error is the stream that JOURNAL_STREAM
// names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/base/text.h"
#include "tests/e2e/tripled_process.h"
#include "tests/program/support.h"

namespace tripled::test {
namespace {

using testing::MatchesRegex;

// An error line and an information line of a worker; its standard error is `file`, named by `stream`.
std::string lines(const e2e::TemporaryDirectory& dir, const std::string& stream) {
  auto file = shell_quote((dir.path() / "err").string());
  auto worker = shell_quote(e2e::worker_program().string());
  return shell("cd " + shell_quote(dir.path().string()) + "; : >" + file + "; export JOURNAL_STREAM=" +
               stream + "; " + worker + " --daemon nowhere --state . --cache . 2>>" + file + "; cat " + file)
      .out;
}

TEST(Log, IsFitForTheJournal) {
  e2e::TemporaryDirectory dir;
  auto said = lines(dir, "$(stat -c %d:%i err)");
  EXPECT_EQ(said, "<3>--daemon nowhere: expected https://HOST:PORT, http://HOST:PORT or HOST:PORT\n");
}

TEST(Log, HasItsTimeElsewhere) {
  e2e::TemporaryDirectory dir;
  EXPECT_THAT(lines(dir, "1:2"),
              MatchesRegex("\\[20.*\\] \\[tripled-worker\\] \\[error\\] --daemon nowhere.*\n"));
}

}  // namespace
}  // namespace tripled::test
