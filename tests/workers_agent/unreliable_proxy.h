// A TCP proxy on loopback that cuts or freezes what goes through it. Own threads.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace tripled::test {

class UnreliableProxy {
 public:
  // `budget`: of the n-th connection (from 0) and how many bytes may go through it, both ways together,
  // before it is reset; none: as many as come.
  UnreliableProxy(std::uint16_t target, std::function<std::size_t(std::size_t)> budget = {});
  ~UnreliableProxy();
  std::uint16_t port() const { return port_; }
  std::size_t connections() const { return connections_; }
  // From now on nothing goes through, and nothing is closed: as a network that drops every packet.
  void freeze() { frozen_ = true; }

 private:
  void accept_loop();
  void pump(int from, int to, std::shared_ptr<std::atomic<std::int64_t>> left);

  const std::uint16_t target_;
  const std::function<std::size_t(std::size_t)> budget_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> frozen_{false}, ended_{false};
  std::atomic<std::size_t> connections_{0};
  std::mutex mutex_;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace tripled::test
