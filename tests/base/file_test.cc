// Whole files: the old or the new one, never half of one, and an error that names the file. fsync() is
// replaced in this program, so that a test sees what was synced and can make it fail.
#include "schema/base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <set>
#include <thread>

#include "tests/base/temporary_directory.h"

namespace {

std::vector<std::string>* synced = nullptr;  // paths, while somebody looks
int sync_error = 0;

}  // namespace

extern "C" int fsync(int fd) {
  if (synced)
    synced->push_back(std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd)).string());
  if (sync_error != 0) {
    errno = sync_error;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

namespace tripled {
namespace {

namespace fs = std::filesystem;

class File : public testing::Test {
 protected:
  ~File() override {
    synced = nullptr;
    sync_error = 0;
  }
  std::set<std::string> names() const {
    std::set<std::string> out;
    for (const auto& entry : fs::directory_iterator(dir.path())) out.insert(entry.path().filename().string());
    return out;
  }
  std::string text(const fs::path& path) const {
    auto read = read_file(path);
    return read ? *read : read.error().message();
  }

  test::TemporaryDirectory dir;
  const fs::path file = dir.path() / "result.json";
};

TEST_F(File, ComesBackByteForByte) {
  std::string bytes("\0\n\r\xff", 4);
  bytes += std::string(300'000, 'x');
  ASSERT_TRUE(write_file_atomically(file, bytes));
  EXPECT_EQ(text(file), bytes);
  ASSERT_TRUE(write_file_atomically(file, ""));
  EXPECT_EQ(text(file), "");
  EXPECT_EQ(names(), std::set<std::string>{"result.json"});
}

TEST_F(File, ThatIsTooLargeIsAnErrorAndNotCut) {
  ASSERT_TRUE(write_file_atomically(file, std::string(1000, 'x')));
  EXPECT_TRUE(read_file(file, 1000));
  auto refused = read_file(file, 999);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::io);
  EXPECT_NE(refused.error().message().find(file.string()), std::string::npos);
  EXPECT_NE(refused.error().message().find("999"), std::string::npos);
}

TEST_F(File, EndlessFileIsNotReadToItsEnd) { EXPECT_FALSE(read_file("/dev/zero", 1 << 20)); }

TEST_F(File, WhatCannotBeReadIsNamed) {
  for (const auto& path : {dir.path() / "missing", dir.path()}) {
    auto refused = read_file(path);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), ErrorKind::io);
    EXPECT_NE(refused.error().message().find(path.string()), std::string::npos) << refused.error().message();
  }
}

TEST_F(File, ReadersSeeTheOldOrTheNewOneNeverHalf) {
  const std::string old_text(200'000, 'o'), new_text(300'000, 'n');
  ASSERT_TRUE(write_file_atomically(file, old_text));
  std::atomic<bool> stop = false;
  std::atomic<int> bad = 0, reads = 0;
  std::thread reader([&] {
    while (!stop) {
      auto read = read_file(file);
      if (!read || (*read != old_text && *read != new_text)) ++bad;
      ++reads;
    }
  });
  for (int i = 0; i < 200 || reads < 20; ++i)
    ASSERT_TRUE(write_file_atomically(file, i % 2 ? old_text : new_text));
  stop = true;
  reader.join();
  EXPECT_EQ(bad, 0);
  EXPECT_EQ(names(), std::set<std::string>{"result.json"});
}

TEST_F(File, WritersAtTheSameTimeLeaveOneOfTheirTexts) {
  std::vector<std::thread> writers;
  for (char letter : {'a', 'b', 'c', 'd'})
    writers.emplace_back([this, letter] {
      for (int i = 0; i < 50; ++i) EXPECT_TRUE(write_file_atomically(file, std::string(50'000, letter)));
    });
  for (auto& writer : writers) writer.join();
  auto left = text(file);
  EXPECT_EQ(left, std::string(50'000, left.front()));
  EXPECT_EQ(names(), std::set<std::string>{"result.json"});
}

// RLIMIT_FSIZE stands for a full disk: the first bytes go, then an error.
TEST_F(File, WriteThatFailsHalfWayLeavesTheOldOneAndNoOther) {
  ASSERT_TRUE(write_file_atomically(file, "old"));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{64 << 10, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  auto written = write_file_atomically(file, std::string(1 << 20, 'x'));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind(), ErrorKind::io);
  EXPECT_EQ(text(file), "old");
  EXPECT_EQ(names(), std::set<std::string>{"result.json"});
}

TEST_F(File, TargetThatCannotBeReplacedLeavesNoOther) {
  fs::create_directories(file / "in the way");
  auto written = write_file_atomically(file, "new");
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message().find(file.string()), std::string::npos) << written.error().message();
  EXPECT_EQ(names(), std::set<std::string>{"result.json"});
}

TEST_F(File, DirectoryThatIsMissingIsAnError) {
  auto written = write_file_atomically(dir.path() / "missing" / "f", "x");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind(), ErrorKind::io);
}

TEST_F(File, SyncedMeansTheBytesAndTheNameOfIt) {
  std::vector<std::string> paths;
  synced = &paths;
  ASSERT_TRUE(write_file_atomically(file, "not asked"));
  EXPECT_TRUE(paths.empty());
  ASSERT_TRUE(write_file_atomically(file, "asked", true));
  ASSERT_EQ(paths.size(), 2u);  // without the directory a power cut may bring the old name back
  EXPECT_EQ(paths[0].rfind(file.string() + ".tmp-", 0), 0u) << paths[0];
  EXPECT_EQ(paths[1], dir.path().string());
}

TEST_F(File, RelativeNameIsSyncedToo) {
  const auto before = fs::current_path();
  fs::current_path(dir.path());
  std::vector<std::string> paths;
  synced = &paths;
  auto written = write_file_atomically("here", "asked", true);
  fs::current_path(before);
  ASSERT_TRUE(written) << written.error().message();
  ASSERT_EQ(paths.size(), 2u);
  EXPECT_EQ(paths[1], dir.path().string());
}

TEST_F(File, SyncThatFailsIsAnErrorAndLeavesTheOldOne) {
  ASSERT_TRUE(write_file_atomically(file, "old"));
  sync_error = EIO;
  auto written = write_file_atomically(file, "new", true);
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message().find("syncing"), std::string::npos) << written.error().message();
  EXPECT_EQ(text(file), "old");
  EXPECT_EQ(names(), std::set<std::string>{"result.json"});
}

TEST_F(File, MakeDirectoriesMakesAllOfThemAndIsContentWithThem) {
  const auto deep = dir.path() / "a" / "b" / "c";
  EXPECT_TRUE(make_directories(deep));
  EXPECT_TRUE(make_directories(deep));
  EXPECT_TRUE(fs::is_directory(deep));
  ASSERT_TRUE(write_file_atomically(file, ""));
  auto refused = make_directories(file / "below a file");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find(file.string()), std::string::npos) << refused.error().message();
}

}  // namespace
}  // namespace tripled
