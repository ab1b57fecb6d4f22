// A daemon elsewhere, as the command line speaks to it: address, token, and answers that are errors.
#pragma once
#include <string>

#include "daemon/net/client.h"
#include "schema/wire/json.h"

namespace tripled::cli {

struct RemoteArgs {
  std::string server;      // --server or TRIPLED_SERVER
  std::string ca;          // --ca or TRIPLED_CA: for https
  std::string token_file;  // --token-file; else TRIPLED_TOKEN holds the token itself
};

class Remote {
 public:
  // usage error: no server named, or a token that cannot be read.
  static Result<Remote> open(const RemoteArgs& args);

  // The body of a 2xx answer. A problem of the daemon's becomes an error with its own words: usage for 4xx,
  // tool else.
  Result<std::string> text(const std::string& method, const std::string& target,
                           const std::string& body = "") const;
  // Whatever the answer is. io error: there is none.
  Result<net::ClientAnswer> call(const net::ClientCall& wanted) const { return net::call(server_, wanted); }
  Result<wire::json::value> json(const std::string& method, const std::string& target,
                                 const std::string& body = "") const;

 private:
  explicit Remote(net::ServerAddress server) : server_(std::move(server)) {}
  net::ServerAddress server_;
};

// One segment of a path (RFC 3986, 2.1).
std::string percent_encoded(const std::string& text);

}  // namespace tripled::cli
