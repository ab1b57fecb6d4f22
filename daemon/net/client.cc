#include "daemon/net/client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>

#include "daemon/net/stream.h"
#include "schema/base/text.h"

namespace tripled::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

namespace {

constexpr std::size_t kMostAnswerBytes = 512u << 20;
constexpr auto kConnectLimit = std::chrono::seconds(10);

// Runs one asynchronous operation to its end: the synchronous ones know no deadline.
template <class Start>
beast::error_code finish(asio::io_context& io, Start start) {
  beast::error_code result;
  start([&](beast::error_code ec, auto&&...) { result = ec; });
  io.restart();
  io.run();
  return result;
}

std::string name_of(const ServerAddress& server) { return server.host + ":" + std::to_string(server.port); }

}  // namespace

Result<ServerAddress> parse_server_address(const std::string& text, const std::filesystem::path& ca) {
  const auto refused = usage_error("--server " + text + ": expected https://HOST:PORT or http://HOST:PORT");
  std::string_view rest = text;
  const bool tls = rest.starts_with("https://");
  if (tls) rest.remove_prefix(8);
  if (!tls && rest.starts_with("http://")) rest.remove_prefix(7);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  auto colon = rest.rfind(':');
  ServerAddress out;
  if (colon == std::string_view::npos || colon == 0) return refused;
  auto host = rest.substr(0, colon), digits = rest.substr(colon + 1);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  auto end = digits.data() + digits.size();
  auto parsed = std::from_chars(digits.data(), end, out.port);
  if (digits.empty() || parsed.ec != std::errc{} || parsed.ptr != end || out.port == 0 ||
      host.find('/') != std::string_view::npos)
    return refused;
  out.host = std::string(host);
  if (!tls && !ca.empty()) return usage_error("--ca is for https://, and " + text + " is plain HTTP");
  if (tls) {
    TRIPLED_ASSIGN(out.trust, load_trust(ca));
  }
  return out;
}

static http::request<http::string_body> request_of(const ServerAddress& server, const ClientCall& wanted) {
  http::request<http::string_body> out(http::string_to_verb(wanted.method), wanted.target, 11);
  out.set(http::field::host, name_of(server));
  if (!server.token.empty()) out.set(http::field::authorization, "Bearer " + server.token);
  if (!wanted.body.empty()) out.set(http::field::content_type, "application/json");
  for (const auto& [name, value] : wanted.headers) out.set(name, value);
  out.body() = wanted.body;
  out.prepare_payload();
  return out;
}

static ClientAnswer answer_of(http::response<http::string_body> response) {
  ClientAnswer out;
  out.status = response.result_int();
  out.content_type = std::string(response[http::field::content_type]);
  for (const auto& field : response)
    out.headers[to_lower({field.name_string().data(), field.name_string().size()})] =
        std::string(field.value());
  out.body = std::move(response.body());
  return out;
}

Result<ClientAnswer> call(const ServerAddress& server, const std::string& method, const std::string& target,
                          const std::string& body, std::chrono::milliseconds limit) {
  return call(server, ClientCall{method, target, body, {}, limit});
}

Result<ClientAnswer> call(const ServerAddress& server, const ClientCall& wanted) {
  auto failed = [&](const std::string& doing, const beast::error_code& ec) {
    return Error(ErrorKind::io, doing + " " + name_of(server) + ": " + ec.message());
  };
  asio::io_context io;
  Stream stream(asio::ip::tcp::socket(io), server.trust);
  auto& tcp = stream.next_layer();
  beast::error_code ec;
  asio::ip::tcp::resolver resolver(io);
  auto endpoints = resolver.resolve(server.host, std::to_string(server.port), ec);
  if (ec) return failed("resolving", ec);
  tcp.expires_after(kConnectLimit);
  ec = finish(io, [&](auto done) { tcp.async_connect(endpoints, std::move(done)); });
  if (ec) return failed("connecting to the daemon at", ec);
  stream.expect(server.host);
  tcp.expires_after(kConnectLimit);
  ec =
      finish(io, [&](auto done) { stream.async_handshake(asio::ssl::stream_base::client, std::move(done)); });
  if (ec) return failed("making sure of the daemon at", ec);
  auto request = request_of(server, wanted);
  tcp.expires_after(wanted.limit);
  // A daemon that refuses answers before it has read everything: then writing fails and there is an answer.
  ec = finish(io, [&](auto done) { http::async_write(stream, request, std::move(done)); });
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMostAnswerBytes);
  parser.skip(wanted.method == "HEAD");
  auto read = finish(io, [&](auto done) { http::async_read(stream, buffer, parser, std::move(done)); });
  if (read) return failed("asking the daemon at", ec ? ec : read);
  return answer_of(parser.release());
}

}  // namespace tripled::net
