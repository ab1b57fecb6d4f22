// The heart of the daemon: scheduler, store and sessions joined. Every event is handled, persisted in a
// synced transaction, and only then answered (DESIGN.md, "persist, then send"). A full disk stops granting
// until there is room again; any other failure of the store is the end. io thread only.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "config/catalogue/catalogue.h"
#include "daemon/app/core/blob_transfer.h"
#include "daemon/app/core/collection.h"
#include "daemon/app/core/commit_queue.h"
#include "daemon/app/core/progress.h"
#include "daemon/app/core/ready_jobs.h"
#include "daemon/app/sweep/sweep.h"
#include "daemon/diagnosis/findings/findings.h"
#include "daemon/metrics/exposition.h"
#include "daemon/net/server.h"
#include "daemon/sched/scheduler.h"
#include "daemon/store/blobs.h"
#include "daemon/store/reader.h"
#include "daemon/store/store.h"
#include "daemon/web/engine.h"

namespace tripled::app {

class CoreListener {
 public:
  virtual ~CoreListener() = default;
  virtual void on_event(const SweepEvent& event) = 0;
  virtual void on_sweep_finished(store::SweepId sweep) = 0;
  // The store failed for good: nothing more can be promised.
  virtual void on_failed(const Error& error) = 0;
};

struct CoreOptions {
  std::filesystem::path state;  // database, blobs
  std::function<net::Identity(std::string_view token)> identify;
  // What is not for workers: pages and API. None: 404.
  std::function<void(net::HttpRequest, std::function<void(net::HttpResponse)>)> http;
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;                          // 0: the kernel chooses
  std::shared_ptr<net::TlsContext> tls = nullptr;  // none: plain HTTP
  sched::Policy policy;
  DiskLimits disk = disk_limits({});
  std::int64_t keep_events = 0;  // so many of the newest are stored; 0: none
  BlobTransferOptions blobs;     // who may read what is Core's
  // More than one worker may take part: sources are shared, artefacts may move.
  bool fleet = false;
  // What no connected worker can run ends after this time.
  Millis give_up_after = std::chrono::minutes(10);
  ShardPolicy shards;
};

class Core : public net::ServerHandler {
 public:
  Core(boost::asio::io_context& io, CoreOptions options, store::Store store, store::BlobStore blobs,
       CoreListener& listener);
  ~Core() override;

  Status listen();  // starts the server
  std::uint16_t port() const { return server_->port(); }
  // For the worker that we start ourselves: without TLS. Returns the port.
  Result<std::uint16_t> listen_on_loopback() { return server_->listen_plainly_on_loopback(); }
  void set_certificate(std::shared_ptr<net::TlsContext> tls) { server_->set_certificate(std::move(tls)); }
  // /healthz: whether the process is to be kept. /readyz: whether it takes work now, else why not, a line
  // each.
  net::HttpResponse health() const;
  net::HttpResponse readiness() const;

  bool has_worker() const { return !sessions_.empty(); }
  // Facts of each worker's machine (wire::Hello::host), of those that came since the start.
  const std::map<std::string, std::map<std::string, std::string>>& machines() const { return machines_; }
  // The connected one of this pool with the most free slots that may be given work; `preferred` if it is
  // one of them; empty: there is none.
  std::string idlest_worker(const std::string& pool, const std::string& preferred = "") const;
  // Asks a worker, any if none is named; the callback gets its answer or an error, also when the worker is
  // lost meanwhile.
  using AnswerFn = std::function<void(Result<wire::json::value>)>;
  void ask(const std::string& worker, const std::string& kind, wire::json::value body, AnswerFn done);

