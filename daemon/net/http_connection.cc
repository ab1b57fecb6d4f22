// One connection as HTTP sees it: requests one after the other, each with bounds and deadlines, until it
// becomes a worker's WebSocket or ends.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "daemon/net/pieces.h"
#include "daemon/net/server_state.h"
#include "daemon/net/worker_session.h"
#include "schema/base/text.h"

namespace tripled::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

namespace {

constexpr auto awaiting = asio::as_tuple(asio::use_awaitable);
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;
using Parser = http::request_parser<http::string_body>;

// Cancels what a stream waits for when its time is over. Unlike after a deadline of Beast's own, the stream
// is still there for an answer that says so.
class Deadline {
 public:
  explicit Deadline(Stream& stream) : timer_(stream.get_executor()), state_(std::make_shared<State>()) {
    state_->tcp = &stream.next_layer();
  }
  ~Deadline() { clear(); }
  void set(std::chrono::milliseconds from_now) {
    const auto turn = ++state_->turn;
    state_->passed = false;
    timer_.expires_after(from_now);
    timer_.async_wait([state = state_, turn](boost::system::error_code ec) {
      if (ec || state->turn != turn) return;
      state->passed = true;
      state->tcp->cancel();
    });
  }
  void clear() {
    ++state_->turn;
    timer_.cancel();
  }
  bool passed() const { return state_->passed; }

 private:
  struct State {
    Stream::Tcp* tcp = nullptr;
    std::uint64_t turn = 0;
    bool passed = false;
  };
  asio::steady_timer timer_;
  std::shared_ptr<State> state_;
};

// Lets a coroutine wait for a reply that is given by a callback, at most once.
struct PendingReply {
  explicit PendingReply(asio::io_context& io) : ready(io) {
    ready.expires_at(asio::steady_timer::time_point::max());
  }
  asio::steady_timer ready;
  std::optional<HttpResponse> response;
};

// A count that is taken back at the end of a scope.
class Held {
 public:
  Held(std::size_t& total, std::size_t amount) : total_(total), amount_(amount) { total_ += amount_; }
  ~Held() { total_ -= amount_; }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

 private:
  std::size_t& total_;
  const std::size_t amount_;
};

std::map<std::string, std::string> headers_of(const Request& request) {
  std::map<std::string, std::string> out;
  for (const auto& field : request)
    if (field.name() != http::field::authorization)
      out[to_lower({field.name_string().data(), field.name_string().size()})] = std::string(field.value());
  return out;
}

std::string_view authorization_of(const Request& request) {
  auto header = request[http::field::authorization];
  return {header.data(), header.size()};
}

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(std::shared_ptr<ServerState> state, tcp::socket socket, std::shared_ptr<TlsContext> tls)
      : state_(std::move(state)), stream_(std::move(socket), std::move(tls)), deadline_(stream_) {}

