#include "workers/agent/http.h"

#include <boost/asio/io_context.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <optional>

#include "schema/base/text.h"
#include "schema/wire/http_range.h"
#include "workers/agent/stream.h"

namespace tripled::agent {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

namespace {
constexpr auto connect_deadline = std::chrono::seconds(10);
constexpr auto stall_deadline = std::chrono::seconds(30);  // without a single byte going on
using Request = http::request<http::span_body<const char>>;
using Parser = http::response_parser<http::string_body>;
}  // namespace

struct HttpClient::Impl {
  explicit Impl(DaemonAddress a) : address(std::move(a)) {}

  const DaemonAddress address;
  asio::io_context io;
  std::optional<Stream> stream;
  beast::flat_buffer buffer;

  beast::tcp_stream& tcp() { return stream->next_layer(); }

  // Runs one asynchronous operation to its end: the synchronous ones know no deadline.
  template <class Start>
  beast::error_code finish(Start start) {
    beast::error_code result;
    start([&](beast::error_code ec, auto&&...) { result = ec; });
    io.restart();
    io.run();
    return result;
  }

  void drop() {
    stream.reset();
    buffer.clear();
  }

  Status connect() {
    auto failed = [&](const char* doing, const beast::error_code& ec) {
      drop();
      return Error(ErrorKind::io, doing + address.authority() + ": " + ec.message());
    };
    beast::error_code ec;
    asio::ip::tcp::resolver resolver(io);
    auto endpoints = resolver.resolve(address.host, std::to_string(address.port), ec);
    if (ec) return failed("resolving ", ec);
    stream.emplace(io, address);
    tcp().expires_after(connect_deadline);
    ec = finish([&](auto done) { tcp().async_connect(endpoints, std::move(done)); });
    // With nobody listening, a socket may be connected to itself on loopback (simultaneous open).
    if (!ec && tcp().socket().local_endpoint() == tcp().socket().remote_endpoint())
      ec = asio::error::connection_refused;
    if (ec) return failed("connecting to the daemon at ", ec);
    tcp().socket().set_option(asio::ip::tcp::no_delay(true), ec);
    tcp().expires_after(connect_deadline);
    ec = finish([&](auto done) { stream->async_handshake(std::move(done)); });
    if (ec) return failed("securing the connection to ", ec);
    return {};
  }

  beast::error_code write(Request& request) {
    http::request_serializer<http::span_body<const char>> serializer(request);
    beast::error_code ec;
    while (!ec && !serializer.is_done()) {
      tcp().expires_after(stall_deadline);
      ec = finish([&](auto done) { http::async_write_some(*stream, serializer, std::move(done)); });
    }
    return ec;
  }

  beast::error_code read(Parser& parser, std::chrono::seconds patience) {
    tcp().expires_after(patience);
    auto ec = finish([&](auto done) { http::async_read_header(*stream, buffer, parser, std::move(done)); });
    while (!ec && !parser.is_done()) {
      tcp().expires_after(stall_deadline);
      ec = finish([&](auto done) { http::async_read_some(*stream, buffer, parser, std::move(done)); });
    }
    return ec;
  }

  Result<HttpReply> exchange(const HttpCall& call) {
    if (!stream) TRIPLED_TRY(connect());
    Request request(http::string_to_verb(call.method), call.target, 11);
    request.set(http::field::host, address.authority());
    request.set(http::field::authorization, "Bearer " + address.token);
    for (const auto& [name, value] : call.headers) request.set(name, value);
    request.body() = beast::span<const char>(call.body.data(), call.body.size());
    request.prepare_payload();
    Parser parser;
    parser.body_limit(wire::max_part_bytes + (64 << 10));
    parser.skip(call.method == "HEAD");
    auto wrote = write(request);
    // A daemon that refuses answers before it has read everything: then writing fails and there is an answer.
    auto read_error = wrote == beast::error::timeout ? wrote : read(parser, call.patience);
    if (read_error) {
      drop();
      return Error(ErrorKind::io, call.method + " at the daemon " + address.authority() + ": " +
                                      (wrote ? wrote : read_error).message());
    }
    auto response = parser.release();
    HttpReply reply;
    reply.status = response.result_int();
    for (const auto& field : response)
      reply.headers[to_lower({field.name_string().data(), field.name_string().size()})] =
          std::string(field.value());
    reply.body = std::move(response.body());
    if (wrote || !response.keep_alive()) drop();
    return reply;
  }
};

HttpClient::HttpClient(DaemonAddress address) : impl_(std::make_unique<Impl>(std::move(address))) {}
HttpClient::~HttpClient() = default;

Result<HttpReply> HttpClient::call(const HttpCall& call) {
  const bool kept = impl_->stream.has_value();
  auto reply = impl_->exchange(call);
  return reply || !kept || call.once ? reply : impl_->exchange(call);
}

std::unique_ptr<HttpClient> HttpClients::borrow() {
  std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::make_unique<HttpClient>(address_);
  auto client = std::move(idle_.back());
  idle_.pop_back();
  return client;
}

void HttpClients::give_back(std::unique_ptr<HttpClient> client) {
  std::lock_guard lock(mutex_);
  idle_.push_back(std::move(client));
}

}  // namespace tripled::agent