  // Rows first, then the scheduler. Returns its id. store error: no room on the disk.
  // `also` is written in the same commit; refused, there is no sweep.
  using AlsoWrite = std::function<Status(store::Transaction&, store::SweepId)>;
  Result<store::SweepId> add_sweep(const store::NewSweep& sweep, const Placing& placing = {},
                                   const AlsoWrite& also = {});
  // Goes on with an unfinished sweep: its snapshot and lock, jobs that ended stay ended. Before any worker
  // says hello: what one has spooled for this sweep would be dropped.
  Status resume_sweep(store::SweepId sweep);
  // The same for every sweep that was running when the daemon ended; how many there are.
  Result<std::size_t> restore_running();
  // Stored together with its line in the audit table, and said again after a restart. usage error: it does
  // not run.
  Status cancel_sweep(store::SweepId sweep, bool now, const store::AuditRow& audit);
  bool is_cancelled(store::SweepId sweep) const { return cancelled_.count(sweep) > 0; }
  void drain() { apply(sched::Drain{}); }  // grants nothing more
  // `done` is called when it is stored; that may have to wait for room on the disk.
  void finish_sweep(store::SweepId sweep, store::SweepState state, int exit_status,
                    std::function<void()> done);
  // Cells that are over are tried again in place; which. The sweep, finished or not, runs from now on. Errors
  // as web::Engine::rerun says. core_rerun.cc
  Result<std::vector<std::string>> rerun(store::SweepId sweep, const web::RerunRequest& request,
                                         const std::string& who);
  // As web::Engine::void_worker says. store error: no room. core_void.cc
  Result<web::VoidedWork> void_worker(const web::VoidRequest& request, const std::string& who);
  // What its evidence was diagnosed as; written with what is written next. core_sweeps.cc
  void store_findings(store::SweepId sweep, const diagnosis::SweepFindings& findings);
  // Of a finished sweep, of which some is void since; nothing if it runs again. `finished_at`: as it was.
  void amend_exit_status(store::SweepId sweep, int exit_status, store::UnixMs finished_at);
  // A sweep that is finished and stored leaves memory.
  void forget_sweep(store::SweepId sweep);
  // Stores now what waits.
  Status flush() { return commits_.flush(); }
  // The token of this worker is good no more: its sessions end, and with them its leases.
  void shut_out(const std::string& worker);
  // The worker process that was started by us is gone.
  void worker_died(const std::string& worker);
  // Says goodbye to every worker, which ends it, and stops listening.
  void shut_down();
  // Closes every connection: workers go on with their jobs and come back when there is a daemon again.
  void stop_listening();

  // A sweep names these sources, which somebody sent.
  void sources_swept(const std::string& hash) { waiting_sources_.erase(hash); }
  // Of a whole blob; none: it is not here. usage error: no hash.
  Result<std::optional<std::uint64_t>> stored_size(const std::string& hash) const {
    return blobs_.size_of(hash);
  }
  // Leases of this project at once, over all of its sweeps; 0: as many as fit. Again after a start.
  void limit_project(const std::string& project, int leases) { apply(sched::ProjectLimit{project, leases}); }

  // Files over their ceilings go, now and not at the next turn of the clock.
  void collect();
  // Stored, where events are kept, and then told to the listener. core_news.cc
  void publish_alone(SweepEvent event);

  // Written with what is written next.
  void write_soon(CommitQueue::Write write);
  // What is written by a person's wish, synced when it returns; refused, nothing of it is.
  Status write_now(const CommitQueue::Write& write);
  void change_worker(const sched::Event& event) { apply(event); }
  bool is_running(store::SweepId sweep) const { return sweeps_.count(std::to_string(sweep)) > 0; }
  std::size_t sweeps_running() const { return sweeps_.size(); }
  std::string unhealthy() const { return store_.health_reason(); }

  Progress progress() const;

  const sched::Scheduler& scheduler() const { return scheduler_; }
  const std::filesystem::path& database() const { return store_.path(); }
  std::filesystem::path blob_directory() const { return options_.state / "blobs"; }
  std::uint64_t commits() const { return commits_.commits(); }
  // Counted since the start.
  metrics::Tally tally() const;
  // How long the job that is ready longest waits; none does: 0.
  Millis oldest_ready() const;
  store::Store& store_for_tests() { return store_; }

  // net::ServerHandler
  void worker_opened(net::SessionId session, const net::Identity& identity) override;
  void worker_message(net::SessionId session, wire::WorkerMessage message) override;
  void worker_closed(net::SessionId session, const std::string& why) override;
  void http(net::HttpRequest request, std::function<void(net::HttpResponse)> reply) override;
  void cut_part(net::HttpRequest request, std::function<void()> done) override;

 private:
  struct Session {
    std::string worker, instance;
    int protocol = wire::protocol_version;
  };
  // A worker's report while its event is being handled.
  struct Incoming {
    std::string worker, instance, job, attempt;  // attempt empty: the event is no report
    sched::Epoch epoch = 0;
    BlobRef log;
    std::optional<TakenResult> taken;  // none: it is stale
  };

  Status restore(const std::vector<store::SweepId>& sweeps);
  void refuse(net::SessionId session, const std::string& why);  // says goodbye
  bool is_connected(const std::string& worker) const;
  void on(net::SessionId session, const wire::Hello& hello);
  void on(net::SessionId session, const wire::Heartbeat& heartbeat);
  void on(net::SessionId session, const wire::Answer& answer);
  void on(net::SessionId session, const wire::Started& started);
  void on(net::SessionId session, const wire::Progress& progress);
  void on(net::SessionId session, const wire::AttemptReport& report);
  void on(net::SessionId session, const wire::BatchDone& done);
  void on(net::SessionId session, const wire::LeaseReturned& returned);

