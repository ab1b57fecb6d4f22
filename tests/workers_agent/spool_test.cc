// The worker's spool: results survive the process, and one bad file never costs the others.
#include "workers/agent/spool.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <set>
#include <thread>

#include "schema/base/file.h"
#include "tests/base/temporary_directory.h"

namespace tripled::test {
namespace {

namespace fs = std::filesystem;
using agent::Spool;

wire::AttemptReport report_of(const std::string& attempt) {
  wire::AttemptReport report;
  report.lease = 7;
  report.job = "12";
  report.attempt = attempt;
  report.epoch = 3;
  report.outcome = Outcome::signalled;
  report.body = wire::json::object{{"said", "é\n\"quoted\""}, {"code", 9}};
  return report;
}

class SpoolTest : public testing::Test {
 protected:
  std::unique_ptr<Spool> open(std::size_t max_files = 10'000) const {
    auto spool = Spool::open(path, max_files);
    if (!spool) throw std::runtime_error(spool.error().message());
    return std::move(spool).value();
  }
  static std::set<std::string> attempts(const Spool& spool) {
    std::set<std::string> out;
    for (const auto& report : spool.all()) EXPECT_TRUE(out.insert(report.attempt).second) << report.attempt;
    return out;
  }
  std::vector<fs::path> files() const {
    std::vector<fs::path> out;
    for (const auto& entry : fs::directory_iterator(path)) out.push_back(entry.path());
    return out;
  }

