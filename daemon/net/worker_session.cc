#include "daemon/net/worker_session.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

namespace tripled::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;

static constexpr auto awaiting = asio::as_tuple(asio::use_awaitable);
static constexpr auto handshake_deadline = std::chrono::seconds(10);  // also of the closing one

WorkerSession::WorkerSession(SessionId session_id, Stream stream, const ServerOptions& options,
                             ServerHandler& handler)
    : id(session_id), ws_(std::move(stream)), handler_(handler), max_queued_bytes_(options.max_queued_bytes) {
  // Both ends ping when nothing came for half of that, and give the other up when nothing comes at all.
  websocket::stream_base::timeout timeout{handshake_deadline, options.silence, true};
  ws_.set_option(timeout);
  ws_.read_message_max(wire::max_frame_bytes);
}

asio::awaitable<void> WorkerSession::run(Request request) {
  auto self = shared_from_this();
  auto [accept_error] = co_await ws_.async_accept(request, awaiting);
  std::string why;
  if (accept_error)
    why = accept_error.message();
  else
    why = co_await read_all();
  beast::error_code ignored;
  beast::get_lowest_layer(ws_).socket().close(ignored);
  handler_.worker_closed(id, why);
}

asio::awaitable<std::string> WorkerSession::read_all() {
  for (;;) {
    beast::flat_buffer buffer;
    auto [ec, bytes] = co_await ws_.async_read(buffer, awaiting);
    if (ec) co_return ec.message();
    auto data = buffer.cdata();
    auto message = wire::decode_worker_message({static_cast<const char*>(data.data()), data.size()});
    if (!message) {
      websocket::close_reason reason(websocket::close_code::policy_error, "that is no message of a worker");
      closing_ = true;
      co_await ws_.async_close(reason, awaiting);
      co_return message.error().message();
    }
    handler_.worker_message(id, std::move(message).value());
  }
}

void WorkerSession::send(std::string frame) {
  if (closing_) return;
  queued_bytes_ += frame.size();
  if (queued_bytes_ > max_queued_bytes_) return abort();
  outbox_.push_back(std::move(frame));
  if (!writing_) write_next();
}

void WorkerSession::close() {
  if (closing_) return;
  closing_ = true;
  if (!writing_) finish_close();
}

void WorkerSession::abort() {
  closing_ = true;
  beast::error_code ignored;
  beast::get_lowest_layer(ws_).socket().close(ignored);
}

void WorkerSession::write_next() {
  writing_ = true;
  ws_.text(true);
  ws_.async_write(asio::buffer(outbox_.front()),
                  [self = shared_from_this()](beast::error_code ec, std::size_t) { self->written(ec); });
}

void WorkerSession::written(beast::error_code ec) {
  writing_ = false;
  queued_bytes_ -= outbox_.front().size();
  outbox_.pop_front();
  if (ec) return abort();
  if (!outbox_.empty()) return write_next();
  if (closing_) finish_close();
}

void WorkerSession::finish_close() {
  ws_.async_close(websocket::close_code::normal, [self = shared_from_this()](beast::error_code) {});
}

}  // namespace tripled::net
