// Results that wait for the daemon: kept over a restart, and kept in memory where the disk has no room.
#include "workers/agent/spool.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "schema/base/file.h"

namespace tripled::agent {
namespace {

namespace fs = std::filesystem;

class SpoolTest : public ::testing::Test {
 protected:
  SpoolTest() {
    auto pattern = (fs::temp_directory_path() / "tripled-spool-XXXXXX").string();
    directory = ::mkdtemp(pattern.data());
  }
  ~SpoolTest() override { fs::remove_all(directory); }
  std::unique_ptr<Spool> open(std::size_t most = 10) const {
    auto spool = Spool::open(directory / "spool", most);
    EXPECT_TRUE(spool.has_value());
    return std::move(spool).value();
  }
  static wire::AttemptReport report(const std::string& attempt) {
    return {1, "7", attempt, 1, Outcome::exited, wire::json::object{{"log", "x"}}};
  }
  fs::path directory;
};

TEST_F(SpoolTest, KeepsOverARestartUntilAcknowledged) {
  {
    auto spool = open();
    EXPECT_TRUE(spool->add(report("7#1")));
    EXPECT_TRUE(spool->add(report("7#2")));
    spool->remove("7#1");
  }
  auto spool = open();
  ASSERT_EQ(spool->all().size(), 1u);
  EXPECT_EQ(spool->all().front().attempt, "7#2");
}

TEST_F(SpoolTest, FullUntilSomethingIsAcknowledged) {
  auto spool = open(2);
  EXPECT_TRUE(spool->add(report("7#1")));
  EXPECT_FALSE(spool->full());
  EXPECT_TRUE(spool->add(report("7#2")));
  EXPECT_TRUE(spool->full());
  spool->remove("7#1");
  EXPECT_FALSE(spool->full());
}

TEST_F(SpoolTest, WhatCannotBeWrittenWaitsInMemoryAndNoLeaseIsTaken) {
  auto spool = open();
  fs::remove_all(directory / "spool");
  write_file_atomically(directory / "spool", "no directory").value();
  EXPECT_FALSE(spool->add(report("7#1")));
  ASSERT_EQ(spool->all().size(), 1u) << "it can still be sent again after a new connection";
  EXPECT_TRUE(spool->full());
  spool->remove("7#1");
  EXPECT_FALSE(spool->full());
}

}  // namespace
}  // namespace tripled::agent
