// What the connections of one server share. Of this folder alone; io thread.
#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "daemon/net/server.h"

namespace tripled::net {

class WorkerSession;

struct ServerState {
  ServerState(boost::asio::io_context& context, ServerOptions o, ServerHandler& h)
      : io(context), options(std::move(o)), handler(h) {}

  Identity identify(std::string_view authorization) const {
    constexpr std::string_view scheme = "Bearer ";
    if (!options.identify || authorization.substr(0, scheme.size()) != scheme) return {};
    return options.identify(authorization.substr(scheme.size()));
  }

  boost::asio::io_context& io;
  ServerOptions options;
  ServerHandler& handler;
  std::map<SessionId, std::weak_ptr<WorkerSession>> sessions;
  SessionId next_session = 1;
  std::size_t connections = 0;
  std::map<boost::asio::ip::address, std::size_t> per_peer;
  std::size_t body_bytes = 0;  // of requests that are being read or answered
};

// From the first byte to the last, whatever comes; http_connection.cc.
boost::asio::awaitable<void> serve_connection(std::shared_ptr<ServerState> state,
                                              boost::asio::ip::tcp::socket socket,
                                              std::shared_ptr<TlsContext> tls);

}  // namespace tripled::net
