#include "daemon/net/server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "daemon/net/server_state.h"
#include "daemon/net/worker_session.h"

namespace tripled::net {

namespace asio = boost::asio;
using asio::ip::tcp;

static constexpr auto awaiting = asio::as_tuple(asio::use_awaitable);

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
  Impl(asio::io_context& io, ServerOptions options, ServerHandler& handler)
      : state(std::make_shared<ServerState>(io, std::move(options), handler)) {}

  std::shared_ptr<ServerState> state;
  std::vector<std::shared_ptr<tcp::acceptor>> acceptors;

  Status listen(const std::string& host, std::uint16_t port, bool tls) {
    auto acceptor = std::make_shared<tcp::acceptor>(state->io);
    boost::system::error_code ec;
    auto address = asio::ip::make_address(host, ec);
    tcp::endpoint endpoint(address, port);
    auto step = [&](auto&& call) {
      if (!ec) call();
    };
    step([&] { acceptor->open(endpoint.protocol(), ec); });
    step([&] { acceptor->set_option(asio::socket_base::reuse_address(true), ec); });
    step([&] { acceptor->bind(endpoint, ec); });
    step([&] { acceptor->listen(asio::socket_base::max_listen_connections, ec); });
    if (ec)
      return Error(ErrorKind::io, "listening on " + host + ":" + std::to_string(port) + ": " + ec.message());
    acceptors.push_back(acceptor);
    auto loop = accept_loop(acceptor, tls);
    asio::co_spawn(state->io, std::move(loop), asio::detached);
    return {};
  }

  asio::awaitable<void> accept_loop(std::shared_ptr<tcp::acceptor> acceptor, bool tls) {
    auto self = shared_from_this();
    while (acceptor->is_open()) {
      auto [ec, socket] = co_await acceptor->async_accept(awaiting);
      if (ec == asio::error::operation_aborted) co_return;
      if (ec) {  // out of descriptors: wait instead of spinning
        asio::steady_timer pause(state->io, std::chrono::milliseconds(200));
        co_await pause.async_wait(awaiting);
        continue;
      }
      auto connection = seated(std::move(socket), tls ? state->options.tls : nullptr);
      asio::co_spawn(state->io, std::move(connection), asio::detached);
    }
  }

  // Serves a connection if there is a place for one more, of this peer and in all.
  asio::awaitable<void> seated(tcp::socket socket, std::shared_ptr<TlsContext> tls) {
    auto shared = state;
    boost::system::error_code ec;
    const auto peer = socket.remote_endpoint(ec).address();
    auto known = shared->per_peer.find(peer);
    const std::size_t others = known == shared->per_peer.end() ? 0 : known->second;
    if (ec || shared->connections >= shared->options.max_connections ||
        others >= shared->options.max_connections_per_peer)
      co_return;
    ++shared->connections;
    ++shared->per_peer[peer];
    socket.set_option(tcp::no_delay(true), ec);
    co_await serve_connection(shared, std::move(socket), std::move(tls));
    --shared->connections;
    if (--shared->per_peer[peer] == 0) shared->per_peer.erase(peer);
  }
};

Result<std::unique_ptr<Server>> Server::start(asio::io_context& io, ServerOptions options,
                                              ServerHandler& handler) {
  auto impl = std::make_shared<Impl>(io, std::move(options), handler);
  const auto& own = impl->state->options;
  TRIPLED_TRY(impl->listen(own.address, own.port, own.tls != nullptr));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::~Server() { stop(); }

static std::uint16_t port_of(const tcp::acceptor& acceptor) {
  boost::system::error_code ec;
  auto endpoint = acceptor.local_endpoint(ec);
  return ec ? 0 : endpoint.port();
}

std::uint16_t Server::port() const { return port_of(*impl_->acceptors.front()); }

bool Server::listening() const { return impl_->acceptors.front()->is_open(); }

Result<std::uint16_t> Server::listen_plainly_on_loopback() {
  TRIPLED_TRY(impl_->listen("127.0.0.1", 0, false));
  return port_of(*impl_->acceptors.back());
}

void Server::set_certificate(std::shared_ptr<TlsContext> tls) { impl_->state->options.tls = std::move(tls); }

static std::shared_ptr<WorkerSession> live(const ServerState& state, SessionId session) {
  auto found = state.sessions.find(session);
  return found == state.sessions.end() ? nullptr : found->second.lock();
}

void Server::send_frame(SessionId session, std::string frame) {
  if (auto to = live(*impl_->state, session)) to->send(std::move(frame));
}

void Server::send(SessionId session, const wire::DaemonMessage& message) {
  if (auto to = live(*impl_->state, session)) to->send(wire::encode(message));
}

void Server::close(SessionId session) {
  if (auto which = live(*impl_->state, session)) which->close();
}

void Server::stop() {
  boost::system::error_code ignored;
  for (auto& acceptor : impl_->acceptors) acceptor->close(ignored);
  for (auto& [id, session] : impl_->state->sessions)
    if (auto which = session.lock()) which->abort();
}

}  // namespace tripled::net
