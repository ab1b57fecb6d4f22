#include "workers/agent/connection.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>
#include <random>

#include "workers/agent/stream.h"
#include "workers/agent/touch.h"

namespace tripled::agent {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;

namespace {
constexpr auto awaiting = asio::as_tuple(asio::use_awaitable);
constexpr auto first_backoff = std::chrono::milliseconds(100);
constexpr auto handshake_deadline = std::chrono::seconds(10);
// What may wait for a daemon that reads too slowly; above it the connection is given up. Results are spooled.
constexpr std::size_t max_queued_bytes = 256u << 20;
using WebSocket = beast::websocket::stream<Stream>;

// Three quarters to all of it: after a restart of the daemon its workers do not come all at once.
std::chrono::milliseconds jittered(std::chrono::milliseconds pause) {
  static std::minstd_rand random(std::random_device{}());
  return pause * (75 + static_cast<int>(random() % 26)) / 100;
}
}  // namespace

struct Connection::Impl : std::enable_shared_from_this<Connection::Impl> {
  Impl(asio::io_context& context, DaemonAddress a, ConnectionHandlers h, std::chrono::milliseconds s)
      : io(context), address(std::move(a)), handlers(std::move(h)), silence(s), pause(context) {}

  asio::io_context& io;
  DaemonAddress address;
  ConnectionHandlers handlers;
  const std::chrono::milliseconds silence;
  asio::steady_timer pause;
  std::unique_ptr<WebSocket> ws;
  std::deque<std::string> outbox;
  std::size_t queued = 0;  // bytes in it
  bool open = false, writing = false, pinging = false, stopped = false;
  std::chrono::steady_clock::time_point sign = std::chrono::steady_clock::now();

  void note_sign() { sign = std::chrono::steady_clock::now(); }

  asio::awaitable<void> run() {
    auto self = shared_from_this();
    std::chrono::milliseconds backoff = first_backoff;
    while (!stopped) {
      std::string why = co_await connect();
      if (why.empty()) {
        backoff = first_backoff;
        handlers.opened();
        why = co_await read_all();
      }
      drop();
      if (stopped) break;
      handlers.lost(why);
      pause.expires_after(jittered(backoff));
      co_await pause.async_wait(awaiting);
      backoff = std::min<std::chrono::milliseconds>(backoff * 2, longest_backoff);
    }
    ws.reset();  // its idle timer would keep the io_context busy
  }

  // Empty: connected.
  asio::awaitable<std::string> connect() {
    note_sign();
    tcp::resolver resolver(io);
    auto [resolve_error, endpoints] =
        co_await resolver.async_resolve(address.host, std::to_string(address.port), awaiting);
    if (resolve_error) co_return address.host + ": " + resolve_error.message();
    ws = std::make_unique<WebSocket>(io, address);
    ws->control_callback([this](beast::websocket::frame_type, beast::string_view) { note_sign(); });
    pinging = false;
    auto& lowest = beast::get_lowest_layer(*ws);
    lowest.expires_after(handshake_deadline);
    auto [connect_error, endpoint] = co_await lowest.async_connect(endpoints, awaiting);
    if (connect_error) co_return connect_error.message();
    // With nobody listening, a socket may be connected to itself on loopback (simultaneous open).
    if (lowest.socket().local_endpoint() == lowest.socket().remote_endpoint()) co_return "connection refused";
    beast::error_code ignored;
    lowest.socket().set_option(tcp::no_delay(true), ignored);
    lowest.expires_after(handshake_deadline);
    auto [secure_error] = co_await ws->next_layer().async_handshake(awaiting);
    if (secure_error)
      co_return "no secure connection to " + address.authority() + ": " + secure_error.message();
    lowest.expires_never();
    beast::websocket::stream_base::timeout timeout{handshake_deadline, silence, true};
    ws->set_option(timeout);
    ws->read_message_max(wire::max_frame_bytes);
    std::string bearer = "Bearer " + address.token;
    auto decorate = [bearer](beast::websocket::request_type& request) {
      request.set(beast::http::field::authorization, bearer);
    };
    ws->set_option(beast::websocket::stream_base::decorator(decorate));
    auto [handshake_error] = co_await ws->async_handshake(address.authority(), "/worker", awaiting);
    if (handshake_error) co_return handshake_error.message();
    open = true;
    note_sign();
    co_return std::string();
  }

  asio::awaitable<std::string> read_all() {
    for (;;) {
      beast::flat_buffer buffer;
      auto [ec, bytes] = co_await ws->async_read(buffer, awaiting);
      if (ec) co_return ec.message();
      note_sign();
      auto data = buffer.cdata();
      auto message = wire::decode_daemon_message({static_cast<const char*>(data.data()), data.size()});
      if (!message) co_return message.error().message();
      handlers.message(std::move(message).value());
    }
  }

  void drop() {
    open = false;
    if (!writing) forget_queued();
    if (!ws) return;
    beast::error_code ignored;
    beast::get_lowest_layer(*ws).socket().close(ignored);
  }

  void forget_queued() {
    outbox.clear();
    queued = 0;
  }

  void write_next() {
    writing = true;
    ws->text(true);
    ws->async_write(asio::buffer(outbox.front()),
                    [self = shared_from_this()](beast::error_code ec, std::size_t) { self->written(ec); });
  }

  void written(beast::error_code ec) {
    writing = false;
    queued -= outbox.front().size();
    outbox.pop_front();
    if (ec || !open) return forget_queued();
    if (!outbox.empty()) return write_next();
    if (stopped) close();
  }

  void ping() {
    if (!open || pinging) return;
    pinging = true;
    ws->async_ping({}, [self = shared_from_this(), stream = ws.get()](beast::error_code) {
      if (self->ws.get() == stream) self->pinging = false;
    });
  }

  // Without the closing handshake: whoever would answer it may be gone.
  void close() {
    open = false;
    drop();
  }
};

Connection::Connection(asio::io_context& io, DaemonAddress address, ConnectionHandlers handlers,
                       std::chrono::milliseconds silence)
    : impl_(std::make_shared<Impl>(io, std::move(address), std::move(handlers), silence)) {}

Connection::~Connection() { stop(); }

void Connection::start() {
  auto loop = impl_->run();
  asio::co_spawn(impl_->io, std::move(loop), asio::detached);
}

bool Connection::is_open() const { return impl_->open; }

std::chrono::steady_clock::time_point Connection::last_sign() const { return impl_->sign; }

void Connection::ping() { impl_->ping(); }

void Connection::send(const wire::WorkerMessage& message) {
  if (!impl_->open || impl_->stopped) return;
  impl_->outbox.push_back(wire::encode(message));
  impl_->queued += impl_->outbox.back().size();
  if (impl_->queued > max_queued_bytes) return impl_->drop();
  if (!impl_->writing) impl_->write_next();
}

void Connection::stop() {
  if (impl_->stopped) return;
  impl_->stopped = true;
  impl_->pause.cancel();
  if (!impl_->writing) impl_->close();
}

}  // namespace tripled::agent