  void apply(const sched::Event& event) { apply(event, Incoming()); }
  void apply(const sched::Event& event, Incoming incoming);
  bool closes_batch(const sched::Event& event, const std::vector<sched::Effect>& effects);
  // What an effect wants written becomes a write of commits_, with values as they are now. core_events.cc
  void record(const sched::Effect& effect, Incoming& incoming, std::vector<SweepEvent>& news);
  void record_taken(TakenResult& taken, const std::string& job, bool tried_again);
  void record_job(const sched::JobChanged& change, std::vector<SweepEvent>& news);
  void count_job(const Sweep& sweep, const store::JobRow& row);
  void record_lease(const sched::LeaseChanged& lease);
  void record_attempt(const sched::AttemptCreated& created);
  void record_attempt_end(const sched::AttemptEnded& end, Incoming& incoming);
  void record_cell(const sched::CellFinished& finished, std::vector<SweepEvent>& news);
  void record_stale(const sched::StaleResult& stale, Incoming& incoming);
  void record_blob(BlobRef& ref, store::BlobClass kind);
  void record_shared(store::SweepId sweep, BlobRef& ref, store::BlobClass kind);
  void send(const sched::Effect& effect);
  void send_grant(const sched::Grant& grant);
  void fail(const Error& error);
  // core_storage.cc
  void commit_failed(const Error& error);
  void files_met_full_disk(const std::string& why);
  void files_failed(const std::string& why);
  void pause_for_storage();
  void tend();
  void arm_upkeep();
  Status sweep_blobs();
  // core_collect.cc
  struct Collection;
  void forget_next(const std::shared_ptr<Collection>& collection);
  void forget_unnamed(std::filesystem::file_time_type planned_at);
  // core_fleet.cc
  void pin(const std::string& batch, const std::string& worker);  // empty: for any again
  void pin_after_grant(const sched::LeaseChanged& lease);
  void loosen_pins();
  void give_up_impossible();
  BlobTransferOptions blob_options();
  bool may_read_blob(const std::string& worker, const std::string& hash);
  Sweep* sweep_of_batch(const std::string& batch);
  void arm_timer();
  void tell(SweepEvent event);  // what need not be stored
  // With the writes of the event that is being handled.
  void publish(SweepEvent event);
  // void_results: they rest on a worker that was wrong; void_prepared: so does what prepared them.
  enum class Why { asked, void_results, void_prepared };
  Result<std::vector<std::string>> reopen(store::SweepId sweep, const web::RerunRequest& request,
                                          const std::string& who, Why why);
  // Cells that rest on void results, by sweep. core_void.cc
  struct Affected {
    bool current = false, prepared = false;  // as store::AffectedCell
    std::vector<std::string> over, open;
  };
  // Whatever prepared the sweep, another worker is to do it again, where that one gets nothing more: the row
  // of its batch, changed in `record` too; none: it may stay. tool error: there is no other one.
  Result<std::optional<store::BatchRow>> move_prepare(store::SweepRecord& record) const;
  void try_again(store::SweepId sweep, const Affected& cells, const std::string& who, web::VoidedWork& out);
  void reopen_live(Sweep& sweep, const ReopenedJobs& reopened);
  Status take_up(std::unique_ptr<Sweep> sweep, const ReopenedJobs& reopened);
  Sweep* sweep_of_job(const std::string& job);
  Sweep* sweep(const std::string& id);
  std::optional<net::SessionId> session_of(const std::string& worker, const std::string& instance) const;

  boost::asio::io_context& io_;
  CoreOptions options_;
  store::Store store_;
  store::BlobStore blobs_;
  CoreListener& listener_;
  sched::Scheduler scheduler_;
  std::unique_ptr<net::Server> server_;
  boost::asio::steady_timer timer_, upkeep_;
  CommitQueue commits_;
  std::map<net::SessionId, net::Identity> tokens_;                      // that each connection came with
  std::map<net::SessionId, Session> sessions_;                          // of those that said hello
  std::map<std::string, std::map<std::string, std::string>> machines_;  // by worker, as its last hello says
  std::map<std::string, std::uint64_t> waiting_sources_;  // sent and not swept yet: bytes by hash
  std::map<std::string, std::unique_ptr<Sweep>> sweeps_;
  std::set<store::SweepId> cancelled_;                    // of those in memory
  std::map<std::string, store::AttemptId> attempt_ids_;   // "job#n" -> row, of sweeps in memory
  std::map<std::string, AttemptReason> attempt_reasons_;  // of open attempts
  struct Pin {
    std::string worker;
    std::optional<TimePoint> missing_since;
  };
  std::map<std::string, Pin> pins_;  // by execute batch
  std::map<std::string, TimePoint> impossible_since_;
  static constexpr std::size_t most_looked_at = 100'000;
  std::map<std::string, AnswerFn> questions_;
  std::uint64_t next_question_ = 1;
  metrics::Tally tally_;
  ReadyJobs ready_;
  bool failed_ = false;
  bool storage_full_ = false;  // granting is paused for that
  bool collecting_ = false;
  std::chrono::steady_clock::time_point collect_next_;
  boost::asio::thread_pool files_{1};  // blob files: hashing and syncs
  BlobTransfer transfer_;
};

}  // namespace tripled::app
