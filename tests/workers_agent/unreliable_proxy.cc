#include "tests/workers_agent/unreliable_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <limits>
#include <stdexcept>

namespace tripled::test {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

// With a reset, as a broken network or a killed process ends it.
void reset(int socket) {
  linger now{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::shutdown(socket, SHUT_RDWR);
}

}  // namespace

UnreliableProxy::UnreliableProxy(std::uint16_t target, std::function<std::size_t(std::size_t)> budget)
    : target_(target), budget_(std::move(budget)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("the proxy cannot listen");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_loop(); });
}

UnreliableProxy::~UnreliableProxy() {
  ended_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (int socket : sockets_) reset(socket);
  for (auto& thread : threads_) thread.join();
  for (int socket : sockets_) ::close(socket);
  ::close(listener_);
}

void UnreliableProxy::accept_loop() {
  while (!ended_) {
    int near = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (near < 0) continue;
    int far = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(target_);
    bool connected = ::connect(far, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    const auto number = connections_++;
    auto left = std::make_shared<std::atomic<std::int64_t>>(
        budget_ ? static_cast<std::int64_t>(budget_(number)) : std::numeric_limits<std::int64_t>::max());
    std::lock_guard lock(mutex_);
    sockets_.insert(sockets_.end(), {near, far});
    if (!connected) {
      reset(near);
      continue;
    }
    threads_.emplace_back([=, this] { pump(near, far, left); });
    threads_.emplace_back([=, this] { pump(far, near, left); });
  }
}

void UnreliableProxy::pump(int from, int to, std::shared_ptr<std::atomic<std::int64_t>> left) {
  char buffer[16 << 10];
  while (!ended_) {
    auto n = ::recv(from, buffer, sizeof buffer, 0);
    if (n <= 0) break;
    while (frozen_ && !ended_) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (left->fetch_sub(n) < n) break;
    for (ssize_t sent = 0; sent < n;) {
      auto m = ::send(to, buffer + sent, static_cast<std::size_t>(n - sent), MSG_NOSIGNAL);
      if (m <= 0) break;
      sent += m;
    }
  }
  reset(from);
  reset(to);
}

}  // namespace tripled::test
