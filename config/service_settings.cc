#include "config/service_settings.h"

#include <charconv>

#include "config/disk_settings.h"
#include "config/located.h"
#include "config/settings_read.h"
#include "schema/base/file.h"
#include "schema/base/text.h"

namespace tripled::config {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kKeys = {"tripled",   "listen",        "plain-http",   "state",  "cache",
                                        "anonymous", "project-roots", "local-worker", "limits", "leases",
                                        "disk",      "metrics",       "shards"};

class Reading {
 public:
  Reading(const Node& root, fs::path directory) : root_(root), directory_(std::move(directory)) {}

  Result<ServiceSettings> run() {
    if (!root_.is_map())
      return error_at(root_.place, "expected a map such as `tripled: 1`, found " + describe(root_));
    TRIPLED_TRY(check_keys(root_, kKeys, "the settings of the daemon"));
    TRIPLED_TRY(version());
    for (const auto& entry : root_.entries) TRIPLED_TRY(one(entry));
    return checked();
  }

 private:
  Status version() const {
    const auto* entry = root_.find("tripled");
    if (entry == nullptr) return error_at(root_.place, "`tripled: 1` is missing: the version of this format");
    if (!entry->value.is_scalar() || entry->value.scalar != "1")
      return error_at(entry->value.place,
                      "`tripled` is the version of this format, 1; found " + describe(entry->value));
    return {};
  }

  Status one(const Entry& entry) {
    if (entry.key == "listen") return listen(entry);
    if (entry.key == "plain-http") return into(out_.plain_http, read_bool(entry));
    if (entry.key == "anonymous") return anonymous(entry);
    if (entry.key == "state") return path(entry, out_.state);
    if (entry.key == "cache") return path(entry, out_.cache);
    if (entry.key == "project-roots") return roots(entry);
    if (entry.key == "local-worker") return local_worker(entry);
    if (entry.key == "limits") return limits(entry);
    if (entry.key == "leases") return leases(entry);
    if (entry.key == "shards") return shards(entry);
    if (entry.key == "disk") return read_disk(entry, out_.disk);
    if (entry.key == "metrics") return metrics(entry);
    return {};
  }

  template <class T, class R>
  static Status into(T& target, R read) {
    if (!read) return read.error();
    target = static_cast<T>(std::move(read).value());
    return {};
  }

  std::string absolute(const std::string& written) const {
    return (directory_ / written).lexically_normal().string();
  }

  Status path(const Entry& entry, std::string& target) const {
    TRIPLED_ASSIGN(auto text, read_text(entry));
    target = absolute(text);
    return {};
  }

  static Result<ListenAddress> address(const Entry& entry) {
    TRIPLED_ASSIGN(auto text, read_text(entry));
    auto address = parse_listen_address(text);
    if (address) return *address;
    return error_at(entry.value.place, "`" + entry.key +
                                           "` takes an address and a port such as `127.0.0.1:7420` or "
                                           "`[::]:7420`, found `" +
                                           text + "`");
  }

  // An address alone, or a map of it and TLS.
  Status listen(const Entry& entry) {
    listen_place_ = entry.value.place;
    if (!entry.value.is_map()) return into(out_.listen, address(entry));
    TRIPLED_TRY(check_keys(entry.value, {"address", "tls"}, "`listen`"));
    for (const auto& inner : entry.value.entries)
      TRIPLED_TRY(inner.key == "tls" ? tls(inner) : into(out_.listen, address(inner)));
    return {};
  }

  Status tls(const Entry& entry) {
    TRIPLED_TRY(expect_map(entry, "tls: {certificate: FILE, key: FILE}"));
    TRIPLED_TRY(check_keys(entry.value, {"certificate", "key"}, "`tls`"));
    TlsFiles files;
    for (const auto& inner : entry.value.entries)
      TRIPLED_TRY(path(inner, inner.key == "key" ? files.key : files.certificate));
    if (files.certificate.empty() || files.key.empty())
      return error_at(entry.value.place, "`tls` names two files, the `certificate` and its `key`");
    out_.tls = files;
    return {};
  }

  Status metrics(const Entry& entry) {
    TRIPLED_TRY(expect_map(entry, "metrics: {listen: 127.0.0.1:9420}"));
    TRIPLED_TRY(check_keys(entry.value, {"listen", "series"}, "`metrics`"));
    if (const auto* series = entry.value.find("series"))
      TRIPLED_TRY(into(out_.metrics_series, read_positive(*series)));
    if (const auto* where = entry.value.find("listen")) return into(out_.metrics, address(*where));
    return {};
  }

