#include "daemon/net/server.h"

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

#include "daemon/net/pieces.h"
#include "schema/base/text.h"

namespace tripled::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

namespace {

constexpr auto awaiting = asio::as_tuple(asio::use_awaitable);
constexpr auto request_deadline = std::chrono::seconds(30);
constexpr auto refusal_deadline = std::chrono::seconds(10);
constexpr auto upload_deadline = std::chrono::minutes(5);

// One worker's WebSocket. Frames leave in the order they were queued.
class WorkerSession : public std::enable_shared_from_this<WorkerSession> {
 public:
  WorkerSession(SessionId session_id, tcp::socket socket, ServerHandler& handler, std::size_t max_queued)
      : id(session_id), ws_(std::move(socket)), handler_(handler), max_queued_bytes_(max_queued) {}

  asio::awaitable<void> run(http::request<http::string_body> request) {
    auto self = shared_from_this();
    auto timeout = beast::websocket::stream_base::timeout::suggested(beast::role_type::server);
    timeout.idle_timeout = std::chrono::seconds(60);
    timeout.keep_alive_pings = true;
    ws_.set_option(timeout);
    ws_.read_message_max(wire::max_frame_bytes);
    auto [accept_error] = co_await ws_.async_accept(request, awaiting);
    std::string why = accept_error ? accept_error.message() : "";
    open_ = !accept_error;
    while (open_) {
      beast::flat_buffer buffer;
      auto [ec, bytes] = co_await ws_.async_read(buffer, awaiting);
      if (ec) {
        why = ec.message();
        break;
      }
      auto data = buffer.cdata();
      std::string_view text(static_cast<const char*>(data.data()), data.size());
      auto message = wire::decode_worker_message(text);
      if (!message) {
        why = message.error().message();
        break;
      }
      handler_.worker_message(id, std::move(message).value());
    }
    open_ = false;
    beast::error_code ignored;
    beast::get_lowest_layer(ws_).socket().close(ignored);
    handler_.worker_closed(id, why);
  }

  void send(std::string frame) {
    if (closing_) return;
    queued_bytes_ += frame.size();
    if (queued_bytes_ > max_queued_bytes_) return abort();
    outbox_.push_back(std::move(frame));
    if (!writing_) write_next();
  }

  void close() {
    closing_ = true;
    if (!writing_) finish_close();
  }

  void abort() {
    closing_ = true;
    beast::error_code ignored;
    beast::get_lowest_layer(ws_).socket().close(ignored);
  }

  const SessionId id;

 private:
  void write_next() {
    writing_ = true;
    ws_.text(true);
    ws_.async_write(asio::buffer(outbox_.front()),
                    [self = shared_from_this()](beast::error_code ec, std::size_t) { self->written(ec); });
  }

  void written(beast::error_code ec) {
    writing_ = false;
    queued_bytes_ -= outbox_.front().size();
    outbox_.pop_front();
    if (ec) return abort();
    if (!outbox_.empty()) return write_next();
    if (closing_) finish_close();
  }

  void finish_close() {
    ws_.async_close(beast::websocket::close_code::normal, [self = shared_from_this()](beast::error_code) {});
  }

  beast::websocket::stream<beast::tcp_stream> ws_;
  ServerHandler& handler_;
  const std::size_t max_queued_bytes_;
  std::deque<std::string> outbox_;
  std::size_t queued_bytes_ = 0;
  bool open_ = false, writing_ = false, closing_ = false;
};

std::map<std::string, std::string> headers_of(const http::request<http::string_body>& request) {
  std::map<std::string, std::string> out;
  for (const auto& field : request)
    if (field.name() != http::field::authorization)
      out[to_lower({field.name_string().data(), field.name_string().size()})] = std::string(field.value());
  return out;
}

// Lets a coroutine wait for a reply that is given by a callback, at most once.
struct PendingReply {
  explicit PendingReply(asio::io_context& io) : ready(io) {
    ready.expires_at(asio::steady_timer::time_point::max());
  }
  asio::steady_timer ready;
  std::optional<HttpResponse> response;
};

}  // namespace

