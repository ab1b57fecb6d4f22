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

std::string compress(std::string_view content) {
  std::string out(ZSTD_compressBound(content.size()), '\0');
  auto size = ZSTD_compress(out.data(), out.size(), content.data(), content.size(), 3);
  TRIPLED_CHECK(!ZSTD_isError(size));
  out.resize(size);
  return out;
}

Status put_once(const DaemonAddress& address, const std::string& target, const std::string& body) {
  asio::io_context io;
  beast::tcp_stream stream(io);
  beast::error_code ec;
  asio::ip::tcp::resolver resolver(io);
  auto endpoints = resolver.resolve(address.host, std::to_string(address.port), ec);
  if (ec) return Error(ErrorKind::io, "resolving " + address.host + ": " + ec.message());
  stream.connect(endpoints, ec);
  if (ec) return Error(ErrorKind::io, "connecting to the daemon: " + ec.message());
  timeval limit{60, 0};  // the synchronous calls know no Beast deadline
  ::setsockopt(stream.socket().native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(stream.socket().native_handle(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  http::request<http::string_body> request(http::verb::put, target, 11);
  request.set(http::field::host, address.host);
  request.set(http::field::authorization, "Bearer " + address.token);
  request.body() = body;
  request.prepare_payload();
  http::write(stream, request, ec);
  if (ec) return Error(ErrorKind::io, "uploading: " + ec.message());
  beast::flat_buffer buffer;
  http::response<http::string_body> response;
  http::read(stream, buffer, response, ec);
  if (ec) return Error(ErrorKind::io, "uploading: " + ec.message());
  if (response.result_int() / 100 != 2)
    return Error(ErrorKind::io, "uploading: the daemon answered " + std::to_string(response.result_int()) +
                                    " " + response.body());
  return {};
}

}  // namespace

Result<BlobRef> upload_blob(const DaemonAddress& address, std::string_view content) {
  std::string body = compress(content);
  BlobRef ref{sha256_hex(body), body.size()};
  Status last;
  for (int i = 0; i < tries; ++i) {
    if (i > 0) std::this_thread::sleep_for(std::chrono::milliseconds(200 << i));
    last = put_once(address, "/blobs/" + ref.hash, body);
    if (last) return ref;
  }
  return last.error();
}

}  // namespace tripled::agent
