#include "daemon/app/service/service.h"

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>

#include "daemon/app/triggers/triggers.h"
#include "schema/base/failpoint.h"
#include "schema/base/file.h"

namespace tripled::app {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

constexpr auto kWorkerRestart = std::chrono::seconds(5);
constexpr auto kWorkersComeWithin = std::chrono::seconds(20);
constexpr auto kSeenInterval = std::chrono::minutes(1);
constexpr std::int64_t kEventsKept = 50'000;

// For the owner's eyes: the file is never readable for others, not even for a moment.
Status write_secret(const fs::path& path, const std::string& secret) {
  auto before = ::umask(0077);
  auto written = write_file_atomically(path, secret + "\n", true);
  ::umask(before);
  return written;
}

std::string host_to_listen_on(const config::ListenAddress& address) {
  return address.host == "localhost" ? "127.0.0.1" : address.host;
}

// Where a daemon that listens on `host` is reached from its own machine.
std::string host_to_reach(const std::string& host) {
  if (host == "0.0.0.0" || host == "localhost") return "127.0.0.1";
  return host == "::" ? "::1" : host;
}

// Says how long the certificate is still good.
Result<std::shared_ptr<net::TlsContext>> load_tls(const config::TlsFiles& files) {
  TRIPLED_ASSIGN(auto tls, net::load_certificate(files.certificate, files.key));
  auto days = (net::certificate_ends_at(*tls) - unix_now_ms()) / (24 * 3'600'000);
  if (days < 14)
    spdlog::warn("{} is good for {} days", files.certificate, days);
  else
    spdlog::info("{} is good for {} days", files.certificate, days);
  return tls;
}

}  // namespace

Service::Service(asio::io_context& io, config::ServiceSettings settings,
                 std::function<void(const Error&)> failed)
    : io_(io),
      settings_(std::move(settings)),
      failed_(std::move(failed)),
      restart_(io),
      coverage_timer_(io) {}

Result<std::unique_ptr<Service>> Service::start(asio::io_context& io, config::ServiceSettings settings,
                                                const program::ServiceManager& manager,
                                                std::function<void(const Error&)> failed) {
  std::unique_ptr<Service> service(new Service(io, std::move(settings), std::move(failed)));
  TRIPLED_TRY(service->open(manager));
  return service;
}

Service::~Service() {
  stopping_ = true;
  judging_.join();
  local_worker_.reset();
  probes_.reset();
  api_.reset();
  if (triggers_) triggers_->stop();
  core_.reset();  // whoever still waits for an answer is told
  triggers_.reset();
}

Status Service::open(const program::ServiceManager& manager) {
  const fs::path state = settings_.state;
  TRIPLED_TRY(make_directories(state));
  TRIPLED_TRY(make_directories(settings_.cache));
  store::StoreOptions store_options;
  store_options.path = state / "tripled.db";
  store_options.who = "tripled serve";
  program::LongStart start(manager);
  store_options.progress = [&start] { start.goes_on(); };
  TRIPLED_ASSIGN(store::Store store, store::Store::open(store_options));
  failpoint("daemon.start.opened");
  TRIPLED_ASSIGN(store::BlobStore blobs, store::BlobStore::open(state / "blobs"));
  CoreOptions options;
  options.state = state;
  options.address = host_to_listen_on(settings_.listen);
  if (settings_.tls) {
    TRIPLED_ASSIGN(options.tls, load_tls(*settings_.tls));
    certificate_ends_at_ = net::certificate_ends_at(*options.tls);
  }
  options.port = settings_.listen.port;
  options.policy.lease = settings_.lease;
  options.policy.heartbeat = settings_.heartbeat;
  options.disk = disk_limits(settings_.disk);
  options.keep_events = kEventsKept;
  options.fleet = true;
  options.shards = {settings_.shard_longer_than, settings_.shards};
  options.identify = [this](std::string_view token) { return identify(token); };
  options.http = [this](net::HttpRequest request, std::function<void(net::HttpResponse)> reply) {
    api_->handle(std::move(request), std::move(reply));
  };
  core_ = std::make_unique<Core>(io_, options, std::move(store), std::move(blobs), *this);
  web::ApiOptions web;
  web.database = state / "tripled.db";
  web.anonymous = settings_.anonymous;
  web.blobs = state / "blobs";
  api_ = std::make_unique<web::Api>(io_, web, *this);
  storage_ = std::make_unique<StorageGauge>(io_, state, options.disk);
  TRIPLED_TRY(core_->listen());
  TRIPLED_ASSIGN(restored_, core_->restore_running());
  failpoint("daemon.start.restored");
  TRIPLED_TRY(limit_projects());
  TRIPLED_TRY(open_tokens());
  TRIPLED_TRY(open_probes());
  load_coverage();
  open_triggers();
  workers_awaited_until_ = std::chrono::steady_clock::now() + kWorkersComeWithin;
  return settings_.local_slots > 0 ? start_worker() : Status();
}

