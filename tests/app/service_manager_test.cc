// What a service manager hears of a start that takes long: sd_notify's datagrams.
#include "daemon/app/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/base/temporary_directory.h"

namespace tripled::app {
namespace {

class ServiceManager : public testing::Test {
 protected:
  ServiceManager() : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path = (directory_.path() / "notify").string();
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~ServiceManager() override {
    ::unsetenv("NOTIFY_SOCKET");
    ::close(fd_);
  }
  // The next datagram; empty: there is none.
  std::string heard() const {
    char text[256];
    auto n = ::recv(fd_, text, sizeof text, 0);
    return n < 0 ? "" : std::string(text, static_cast<std::size_t>(n));
  }

 private:
  test::TemporaryDirectory directory_;
  int fd_;
};

TEST_F(ServiceManager, IsAskedForMoreTimeNowAndThen) {
  LongStart start;
  start.goes_on();
  EXPECT_EQ(heard().rfind("EXTEND_TIMEOUT_USEC=", 0), 0u);
  start.goes_on();
  EXPECT_EQ(heard(), "") << "not at every step";
  notify_service_manager("READY=1");
  EXPECT_EQ(heard(), "READY=1");
}

}  // namespace
}  // namespace tripled::app
