#include "tests/deploy/notify_socket.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "schema/base/text.h"

namespace tripled::test {

using std::chrono::steady_clock;

NotifySocket::NotifySocket(const std::filesystem::path& dir) : path_((dir / "notify").string()) {
  fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  EXPECT_LT(path_.size(), sizeof address.sun_path);
  std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
  EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0) << std::strerror(errno);
  ::chmod(path_.c_str(), 0666);  // a program may run as another user
}

NotifySocket::~NotifySocket() {
  ::close(fd_);
  ::unlink(path_.c_str());
}

bool NotifySocket::next(std::string& text, int wait_ms) {
  pollfd poll{fd_, POLLIN, 0};
  if (::poll(&poll, 1, wait_ms) != 1) return false;
  char buffer[4096];
  auto size = ::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
  text.assign(buffer, size > 0 ? static_cast<std::size_t>(size) : 0);
  return size >= 0;
}

bool NotifySocket::hears(const std::string& state, std::chrono::milliseconds within) {
  auto end = steady_clock::now() + within;
  std::string text;
  for (;;) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - steady_clock::now()).count();
    if (left < 0 || !next(text, static_cast<int>(left))) return false;
    for (const auto& line : split(text, '\n'))
      if (line == state) return true;
  }
}

void NotifySocket::forget() {
  std::string text;
  while (next(text, 0)) {
  }
}

}  // namespace tripled::test
