#include "workers/agent/agent.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <map>
#include <optional>

#include "schema/base/failpoint.h"
#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "schema/base/size.h"
#include "schema/program/forced_end.h"
#include "schema/program/service_manager.h"
#include "workers/agent/batch.h"
#include "workers/agent/http.h"
#include "workers/agent/machine.h"
#include "workers/agent/room.h"
#include "workers/agent/spool_writer.h"
#include "workers/agent/touch.h"
#include "workers/agent/transfer.h"
#include "workers/workdir/collect.h"

namespace tripled::agent {

namespace asio = boost::asio;

namespace {

// One lease that runs here. `finished` and the rest are touched on the io thread only; the token by anybody.
struct RunningLease {
  explicit RunningLease(wire::Grant g) : grant(std::move(g)) {}
  wire::Grant grant;
  exec::CancelToken token;
};

class Agent {
 public:
  Agent(AgentOptions options, std::unique_ptr<Spool> spool)
      : options_(std::move(options)),
        spool_(std::move(spool)),
        clients_(options_.daemon),
        room_(options_.cache, options_.least_free),
        instance_(random_hex()),
        slots_(static_cast<std::size_t>(options_.slots)),
        questions_(2),
        heartbeat_(io_),
        watchdog_(io_),
        signals_(io_, SIGINT, SIGTERM),
        stdin_(io_) {
    context_.name = options_.name;
    context_.compiles = options_.compiles;
    context_.executes = options_.executes;
    context_.cache = options_.cache;
    context_.shim = exec::ShimPath::small();
    context_.limits = options_.job_limits;
    context_.environment = process_environment();
    context_.host = host_facts();
    ConnectionHandlers handlers;
    handlers.opened = [this] { say_hello(); };
    handlers.message = [this](wire::DaemonMessage m) {
      std::visit([this](auto& message) { on(std::move(message)); }, m);
    };
    handlers.lost = [this](const std::string& why) {
      spdlog::info("connection to the daemon lost: {}", why);
      spool_writer_.all_now();
    };
    connection_ = std::make_unique<Connection>(io_, options_.daemon, std::move(handlers));
  }

  int run() {
    connection_->start();
    wait_for_signal();
    if (options_.exit_on_stdin_eof) watch_stdin();
    manager_.say("READY=1");
    if (manager_.watchdog_interval()) watch();
    io_.run();
    slots_.join();
    questions_.join();
    upkeep_.join();
    spool_writer_.join();
    return exit_code_;
  }

 private:
  class Io;

  // --- session
  // ----------------------------------------------------------------------------------------------------

  void say_hello() {
    failpoint("worker.hello");
    wire::Hello hello;
    hello.version = TRIPLED_VERSION;
    hello.worker = options_.name;
    hello.instance = instance_;
    hello.slots = options_.slots;
    hello.pool = options_.pool;
    hello.labels = options_.labels;
    if (!options_.compiles) hello.labels.emplace_back("execute-only");
    if (!options_.executes) hello.labels.emplace_back("compile-only");
    hello.store = store_;
    hello.host = context_.host;
    for (auto& fact : machine_facts(options_.cache)) hello.host.insert(std::move(fact));
    for (const auto& [lease, running] : running_)
      for (const auto& job : running->grant.jobs)
        hello.held.push_back({lease, running->grant.batch, job.attempt, running->grant.epoch, false});
    for (const auto& report : spool_->all())
      hello.held.push_back({report.lease, "", report.attempt, report.epoch, true});
    connection_->send(hello);
  }

  void on(wire::Welcome welcome) {
    if (!wire::is_spoken(welcome.protocol)) {
      wire::Goodbye end;
      end.reason = "it (tripled " + welcome.version + ") answers in protocol " +
                   std::to_string(welcome.protocol) + ", this worker speaks " + wire::spoken_protocols() +
                   ": install the same version of both";
      return on(end);
    }
    store_ = welcome.store;
    heartbeat_every_ = std::chrono::milliseconds(std::max<std::int64_t>(welcome.heartbeat_ms, 100));
    for (const auto& answer : welcome.held) decide(answer);
    beat();
  }

  void decide(const wire::HeldAnswer& answer) {
    switch (answer.decision) {
      case wire::HeldDecision::keep:
        return;
      case wire::HeldDecision::drop:
        return spool_->remove(answer.attempt);
      case wire::HeldDecision::stop:
        for (auto& [lease, running] : running_)
          for (const auto& job : running->grant.jobs)
            if (job.attempt == answer.attempt) running->token.cancel(true);
        return;
      case wire::HeldDecision::send:
        for (const auto& report : spool_->all())
          if (report.attempt == answer.attempt) connection_->send(report);
        return;
    }
  }

  void on(wire::Goodbye goodbye) {
    if (!goodbye.finished) {
      spdlog::error("the daemon ended the session: {}", goodbye.reason);
      exit_code_ = 1;
    }
    finish(true);
  }

