// tripled.yaml: how the daemon runs (schema/json/service.schema.json). Unlike a matrix it belongs to the
// operator: where it listens, what it keeps, whom it lets in. Pure except load_service_settings(), which
// reads the one file.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/duration.h"
#include "schema/base/result.h"
#include "schema/model/enums.h"

namespace tripled::config {

struct ListenAddress {
  std::string host;  // without brackets
  std::uint16_t port = 0;
  bool loopback() const;  // 127.0.0.0/8, ::1, localhost
  std::string text() const;
};
// `127.0.0.1:7420`, `[::1]:7420`, `localhost:7420`. nullopt: neither.
std::optional<ListenAddress> parse_listen_address(std::string_view text);

// Bytes that the state directory holds of each class of files at most; 0: no ceiling.
struct DiskSettings {
  std::uint64_t logs = 20ull << 30, evidence = 10ull << 30, snapshots = 10ull << 30, archives = 20ull << 30;
  std::uint64_t uploads = 4ull << 30;  // not finished yet
  Millis collect_every{600'000};
};

// PEM files; absolute paths.
struct TlsFiles {
  std::string certificate, key;
};

struct ServiceSettings {
  ListenAddress listen{"127.0.0.1", 7420};
  std::optional<TlsFiles> tls;             // of `listen`; none: plain HTTP
  std::size_t metrics_series = 50'000;     // of coverage, at most (daemon/metrics/exposition.h)
  std::optional<ListenAddress> metrics;    // where probes and metrics are answered without a token
  Role anonymous = Role::none;             // of requests without a token: none or viewer
  bool plain_http = false;                 // without it, only a loopback address may go without TLS
  std::string state, cache;                // absolute; empty: the XDG directories
  std::vector<std::string> project_roots;  // absolute: a `path` project of a submitted sweep lies below one
  int local_slots = 0;                     // of the daemon's own worker; 0: none is started
  std::size_t cells_per_sweep = 5'000;
  Millis lease{60'000}, heartbeat{15'000};
  // Execute jobs that took longer in the last sweep are divided into parts of about this length; 0: none.
  Millis shard_longer_than{600'000};
  int shards = 8;  // parts of one job, at most
  DiskSettings disk;
};

// config error with `file:line:col`. Relative paths are below the file's own directory.
Result<ServiceSettings> read_service_settings(std::string_view text, const std::string& file);
Result<ServiceSettings> load_service_settings(const std::filesystem::path& file);

}  // namespace tripled::config
