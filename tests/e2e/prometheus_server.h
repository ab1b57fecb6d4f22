// Debian's Prometheus (deploy/unpack), started on loopback with a data directory of the test's.
#pragma once
#include <string>

#include "tests/e2e/tripled_process.h"

namespace tripled::e2e {

std::filesystem::path prometheus_program();

class Prometheus {
 public:
  // In `dir`; scrapes 127.0.0.1:`port` as the job `tripled` each second, with the rules of deploy/prometheus.
  Prometheus(const std::filesystem::path& dir, std::uint16_t port);
  bool ready() const { return ready_; }
  // What a path of its HTTP API answers, `data` alone; null: it is refused (`why` says so) or nobody is
  // there.
  wire::json::value get(const std::string& target, std::string* why = nullptr) const;
  // Series that the expression has now.
  wire::json::array query(const std::string& expression, std::string* why = nullptr) const;
  std::string said() const { return process_->err_so_far(); }

 private:
  std::uint16_t port_ = 0;
  bool ready_ = false;
  std::unique_ptr<Started> process_;
};

}  // namespace tripled::e2e
