// One HTTP request to a daemon's API, as the command line makes it. Blocks, with a deadline; any thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "schema/base/result.h"

namespace tripled::net {

struct ServerAddress {
  std::string host;
  std::uint16_t port = 0;
  std::string token;  // `Authorization: Bearer …`; empty: none
};

// `http://host:port`, `host:port`. usage error: https, a path, anything else.
Result<ServerAddress> parse_server_address(const std::string& text);

struct ClientAnswer {
  unsigned status = 0;
  std::string content_type, body;
};

// io error: nobody answered, or not in time; it names the server.
Result<ClientAnswer> call(const ServerAddress& server, const std::string& method, const std::string& target,
                          const std::string& body = "",
                          std::chrono::milliseconds limit = std::chrono::minutes(5));

}  // namespace tripled::net