  Status anonymous(const Entry& entry) {
    TRIPLED_ASSIGN(auto word, read_choice(entry, {"none", "viewer"}));
    out_.anonymous = word == "viewer" ? Role::viewer : Role::none;
    return {};
  }

  Status roots(const Entry& entry) {
    TRIPLED_ASSIGN(auto texts, read_texts(entry));
    for (const auto& text : texts) out_.project_roots.push_back(absolute(text));
    return {};
  }

  Status local_worker(const Entry& entry) {
    TRIPLED_TRY(expect_map(entry, "local-worker: {slots: 2}"));
    TRIPLED_TRY(check_keys(entry.value, {"slots"}, "`local-worker`"));
    if (const auto* slots = entry.value.find("slots")) return into(out_.local_slots, read_positive(*slots));
    return error_at(entry.value.place, "`local-worker` says how many `slots` it has");
  }

  Status limits(const Entry& entry) {
    TRIPLED_TRY(expect_map(entry, "limits: {cells-per-sweep: 5000}"));
    TRIPLED_TRY(check_keys(entry.value, {"cells-per-sweep"}, "`limits`"));
    if (const auto* cells = entry.value.find("cells-per-sweep"))
      return into(out_.cells_per_sweep, read_positive(*cells));
    return {};
  }

  Status shards(const Entry& entry) {
    TRIPLED_TRY(expect_map(entry, "shards: {longer-than: 10m, most: 8}"));
    TRIPLED_TRY(check_keys(entry.value, {"longer-than", "most"}, "`shards`"));
    if (const auto* longer = entry.value.find("longer-than"))
      TRIPLED_TRY(into(out_.shard_longer_than, read_duration(*longer)));
    if (const auto* most = entry.value.find("most")) return into(out_.shards, read_positive(*most));
    return {};
  }

  Status leases(const Entry& entry) {
    TRIPLED_TRY(expect_map(entry, "leases: {duration: 60s, heartbeat: 15s}"));
    TRIPLED_TRY(check_keys(entry.value, {"duration", "heartbeat"}, "`leases`"));
    for (const auto& inner : entry.value.entries)
      TRIPLED_TRY(into(inner.key == "duration" ? out_.lease : out_.heartbeat, read_duration(inner)));
    // One lost heartbeat must not cost a lease.
    if (out_.lease < out_.heartbeat * 2)
      return error_at(entry.value.place, "a lease of " + format_duration(out_.lease) +
                                             " ends before two heartbeats of " +
                                             format_duration(out_.heartbeat));
    return {};
  }

  Result<ServiceSettings> checked() {
    if (!out_.listen.loopback() && !out_.tls && !out_.plain_http)
      return error_at(
          listen_place_,
          "tokens and results would cross the network in the clear: name the files of `tls`, listen "
          "on a loopback address behind a proxy that speaks TLS, or say `plain-http: true`");
    return out_;
  }

  const Node& root_;
  const fs::path directory_;
  ServiceSettings out_;
  Place listen_place_;
};

}  // namespace

bool ListenAddress::loopback() const {
  return host == "localhost" || host == "::1" || host.rfind("127.", 0) == 0;
}

std::string ListenAddress::text() const {
  bool v6 = contains(host, ":");
  return (v6 ? "[" : "") + host + (v6 ? "]" : "") + ":" + std::to_string(port);
}

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  auto host = text.substr(0, colon), digits = text.substr(colon + 1);
  if (host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (contains(host, ":"))
    return std::nullopt;  // which colon ends the address cannot be told
  ListenAddress out{std::string(host), 0};
  auto end = digits.data() + digits.size();
  auto parsed = std::from_chars(digits.data(), end, out.port);
  if (host.empty() || digits.empty() || parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return out;
}

Result<ServiceSettings> read_service_settings(std::string_view text, const std::string& file) {
  TRIPLED_ASSIGN(Node root, read_yaml(text, file));
  return Reading(root, fs::path(file).parent_path()).run();
}

Result<ServiceSettings> load_service_settings(const fs::path& file) {
  auto text = read_file(file, 1 << 20);
  if (!text) return config_error(text.error().message());
  return read_service_settings(*text, fs::absolute(file).string());
}

}  // namespace tripled::config
