#include "workers/agent/address.h"

#include <charconv>

#include "schema/base/text.h"
#include "workers/agent/stream.h"

namespace tripled::agent {
namespace {

Result<std::shared_ptr<Trust>> load_trust(const std::filesystem::path& ca) {
  auto trust = std::make_shared<Trust>();
  auto& context = trust->context;
  context.set_options(boost::asio::ssl::context::no_tlsv1 | boost::asio::ssl::context::no_tlsv1_1);
  context.set_verify_mode(boost::asio::ssl::verify_peer);
  boost::system::error_code ec;
  if (ca.empty())
    context.set_default_verify_paths(ec);
  else
    context.load_verify_file(ca.string(), ec);
  if (ec) return usage_error("--ca " + ca.string() + ": " + ec.message());
  return trust;
}

}  // namespace

std::string DaemonAddress::authority() const {
  bool v6 = contains(host, ":");
  return (v6 ? "[" : "") + host + (v6 ? "]" : "") + ":" + std::to_string(port);
}

Result<DaemonAddress> parse_daemon_address(const std::string& text, const std::filesystem::path& ca) {
  const auto refused =
      usage_error("--daemon " + text + ": expected https://HOST:PORT, http://HOST:PORT or HOST:PORT");
  std::string_view rest = text;
  const bool tls = rest.starts_with("https://");
  if (tls) rest.remove_prefix(8);
  if (!tls && rest.starts_with("http://")) rest.remove_prefix(7);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  auto colon = rest.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return refused;
  auto host = rest.substr(0, colon), digits = rest.substr(colon + 1);
  if (host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (contains(host, ":"))
    return refused;  // which colon ends the address cannot be told
  DaemonAddress out;
  auto end = digits.data() + digits.size();
  auto [parsed, ec] = std::from_chars(digits.data(), end, out.port);
  if (host.empty() || contains(host, "/") || digits.empty() || ec != std::errc{} || parsed != end ||
      out.port == 0)
    return refused;
  out.host = std::string(host);
  if (!tls && !ca.empty()) return usage_error("--ca is for https://, and " + text + " is plain HTTP");
  if (tls) {
    TRIPLED_ASSIGN(out.trust, load_trust(ca));
  }
  return out;
}

}  // namespace tripled::agent