// Before any worker is there: the scheduler keeps no record of them.
Status Service::limit_projects() {
  TRIPLED_ASSIGN(store::Reader reader, store::Reader::open(core_->database()));
  TRIPLED_ASSIGN(auto projects, reader.project_settings());
  for (const auto& project : projects)
    if (project.settings.slots) core_->limit_project(project.settings.name, *project.settings.slots);
  return {};
}

Status Service::open_probes() {
  if (!settings_.metrics) return {};
  std::map<std::string, Probes::Answer> answers;
  answers["/healthz"] = [this] { return core_->health(); };
  answers["/readyz"] = [this] { return core_->readiness(); };
  answers["/metrics"] = [this] {
    return net::HttpResponse{200, "text/plain; version=0.0.4; charset=utf-8", metrics()};
  };
  TRIPLED_ASSIGN(probes_, Probes::start(io_, host_to_listen_on(*settings_.metrics), settings_.metrics->port,
                                        std::move(answers)));
  return {};
}

Status Service::reload_certificate(const config::ServiceSettings& settings) {
  if (settings.tls.has_value() != settings_.tls.has_value())
    return config_error("`listen.tls` comes and goes with a restart alone");
  if (!settings.tls) return {};
  TRIPLED_ASSIGN(auto tls, load_tls(*settings.tls));
  certificate_ends_at_ = net::certificate_ends_at(*tls);
  core_->set_certificate(std::move(tls));
  return {};
}

void Service::open_triggers() {
  TriggerHooks hooks;
  hooks.begin = [this](const MatrixRequest& request, Core::AlsoWrite also, TriggerHooks::Begun done) {
    begin(request, std::move(also), std::move(done));
  };
  hooks.drop = [this](store::SweepId sweep, const std::string& why) {
    spdlog::info("sweep {} is dropped: {}", sweep, why);
    if (auto cancelled = cancel(sweep, true, "the daemon"); !cancelled)
      spdlog::warn("{}", cancelled.error().message());
  };
  hooks.write_audited = [this](const std::string& who, const std::string& what, wire::json::object detail,
                               CommitQueue::Write change) {
    return write_audited(who, what, std::move(detail), std::move(change));
  };
  triggers_ = std::make_unique<Triggers>(io_, *core_, settings_, std::move(hooks));
  triggers_->start();
}

web::ProjectEngine& Service::projects() { return *triggers_; }

Status Service::open_tokens() {
  TRIPLED_ASSIGN(store::Reader reader, store::Reader::open(core_->database()));
  TRIPLED_ASSIGN(auto tokens, reader.tokens());
  bool has_admin = false;
  for (const auto& token : tokens) {
    access_.add(token);
    has_admin = has_admin || (token.role == Role::admin && !token.revoked_at);
  }
  TRIPLED_ASSIGN(auto enrolments, reader.enrolments());
  for (const auto& enrolment : enrolments) access_.add(enrolment);
  if (has_admin) return {};
  // Somebody must be able to make the others. Named by the moment: an earlier one may have been revoked.
  // The file first: a token that was stored and never shown would lock everybody out.
  auto token = new_token();
  first_token_ = fs::path(settings_.state) / "admin.token";
  TRIPLED_TRY(write_secret(first_token_, token));
  failpoint("daemon.start.token_written");
  return store_token("admin-" + std::to_string(unix_now_ms()), Role::admin, token, "the daemon");
}

