#include "tests/e2e/prometheus_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cctype>

#include "schema/base/file.h"
#include "schema/base/text.h"
#include "tests/e2e/project.h"
#include "tests/net/client.h"

namespace tripled::e2e {

namespace fs = std::filesystem;
namespace json = wire::json;

fs::path prometheus_program() { return fs::path(TRIPLED_BINARY_DIR) / "tools/usr/bin/prometheus"; }

// A port that nobody has at this moment: Prometheus cannot be asked which one it was given.
static std::uint16_t free_port() {
  int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  return bound ? ntohs(address.sin_port) : 0;
}

static std::string escaped(const std::string& text) {
  static const char* digits = "0123456789ABCDEF";
  std::string out;
  for (unsigned char c : text) {
    if (std::isalnum(c)) {
      out += static_cast<char>(c);
      continue;
    }
    out += '%';
    out += digits[c >> 4];
    out += digits[c & 15];
  }
  return out;
}

Prometheus::Prometheus(const fs::path& dir, std::uint16_t scraped) : port_(free_port()) {
  const auto rules = fs::path(TRIPLED_SOURCE_DIR) / "deploy/prometheus";
  write_files(dir, {{"prometheus.yml",
                     "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n"
                     "scrape_configs:\n  - job_name: tripled\n    static_configs: [{targets: ['127.0.0.1:" +
                         std::to_string(scraped) + "']}]\nrule_files: ['" + (rules / "rules.yml").string() +
                         "', '" + (rules / "alerts.yml").string() + "']\n"}});
  process_ = std::make_unique<Started>(
      dir,
      std::vector<std::string>{"--config.file=" + (dir / "prometheus.yml").string(),
                               "--storage.tsdb.path=" + (dir / "data").string(),
                               "--web.listen-address=127.0.0.1:" + std::to_string(port_)},
      std::map<std::string, std::string>{}, dir, prometheus_program());
  for (int i = 0; i < 300 && !ready_; ++i) {
    ::usleep(100'000);
    test::Client client(port_);
    ready_ = client.connected() && client.write("GET /-/ready HTTP/1.1\r\nHost: h\r\n\r\n") &&
             client.status() == 200;
  }
}

json::value Prometheus::get(const std::string& target, std::string* why) const {
  test::Client client(port_);
  client.write("GET " + target + " HTTP/1.1\r\nHost: h\r\nAccept-Encoding: identity\r\n\r\n");
  client.status();
  auto answer = wire::parse(client.body());
  if (answer && answer->is_object() && answer->as_object().contains("data")) return answer->at("data");
  if (why) *why = client.body();
  return nullptr;
}

json::array Prometheus::query(const std::string& expression, std::string* why) const {
  auto data = get("/api/v1/query?query=" + escaped(expression), why);
  if (!data.is_object() || !data.at("result").is_array()) return {};
  return data.at("result").as_array();
}

}  // namespace tripled::e2e
