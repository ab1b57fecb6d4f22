#include "tests/workers_agent/unreliable_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
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

}  // namespace

UnreliableProxy::Connection::~Connection() {
  const linger now{1, 0};
  for (int socket : {near, far}) {
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(socket);
  }
}

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
  for (auto& thread : threads_) thread.join();
  ::close(listener_);
}

void UnreliableProxy::cut_after(std::size_t bytes, int cuts) {
  std::lock_guard lock(mutex_);
  cuts_ = cuts;
  up_limit_ = static_cast<std::int64_t>(bytes);
  for (const auto& one : all_)
    if (auto open = one.lock()) open->up_left = static_cast<std::int64_t>(bytes);
}

void UnreliableProxy::slice(std::size_t bytes, std::chrono::microseconds pause) {
  slice_ = bytes;
  pause_us_ = pause.count();
}

void UnreliableProxy::accept_loop() {
  while (!ended_) {
    const int near = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (near < 0) continue;
    auto one = std::make_shared<Connection>();
    one->near = near;
    one->far = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    for (int socket : {one->near, one->far}) ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    auto address = loopback(target_);
    bool connected = ::connect(one->far, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    const auto number = connections_++;
    if (budget_) one->left = static_cast<std::int64_t>(budget_(number));
    std::lock_guard lock(mutex_);
    one->up_left = up_limit_.load();
    if (!connected) continue;
    all_.push_back(one);
    threads_.emplace_back([=, this] { pump(one, true); });
    threads_.emplace_back([=, this] { pump(one, false); });
  }
}

// What is left of `bytes` goes before the cut.
bool UnreliableProxy::is_cut(Connection& connection, std::size_t& bytes) {
  const auto size = static_cast<std::int64_t>(bytes);
  const auto allowed = connection.up_left.fetch_sub(size);
  if (allowed >= size || cuts_.fetch_sub(1) <= 0) return false;
  bytes = static_cast<std::size_t>(std::max<std::int64_t>(allowed, 0));
  return true;
}

// False: the connection is over. Not by shutdown(2), which would end it in an orderly way.
bool UnreliableProxy::ready(const Connection& connection, int socket, short for_what) const {
  pollfd one{socket, for_what, 0};
  while (!ended_ && !connection.stopped)
    if (::poll(&one, 1, 20) > 0) return true;
  return false;
}

bool UnreliableProxy::forward(const Connection& connection, int to, const char* bytes,
                              std::size_t size) const {
  while (size > 0) {
    if (!ready(connection, to, POLLOUT)) return false;
    auto sent = ::send(to, bytes, std::min(size, slice_.load()), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EAGAIN) continue;
    if (sent <= 0) return false;
    bytes += sent;
    size -= static_cast<std::size_t>(sent);
    if (pause_us_ > 0) std::this_thread::sleep_for(std::chrono::microseconds(pause_us_));
  }
  return true;
}

void UnreliableProxy::pump(std::shared_ptr<Connection> connection, bool up) {
  const int from = up ? connection->near : connection->far, to = up ? connection->far : connection->near;
  char buffer[16 << 10];
  while (ready(*connection, from, POLLIN)) {
    auto n = ::recv(from, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) continue;
    if (n <= 0) break;
    while (frozen_ && !ended_) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (connection->left.fetch_sub(n) < n) break;
    auto size = static_cast<std::size_t>(n);
    const bool cut = up && is_cut(*connection, size);
    if (up) bytes_up_ += size;
    if (!forward(*connection, to, buffer, size)) break;
    if (!cut) continue;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // a reset takes with it what was not read
    break;
  }
  connection->stopped = true;
}

}  // namespace tripled::test
