#include "daemon/cli/serve_command.h"

#include <spdlog/spdlog.h>

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdio>

#include "daemon/app/service/service.h"
#include "schema/base/duration.h"
#include "schema/base/size.h"
#include "schema/base/text.h"
#include "schema/program/forced_end.h"
#include "schema/program/service_manager.h"

namespace tripled::cli {
namespace {

// Of a start: what is wrong stays wrong, so that a service manager is not to try again (its unit says 2).
int complain(const Error& error) {
  std::fprintf(stderr, "error: %s\n", error.message().c_str());
  return 2;
}

void describe(const config::ServiceSettings& settings) {
  auto line = [](const char* key, const std::string& value) { std::printf("%-16s%s\n", key, value.c_str()); };
  const auto* plainly = settings.listen.loopback() ? "" : "   (plain HTTP)";
  line("listen", settings.listen.text() + (settings.tls ? "   (TLS)" : plainly));
  if (settings.tls) line("certificate", settings.tls->certificate + ", key " + settings.tls->key);
  line("metrics", settings.metrics ? settings.metrics->text() + "   (without a token)" : "on the same port");
  line("state", settings.state);
  line("cache", settings.cache);
  line("anonymous", to_text(settings.anonymous));
  line("project-roots", settings.project_roots.empty() ? "none" : join(settings.project_roots, ", "));
  line("local-worker",
       settings.local_slots == 0 ? "none" : counted(static_cast<std::size_t>(settings.local_slots), "slot"));
  line("limits", counted(settings.cells_per_sweep, "cell") + " a sweep");
  const auto& disk = settings.disk;
  auto ceiling = [](std::uint64_t bytes) { return bytes == 0 ? std::string("none") : format_size(bytes); };
  line("disk", "logs " + ceiling(disk.logs) + ", evidence " + ceiling(disk.evidence) + ", snapshots " +
                   ceiling(disk.snapshots) + ", archives " + ceiling(disk.archives) + ", uploads " +
                   ceiling(disk.uploads) + ", collected every " + format_duration(disk.collect_every));
  line("leases", format_duration(settings.lease) + ", heartbeat " + format_duration(settings.heartbeat));
}

// Tells the service manager, as often as it wants to hear it, that the daemon gets on; only while it does.
class Watchdog {
 public:
  Watchdog(boost::asio::io_context& io, const program::ServiceManager& manager, const app::Service& service)
      : timer_(io), manager_(manager), service_(service) {
    if (manager_.watchdog_interval()) wait();
  }

 private:
  void wait() {
    timer_.expires_after(*manager_.watchdog_interval());
    timer_.async_wait([this](boost::system::error_code ec) {
      if (ec) return;
      auto now = service_.progress();
      if (app::gets_on(before_, now))
        manager_.say("WATCHDOG=1");
      else
        spdlog::error("nothing is committed any more: {} writes wait", now.waiting);
      before_ = now;
      wait();
    });
  }

  boost::asio::steady_timer timer_;
  const program::ServiceManager& manager_;
  const app::Service& service_;
  app::Progress before_;
};

// SIGHUP: the settings are read again, and of them what can change while the daemon runs: the certificate.
// With a mistake in them everything stays as it was, and says so.
void reload(const ServeArgs& args, app::Service& service, const program::ServiceManager& manager,
            const config::ServiceSettings& running) {
  manager.say("RELOADING=1");
  auto settings = running;
  Status done;
  if (!args.settings.empty()) {
    auto loaded = config::load_service_settings(args.settings);
    if (loaded)
      settings = *loaded;
    else
      done = loaded.error();
  }
  if (done) done = service.reload_certificate(settings);
  if (done)
    spdlog::info("SIGHUP: the certificate was read again; other settings take effect with a restart");
  else
    spdlog::error("SIGHUP: nothing is changed: {}", done.error().message());
  manager.say("READY=1");
}

}  // namespace

int run_serve(const ServeArgs& args) {
  config::ServiceSettings settings;
  if (!args.settings.empty()) {
    auto loaded = config::load_service_settings(args.settings);
    if (!loaded) return complain(loaded.error());
    settings = *loaded;
  }
  if (settings.state.empty()) settings.state = args.paths.state.string();
  if (settings.cache.empty()) settings.cache = args.paths.cache.string();
  if (args.check) {
    if (settings.tls) {
      auto tls = net::load_certificate(settings.tls->certificate, settings.tls->key);
      if (!tls) return complain(tls.error());
    }
    describe(settings);
    return 0;
  }
  const auto manager = program::ServiceManager::from_environment();
  boost::asio::io_context io{1};
  int status = 0;
  std::unique_ptr<app::Service> service;
  auto end = [&](int with) {
    status = with;
    manager.say("STOPPING=1");
    service->stop();
    io.stop();
  };
  auto started = app::Service::start(io, settings, manager, [&](const Error&) { end(3); });
  if (!started) return complain(started.error());
  service = std::move(started).value();
  auto address = settings.listen;
  address.port = service->port();
  spdlog::info("listening on {}://{}", settings.tls ? "https" : "http", address.text());
  if (settings.metrics) spdlog::info("metrics and probes on port {}", service->metrics_port());
  if (!service->first_token().empty())
    spdlog::info("the first administrator's token is in {}", service->first_token().string());
  if (service->restored() > 0) spdlog::info("{} go on", counted(service->restored(), "sweep"));
  manager.say("READY=1");
  Watchdog watchdog(io, manager, *service);
  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](boost::system::error_code ec, int) {
    if (ec) return;
    signals.clear();
    program::next_signal_ends_at_once();
    spdlog::info("ending; a second signal ends at once");
    end(0);
  });
  boost::asio::signal_set hangup(io, SIGHUP);
  std::function<void(boost::system::error_code, int)> on_hangup = [&](boost::system::error_code ec, int) {
    if (ec) return;
    reload(args, *service, manager, settings);
    hangup.async_wait(on_hangup);
  };
  hangup.async_wait(on_hangup);
  io.run();
  spdlog::info("ended");
  return status;
}

}  // namespace tripled::cli
