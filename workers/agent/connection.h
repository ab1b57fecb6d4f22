// The worker's WebSocket to its daemon: connects, reconnects with backoff, keeps frames in order. All calls
// and callbacks on the thread that runs the io_context. Beast lives in connection.cc and http.cc alone.
#pragma once
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "schema/wire/message.h"
#include "workers/agent/address.h"

namespace tripled::agent {

struct ConnectionHandlers {
  std::function<void()> opened;  // (re)connected: say hello
  std::function<void(wire::DaemonMessage)> message;
  std::function<void(const std::string& why)> lost;  // it reconnects by itself
};

class Connection {
 public:
  // `silence`: without a frame for so long the daemon is given up; it is pinged after half of that.
  Connection(boost::asio::io_context& io, DaemonAddress address, ConnectionHandlers handlers,
             std::chrono::milliseconds silence = std::chrono::seconds(40));
  ~Connection();
  void start();
  bool is_open() const;
  // When the daemon was last heard of (any frame); while there is no connection, when it was last tried.
  std::chrono::steady_clock::time_point last_sign() const;
  // Asks for a sign. Nothing while not connected.
  void ping();
  // Dropped while not connected: what must not be lost is in the spool and sent after the next welcome.
  void send(const wire::WorkerMessage& message);
  // No reconnect afterwards; what is queued is still sent.
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace tripled::agent