  void on(wire::Ask ask) {
    asio::post(questions_, [this, ask = std::move(ask)] {
      wire::Answer answer;
      answer.id = ask.id;
      if (auto body = answer_question(ask, context_))
        answer.body = std::move(body).value();
      else
        answer.error = body.error().message();
      asio::post(io_, [this, answer = std::move(answer)] { connection_->send(answer); });
    });
  }

  void on(wire::Grant grant);

  void on(wire::Ack ack) {
    failpoint("worker.result.acked");
    spool_->remove(ack.attempt);
  }

  void on(wire::Revoke revoke) {
    if (auto found = running_.find(revoke.lease); found != running_.end())
      found->second->token.cancel(revoke.now);
  }

  // Also why nothing is taken for now.
  void say_what_runs() {
    wire::Heartbeat heartbeat;
    for (const auto& [lease, running] : running_) heartbeat.leases.push_back(lease);
    heartbeat.refuses = room_.missing();
    if (refuses_.empty() && !heartbeat.refuses.empty())
      spdlog::warn("nothing more is taken: {}", heartbeat.refuses);
    if (!refuses_.empty() && heartbeat.refuses.empty())
      spdlog::info("there is room on the disk again: going on");
    refuses_ = heartbeat.refuses;
    connection_->send(heartbeat);
  }

  void beat() {
    say_what_runs();
    connection_->ping();
    heartbeat_.expires_after(heartbeat_every_);
    heartbeat_.async_wait([this](boost::system::error_code ec) {
      if (!ec && connection_->is_open()) beat();
    });
  }

  // Tells the service manager that this worker is in touch; only while it is.
  void watch() {
    auto silence = std::chrono::steady_clock::now() - connection_->last_sign();
    if (in_touch(connection_->is_open(), silence, heartbeat_every_))
      manager_.say("WATCHDOG=1");
    else
      spdlog::error("nothing was heard of the daemon for {} s",
                    std::chrono::duration_cast<std::chrono::seconds>(silence).count());
    watchdog_.expires_after(*manager_.watchdog_interval());
    watchdog_.async_wait([this](boost::system::error_code ec) {
      if (!ec) watch();
    });
  }

  // --- end
  // --------------------------------------------------------------------------------------------------------

  void wait_for_signal() {
    signals_.async_wait([this](boost::system::error_code ec, int) {
      if (ec) return;
      boost::system::error_code ignored;
      signals_.clear(ignored);
      program::next_signal_ends_at_once();
      spdlog::info("ending: stopping {} running batches; a second signal ends at once", running_.size());
      finish(stopping_);
    });
  }

  void watch_stdin() {
    stdin_.assign(::dup(STDIN_FILENO));
    stdin_.async_read_some(asio::buffer(stdin_byte_),
                           [this](boost::system::error_code, std::size_t) { finish(true); });
  }

  // Between two batches, at most every few minutes: what the cache holds above its limit goes.
  void collect() {
    constexpr std::chrono::minutes interval{10};
    const auto now = std::chrono::steady_clock::now();
    if (stopping_ || options_.cache_limit == 0 || (collected_ && now - *collected_ < interval)) return;
    collected_ = now;
    asio::post(upkeep_, [this] {
      workdir::CacheLimits limits;
      limits.bytes = options_.cache_limit;
      limits.cancelled = [this] { return ending_.load(); };
      auto collected = workdir::collect(options_.cache, limits, std::chrono::system_clock::now());
      if (!collected) return spdlog::warn("{}", collected.error().message());
      for (const auto& use : *collected)
        if (use.removed > 0)
          spdlog::info("removed {} of {} entries of {}/{}, {}: over {}", use.removed, use.entries,
                       options_.cache.string(), use.kind, format_size(use.freed), format_size(use.ceiling));
    });
  }

  // Stops what runs; the process ends when nothing runs any more.
  void finish(bool now) {
    stopping_ = true;
    ending_ = true;
    for (auto& [lease, running] : running_) running->token.cancel(now);
    if (running_.empty()) stop();
  }

  void stop() {
    manager_.say("STOPPING=1");
    watchdog_.cancel();
    heartbeat_.cancel();
    spool_writer_.all_now();
    connection_->stop();
    boost::system::error_code ignored;
    signals_.cancel(ignored);
    if (stdin_.is_open()) stdin_.close(ignored);
  }

