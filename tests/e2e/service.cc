#include "tests/e2e/service.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "schema/base/file.h"
#include "schema/base/text.h"
#include "tests/e2e/project.h"
#include "tests/net/client.h"

namespace tripled::e2e {

namespace fs = std::filesystem;
namespace json = wire::json;

json::value ApiAnswer::json() const {
  auto parsed = wire::parse(body);
  return parsed ? *parsed : json::value(nullptr);
}

// "listening on http://127.0.0.1:43210", once it stands in the log.
static std::uint16_t port_in(const std::string& log, const std::string& address) {
  const std::string mark = "listening on http://" + address + ":";
  auto at = log.find(mark);
  if (at == std::string::npos || log.find('\n', at) == std::string::npos) return 0;
  return static_cast<std::uint16_t>(std::stoi(log.substr(at + mark.size())));
}

Served::Served(const fs::path& dir, const fs::path& roots, std::uint16_t port)
    : Served(dir, roots, ServeOptions{port}) {}

Served::Served(const fs::path& dir, const fs::path& roots, const ServeOptions& options)
    : dir_(dir), address_(options.address) {
  const bool loopback = address_.starts_with("127.");
  const auto local = options.local_slots == 0
                         ? std::string()
                         : "\nlocal-worker: {slots: " + std::to_string(options.local_slots) + "}";
  write_files(dir, {{"tripled.yaml", "tripled: 1\nlisten: " + address_ + ":" + std::to_string(options.port) +
                                         (loopback ? "" : "\nplain-http: true") + "\nstate: state\ncache: '" +
                                         test_cache().string() + "'\nproject-roots: '" + roots.string() +
                                         "'\nleases: " + options.leases + local + "\n" + options.settings}});
  process_ = std::make_unique<Started>(
      dir, std::vector<std::string>{"serve", (dir / "tripled.yaml").string()}, options.env);
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (port_ == 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    port_ = port_in(process_->err_so_far(), address_);
  }
  EXPECT_NE(port_, 0) << process_->err_so_far();
  auto has_worker = [&] {
    return options.local_slots == 0 ||
           process_->err_so_far().find("worker local connected") != std::string::npos;
  };
  while (!has_worker() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_TRUE(has_worker()) << process_->err_so_far();
}

ApiAnswer Served::ask(const std::string& method, const std::string& target, const std::string& body,
                      const std::optional<std::string>& token) const {
  auto admin = read_file(dir_ / "state" / "admin.token", 4096);
  auto shown = token ? *token : admin ? std::string(trim(*admin)) : "";
  test::Client client(port_, address_);
  client.write(method + " " + target + " HTTP/1.1\r\nHost: h\r\n" +
               (shown.empty() ? "" : "Authorization: Bearer " + shown + "\r\n") +
               "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  ApiAnswer out;
  out.status = client.status();
  out.body = client.body();
  return out;
}

json::value Served::finished(const std::string& sweep, int limit_seconds) const {
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(limit_seconds);
  json::value report;
  for (;;) {
    auto answer = ask("GET", "/api/v1/sweeps/" + sweep);
    report = answer.json();
    bool over = answer.status == 200 && !report.at("sweep").at("finished_at").is_null();
    if (over || std::chrono::steady_clock::now() > deadline) return report;
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
}

}  // namespace tripled::e2e
