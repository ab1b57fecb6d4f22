#include "daemon/app/core/core.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>

#include "daemon/app/sweep/infrastructure.h"
#include "schema/base/failpoint.h"
#include "schema/base/hash.h"
#include "schema/base/text.h"

namespace tripled::app {

namespace asio = boost::asio;

static TimePoint now() { return std::chrono::steady_clock::now(); }

Core::Core(asio::io_context& io, CoreOptions options, store::Store store, store::BlobStore blobs,
           CoreListener& listener)
    : io_(io),
      options_(std::move(options)),
      store_(std::move(store)),
      blobs_(std::move(blobs)),
      listener_(listener),
      scheduler_(options_.policy),
      timer_(io),
      upkeep_(io),
      commits_(io, store_, [this](const Error& error) { commit_failed(error); }),
      transfer_(io, files_, blobs_, blob_options(),
                {[this](const std::string& why) { files_met_full_disk(why); },
                 [this](const std::string& why) { files_failed(why); }}) {}

Core::~Core() { files_.join(); }

// Half of what the process may open: the rest is for files.
static std::size_t connections_there_are_descriptors_for() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<std::size_t>(limit.rlim_cur / 2) : 256;
}

Status Core::listen() {
  auto reader = store::Reader::open(store_.path());
  if (!reader) return reader.error();
  TRIPLED_ASSIGN(store::IdCounters counters, reader->id_counters());
  sched::RestoredState nothing;
  nothing.last_lease = counters.lease;  // ids are never used twice
  scheduler_ = sched::Scheduler::restore(options_.policy, nothing, now());
  net::ServerOptions server;
  server.address = options_.address;
  server.port = options_.port;
  server.tls = options_.tls;
  server.max_connections = std::min(server.max_connections, connections_there_are_descriptors_for());
  server.identify = options_.identify;
  TRIPLED_TRY(sweep_blobs());
  TRIPLED_ASSIGN(server_, net::Server::start(io_, server, *this));
  tend();
  return {};
}

// --- questions
// ----------------------------------------------------------------------------------------------------

std::string Core::idlest_worker(const std::string& pool, const std::string& preferred) const {
  std::string best;
  int most = 0;
  for (const auto& view : scheduler_.workers()) {
    int free = view.slots - view.used;
    auto has = [&](const std::string& label) {
      return std::find(view.labels.begin(), view.labels.end(), label) != view.labels.end();
    };
    // Facts and prepare need cargo.
    const bool fit = has(pool_label(pool)) && !has("execute-only");
    if (!view.connected || view.draining || !view.quarantine.empty() || !fit) continue;
    if (view.worker == preferred) return preferred;
    if (!best.empty() && free <= most) continue;
    best = view.worker;
    most = free;
  }
  return best;
}

void Core::ask(const std::string& worker, const std::string& kind, wire::json::value body, AnswerFn done) {
  auto asked = std::find_if(sessions_.begin(), sessions_.end(), [&](const auto& session) {
    return worker.empty() || session.second.worker == worker;
  });
  if (asked == sessions_.end())
    return done(Error(ErrorKind::tool, worker.empty() ? "no worker is connected"
                                                      : "worker `" + worker + "` is not connected"));
  wire::Ask question{"q" + std::to_string(next_question_++), kind, std::move(body)};
  questions_[question.id] = std::move(done);
  server_->send(asked->first, question);
}

void Core::on(net::SessionId, const wire::Answer& answer) {
  auto found = questions_.find(answer.id);
  if (found == questions_.end()) return;
  auto done = std::move(found->second);
  questions_.erase(found);
  if (answer.error.empty())
    done(answer.body);
  else
    done(Error(ErrorKind::tool, answer.error));
}

// --- sessions
// -----------------------------------------------------------------------------------------------------

void Core::worker_opened(net::SessionId session, const net::Identity& identity) {
  tokens_[session] = identity;
}

void Core::shut_out(const std::string& worker) {
  std::vector<net::SessionId> out;
  for (const auto& [session, token] : tokens_)
    if (token.name == worker) out.push_back(session);
  for (auto session : out) refuse(session, "its token was revoked or replaced");
  if (!out.empty()) worker_died(worker);
}

void Core::worker_message(net::SessionId session, wire::WorkerMessage message) {
  if (failed_) return;
  bool greeting = std::holds_alternative<wire::Hello>(message);
  if (!greeting && !sessions_.count(session)) return server_->close(session);
  std::visit([&](const auto& m) { on(session, m); }, message);
}