  AgentOptions options_;
  std::unique_ptr<Spool> spool_;
  HttpClients clients_;
  Room room_;
  std::string refuses_;  // as it was said last; empty: leases are taken
  const std::string instance_;
  const program::ServiceManager manager_ = program::ServiceManager::from_environment();
  WorkerContext context_;
  asio::io_context io_{1};
  asio::thread_pool slots_, questions_, upkeep_{1};
  SpoolWriter spool_writer_{io_, *spool_};
  std::optional<std::chrono::steady_clock::time_point> collected_;
  std::atomic<bool> ending_{false};  // for the thread of upkeep_
  asio::steady_timer heartbeat_, watchdog_;
  asio::signal_set signals_;
  asio::posix::stream_descriptor stdin_;
  char stdin_byte_[1] = {};
  std::unique_ptr<Connection> connection_;
  std::map<std::int64_t, std::shared_ptr<RunningLease>> running_;
  std::string store_;
  std::chrono::milliseconds heartbeat_every_{15'000};
  bool stopping_ = false;
  int exit_code_ = 0;
};

// What the jobs of one lease see of the agent. On the slot's thread; passes everything to the io thread.
class Agent::Io : public BatchIo {
 public:
  Io(Agent& agent, std::shared_ptr<RunningLease> lease) : agent_(agent), lease_(std::move(lease)) {}

  void started(const wire::GrantedJob& job) override {
    send(wire::Started{lease_->grant.lease, job.job, job.attempt, lease_->grant.epoch});
    failpoint("worker.started");
  }
  void progress(const wire::GrantedJob& job, const std::string& text) override {
    send(wire::Progress{lease_->grant.lease, job.job, text});
  }
  void finished(const wire::GrantedJob& job, Outcome outcome, wire::json::value body) override {
    wire::AttemptReport report{lease_->grant.lease, job.job, job.attempt,
                               lease_->grant.epoch, outcome, std::move(body)};
    failpoint("worker.result.before_spool");
    agent_.spool_->hold(report);
    asio::post(agent_.io_, [agent = &agent_, report = std::move(report)] {
      agent->connection_->send(report);
      agent->spool_writer_.soon(agent->connection_->is_open());
    });
    failpoint("worker.result.sent");
  }
  BlobRef upload(std::string_view content) override {
    if (lease_->token.cancelled_now()) return {};  // whoever would read it does not wait any more
    failpoint("worker.log.before_upload");
    auto client = agent_.clients_.borrow();
    auto ref = upload_blob(*client, content, [this] { return lease_->token.cancelled(); });
    agent_.clients_.give_back(std::move(client));
    failpoint("worker.log.uploaded");
    if (ref) return *ref;
    spdlog::warn("a log was lost: {}", ref.error().message());
    return {};
  }
  Result<BlobRef> upload_file(const std::filesystem::path& file) override {
    return agent::upload_file(agent_.options_.daemon, file, [this] { return lease_->token.cancelled(); });
  }
  Status download(const BlobRef& ref, const std::filesystem::path& to) override {
    return download_blob(agent_.options_.daemon, ref, to, [this] { return lease_->token.cancelled(); });
  }
  void give_back(const std::string& ability, const std::string& why) override {
    given_back_ = true;
    send(wire::LeaseReturned{lease_->grant.lease, lease_->grant.epoch, ability, why});
  }
  bool given_back() const { return given_back_; }
  exec::CancelToken& cancel() override { return lease_->token; }

 private:
  void send(wire::WorkerMessage message) {
    asio::post(agent_.io_, [this_agent = &agent_, message = std::move(message)] {
      this_agent->connection_->send(message);
    });
  }
  Agent& agent_;
  std::shared_ptr<RunningLease> lease_;
  bool given_back_ = false;
};

void Agent::on(wire::Grant grant) {
  if (running_.count(grant.lease)) return;
  if (!stopping_ && !room_.missing().empty()) say_what_runs();
  if (stopping_ || spool_->full() || !refuses_.empty()) {
    spdlog::warn("lease {} is given back: {}", grant.lease,
                 stopping_        ? "this worker is ending"
                 : spool_->full() ? "too many results wait for the daemon"
                                  : refuses_);
    return connection_->send(wire::LeaseReturned{grant.lease, grant.epoch});
  }
  auto lease = std::make_shared<RunningLease>(std::move(grant));
  running_[lease->grant.lease] = lease;
  failpoint("worker.leased");
  asio::post(slots_, [this, lease] {
    Io io(*this, lease);
    run_batch(lease->grant, context_, io);
    asio::post(io_, [this, lease, given_back = io.given_back()] {
      failpoint("worker.batch.done");
      if (!room_.missing().empty()) say_what_runs();  // before the slot is free
      running_.erase(lease->grant.lease);
      if (!given_back) connection_->send(wire::BatchDone{lease->grant.lease, lease->grant.epoch});
      if (stopping_ && running_.empty()) stop();
      collect();
    });
  });
}

}  // namespace

int run_agent(AgentOptions options) {
  auto spool = Spool::open(options.state / "spool");
  if (!spool) {
    spdlog::error("{}", spool.error().message());
    return 2;
  }
  for (const auto& why : (*spool)->set_aside()) spdlog::error("{}", why);
  return Agent(std::move(options), std::move(spool).value()).run();
}

}  // namespace tripled::agent
