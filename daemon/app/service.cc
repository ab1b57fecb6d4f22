#include "daemon/app/service.h"

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <set>

#include "daemon/app/coverage_evidence.h"
#include "daemon/app/triggers.h"
#include "daemon/report/load.h"
#include "schema/base/file.h"

namespace tripled::app {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

constexpr auto kWorkerRestart = std::chrono::seconds(5);
constexpr auto kStoreRetry = std::chrono::seconds(5);
constexpr auto kWorkersComeWithin = std::chrono::seconds(20);
constexpr auto kLookForWorker = std::chrono::milliseconds(200);
constexpr auto kSeenInterval = std::chrono::minutes(1);
constexpr const char* kLocalWorker = "local";
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
    : io_(io), settings_(std::move(settings)), failed_(std::move(failed)), restart_(io) {}

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
  TRIPLED_TRY(open_tokens());
  TRIPLED_TRY(open_probes());
  load_coverage();
  open_triggers();
  workers_awaited_until_ = std::chrono::steady_clock::now() + kWorkersComeWithin;
  return settings_.local_slots > 0 ? start_worker() : Status();
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
  if (has_admin) return {};
  // Somebody must be able to make the others. Named by the moment: an earlier one may have been revoked.
  // The file first: a token that was stored and never shown would lock everybody out.
  auto token = new_token();
  first_token_ = fs::path(settings_.state) / "admin.token";
  TRIPLED_TRY(write_secret(first_token_, token));
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
  triggers_->stop();
  if (auto stored = core_->flush(); !stored) spdlog::error("{}", stored.error().message());
  local_worker_.reset();
  probes_.reset();
  storage_.reset();
  core_->stop_listening();
}

// --- sweeps

Result<MatrixRequest> Service::request_of(const web::Submission& submission) const {
  MatrixRequest out;
  out.text = submission.matrix;
  out.file = submission.file.empty() ? "matrix.yaml" : submission.file;
  out.cell_limit = settings_.cells_per_sweep;
  if (!submission.pool.empty()) out.pool = submission.pool;
  out.narrowing.triples = submission.triples;
  out.narrowing.packages = submission.packages;
  out.narrowing.tests = submission.tests;
  out.narrowing.only = submission.only;
  for (const auto& word : submission.stages) {
    auto stage = from_text<Stage>(word);
    if (!stage) return usage_error("`" + word + "` is not a stage: check, build, test-no-run or execute");
    out.narrowing.stages.push_back(*stage);
  }
  TRIPLED_ASSIGN(out.matrix, config::parse_matrix(out.text, out.file));
  auto& path = out.matrix.project.source.path;
  if (!path.empty() && !submission.directory.empty())
    path = (fs::path(submission.directory) / path).lexically_normal().string();
  if (!path.empty()) TRIPLED_TRY(check_project_path(path, settings_.project_roots));
  TRIPLED_TRY(complete(out));
  return out;
}

void Service::submit(web::Submission submission, const std::string& who,
                     std::function<void(Result<store::SweepId>)> done) {
  auto request = request_of(submission);
  if (!request) return done(request.error());
  auto audit = [who, file = request->file](store::Transaction& tx, store::SweepId id) {
    wire::json::object detail{{"sweep", std::to_string(id)}, {"matrix", file}};
    return tx.add_audit({0, unix_now_ms(), who, "sweep", wire::json::serialize(detail)});
  };
  begin(*request, audit, std::move(done));
}

// Right after a start the workers are on their way.
void Service::begin_later(const MatrixRequest& request, Core::AlsoWrite also,
                          std::function<void(Result<store::SweepId>)> done) {
  auto again = std::make_shared<asio::steady_timer>(io_, kLookForWorker);
  again->async_wait([this, again, request, also = std::move(also),
                     done = std::move(done)](boost::system::error_code ec) mutable {
    if (ec || stopping_) return done(Error(ErrorKind::tool, "the daemon ends"));
    begin(request, std::move(also), std::move(done));
  });
}

void Service::begin(const MatrixRequest& request, Core::AlsoWrite also,
                    std::function<void(Result<store::SweepId>)> done) {
  // What lies on a disk is seen from this machine; the daemon's own worker is here for certain.
  const bool is_path = !request.matrix.project.source.path.empty();
  auto worker = core_->idlest_worker(request.pool, is_path ? kLocalWorker : "");
  if (worker.empty() && !core_->has_worker() && std::chrono::steady_clock::now() < workers_awaited_until_)
    return begin_later(request, std::move(also), std::move(done));
  if (worker.empty())
    return done(
        Error(ErrorKind::tool, "no worker of pool `" + request.pool + "` is connected that takes work"));
  auto add = [this, request, worker, also, done](Result<Expanded> expanded) {
    if (!expanded) return done(expanded.error());
    leave_out_unlabelled(expanded->plan, core_->scheduler().workers());
    const auto& cells = expanded->plan.cells;
    bool nothing = std::all_of(cells.begin(), cells.end(),
                               [](const Cell& cell) { return !cell.excluded_reason.empty(); });
    if (request.change && nothing)
      return done(usage_error("the matrix excludes every cell: `when` is not met by this change"));
    const Placing placing{request.pool, worker, request.priority};
    auto id = core_->add_sweep(new_sweep(request, std::move(*expanded)), placing, also);
    if (id) publish("sweep-begun", *id, request.file);
    done(id);
  };
  expand(*core_, request, add, worker);
}

Status Service::cancel(store::SweepId sweep, bool now, const std::string& who) {
  wire::json::object detail{{"sweep", std::to_string(sweep)}, {"now", now}};
  return core_->cancel_sweep(sweep, now, {0, unix_now_ms(), who, "cancel", wire::json::serialize(detail)});
}

