// Where the daemon is, with what right, and whom to trust that it is the daemon.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "schema/base/result.h"

namespace tripled::agent {

class Trust;  // the certificates that may vouch for the daemon; stream.h

struct DaemonAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string token = {};
  std::shared_ptr<Trust> trust = nullptr;  // none: plain HTTP
  std::string authority() const;           // HOST:PORT, `[::1]:7420`
};

// `https://HOST:PORT`, `http://HOST:PORT`, `HOST:PORT` (plain). `ca`: a PEM file of the certificates to
// trust; empty: the system's. usage error: anything else, a port that is none, a CA for plain HTTP, an
// unreadable one.
Result<DaemonAddress> parse_daemon_address(const std::string& text, const std::filesystem::path& ca = {});

}  // namespace tripled::agent