void Core::worker_closed(net::SessionId session, const std::string& why) {
  tokens_.erase(session);
  auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  auto gone = found->second;
  sessions_.erase(found);
  spdlog::debug("worker {} disconnected: {}", gone.worker, why);
  auto open = std::exchange(questions_, {});
  for (auto& [id, done] : open) done(Error(ErrorKind::tool, "the worker was lost before it answered"));
  apply(sched::WorkerGone{gone.worker, gone.instance, false});
}

void Core::worker_died(const std::string& worker) {
  for (const auto& view : scheduler_.workers())
    if (view.worker == worker) apply(sched::WorkerGone{worker, view.instance, true});
}

static std::string what_to_install(const wire::Hello& hello) {
  const bool old = hello.protocol < wire::oldest_protocol_version;
  return "this daemon (tripled " TRIPLED_VERSION ") speaks " + wire::spoken_protocols() + ", this worker (" +
         (hello.version.empty() ? "of no known version" : hello.version) + ") protocol " +
         std::to_string(hello.protocol) + ": install " +
         (old ? std::string("tripled-worker " TRIPLED_VERSION " here")
              : "tripled " + hello.version + " on the daemon's machine, or an older tripled-worker here");
}

void Core::refuse(net::SessionId session, const std::string& why) {
  server_->send(session, wire::Goodbye{why, false});
  server_->close(session);
}

bool Core::is_connected(const std::string& worker) const {
  return std::any_of(sessions_.begin(), sessions_.end(),
                     [&](const auto& session) { return session.second.worker == worker; });
}

void Core::on(net::SessionId session, const wire::Hello& hello) {
  // A token speaks for one worker: nobody takes over another's jobs with it.
  const auto& token = tokens_[session];
  if (token.name != hello.worker)
    return refuse(session, "the token is that of worker `" + token.name + "`, this one calls itself `" +
                               hello.worker + "` (tripled-worker --name)");
  if (!token.pool.empty() && token.pool != hello.pool)
    return refuse(session, "the token is for pool `" + token.pool + "`, this worker is of pool `" +
                               hello.pool + "` (tripled-worker --pool)");
  if (!wire::is_spoken(hello.protocol)) {
    refuse(session, what_to_install(hello));
    if (!is_connected(hello.worker)) worker_died(hello.worker);  // what it runs ends with it
    return;
  }
  sched::WorkerHello event{hello.worker, hello.instance, hello.slots, {}, {}, {}};
  for (const auto& label : hello.labels)  // nobody gives himself another one's
    if (!label.starts_with(own_label("")) && !label.starts_with(pool_label("")))
      event.labels.push_back(label);
  event.labels.push_back(own_label(hello.worker));
  event.labels.push_back(pool_label(hello.pool));
  // The same process again: its connection before was cut, and the news of that may be late.
  std::erase_if(sessions_, [&](const auto& other) {
    bool cut = other.first != session && other.second.worker == hello.worker &&
               other.second.instance == hello.instance;
    if (cut) server_->close(other.first);
    return cut;
  });
  sessions_[session] = {hello.worker, hello.instance, hello.protocol};
  machines_[hello.worker] = hello.host;
  for (const auto& [id, sweep] : sweeps_) event.lacks.merge(sweep->lacks_of(hello.worker));
  bool same_store = hello.store.empty() || hello.store == store_.store_id();
  for (const auto& held : hello.held)
    if (same_store)
      event.running.push_back({held.lease, held.epoch, held.batch, held.attempt, held.finished});
  if (!same_store) {  // of another database: nothing of it has a place here
    wire::Welcome welcome;
    welcome.protocol = hello.protocol;
    for (const auto& held : hello.held)
      welcome.held.push_back(
          {held.attempt, held.finished ? wire::HeldDecision::drop : wire::HeldDecision::stop});
    welcome.store = store_.store_id();
    welcome.heartbeat_ms = options_.policy.heartbeat.count();
    server_->send(session, welcome);
  }
  apply(event);
  SweepEvent news;
  news.kind = "worker";
  news.worker = hello.worker;
  news.text = "connected with " + std::to_string(hello.slots) + " slots";
  publish_alone(std::move(news));
}

void Core::on(net::SessionId session, const wire::Heartbeat& heartbeat) {
  const auto& s = sessions_[session];
  apply(sched::Heartbeat{s.worker, s.instance, heartbeat.leases, heartbeat.refuses});
}

