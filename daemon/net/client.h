// One HTTP request to a daemon's API, as the command line makes it. Blocks, with a deadline; any thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/net/tls.h"
#include "schema/base/result.h"

namespace tripled::net {

struct ServerAddress {
  std::string host;
  std::uint16_t port = 0;
  std::string token = {};                       // `Authorization: Bearer …`; empty: none
  std::shared_ptr<TlsContext> trust = nullptr;  // none: plain HTTP
};

// `https://host:port`, `http://host:port`, `host:port` (plain). `ca`: a PEM file of the certificates to
// believe; empty: the system's. usage error: a path, anything else, an unreadable `ca`, one for plain HTTP.
Result<ServerAddress> parse_server_address(const std::string& text, const std::filesystem::path& ca = {});

struct ClientAnswer {
  unsigned status = 0;
  std::string content_type, body;
  std::map<std::string, std::string> headers = {};  // lower-case names
};

struct ClientCall {
  std::string method, target, body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};  // a body is JSON unless they say otherwise
  std::chrono::milliseconds limit = std::chrono::minutes(5);
};

// io error: nobody answered, or not in time; it names the server.
Result<ClientAnswer> call(const ServerAddress& server, const ClientCall& wanted);
Result<ClientAnswer> call(const ServerAddress& server, const std::string& method, const std::string& target,
                          const std::string& body = "",
                          std::chrono::milliseconds limit = std::chrono::minutes(5));

}  // namespace tripled::net
