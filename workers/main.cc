// tripled-worker: connects to a daemon, takes leases, runs jobs.
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "workers/agent/agent.h"
#include "workers/exec/shim.h"

namespace {

std::filesystem::path xdg(const char* variable, const char* below_home) {
  if (const char* set = std::getenv(variable); set && *set == '/')
    return std::filesystem::path(set) / "tripled";
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home ? home : "/") / below_home / "tripled";
}

std::string host_name() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return name;
}

}  // namespace

int main(int argc, char** argv) {
  if (auto status = tripled::exec::dispatch_shim(argc, argv)) return *status;
  spdlog::set_default_logger(spdlog::stderr_color_mt("tripled-worker"));

  tripled::agent::AgentOptions options;
  options.name = host_name();
  options.cache = xdg("XDG_CACHE_HOME", ".cache");
  options.state = xdg("XDG_STATE_HOME", ".local/state");
  std::string daemon;
  CLI::App app("Runs cargo jobs for a tripled daemon.");
  app.footer(
      "The daemon's token is read from the environment variable TRIPLED_WORKER_TOKEN. "
      "TRIPLED_GIT_CREDENTIALS\n"
      "may name a file of git-credential-store(1) for repositories that ask who is there.\n\n"
      "Example:\n  TRIPLED_WORKER_TOKEN=… tripled-worker --daemon 127.0.0.1:7420 --slots 4");
  app.set_version_flag("--version", TRIPLED_VERSION);
  app.add_option("--daemon", daemon, "HOST:PORT of the daemon")->required();
  app.add_option("--name", options.name, "name of this worker, unique at its daemon")->capture_default_str();
  app.add_option("--slots", options.slots, "batches that run at once")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--label", options.labels, "a label that a matrix may ask for; repeatable");
  app.add_option("--cache", options.cache, "stds, snapshots, target dirs")->capture_default_str();
  app.add_option("--state", options.state, "results that are not acknowledged yet")->capture_default_str();
  app.add_flag("--exit-on-stdin-eof", options.exit_on_stdin_eof, "end with the program that started it");
  CLI11_PARSE(app, argc, argv);

  auto colon = daemon.rfind(':');
  auto port = colon == std::string::npos ? 0 : std::atoi(daemon.c_str() + colon + 1);
  if (port <= 0 || port > 65535) {
    spdlog::error("--daemon {}: expected HOST:PORT", daemon);
    return 2;
  }
  options.daemon.host = daemon.substr(0, colon);
  options.daemon.port = static_cast<std::uint16_t>(port);
  if (const char* token = std::getenv("TRIPLED_WORKER_TOKEN")) options.daemon.token = token;
  ::unsetenv("TRIPLED_WORKER_TOKEN");  // never in the environment of a job
  return tripled::agent::run_agent(std::move(options));
}