// Its exit status comes from its report, which may be large: read on another thread.
void Service::on_sweep_finished(store::SweepId sweep) {
  if (auto stored = core_->flush(); !stored) {  // why is said elsewhere; a full disk may have room again
    auto again = std::make_shared<asio::steady_timer>(io_, kStoreRetry);
    return again->async_wait([this, again, sweep](boost::system::error_code ec) {
      if (!ec && !stopping_) on_sweep_finished(sweep);
    });
  }
  bool cancelled = core_->is_cancelled(sweep);
  asio::post(judging_, [this, sweep, cancelled, database = core_->database()] {
    auto loaded = report::load(database, sweep);
    int status = loaded ? report::exit_status(*loaded, cancelled, false) : 3;
    std::optional<metrics::MatrixCoverage> coverage;
    if (loaded && !cancelled) coverage = coverage_of(database, sweep, *loaded);
    asio::post(io_, [this, sweep, status, coverage = std::move(coverage)]() mutable {
      if (stopping_) return;  // it is finished again at the next start
      if (coverage) coverage->evidence_at_ms = unix_now_ms();
      publish("sweep-finished", sweep, "exit status " + std::to_string(status));
      core_->finish_sweep(sweep, store::SweepState::finished, status,
                          [this, sweep, status, coverage = std::move(coverage)] {
                            spdlog::info("sweep {} is finished: exit status {}", sweep, status);
                            ++sweeps_ended_[status];
                            if (coverage) set_coverage(*coverage);
                            core_->forget_sweep(sweep);
                            triggers_->look_soon();
                          });
    });
  });
}

// --- coverage

// Of the sweeps a store holds, the newest of each matrix that is evidence; looked for among so many.
static constexpr int kSweepsLookedAt = 500;

void Service::load_coverage() {
  asio::post(judging_, [this, database = core_->database()] {
    auto reader = store::Reader::open(database);
    store::SweepQuery query;
    query.state = store::SweepState::finished;
    query.full_only = true;
    query.limit = kSweepsLookedAt;
    auto rows = reader ? reader->sweeps(query) : Result<std::vector<store::SweepRow>>(reader.error());
    if (!rows) return spdlog::warn("coverage metrics are empty: {}", rows.error().message());
    std::set<std::pair<store::ProjectId, std::string>> seen;
    for (const auto& row : *rows) {
      if (row.exit_status == 130 || seen.count({row.project, row.matrix_file})) continue;
      auto evidence = is_evidence(*reader, row);
      if (!evidence || !*evidence) continue;
      seen.insert({row.project, row.matrix_file});
      auto loaded = report::load(*reader, row.id);
      if (!loaded) continue;
      auto coverage = coverage_of(*reader, row, *loaded);
      coverage.evidence_at_ms = row.finished_at.value_or(row.started_at);
      asio::post(io_, [this, coverage = std::move(coverage)]() mutable {
        if (!stopping_) set_coverage(std::move(coverage));
      });
    }
  });
}

void Service::set_coverage(metrics::MatrixCoverage coverage) {
  auto& known = coverage_[{coverage.project, coverage.matrix}];
  if (known.evidence_at_ms <= coverage.evidence_at_ms) known = std::move(coverage);
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

// --- people

Status Service::write_audited(const std::string& who, const std::string& what, wire::json::object detail,
                              CommitQueue::Write change) {
  store::AuditRow row{0, unix_now_ms(), who, what, wire::json::serialize(detail)};
  return core_->write_now([row, change](store::Transaction& tx) -> Status {
    if (change) TRIPLED_TRY(change(tx));
    return tx.add_audit(row);
  });
}

Status Service::change_worker(const std::string& worker, web::WorkerChange change, const std::string& who) {
  auto known = workers();
  bool found =
      std::any_of(known.begin(), known.end(), [&](const auto& view) { return view.worker == worker; });
  if (!found) return usage_error("there is no worker `" + worker + "`");
  switch (change) {
    case web::WorkerChange::drain:
      TRIPLED_TRY(write_audited(who, "drain", {{"worker", worker}}, {}));
      core_->change_worker(sched::DrainWorker{worker, false});
      return {};
    case web::WorkerChange::undrain:
      TRIPLED_TRY(write_audited(who, "undrain", {{"worker", worker}}, {}));
      core_->change_worker(sched::UndrainWorker{worker});
      return {};
    case web::WorkerChange::release:
      TRIPLED_TRY(write_audited(who, "release", {{"worker", worker}}, {}));
      core_->change_worker(sched::ReleaseWorker{worker});
      return {};
  }
  return {};
}

Status Service::store_token(const std::string& name, Role role, const std::string& token,
                            const std::string& who) {
  store::TokenRow row;
  row.name = name;
  row.role = role;
  row.hash = hash_of_token(token);
  row.created_at = unix_now_ms();
  TRIPLED_TRY(write_audited(who, "add token", {{"name", name}, {"role", to_text(role)}},
                            [row](store::Transaction& tx) { return tx.add_token(row); }));
  access_.add(row);
  return {};
}

Result<std::string> Service::add_token(const std::string& name, Role role, const std::string& who) {
  if (name == kLocalWorker) return usage_error("`local` is the daemon's own worker");
  auto token = new_token();
  TRIPLED_TRY(store_token(name, role, token, who));
  return token;
}

Status Service::revoke_token(const std::string& name, const std::string& who) {
  TRIPLED_TRY(write_audited(who, "revoke token", {{"name", name}},
                            [name](store::Transaction& tx) { return tx.revoke_token(name, unix_now_ms()); }));
  access_.revoke(name);
  return {};
}

}  // namespace tripled::app
