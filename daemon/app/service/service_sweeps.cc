// Service: sweeps that are asked for and that end, and the coverage that they are evidence of.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <set>

#include "daemon/app/service/coverage_evidence.h"
#include "daemon/app/service/service.h"
#include "daemon/app/triggers/triggers.h"
#include "daemon/report/load.h"
#include "schema/base/failpoint.h"
#include "schema/base/size.h"

namespace tripled::app {

namespace asio = boost::asio;
namespace fs = std::filesystem;

static constexpr auto kStoreRetry = std::chrono::seconds(5);
static constexpr auto kLookForWorker = std::chrono::milliseconds(200);

Status Service::take_upload(const Upload& upload, const std::string& who, MatrixRequest& request) const {
  auto& source = request.matrix.project.source;
  if (source.path.empty()) return usage_error("sources are sent for a project whose source is a `path`");
  TRIPLED_ASSIGN(auto size, core_->stored_size(upload.hash));
  if (!size || *size != upload.size)
    return Error(ErrorKind::conflict, "the sources " + upload.hash + " of " + std::to_string(upload.size) +
                                          " bytes are not here: send them first (PUT /blobs/HASH)");
  SentSources sent{upload.hash,     upload.size, upload.directory, upload.snapshot,
                   upload.revision, upload.host, source.path,      who};
  source = {};
  source.sent = std::move(sent);
  request.packages = upload.packages;
  request.rust_version = upload.rust_version;
  return {};
}

Status Service::apply_limits(MatrixRequest& request) const {
  TRIPLED_ASSIGN(auto reader, store::Reader::open(core_->database()));
  TRIPLED_ASSIGN(auto known, reader.project_settings(request.matrix.project.name));
  if (!known) return {};
  const auto& limits = known->settings;
  if (limits.cells)
    request.cell_limit = std::min(request.cell_limit, static_cast<std::size_t>(*limits.cells));
  const auto& sent = request.matrix.project.source.sent;
  if (sent && limits.disk && sent->size > static_cast<std::uint64_t>(*limits.disk))
    return usage_error("the sources have " + format_size(sent->size) + ", project `" + limits.name +
                       "` may have " + format_size(static_cast<std::uint64_t>(*limits.disk)));
  return {};
}

Result<MatrixRequest> Service::request_of(const web::Submission& submission, const std::string& who) const {
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
  out.narrowing.added = submission.added;
  TRIPLED_TRY(config::add_triples(out.matrix, submission.added));
  auto& path = out.matrix.project.source.path;
  if (!path.empty() && !submission.directory.empty())
    path = (fs::path(submission.directory) / path).lexically_normal().string();
  if (submission.upload)
    TRIPLED_TRY(take_upload(*submission.upload, who, out));
  else if (!path.empty())
    TRIPLED_TRY(check_project_path(path, settings_.project_roots));
  TRIPLED_TRY(complete(out));
  TRIPLED_TRY(apply_limits(out));
  return out;
}

void Service::submit(web::Submission submission, const std::string& who,
                     std::function<void(Result<store::SweepId>)> done) {
  auto request = request_of(submission, who);
  if (!request) return done(request.error());
  auto audit = [who, file = request->file, sent = request->matrix.project.source.sent](
                   store::Transaction& tx, store::SweepId id) -> Status {
    wire::json::object detail{{"sweep", std::to_string(id)}, {"matrix", file}};
    if (sent) {
      TRIPLED_TRY(tx.add_blob({sent->hash, sent->size, store::BlobClass::snapshot, unix_now_ms()}));
      TRIPLED_TRY(tx.name_blob(id, sent->hash));
      detail["sources"] = sent->host + ":" + sent->path;
    }
    return tx.add_audit({0, unix_now_ms(), who, "sweep", wire::json::serialize(detail)});
  };
  auto begun = [this, sent = request->matrix.project.source.sent,
                done = std::move(done)](Result<store::SweepId> sweep) {
    if (sweep && sent) core_->sources_swept(sent->hash);
    done(std::move(sweep));
  };
  begin(*request, audit, std::move(begun));
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
    auto sweep = new_sweep(request, std::move(*expanded));
    auto id = core_->add_sweep(sweep, placing, also);
    if (id) publish("sweep-begun", *id, request.file);
    if (id) ask_known_triples(*core_, *id, request, sweep.facts, worker);
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
  asio::post(judging_,
             [this, sweep, cancelled, database = core_->database(), blobs = core_->blob_directory()] {
               auto loaded = report::load_diagnosed(database, sweep, blobs);
               int status = loaded ? report::exit_status(loaded->report, cancelled, false) : 3;
               std::optional<metrics::MatrixCoverage> coverage;
               if (loaded && !cancelled) coverage = coverage_of(database, sweep, loaded->report);
               std::optional<diagnosis::SweepFindings> findings;
               if (loaded) findings = std::move(loaded->findings);
               asio::post(io_, [this, sweep, status, coverage = std::move(coverage),
                                findings = std::move(findings)]() mutable {
                 if (stopping_) return;  // it is finished again at the next start
                 if (findings) core_->store_findings(sweep, *findings);
                 if (coverage) coverage->evidence_at_ms = unix_now_ms();
                 failpoint("daemon.finish.judged");
                 publish("sweep-finished", sweep, "exit status " + std::to_string(status));
                 core_->finish_sweep(sweep, store::SweepState::finished, status,
                                     [this, sweep, status, coverage = std::move(coverage)] {
                                       failpoint("daemon.finish.after_commit");
                                       spdlog::info("sweep {} is finished: exit status {}", sweep, status);
                                       ++sweeps_ended_[status];
                                       if (coverage) set_coverage(*coverage);
                                       core_->forget_sweep(sweep);
                                       triggers_->look_soon();
                                     });
               });
             });
}

// What is void is no evidence from now on: gauges and the exit status of sweeps that stay as they are follow.
Result<web::VoidedWork> Service::void_worker(const web::VoidRequest& request, const std::string& who) {
  TRIPLED_ASSIGN(auto done, core_->void_worker(request, who));
  std::set<store::SweepId> left;
  for (const auto& cell : done.left) left.insert(std::stoll(cell.sweep));
  for (auto sweep : left)
    asio::post(judging_, [this, sweep, database = core_->database()] {
      auto reader = store::Reader::open(database);
      auto row = reader ? reader->sweep(sweep) : Result<std::optional<store::SweepRow>>(reader.error());
      if (!row || !*row || (*row)->state != store::SweepState::finished || !(*row)->finished_at) return;
      auto loaded = report::load(*reader, sweep);
      if (!loaded || loaded->sweep.exit_status == (*row)->exit_status) return;
      asio::post(io_, [this, sweep, status = *loaded->sweep.exit_status, at = *(*row)->finished_at] {
        if (!stopping_) core_->amend_exit_status(sweep, status, at);
      });
    });
  load_coverage();
  return done;
}

// --- coverage

// Of the sweeps a store holds, the newest of each matrix that is evidence; looked for among so many.
static constexpr int kSweepsLookedAt = 500;

void Service::load_coverage() {
  asio::post(judging_, [this, database = core_->database(), blobs = core_->blob_directory()] {
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
      auto loaded = report::load_diagnosed(*reader, row.id, blobs);
      if (!loaded) continue;
      auto coverage = coverage_of(*reader, row, std::move(loaded->report));
      coverage.evidence_at_ms = row.finished_at.value_or(row.started_at);
      asio::post(io_, [this, coverage = std::move(coverage)]() mutable {
        if (!stopping_) set_coverage(std::move(coverage));
      });
    }
    query.state = store::SweepState::running;
    rows = reader->sweeps(query);
    if (!rows) return;
    asio::post(io_, [this, going_on = std::move(*rows)] {
      if (stopping_) return;
      for (const auto& row : going_on) coverage_due_.insert(row.id);
      update_coverage();
    });
  });
}

