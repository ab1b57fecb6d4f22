#include "workers/agent/upload.h"

#include <zstd.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <thread>

#include "schema/base/hash.h"

namespace tripled::agent {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

namespace {

constexpr int tries = 5;
// The daemon waits for room on its disk and grants nothing meanwhile.
constexpr auto patience_when_full = std::chrono::minutes(10);

std::string compress(std::string_view content) {
  std::string out(ZSTD_compressBound(content.size()), '\0');
  auto size = ZSTD_compress(out.data(), out.size(), content.data(), content.size(), 3);
  TRIPLED_CHECK(!ZSTD_isError(size));
  out.resize(size);
  return out;
}

// Runs one asynchronous operation to its end: the synchronous ones know no deadline.
template <class Start>
beast::error_code finish(asio::io_context& io, Start start) {
  beast::error_code result;
  start([&](beast::error_code ec, auto&&...) { result = ec; });
  io.restart();
  io.run();
  return result;
}

Status put_once(const DaemonAddress& address, const std::string& target, const std::string& body) {
  asio::io_context io;
  beast::tcp_stream stream(io);
  beast::error_code ec;
  asio::ip::tcp::resolver resolver(io);
  auto endpoints = resolver.resolve(address.host, std::to_string(address.port), ec);
  if (ec) return Error(ErrorKind::io, "resolving " + address.host + ": " + ec.message());
  stream.expires_after(std::chrono::seconds(10));
  ec = finish(io, [&](auto done) { stream.async_connect(endpoints, std::move(done)); });
  // With nobody listening, a socket may be connected to itself on loopback (simultaneous open).
  if (!ec && stream.socket().local_endpoint() == stream.socket().remote_endpoint())
    ec = asio::error::connection_refused;
  if (ec) return Error(ErrorKind::io, "connecting to the daemon: " + ec.message());
  http::request<http::string_body> request(http::verb::put, target, 11);
  request.set(http::field::host, address.host);
  request.set(http::field::authorization, "Bearer " + address.token);
  request.body() = body;
  request.prepare_payload();
  stream.expires_after(std::chrono::seconds(60));
  ec = finish(io, [&](auto done) { http::async_write(stream, request, std::move(done)); });
  beast::flat_buffer buffer;
  http::response<http::string_body> response;
  if (!ec) ec = finish(io, [&](auto done) { http::async_read(stream, buffer, response, std::move(done)); });
  if (ec) return Error(ErrorKind::io, "uploading: " + ec.message());
  bool full = response.result() == http::status::insufficient_storage;
  if (response.result_int() / 100 != 2)
    return Error(
        full ? ErrorKind::store : ErrorKind::io,
        "uploading: the daemon answered " + std::to_string(response.result_int()) + " " + response.body());
  return {};
}

}  // namespace

Result<BlobRef> upload_blob(const DaemonAddress& address, std::string_view content,
                            const std::function<bool()>& give_up) {
  std::string body = compress(content);
  BlobRef ref{sha256_hex(body), body.size()};
  const auto started = std::chrono::steady_clock::now();
  for (int i = 0;;) {
    auto done = put_once(address, "/blobs/" + ref.hash, body);
    if (done) return ref;
    bool full = done.error().kind() == ErrorKind::store;
    if (full ? std::chrono::steady_clock::now() - started > patience_when_full : ++i == tries)
      return done.error();
    if (full && give_up()) return done.error();
    std::this_thread::sleep_for(std::chrono::milliseconds(full ? 1000 : 200 << i));
  }
}

}  // namespace tripled::agent