std::string HttpRequest::header(const std::string& lower_case_name) const {
  auto found = headers.find(lower_case_name);
  return found == headers.end() ? "" : found->second;
}

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
  Impl(asio::io_context& context, ServerOptions o, ServerHandler& h)
      : io(context), options(std::move(o)), handler(h), acceptor(context) {}

  asio::io_context& io;
  ServerOptions options;
  ServerHandler& handler;
  tcp::acceptor acceptor;
  std::map<SessionId, std::weak_ptr<WorkerSession>> sessions;
  SessionId next_session = 1;
  std::size_t connections = 0;

  asio::awaitable<void> accept_loop() {
    auto self = shared_from_this();
    while (acceptor.is_open()) {
      auto [ec, socket] = co_await acceptor.async_accept(awaiting);
      if (ec == asio::error::operation_aborted) co_return;
      if (ec) {  // out of descriptors: wait instead of spinning
        asio::steady_timer pause(io, std::chrono::milliseconds(200));
        co_await pause.async_wait(awaiting);
        continue;
      }
      if (connections >= options.max_connections) continue;
      auto connection = serve(std::move(socket));
      asio::co_spawn(io, std::move(connection), asio::detached);
    }
  }

  asio::awaitable<void> serve(tcp::socket socket) {
    auto self = shared_from_this();
    ++connections;
    beast::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    beast::tcp_stream stream(std::move(socket));
    beast::flat_buffer buffer;
    for (bool keep = true; keep;) {
      http::request_parser<http::string_body> parser;
      parser.body_limit(options.max_body_bytes);
      parser.header_limit(16 << 10);
      stream.expires_after(request_deadline);
      auto [error, header_bytes] = co_await http::async_read_header(stream, buffer, parser, awaiting);
      if (!error && beast::websocket::is_upgrade(parser.get())) {
        co_await upgrade(std::move(stream), parser.release());
        --connections;
        co_return;
      }
      auto refused = http::status::payload_too_large;
      bool stranger = !error && !parser.is_done() && identity_of(parser.get()).role == Role::none;
      if (stranger) refused = http::status::unauthorized;  // nothing of theirs is kept, and none waited for
      if (!error && !stranger) {
        stream.expires_after(upload_deadline);
        auto [body_error, body_bytes] = co_await http::async_read(stream, buffer, parser, awaiting);
        error = body_error;
      }
      if (stranger || error == http::error::body_limit) {
        co_await refuse(stream, refused);
        break;
      }
      if (error) break;
      keep = co_await answer(stream, parser.release());
    }
    stream.socket().shutdown(tcp::socket::shutdown_both, ignored);
    --connections;
  }

  Identity identity_of(const http::request<http::string_body>& request) const {
    auto header = request[http::field::authorization];
    std::string_view text(header.data(), header.size());
    constexpr std::string_view scheme = "Bearer ";
    if (!options.identify || text.substr(0, scheme.size()) != scheme) return {};
    return options.identify(text.substr(scheme.size()));
  }

  asio::awaitable<void> upgrade(beast::tcp_stream stream, http::request<http::string_body> request) {
    auto identity = identity_of(request);
    if (identity.role != Role::worker || request.target() != "/worker") {
      http::response<http::string_body> refusal(http::status::unauthorized, request.version());
      refusal.body() = "a worker needs a token of a worker\n";
      refusal.prepare_payload();
      co_await http::async_write(stream, refusal, awaiting);
      co_return;
    }
    stream.expires_never();
    auto session = std::make_shared<WorkerSession>(next_session++, stream.release_socket(), handler,
                                                   options.max_queued_bytes);
    sessions[session->id] = session;
    handler.worker_opened(session->id, identity);
    co_await session->run(std::move(request));
    sessions.erase(session->id);
  }

  // Answers before the body was read. What the other side still sends is read for a moment and thrown away:
  // closed at once, it would see a reset and not the answer.
  asio::awaitable<void> refuse(beast::tcp_stream& stream, http::status status) {
    http::response<http::string_body> refusal(status, 11);
    refusal.body() = status == http::status::unauthorized
                         ? "this needs a token: `Authorization: Bearer …`\n"
                         : "more than " + std::to_string(options.max_body_bytes) + " bytes are not taken\n";
    refusal.keep_alive(false);
    refusal.prepare_payload();
    stream.expires_after(refusal_deadline);
    auto [ec, written] = co_await http::async_write(stream, refusal, awaiting);
    beast::error_code ignored;
    stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    std::string rest(64 << 10, '\0');
    while (!ec) {
      auto [read_error, bytes] = co_await stream.async_read_some(asio::buffer(rest), awaiting);
      ec = read_error;
    }
  }

  // Returns whether the connection stays open.
  asio::awaitable<bool> answer(beast::tcp_stream& stream, http::request<http::string_body> request) {
    HttpRequest plain;
    plain.method = std::string(request.method_string());
    plain.target = std::string(request.target());
    plain.identity = identity_of(request);
    plain.body = std::move(request.body());
    plain.headers = headers_of(request);
    auto pending = std::make_shared<PendingReply>(io);
    std::function<void(HttpResponse)> reply = [pending](HttpResponse response) {
      pending->response = std::move(response);
      pending->ready.cancel();
    };
    handler.http(std::move(plain), std::move(reply));
    if (!pending->response) co_await pending->ready.async_wait(awaiting);
    if (pending->response->pieces) {
      co_await write_pieces(io, stream, std::move(*pending->response));
      co_return false;
    }
    http::response<http::string_body> response(http::status(pending->response->status), request.version());
    response.set(http::field::content_type, pending->response->content_type);
    response.keep_alive(request.keep_alive());
    response.body() = std::move(pending->response->body);
    response.prepare_payload();
    for (const auto& [name, value] : pending->response->headers) response.set(name, value);
    if (request.method() == http::verb::head) response.body().clear();  // its length stays
    stream.expires_after(request_deadline);
    auto [ec, bytes] = co_await http::async_write(stream, response, awaiting);
    co_return !ec && response.keep_alive();
  }
};

