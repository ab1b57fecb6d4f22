#include "tests/net/raw_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

namespace tripled::test {

static void set_timeout(int fd, int option, std::chrono::milliseconds limit) {
  timeval value{limit.count() / 1000, (limit.count() % 1000) * 1000};
  ::setsockopt(fd, SOL_SOCKET, option, &value, sizeof value);
}

RawSocket::RawSocket(std::uint16_t port, const std::string& from) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, from.c_str(), &address.sin_addr);
  bool ok = ::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ok = ok && ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  set_timeout(fd_, SO_SNDTIMEO, std::chrono::seconds(5));
  if (!ok) ::close(std::exchange(fd_, -1));
}

RawSocket::RawSocket(RawSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

RawSocket::~RawSocket() {
  if (fd_ >= 0) ::close(fd_);
}

bool RawSocket::write(const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    auto n = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return false;
    sent += static_cast<std::size_t>(n);
  }
  return true;
}

void RawSocket::finish() { ::shutdown(fd_, SHUT_WR); }

std::string RawSocket::read_until(const std::string& end) {
  set_timeout(fd_, SO_RCVTIMEO, std::chrono::seconds(10));
  std::string out;
  for (char c; !out.ends_with(end) && ::recv(fd_, &c, 1, 0) == 1;) out += c;
  return out;
}

std::string RawSocket::read_all(int seconds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  std::string out;
  char buffer[16 << 10];
  for (;;) {
    auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return out;
    set_timeout(fd_, SO_RCVTIMEO, left);
    auto n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n <= 0) return out;
    out.append(buffer, static_cast<std::size_t>(n));
  }
}

unsigned RawSocket::status(int seconds) {
  auto answer = read_all(seconds);
  return answer.rfind("HTTP/1.1 ", 0) == 0 ? static_cast<unsigned>(std::atoi(answer.c_str() + 9)) : 0;
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    count += !entry.path().empty();
  return count;
}

std::size_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  std::size_t size = 0, resident = 0;
  in >> size >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace tripled::test