  TemporaryDirectory dir;
  const fs::path path = dir.path() / "state" / "spool";
};

using Attempts = std::set<std::string>;

TEST_F(SpoolTest, NewOneIsEmptyAndMakesItsDirectory) {
  EXPECT_TRUE(open()->all().empty());
  EXPECT_TRUE(fs::is_directory(path));
}

TEST_F(SpoolTest, ResultsSurviveTheProcessWordForWord) {
  {
    auto spool = open();
    ASSERT_TRUE(spool->add(report_of("12#1")));
    ASSERT_TRUE(spool->add(report_of("../13/#1")));  // a name is no path
  }
  auto spool = open();
  EXPECT_EQ(attempts(*spool), (Attempts{"12#1", "../13/#1"}));
  for (const auto& report : spool->all())
    EXPECT_EQ(wire::to_text_json(report), wire::to_text_json(report_of(report.attempt)));
}

TEST_F(SpoolTest, AcknowledgedOneIsGoneForGoodAndTheOthersStay) {
  auto spool = open();
  for (const char* attempt : {"1#1", "2#1", "3#1"}) ASSERT_TRUE(spool->add(report_of(attempt)));
  spool->remove("2#1");
  spool->remove("never heard of");
  EXPECT_EQ(attempts(*spool), (Attempts{"1#1", "3#1"}));
  EXPECT_EQ(files().size(), 2u);
  EXPECT_EQ(attempts(*open()), (Attempts{"1#1", "3#1"}));
}

TEST_F(SpoolTest, ResultOfAKilledProcessIsThere) {
  open();
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto spool = Spool::open(path);
    const char word = spool && (*spool)->add(report_of("1#1")) ? 'y' : 'n';
    if (::write(ready[1], &word, 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  ::close(ready[1]);
  char word = 0;
  EXPECT_EQ(::read(ready[0], &word, 1), 1);
  ::close(ready[0]);
  EXPECT_EQ(word, 'y');
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(attempts(*open()), (Attempts{"1#1"}));
}

TEST_F(SpoolTest, WhatIsAcknowledgedBeforeItIsWrittenLeavesNoFile) {
  auto spool = open();
  spool->hold(report_of("1#1"));
  EXPECT_EQ(attempts(*spool), (Attempts{"1#1"})) << "it is sent at once";
  spool->remove("1#1");
  EXPECT_TRUE(spool->keep(report_of("1#1")));
  EXPECT_TRUE(files().empty());
  spool->hold(report_of("2#1"));
  EXPECT_TRUE(files().empty());
  EXPECT_TRUE(spool->keep(report_of("2#1")));
  EXPECT_EQ(attempts(*open()), (Attempts{"2#1"}));
}

TEST_F(SpoolTest, WhatWaitsIsWrittenAtTheSecondLook) {
  auto spool = open();
  spool->hold(report_of("1#1"));
  EXPECT_TRUE(spool->keep_waiting(Spool::Which::older));
  EXPECT_TRUE(files().empty()) << "it may be acknowledged before that";
  spool->hold(report_of("2#1"));
  EXPECT_TRUE(spool->keep_waiting(Spool::Which::older));
  EXPECT_EQ(attempts(*open()), (Attempts{"1#1"}));
  EXPECT_TRUE(spool->has_unkept());
  EXPECT_TRUE(spool->keep_waiting(Spool::Which::all));
  EXPECT_EQ(attempts(*open()), (Attempts{"1#1", "2#1"}));
  EXPECT_FALSE(spool->has_unkept());
  spool->remove("1#1");
  EXPECT_EQ(attempts(*open()), (Attempts{"2#1"}));
}

// Acknowledgement and writing race: whichever comes last, nothing is left behind.
TEST_F(SpoolTest, AcknowledgementsWhileItIsWrittenLeaveNoFile) {
  auto spool = open();
  for (int i = 0; i < 50; ++i) {
    const auto report = report_of(std::to_string(i) + "#1");
    spool->hold(report);
    std::thread writer([&] { EXPECT_TRUE(spool->keep(report)); });
    spool->remove(report.attempt);
    writer.join();
  }
  EXPECT_TRUE(files().empty());
  EXPECT_TRUE(spool->all().empty());
}

TEST_F(SpoolTest, IsFullAtItsBoundAndNotAnyMoreBelowIt) {
  auto spool = open(2);
  EXPECT_FALSE(spool->full());
  ASSERT_TRUE(spool->add(report_of("1#1")));
  EXPECT_FALSE(spool->full());
  ASSERT_TRUE(spool->add(report_of("2#1")));
  EXPECT_TRUE(spool->full());
  EXPECT_TRUE(spool->add(report_of("3#1")));  // what was begun before is still kept
  EXPECT_TRUE(open(2)->full());
  spool->remove("1#1");
  EXPECT_TRUE(spool->full());
  spool->remove("2#1");
  EXPECT_FALSE(spool->full());
}

TEST_F(SpoolTest, SameAttemptTwiceIsOneResult) {
  auto spool = open(2);
  ASSERT_TRUE(spool->add(report_of("1#1")));
  ASSERT_TRUE(spool->add(report_of("1#1")));
  EXPECT_EQ(spool->all().size(), 1u);
  EXPECT_FALSE(spool->full());
}

TEST_F(SpoolTest, BadFileIsSetAsideAndCostsNoOther) {
  ASSERT_TRUE(open()->add(report_of("1#1")));
  const std::string whole = wire::to_text_json(report_of("2#1"));
  const std::map<std::string, std::string> bad{{"empty", ""},
                                               {"torn", whole.substr(0, whole.size() / 2)},
                                               {"garbage",
                                                "\x7f"
                                                "ELF"},
                                               {"array", "[]"},
                                               {"wrong-type", R"({"attempt": 7})"},
                                               {"nameless", "{}"}};
  for (const auto& [name, text] : bad) std::ofstream(path / (name + ".json")) << text;
  fs::create_directories(path / "directory.json");
  auto spool = Spool::open(path);
  ASSERT_TRUE(spool) << spool.error().message();
  EXPECT_EQ(attempts(**spool), (Attempts{"1#1"}));
  for (const auto& [name, text] : bad) {  // kept for whoever looks, and read no more
    EXPECT_FALSE(fs::exists(path / (name + ".json")));
    EXPECT_EQ(read_file(path / (name + ".json.bad")).value(), text);
  }
  EXPECT_EQ((*spool)->set_aside().size(), bad.size() + 1);
  EXPECT_TRUE(open()->set_aside().empty());
}

TEST_F(SpoolTest, FilesThatAWriterLeftHalfWayAreRemoved) {
  ASSERT_TRUE(open()->add(report_of("1#1")));
  auto left = files().at(0);
  left += ".tmp-0123456789ab";
  std::ofstream(left) << "{\"attempt\": ";
  std::ofstream(path / "README") << "not ours";
  EXPECT_EQ(attempts(*open()), (Attempts{"1#1"}));
  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(fs::exists(path / "README"));
}

TEST_F(SpoolTest, DirectoryThatCannotBeIsAnErrorThatNamesIt) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << "a file";
  auto refused = Spool::open(path);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::io);
  EXPECT_NE(refused.error().message().find(path.string()), std::string::npos) << refused.error().message();
}

TEST_F(SpoolTest, ResultThatCannotBeWrittenIsAnErrorAndWaitsInMemory) {
  auto spool = open();
  fs::remove_all(path);
  EXPECT_FALSE(spool->add(report_of("1#1")));
  EXPECT_EQ(attempts(*spool), (Attempts{"1#1"}));  // the daemon can still have it
  EXPECT_TRUE(spool->full());                      // and no lease is taken until it has
  spool->remove("1#1");
  EXPECT_TRUE(spool->all().empty());
  EXPECT_FALSE(spool->full());
}

TEST_F(SpoolTest, ManyThreadsAddAndRemove) {
  auto spool = open();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        auto attempt = std::to_string(t * 100 + i) + "#1";
        EXPECT_TRUE(spool->add(report_of(attempt)));
        if (i % 5 != 0) spool->remove(attempt);
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(spool->all().size(), 20u);
  EXPECT_EQ(attempts(*spool), attempts(*open()));
}

}  // namespace
}  // namespace tripled::test
