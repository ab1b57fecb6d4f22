#include "workers/agent/upload.h"

#include <zstd.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <thread>

#include "schema/base/hash.h"
#include "schema/base/text.h"

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

struct Try {
  Status status;
  bool final = false;  // the daemon will say the same again
};

Error io(std::string message) { return Error(ErrorKind::io, std::move(message)); }

Try put_once(const DaemonAddress& address, const std::string& target, const std::string& body) {
  asio::io_context context;
  beast::tcp_stream stream(context);
  beast::error_code ec;
  asio::ip::tcp::resolver resolver(context);
  auto endpoints = resolver.resolve(address.host, std::to_string(address.port), ec);
  if (ec) return {io("resolving " + address.host + ": " + ec.message())};
  stream.expires_after(std::chrono::seconds(10));
  ec = finish(context, [&](auto done) { stream.async_connect(endpoints, std::move(done)); });
  // With nobody listening, a socket may be connected to itself on loopback (simultaneous open).
  if (!ec && stream.socket().local_endpoint() == stream.socket().remote_endpoint())
    ec = asio::error::connection_refused;
  if (ec) return {io("connecting to the daemon: " + ec.message())};
  http::request<http::string_body> request(http::verb::put, target, 11);
  request.set(http::field::host, address.host);
  request.set(http::field::authorization, "Bearer " + address.token);
  request.body() = body;
  request.prepare_payload();
  stream.expires_after(std::chrono::seconds(60));
  ec = finish(context, [&](auto done) { http::async_write(stream, request, std::move(done)); });
  if (ec == beast::error::timeout) return {io("uploading: " + ec.message())};
  // A daemon that refuses answers before it has read everything: then writing fails and there is an answer.
  beast::flat_buffer buffer;
  http::response<http::string_body> response;
  auto read =
      finish(context, [&](auto done) { http::async_read(stream, buffer, response, std::move(done)); });
  if (read) return {io("uploading: " + (ec ? ec : read).message())};
  auto code = response.result_int();
  if (code / 100 == 2 && !ec) return {};
  auto said = std::string(trim(response.body()));
  auto kind = response.result() == http::status::insufficient_storage ? ErrorKind::store : ErrorKind::io;
  return {Error(kind, "uploading: the daemon answered " + std::to_string(code) + " " + said),
          code / 100 == 4};
}

}  // namespace

Result<BlobRef> upload_blob(const DaemonAddress& address, std::string_view content,
                            const std::function<bool()>& give_up) {
  std::string body = compress(content);
  BlobRef ref{sha256_hex(body), body.size()};
  const auto started = std::chrono::steady_clock::now();
  for (int i = 0;;) {
    auto last = put_once(address, "/blobs/" + ref.hash, body);
    if (last.status) return ref;
    bool full = last.status.error().kind() == ErrorKind::store;
    bool enough = full ? std::chrono::steady_clock::now() - started > patience_when_full : ++i == tries;
    if (enough || last.final || (full && give_up())) return last.status.error();
    std::this_thread::sleep_for(std::chrono::milliseconds(full ? 1000 : 200 << i));
  }
}

}  // namespace tripled::agent