// A report is read for each turn: often enough for people and for a scrape, rarely enough for large sweeps.
static constexpr auto kCoverageTurn = std::chrono::seconds(10);

void Service::coverage_soon(const std::string& sweep) {
  const bool waits = !coverage_due_.empty();
  coverage_due_.insert(std::stoll(sweep));
  if (waits) return;
  coverage_timer_.expires_after(kCoverageTurn);
  coverage_timer_.async_wait([this](boost::system::error_code ec) {
    if (!ec && !stopping_) update_coverage();
  });
}

void Service::update_coverage() {
  for (auto sweep : std::exchange(coverage_due_, {})) {
    if (!core_->is_running(sweep)) continue;
    asio::post(judging_, [this, sweep, database = core_->database()] {
      auto coverage = coverage_while_running(database, sweep);
      if (!coverage) return;
      coverage->evidence_at_ms = unix_now_ms();
      asio::post(io_, [this, coverage = std::move(*coverage)]() mutable {
        if (!stopping_) set_coverage(std::move(coverage));
      });
    });
  }
}

void Service::set_coverage(metrics::MatrixCoverage coverage) {
  auto& known = coverage_[{coverage.project, coverage.matrix}];
  if (known.evidence_at_ms > coverage.evidence_at_ms) return;
  // While a sweep runs it is not diagnosed: what the one before showed stands until it ends.
  if (!coverage.diagnosed) coverage.findings = std::move(known.findings);
  known = std::move(coverage);
}

}  // namespace tripled::app