  asio::awaitable<void> run() {
    auto self = shared_from_this();
    deadline_.set(state_->options.header_deadline);
    auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server, awaiting);
    bool open = !error;
    while (open) open = co_await one_request();
    deadline_.clear();
    if (upgraded_) co_return;  // the stream went with it
    beast::error_code ignored;
    stream_.next_layer().socket().shutdown(tcp::socket::shutdown_both, ignored);
  }

 private:
  const ServerOptions& options() const { return state_->options; }

  // False: it was the last one.
  asio::awaitable<bool> one_request() {
    if (buffer_.size() == 0 && !co_await first_bytes()) co_return false;
    Parser parser;
    parser.body_limit(boost::none);  // a stranger hears first that he is one
    parser.header_limit(static_cast<std::uint32_t>(options().max_header_bytes));
    deadline_.set(options().header_deadline);
    auto [error, bytes] = co_await http::async_read_header(stream_, buffer_, parser, awaiting);
    if (error) co_return co_await refuse(status_of(error));
    auto identity = state_->identify(authorization_of(parser.get()));
    if (beast::websocket::is_upgrade(parser.get())) {
      co_await upgrade(parser.release(), std::move(identity));
      co_return false;
    }
    // Of a stranger nothing is kept, and none of it waited for.
    if (!parser.is_done() && identity.is_nobody()) co_return co_await refuse(401);
    const auto said = parser.content_length();
    if (said && *said > options().max_body_bytes) co_return co_await refuse(413);
    parser.body_limit(options().max_body_bytes);
    const std::size_t expected = parser.is_done() ? 0 : said ? *said : options().max_body_bytes;
    if (state_->body_bytes + expected > options().max_all_bodies_bytes) co_return co_await refuse(503);
    Held held(state_->body_bytes, expected);
    if (auto refused = co_await body(parser)) {
      co_await hand_over_cut(parser, std::move(identity));
      co_return co_await refuse(refused);
    }
    co_return co_await answer(parser.release(), std::move(identity));
  }

  asio::awaitable<bool> first_bytes() {
    buffer_.shrink_to_fit();
    deadline_.set(options().idle_deadline);
    auto [error, bytes] = co_await stream_.async_read_some(buffer_.prepare(4096), awaiting);
    buffer_.commit(bytes);
    co_return !error;
  }

  // 0: it is there. 1: the connection is gone.
  asio::awaitable<unsigned> body(Parser& parser) {
    const auto until = std::chrono::steady_clock::now() + options().body_deadline;
    while (!parser.is_done()) {
      auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      deadline_.set(std::min(left, options().stall_deadline));
      auto [error, bytes] = co_await http::async_read_some(stream_, buffer_, parser, awaiting);
      if (error) co_return status_of(error);
    }
    co_return 0u;
  }

  // The beginning of a part needs not be sent again.
  asio::awaitable<void> hand_over_cut(Parser& parser, Identity identity) {
    auto& request = parser.get();
    if (request.find(http::field::content_range) == request.end() || request.body().empty()) co_return;
    auto used = std::make_shared<PendingReply>(state_->io);
    state_->handler.cut_part(plain(parser.release(), std::move(identity)), [used] {
      used->response.emplace();
      used->ready.cancel();
    });
    if (!used->response) co_await used->ready.async_wait(awaiting);
  }

  static HttpRequest plain(Request request, Identity identity) {
    HttpRequest out;
    out.method = std::string(request.method_string());
    out.target = std::string(request.target());
    out.identity = std::move(identity);
    out.headers = headers_of(request);
    out.body = std::move(request.body());
    return out;
  }

  // What to say of a request that cannot be read; 1: nothing, nobody listens.
  unsigned status_of(const beast::error_code& error) const {
    if (deadline_.passed()) return 408;
    if (error == http::error::header_limit) return 431;
    if (error == http::error::body_limit) return 413;
    if (error == http::error::end_of_stream || error == http::error::partial_message) return 1;
    return error.category() == http::make_error_code(http::error::bad_method).category() ? 400 : 1;
  }

  std::string reason_of(unsigned status) const {
    switch (status) {
      case 401:
        return "this needs a token: `Authorization: Bearer …`\n";
      case 403:
        return "a worker's connection begins at no page\n";
      case 408:
        return "it took too long\n";
      case 413:
        return "more than " + std::to_string(options().max_body_bytes) + " bytes are not taken\n";
      case 431:
        return "more than " + std::to_string(options().max_header_bytes) + " bytes of headers\n";
      case 503:
        return "too much is being sent at once: try again\n";
      default:
        return "that is no HTTP request\n";
    }
  }

  // Answers before the body was read, and ends the connection: false. What the other side still sends is read
  // for a moment and thrown away: closed at once, it would see a reset and not the answer.
  asio::awaitable<bool> refuse(unsigned status) {
    if (status == 1) co_return false;
    Response refusal(http::status(status), 11);
    refusal.set(http::field::content_type, "text/plain");
    if (status == 503) refusal.set(http::field::retry_after, "1");
    refusal.body() = reason_of(status);
    refusal.keep_alive(false);
    refusal.prepare_payload();
    deadline_.set(options().refusal_deadline);
    auto [ec, written] = co_await http::async_write(stream_, refusal, awaiting);
    beast::error_code ignored;
    stream_.next_layer().socket().shutdown(tcp::socket::shutdown_send, ignored);
    std::string rest(64 << 10, '\0');
    while (!ec && !deadline_.passed()) {
      auto [read_error, bytes] = co_await stream_.async_read_some(asio::buffer(rest), awaiting);
      ec = read_error;
    }
    co_return false;
  }

  asio::awaitable<void> upgrade(Request request, Identity identity) {
    const bool worker = identity.role == Role::worker && request.target() == "/worker";
    // A browser names the page that it comes from: no worker does.
    const bool foreign = request.find(http::field::origin) != request.end();
    if (!worker || foreign) {
      co_await refuse(worker ? 403 : 401);
      co_return;
    }
    deadline_.clear();
    upgraded_ = true;
    auto session = std::make_shared<WorkerSession>(state_->next_session++, std::move(stream_), options(),
                                                   state_->handler);
    state_->sessions[session->id] = session;
    state_->handler.worker_opened(session->id, identity);
    co_await session->run(std::move(request));
    state_->sessions.erase(session->id);
  }

  // Returns whether the connection stays open.
  asio::awaitable<bool> answer(Request request, Identity identity) {
    const auto verb = request.method();
    const auto version = request.version();
    const bool keep_alive = request.keep_alive();
    deadline_.clear();
    auto pending = std::make_shared<PendingReply>(state_->io);
    std::function<void(HttpResponse)> reply = [pending](HttpResponse response) {
      pending->response = std::move(response);
      pending->ready.cancel();
    };
    state_->handler.http(plain(std::move(request), std::move(identity)), std::move(reply));
    if (!pending->response) co_await pending->ready.async_wait(awaiting);
    if (pending->response->pieces) {
      co_await write_pieces(state_->io, stream_, std::move(*pending->response));
      co_return false;
    }
    Response response(http::status(pending->response->status), version);
    response.set(http::field::content_type, pending->response->content_type);
    response.set("X-Content-Type-Options", "nosniff");  // words of projects are never taken for a page
    response.keep_alive(keep_alive);
    response.body() = std::move(pending->response->body);
    response.prepare_payload();
    for (const auto& [name, value] : pending->response->headers) response.set(name, value);
    if (verb == http::verb::head) response.body().clear();  // its length stays
    co_return co_await write(response) && response.keep_alive();
  }

  asio::awaitable<bool> write(Response& response) {
    http::response_serializer<http::string_body> serializer(response);
    while (!serializer.is_done()) {
      deadline_.set(options().stall_deadline);
      auto [error, bytes] = co_await http::async_write_some(stream_, serializer, awaiting);
      if (error) co_return false;
    }
    co_return true;
  }

  std::shared_ptr<ServerState> state_;
  Stream stream_;
  Deadline deadline_;
  beast::flat_buffer buffer_;
  bool upgraded_ = false;
};

}  // namespace

std::string HttpRequest::header(const std::string& lower_case_name) const {
  auto found = headers.find(lower_case_name);
  return found == headers.end() ? "" : found->second;
}

asio::awaitable<void> serve_connection(std::shared_ptr<ServerState> state, tcp::socket socket,
                                       std::shared_ptr<TlsContext> tls) {
  auto connection = std::make_shared<HttpConnection>(std::move(state), std::move(socket), std::move(tls));
  co_await connection->run();
}

}  // namespace tripled::net
