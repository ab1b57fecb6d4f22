// A daemon and several workers, each with directories of its own, that tests start, stop and lose.
#pragma once
#include <unistd.h>

#include "tests/e2e/project.h"
#include "tests/e2e/service.h"

namespace tripled::e2e {

// The body of POST /api/v1/sweeps. `axes`, `defaults`: as in a matrix.
std::string submission(const std::filesystem::path& project, const std::string& axes,
                       const std::string& defaults = "toolchain: system");

class Fleet {
 public:
  explicit Fleet(const std::filesystem::path& dir, ServeOptions options = {});

  // The daemon's own worker takes nothing from here on.
  void drain_local() const;
  // A worker whose directories are below dir/NAME; again: of the same name, token and directories. `through`:
  // a program and its arguments that execute it (ip netns exec …).
  void start(const std::string& name, const std::vector<std::string>& more = {},
             const std::vector<std::string>& through = {});
  // The same, without waiting until the daemon knows it.
  void begin_start(const std::string& name, const std::vector<std::string>& more = {},
                   const std::vector<std::string>& through = {});
  // A second process that says it is `name`; its directories are below dir/ALIAS, by which it is known here.
  void start_double(const std::string& name, const std::string& alias);
  // Workers that are started from now on find the daemon at this port, which somebody passes on to it.
  void reach_by(std::uint16_t port) { reach_by_ = port; }
  void kill(const std::string& name);
  // -1: it had to be killed.
  int stop(const std::string& name);
  bool is_connected(const std::string& name) const;

  // State stays; the next one listens at the same port and has the same workers, its own one drained.
  void stop_daemon(int with_signal);
  void start_daemon();

  // Empty: refused.
  std::string begin(const std::string& body) const;
  wire::json::value sweep(const std::string& body, int limit_seconds = 180) const;
  std::string status() const { return served_->ask("GET", "/api/v1/status").body; }
  std::string log_of(const std::string& name) const { return workers_.at(name)->err_so_far(); }
  Started& worker(const std::string& name) { return *workers_.at(name); }
  Served& served() { return *served_; }
  const Served& served() const { return *served_; }
  // Of daemons that are started from here on.
  ServeOptions& options() { return options_; }
  const std::filesystem::path& dir() const { return dir_; }
  // Of this daemon's life: metrics count from its start.
  bool daemon_was_restarted() const { return restarted_; }

  // Polls for a minute.
  template <class Condition>
  static bool eventually(Condition condition) {
    for (int i = 0; i < 600 && !condition(); ++i) ::usleep(100'000);
    return condition();
  }

 private:
  void spawn(const std::string& name, const std::string& alias, const std::vector<std::string>& more,
             const std::vector<std::string>& through);

  const std::filesystem::path dir_;
  ServeOptions options_;
  std::unique_ptr<Served> served_;
  std::map<std::string, std::string> tokens_;
  std::map<std::string, std::unique_ptr<Started>> workers_;
  bool restarted_ = false;
  std::uint16_t reach_by_ = 0;  // 0: its own
};

}  // namespace tripled::e2e
