#include "daemon/cli/remote.h"

#include <cctype>
#include <cstdlib>

#include "schema/base/file.h"
#include "schema/base/text.h"

namespace tripled::cli {

static std::string variable(const char* name) {
  const char* set = std::getenv(name);
  return set ? set : "";
}

Result<Remote> Remote::open(const RemoteArgs& args) {
  auto server = args.server.empty() ? variable("TRIPLED_SERVER") : args.server;
  if (server.empty())
    return usage_error("no daemon is named: --server http://HOST:PORT, or the variable TRIPLED_SERVER");
  // The variable may be set for good, beside daemons that speak plain HTTP.
  auto ca = args.ca.empty() && server.starts_with("https://") ? variable("TRIPLED_CA") : args.ca;
  TRIPLED_ASSIGN(auto address, net::parse_server_address(server, ca));
  address.token = variable("TRIPLED_TOKEN");
  if (!args.token_file.empty()) {
    auto text = read_file(args.token_file, 4096);
    if (!text) return usage_error("--token-file: " + text.error().message());
    address.token = std::string(trim(*text));
  }
  return Remote(std::move(address));
}

Result<std::string> Remote::text(const std::string& method, const std::string& target,
                                 const std::string& body) const {
  TRIPLED_ASSIGN(auto answer, net::call(server_, method, target, body));
  if (answer.status / 100 == 2) return std::move(answer.body);
  auto detail = std::string(trim(answer.body.substr(0, 2000)));
  if (auto problem = wire::parse(answer.body); problem && problem->is_object())
    if (auto* found = problem->as_object().if_contains("detail"); found && found->is_string())
      detail = std::string(found->as_string());
  if (answer.status == 401 && server_.token.empty())
    detail += " (--token-file FILE, or the variable TRIPLED_TOKEN)";
  return Error(answer.status / 100 == 4 ? ErrorKind::usage : ErrorKind::tool, detail);
}

Result<wire::json::value> Remote::json(const std::string& method, const std::string& target,
                                       const std::string& body) const {
  TRIPLED_ASSIGN(auto answer, text(method, target, body));
  if (answer.empty()) return wire::json::value(nullptr);
  return wire::parse(answer);
}

std::string percent_encoded(const std::string& text) {
  std::string out;
  for (unsigned char c : text) {
    if (std::isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += static_cast<char>(c);
    } else {
      constexpr const char* digits = "0123456789ABCDEF";
      out += {'%', digits[c >> 4], digits[c & 15]};
    }
  }
  return out;
}

}  // namespace tripled::cli
