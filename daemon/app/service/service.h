// The daemon as a service: store, core, API, tokens and, where asked for, a worker of its own, for as long as
// the process runs. Starting is recovering: sweeps that ran go on. Everything on the io thread.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <set>

#include "config/service_settings.h"
#include "daemon/app/core/core.h"
#include "daemon/app/service/access.h"
#include "daemon/app/service/coverage_metrics.h"
#include "daemon/app/service/local_worker.h"
#include "daemon/app/service/planning.h"
#include "daemon/app/service/probes.h"
#include "daemon/app/service/storage_gauge.h"
#include "daemon/web/api.h"
#include "schema/program/service_manager.h"

namespace tripled::app {

class Triggers;

class Service : public CoreListener, public web::Engine {
 public:
  // `settings.state` and `settings.cache` are set. conflict error: another daemon has the state directory.
  // `failed`: the store failed for good, the process is to end.
  // `manager` outlives it: what takes long at the start is said to it.
  static Result<std::unique_ptr<Service>> start(boost::asio::io_context& io, config::ServiceSettings settings,
                                                const program::ServiceManager& manager,
                                                std::function<void(const Error&)> failed);
  ~Service() override;

  std::uint16_t port() const { return core_->port(); }
  std::uint16_t metrics_port() const { return probes_ ? probes_->port() : 0; }  // 0: none of its own
  // The certificate again, from these files: for connections from now on. An error changes nothing.
  Status reload_certificate(const config::ServiceSettings& settings);
  std::size_t restored() const { return restored_; }  // sweeps that go on
  // Where the token of the first administrator was written; empty: there was one already.
  const std::filesystem::path& first_token() const { return first_token_; }
  Progress progress() const { return core_->progress(); }
  // Stores what waits and closes every connection. Workers keep their jobs and come back.
  void stop();

  // web::Engine
  void submit(web::Submission submission, const std::string& who,
              std::function<void(Result<store::SweepId>)> done) override;
  Status cancel(store::SweepId sweep, bool now, const std::string& who) override;
  Result<std::vector<std::string>> rerun(store::SweepId sweep, const web::RerunRequest& request,
                                         const std::string& who) override {
    return core_->rerun(sweep, request, who);
  }
  Result<web::VoidedWork> void_worker(const web::VoidRequest& request, const std::string& who) override;
  Status change_worker(const std::string& worker, web::WorkerChange change, const std::string& who) override;
  Result<std::string> add_token(const std::string& name, Role role, const std::string& who) override;
  Status revoke_token(const std::string& name, const std::string& who) override;
  Result<web::NewEnrolment> add_enrolment(const web::EnrolmentRequest& request,
                                          const std::string& who) override;
  Status revoke_enrolment(store::EnrolmentId enrolment, const std::string& who) override;
  Result<web::OwnToken> enrol(store::EnrolmentId enrolment, const std::string& worker) override;
  web::ProjectEngine& projects() override;
  std::vector<sched::WorkerView> workers() const override { return core_->scheduler().workers(); }
  const std::map<std::string, std::map<std::string, std::string>>& machines() const override {
    return core_->machines();
  }
  std::vector<sched::RunningBatch> running() const override { return core_->scheduler().running(); }
  std::vector<sched::WaitingBatch> waiting(std::size_t limit) const override;
  std::string progress(const std::string& job) const override;
  bool draining() const override { return core_->scheduler().draining(); }
  std::string unhealthy() const override { return core_->unhealthy(); }
  std::string metrics() const override;  // service_metrics.cc

 private:
  static constexpr const char* kLocalWorker = "local";
  Service(boost::asio::io_context& io, config::ServiceSettings settings,
          std::function<void(const Error&)> failed);
  Status open(const program::ServiceManager& manager);
  Status open_tokens();
  Status open_probes();
  Status limit_projects();
  void open_triggers();
  Status start_worker();
  void worker_ended(const std::string& how);
  // Whose token; remembers, now and then, that it was seen.
  net::Identity identify(std::string_view token);
  Result<MatrixRequest> request_of(const web::Submission& submission, const std::string& who) const;
  // The sources that were sent instead of a path; conflict error: they are not here.
  Status take_upload(const Upload& upload, const std::string& who, MatrixRequest& request) const;
  // What an administrator said of the project of this name.
  Status apply_limits(MatrixRequest& request) const;
  // Expands and adds; `also` is written in the sweep's own commit.
  void begin(const MatrixRequest& request, Core::AlsoWrite also,
             std::function<void(Result<store::SweepId>)> done);
  void begin_later(const MatrixRequest& request, Core::AlsoWrite also,
                   std::function<void(Result<store::SweepId>)> done);
  Status store_token(const std::string& name, Role role, const std::string& token, const std::string& who);
  void publish(const std::string& kind, store::SweepId sweep, const std::string& text);
  // The coverage of every matrix (coverage_evidence.h), from the store; on another thread.
  void load_coverage();
  // That of a running sweep of which a cell ended; several that end soon after each other are one turn.
  void coverage_soon(const std::string& sweep);
  void update_coverage();
  void set_coverage(metrics::MatrixCoverage coverage);
  // The change and its line in the audit table, in one synced commit.
  Status write_audited(const std::string& who, const std::string& what, wire::json::object detail,
                       CommitQueue::Write change);

  // CoreListener
  void on_event(const SweepEvent& event) override;
  void on_sweep_finished(store::SweepId sweep) override;
  void on_failed(const Error& error) override;

  boost::asio::io_context& io_;
  const config::ServiceSettings settings_;
  const std::function<void(const Error&)> failed_;
  Access access_;
  std::map<std::string, std::chrono::steady_clock::time_point> seen_;  // tokens, when that was last stored
  std::map<store::EnrolmentId, std::string> refused_enrolments_;  // why last, as it stands in the audit table
  std::unique_ptr<Core> core_;
  std::unique_ptr<web::Api> api_;
  std::unique_ptr<Probes> probes_;
  std::unique_ptr<StorageGauge> storage_;
  std::optional<std::int64_t> certificate_ends_at_;  // milliseconds since 1970; none: plain HTTP
  std::unique_ptr<Triggers> triggers_;
  std::string local_token_;
  std::uint16_t local_port_ = 0;  // without TLS, for our own worker
  std::unique_ptr<LocalWorker> local_worker_;
  boost::asio::steady_timer restart_;
  std::chrono::steady_clock::time_point workers_awaited_until_{};
  std::filesystem::path first_token_;
  std::map<std::string, std::string> progress_;  // last words of what runs, by job
  std::map<std::pair<std::string, std::string>, metrics::MatrixCoverage> coverage_;  // by project and matrix
  std::set<store::SweepId> coverage_due_;
  boost::asio::steady_timer coverage_timer_;
  std::map<int, std::uint64_t> sweeps_ended_;  // by exit status
  std::size_t restored_ = 0;
  bool stopping_ = false;
  boost::asio::thread_pool judging_{1};  // exit statuses of finished sweeps, from their reports
};

}  // namespace tripled::app
