// FileLock between objects of one process (each has its own open file description, as processes have) and
// between processes.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "schema/base/file.h"
#include "tests/base/temporary_directory.h"

namespace tripled {
namespace {

using Wait = FileLock::Wait;

class Lock : public testing::Test {
 protected:
  Result<FileLock> try_lock(bool shared = false) const { return FileLock::acquire(file, Wait::no, shared); }

  test::TemporaryDirectory dir;
  const std::filesystem::path file = dir.path() / "lock";
};

TEST_F(Lock, ExclusiveKeepsEveryOtherOut) {
  auto held = try_lock();
  ASSERT_TRUE(held);
  for (bool shared : {false, true}) {
    auto second = try_lock(shared);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind(), ErrorKind::conflict);
    EXPECT_NE(second.error().message().find(file.string()), std::string::npos) << second.error().message();
  }
}

TEST_F(Lock, SharedLetsOthersShareAndKeepsExclusiveOut) {
  auto first = try_lock(true), second = try_lock(true);
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  EXPECT_EQ(try_lock(false).error().kind(), ErrorKind::conflict);
  { auto gone = std::move(*first); }
  EXPECT_EQ(try_lock(false).error().kind(), ErrorKind::conflict);  // the second is still there
  { auto gone = std::move(*second); }
  EXPECT_TRUE(try_lock(false));
}

TEST_F(Lock, EndsWithItsObjectAndTheFileStays) {
  { ASSERT_TRUE(try_lock()); }
  EXPECT_TRUE(std::filesystem::exists(file));
  EXPECT_TRUE(try_lock());
}

TEST_F(Lock, MovesWithItsObject) {
  auto held = try_lock();
  ASSERT_TRUE(held);
  {
    FileLock other = std::move(*held);
    EXPECT_FALSE(try_lock());
  }
  EXPECT_TRUE(try_lock());
}

TEST_F(Lock, WaiterGetsItWhenTheHolderLetsGo) {
  auto held = std::make_unique<Result<FileLock>>(try_lock());
  ASSERT_TRUE(*held);
  std::atomic<bool> got = false;
  std::thread waiter([&] {
    auto lock = FileLock::acquire(file, Wait::yes);
    got = lock.has_value();
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_FALSE(got);
  held.reset();
  waiter.join();
  EXPECT_TRUE(got);
}

TEST_F(Lock, OfAProcessThatIsKilledIsFree) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto lock = try_lock();
    const char word = lock ? 'y' : 'n';
    if (::write(ready[1], &word, 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  ::close(ready[1]);
  char word = 0;
  EXPECT_EQ(::read(ready[0], &word, 1), 1);
  ::close(ready[0]);
  EXPECT_EQ(word, 'y');
  auto refused = try_lock();
  EXPECT_FALSE(refused);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(try_lock());
}

TEST_F(Lock, IsNotInheritedByAProgramThatIsStarted) {
  auto held = try_lock();
  ASSERT_TRUE(held);
  // The program lives on when the lock's object is gone.
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::execl("/bin/sleep", "sleep", "600", nullptr);
    ::_exit(127);
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  auto program = [&] {
    std::error_code ec;
    return std::filesystem::read_symlink("/proc/" + std::to_string(child) + "/exe", ec).filename().string();
  };
  while (program() != "sleep" && program() != "busybox" && program() != "coreutils" &&
         std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  { auto gone = std::move(*held); }
  EXPECT_TRUE(try_lock());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST_F(Lock, WhereNoFileCanBeIsAnIoError) {
  auto lock = FileLock::acquire(dir.path() / "missing" / "lock", Wait::no);
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().kind(), ErrorKind::io);
}

}  // namespace
}  // namespace tripled
