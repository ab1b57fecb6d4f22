// A TCP proxy on loopback that cuts, slices, slows or freezes what goes through it. Own threads.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
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
  // From now on a connection is reset when so many more bytes went up it (and had the time to arrive); `cuts`
  // times in all.
  void cut_after(std::size_t bytes, int cuts);
  int cuts_left() const { return cuts_; }
  std::uint64_t bytes_up() const { return bytes_up_; }
  // From now on so many bytes at once, as packets of their own, and a pause behind each.
  void slice(std::size_t bytes, std::chrono::microseconds pause = {});

 private:
  static constexpr auto kNoLimit = std::numeric_limits<std::int64_t>::max();
  struct Connection {
    ~Connection();  // with a reset, as a broken network or a killed process ends it
    int near = -1, far = -1;
    std::atomic<bool> stopped{false};
    std::atomic<std::int64_t> left{kNoLimit};     // both ways
    std::atomic<std::int64_t> up_left{kNoLimit};  // to the target
  };
  void accept_loop();
  void pump(std::shared_ptr<Connection> connection, bool up);
  bool is_cut(Connection& connection, std::size_t& bytes);
  bool ready(const Connection& connection, int socket, short for_what) const;
  bool forward(const Connection& connection, int to, const char* bytes, std::size_t size) const;

  const std::uint16_t target_;
  const std::function<std::size_t(std::size_t)> budget_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> frozen_{false}, ended_{false};
  std::atomic<std::size_t> connections_{0}, slice_{1u << 20};
  std::atomic<std::chrono::microseconds::rep> pause_us_{0};
  std::atomic<std::int64_t> up_limit_{kNoLimit};
  std::atomic<int> cuts_{0};
  std::atomic<std::uint64_t> bytes_up_{0};
  std::mutex mutex_;
  std::vector<std::weak_ptr<Connection>> all_;  // those that are open belong to their threads
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace tripled::test