net::Identity Service::identify(std::string_view token) {
  auto identity = access_.identify(token);
  if (identity.role == Role::none || identity.name == kLocalWorker) return identity;
  auto now = std::chrono::steady_clock::now();
  auto [known, first] = seen_.try_emplace(identity.name, now);
  if (!first && now - known->second < kSeenInterval) return identity;
  known->second = now;
  core_->write_soon([name = identity.name, at = unix_now_ms()](store::Transaction& tx) {
    return tx.touch_token(name, at);
  });
  return identity;
}

// --- the daemon's own worker

Status Service::start_worker() {
  if (local_token_.empty()) {
    local_token_ = new_token();
    access_.add({kLocalWorker, Role::worker, hash_of_token(local_token_), 0, {}, {}});
  }
  LocalWorkerOptions options;
  options.host = host_to_reach(settings_.listen.host);
  options.port = core_->port();
  if (settings_.tls) {  // the certificate names no loopback address
    if (local_port_ == 0) {
      TRIPLED_ASSIGN(local_port_, core_->listen_on_loopback());
    }
    options.host = "127.0.0.1";
    options.port = local_port_;
  }
  options.token = local_token_;
  options.name = kLocalWorker;
  options.slots = settings_.local_slots;
  options.cache = settings_.cache;
  options.state = fs::path(settings_.state) / "worker";
  TRIPLED_ASSIGN(local_worker_,
                 LocalWorker::start(io_, options, [this](const std::string& how) { worker_ended(how); }));
  return {};
}

void Service::worker_ended(const std::string& how) {
  if (stopping_) return;
  spdlog::warn("{}; it is started again in {} s", how, kWorkerRestart.count());
  core_->worker_died(kLocalWorker);
  restart_.expires_after(kWorkerRestart);
  restart_.async_wait([this](boost::system::error_code ec) {
    if (ec || stopping_) return;
    local_worker_.reset();
    if (auto started = start_worker(); !started) worker_ended(started.error().message());
  });
}

void Service::stop() {
  if (stopping_) return;
  stopping_ = true;
  restart_.cancel();
  coverage_timer_.cancel();
  triggers_->stop();
  if (auto stored = core_->flush(); !stored) spdlog::error("{}", stored.error().message());
  local_worker_.reset();
  probes_.reset();
  storage_.reset();
  core_->stop_listening();
}

// --- news

void Service::on_event(const SweepEvent& event) {
  if (event.kind == "worker") spdlog::info("worker {} {}", event.worker, event.text);
  if (event.kind == "storage") spdlog::warn("{}", event.text);
  if (event.kind == "progress") {
    progress_[event.job] = event.text;
    return;
  }
  if (event.kind == "job-finished") progress_.erase(event.job);
  if (event.kind == "cell-finished") coverage_soon(event.sweep);
  if (api_) api_->news();
}

std::string Service::progress(const std::string& job) const {
  auto known = progress_.find(job);
  return known == progress_.end() ? std::string() : known->second;
}

// Begun and finished: the changes of the sweep's own row, which no event of the scheduler tells of.
void Service::publish(const std::string& kind, store::SweepId sweep, const std::string& text) {
  SweepEvent event;
  event.kind = kind;
  event.sweep = std::to_string(sweep);
  event.text = text;
  core_->publish_alone(std::move(event));
}

void Service::on_failed(const Error& error) {
  spdlog::error("{}", error.message());
  failed_(error);
}

std::vector<sched::WaitingBatch> Service::waiting(std::size_t limit) const {
  return core_->scheduler().waiting(std::chrono::steady_clock::now(), limit);
}

}  // namespace tripled::app
