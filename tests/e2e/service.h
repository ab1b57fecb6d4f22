// A started `tripled serve` with a worker of its own, and its API as a script would call it.
#pragma once
#include <optional>

#include "tests/e2e/tripled_process.h"

namespace tripled::e2e {

struct ApiAnswer {
  unsigned status = 0;  // 0: nobody answered
  std::string body;
  wire::json::value json() const;  // null where the body is none
};

struct ServeOptions {
  std::uint16_t port = 0;  // 0: a free one
  std::string address = "127.0.0.1";
  std::string leases = "{duration: 20s, heartbeat: 2s}";
  int local_slots = 2;  // of the daemon's own worker; 0: it has none
  std::map<std::string, std::string> env = {};
  std::string settings = "";  // more lines of tripled.yaml
};

class Served {
 public:
  // State and settings lie in `dir`, also of a start before this one; projects may lie in `roots`.
  Served(const std::filesystem::path& dir, const std::filesystem::path& roots, const ServeOptions& options);
  Served(const std::filesystem::path& dir, const std::filesystem::path& roots, std::uint16_t port = 0);
  // As `authorization`: the first administrator's, unless another one is given.
  ApiAnswer ask(const std::string& method, const std::string& target, const std::string& body = "",
                const std::optional<std::string>& token = std::nullopt) const;
  // Until the sweep is finished (its state says so), or the limit; what was answered last.
  wire::json::value finished(const std::string& sweep, int limit_seconds) const;
  Started& process() { return *process_; }
  const std::string& address() const { return address_; }
  std::uint16_t port() const { return port_; }

 private:
  std::filesystem::path dir_;
  std::string address_;
  std::unique_ptr<Started> process_;
  std::uint16_t port_ = 0;
};

}  // namespace tripled::e2e