void Core::on(net::SessionId, const wire::Started& started) {
  apply(sched::JobStarted{started.lease, started.epoch, started.job});
}

void Core::on(net::SessionId session, const wire::Progress& progress) {
  auto* s = sweep_of_job(progress.job);
  if (!s) return;
  const auto& row = s->job(progress.job);
  auto news = s->event("progress", row);
  news.worker = sessions_[session].worker;
  news.text = progress.text;
  tell(std::move(news));
}

void Core::on(net::SessionId, const wire::BatchDone& done) {
  apply(sched::BatchDone{done.lease, done.epoch});
}

static BlobRef log_of(const wire::json::value& body) {
  BlobRef log;
  auto* object = body.if_object();
  auto* found = object ? object->if_contains("log") : nullptr;
  if (found && !wire::from_json(*found, log)) log = {};
  return log;
}

void Core::on(net::SessionId session, const wire::AttemptReport& report) {
  failpoint("daemon.result.received");
  auto attempt = scheduler_.open_attempt(report.lease, report.epoch, report.job);
  auto* s = sweep_of_job(report.job);
  sched::AttemptDone event{report.lease,          report.epoch, report.job, report.outcome,
                           sched::Next::finished, {},           {}};
  const auto& from = sessions_[session];
  Incoming incoming{from.worker,  from.instance,       report.job,  report.attempt,
                    report.epoch, log_of(report.body), std::nullopt};
  if (attempt && s) {
    auto taken = s->take(report.job, report.body, attempt_reasons_[*attempt], from.worker);
    if (!taken) {
      AttemptResult unreadable;
      unreadable.process.outcome = Outcome::not_run;
      unreadable.broken_reason = "the worker sent a result that cannot be read: " + taken.error().message();
      incoming.taken.emplace();
      incoming.taken->stored = unreadable;
      s->take_lost(report.job, unreadable);
    } else {
      incoming.taken = std::move(taken).value();
    }
    auto kind = s->batch_of_job(report.job).kind;
    if (is_infrastructure(report.outcome, kind, incoming.taken->stored))
      incoming.taken->next = sched::Next::retry_infrastructure;
    event.next = incoming.taken->next;
    event.skip_batches = incoming.taken->skip_batches;
  }
  auto lacks = incoming.taken ? incoming.taken->lacks : std::vector<sched::WorkerLacks>();
  for (const auto& lack : lacks) apply(lack);
  apply(event, std::move(incoming));
  commits_.then([this, session, attempt = report.attempt] {
    failpoint("daemon.result.before_ack");
    server_->send(session, wire::Ack{attempt});
    failpoint("daemon.result.acked");
  });
}

// --- HTTP
// ---------------------------------------------------------------------------------------------------------

net::HttpResponse Core::health() const {
  bool ok = !failed_ && store_.health() != store::Health::failed;
  auto reason = store_.health_reason();
  return {ok ? 200u : 503u, "text/plain", (reason.empty() ? "ok" : reason) + "\n"};
}

net::HttpResponse Core::readiness() const {
  std::string why;
  if (failed_ || store_.health() != store::Health::ok)
    why += "the database takes nothing: " + store_.health_reason() + "\n";
  else if (storage_full_)
    why += "no room on the disk of " + options_.state.string() + "\n";
  if (scheduler_.draining()) why += "draining: nothing more is started\n";
  if (!server_ || !server_->listening()) why += "not listening\n";
  return {why.empty() ? 200u : 503u, "text/plain", why.empty() ? "ready\n" : why};
}

void Core::http(net::HttpRequest request, std::function<void(net::HttpResponse)> reply) {
  const bool probe = request.target == "/healthz" || request.target == "/readyz";
  if (probe && request.method != "GET" && request.method != "HEAD")
    return reply({405, "text/plain", "only read\n", {{"Allow", "GET, HEAD"}}});
  if (probe) return reply(request.target == "/healthz" ? health() : readiness());
  if (BlobTransfer::is_for_blobs(request.target))
    return transfer_.handle(std::move(request), std::move(reply));
  if (options_.http) return options_.http(std::move(request), std::move(reply));
  reply({404, "text/plain", "nothing is here\n"});
}

void Core::cut_part(net::HttpRequest request, std::function<void()> done) {
  if (!BlobTransfer::is_for_blobs(request.target)) return done();
  transfer_.handle_cut(std::move(request), std::move(done));
}

}  // namespace tripled::app
