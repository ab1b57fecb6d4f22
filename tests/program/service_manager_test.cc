// What the service manager hears, on a socket of the test.
#include "schema/program/service_manager.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

#include "tests/e2e/tripled_process.h"

namespace tripled::program {
namespace {

using std::chrono::microseconds;

class Manager : public testing::Test {
 protected:
  // `name` begins with '@': in the abstract namespace.
  void listen(const std::string& name) {
    fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    auto size = offsetof(sockaddr_un, sun_path) + name.size() + (name.front() == '@' ? 0 : 1);
    ASSERT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), static_cast<socklen_t>(size)), 0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  std::string heard() {
    char text[256];
    auto size = ::recv(fd_, text, sizeof text, MSG_DONTWAIT);
    return size < 0 ? "" : std::string(text, static_cast<std::size_t>(size));
  }
  void TearDown() override {
    if (fd_ >= 0) ::close(fd_);
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }
  int fd_ = -1;
};

TEST_F(Manager, HearsWhatIsSaid) {
  e2e::TemporaryDirectory dir;
  for (const auto& name : {(dir.path() / "notify").string(), "@tripled-test-" + std::to_string(::getpid())}) {
    listen(name);
    auto manager = ServiceManager::from_environment();
    manager.say("READY=1");
    EXPECT_EQ(heard(), "READY=1") << name;
    EXPECT_EQ(::getenv("NOTIFY_SOCKET"), nullptr) << "a child would speak for us";
    ::close(fd_);
    fd_ = -1;
  }
}

TEST_F(Manager, IsAskedForMoreTimeNowAndThen) {
  e2e::TemporaryDirectory dir;
  listen((dir.path() / "notify").string());
  auto manager = ServiceManager::from_environment();
  LongStart start(manager);
  start.goes_on();
  EXPECT_EQ(heard().rfind("EXTEND_TIMEOUT_USEC=", 0), 0u);
  start.goes_on();
  EXPECT_EQ(heard(), "") << "not at every step";
}

TEST_F(Manager, IsNotNeeded) {
  auto manager = ServiceManager::from_environment();
  manager.say("READY=1");
  EXPECT_FALSE(manager.watchdog_interval());
}

TEST_F(Manager, WantsToHearTwiceInItsTime) {
  ::setenv("WATCHDOG_USEC", "60000000", 1);
  EXPECT_EQ(ServiceManager::from_environment().watchdog_interval(), microseconds(30'000'000));
  ::setenv("WATCHDOG_USEC", "60000000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_EQ(ServiceManager::from_environment().watchdog_interval(), microseconds(30'000'000));
  ::setenv("WATCHDOG_USEC", "60000000", 1);
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_FALSE(ServiceManager::from_environment().watchdog_interval()) << "it watches another process";
  for (const char* odd : {"", "0", "x", "-5"}) {
    ::setenv("WATCHDOG_USEC", odd, 1);
    EXPECT_FALSE(ServiceManager::from_environment().watchdog_interval()) << odd;
  }
}

}  // namespace
}  // namespace tripled::program