Result<std::unique_ptr<Server>> Server::start(asio::io_context& io, ServerOptions options,
                                              ServerHandler& handler) {
  auto impl = std::make_shared<Impl>(io, std::move(options), handler);
  beast::error_code ec;
  auto address = asio::ip::make_address(impl->options.address, ec);
  tcp::endpoint endpoint(address, impl->options.port);
  auto step = [&](auto&& call) {
    if (!ec) call();
  };
  step([&] { impl->acceptor.open(endpoint.protocol(), ec); });
  step([&] { impl->acceptor.set_option(asio::socket_base::reuse_address(true), ec); });
  step([&] { impl->acceptor.bind(endpoint, ec); });
  step([&] { impl->acceptor.listen(64, ec); });
  if (ec)
    return Error(ErrorKind::io, "listening on " + impl->options.address + ":" +
                                    std::to_string(impl->options.port) + ": " + ec.message());
  auto loop = impl->accept_loop();
  asio::co_spawn(io, std::move(loop), asio::detached);
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::~Server() { stop(); }

std::uint16_t Server::port() const { return impl_->acceptor.local_endpoint().port(); }

void Server::send(SessionId session, const wire::DaemonMessage& message) {
  auto found = impl_->sessions.find(session);
  if (found == impl_->sessions.end()) return;
  if (auto live = found->second.lock()) live->send(wire::encode(message));
}

void Server::close(SessionId session) {
  auto found = impl_->sessions.find(session);
  if (found == impl_->sessions.end()) return;
  if (auto live = found->second.lock()) live->close();
}

void Server::stop() {
  beast::error_code ignored;
  impl_->acceptor.close(ignored);
  for (auto& [id, session] : impl_->sessions)
    if (auto live = session.lock()) live->abort();
}

}  // namespace tripled::net
