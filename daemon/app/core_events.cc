// Handling one event: scheduler, transaction, messages, in this order.
#include <spdlog/spdlog.h>

#include <boost/asio/post.hpp>

#include "daemon/app/core.h"

namespace tripled::app {

static TimePoint now() { return std::chrono::steady_clock::now(); }

void Core::apply(const sched::Event& event, Incoming incoming) {
  if (failed_) return;
  auto effects = scheduler_.handle(event, now());
  bool writes = incoming.report != nullptr;
  for (const auto& e : effects)
    writes = writes || sched::is_record(e) || std::holds_alternative<sched::CellFinished>(e) ||
             std::holds_alternative<sched::StaleResult>(e) || std::holds_alternative<sched::BatchFinished>(e);
  if (writes) {
    auto tx = store_.begin();
    Status status = tx ? persist(*tx, effects, incoming) : Status(tx.error());
    if (status) status = tx->commit();
    if (!status) return fail(status.error());
  }
  for (auto& news : std::exchange(pending_news_, {})) listener_.on_event(news);
  for (const auto& e : effects) send(e);
  arm_timer();
}

void Core::fail(const Error& error) {
  failed_ = true;
  spdlog::error("{}", error.message());
  listener_.on_failed(error);
}

void Core::arm_timer() {
  auto deadline = scheduler_.next_deadline();
  if (!deadline) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(*deadline);
  timer_.async_wait([this](boost::system::error_code ec) {
    if (!ec) apply(sched::Tick{});
  });
}

void Core::tell(SweepEvent event) { listener_.on_event(event); }

// --- records
// ------------------------------------------------------------------------------------------------------

Status Core::persist(store::Transaction& tx, const std::vector<sched::Effect>& effects, Incoming& incoming) {
  if (incoming.taken) {
    auto* s = sweep_of_job(incoming.report->job);
    TRIPLED_TRY(record_blobs(tx, *incoming.taken));
    if (incoming.taken->prepare) TRIPLED_TRY(tx.set_prepared(s->id(), *incoming.taken->prepare));
    if (incoming.taken->setup) TRIPLED_TRY(tx.put_setup(*incoming.taken->setup));
  }
  for (const auto& effect : effects) {
    Status status;
    if (auto* job = std::get_if<sched::JobChanged>(&effect)) {
      status = persist_job(tx, *job, pending_news_);
    } else if (auto* lease = std::get_if<sched::LeaseChanged>(&effect)) {
      status = persist_lease(tx, *lease);
    } else if (auto* lane = std::get_if<sched::LaneChanged>(&effect)) {
      status = tx.set_lane({lane->lane, lane->sweep.empty() ? 0 : std::stoll(lane->sweep), lane->cell});
    } else if (auto* quarantine = std::get_if<sched::QuarantineChanged>(&effect)) {
      status = tx.set_quarantine({quarantine->worker, quarantine->why, unix_now_ms()});
    } else if (auto* created = std::get_if<sched::AttemptCreated>(&effect)) {
      store::AttemptRow row;
      row.job = std::stoll(created->job);
      row.n = created->n;
      row.reason = created->reason;
      row.lease = created->lease;
      row.epoch = created->epoch;
      row.worker = created->worker;
      row.started_at = unix_now_ms();
      auto id = tx.create_attempt(row);
      if (!id) return id.error();
      attempt_ids_[created->attempt] = *id;
      attempt_reasons_[created->attempt] = created->reason;
    } else if (auto* ended = std::get_if<sched::AttemptEnded>(&effect)) {
      status = persist_attempt_end(tx, *ended, incoming);
    } else if (auto* batch = std::get_if<sched::BatchFinished>(&effect)) {
      status = tx.set_batch_state(std::stoll(batch->batch),
                                  batch->poison ? store::BatchState::poison : store::BatchState::done);
    } else if (auto* cell = std::get_if<sched::CellFinished>(&effect)) {
      status = persist_cell(tx, *cell);
    } else if (auto* stale = std::get_if<sched::StaleResult>(&effect); stale && incoming.report) {
      store::StaleResult row;
      row.worker = "";
      row.epoch = stale->epoch;
      row.why = stale->why == sched::Stale::older_epoch     ? "older epoch"
                : stale->why == sched::Stale::already_ended ? "already ended"
                                                            : "unknown lease";
      row.received_at = unix_now_ms();
      status = tx.add_stale_result(row);
    }
    if (!status) return status;
  }
  return {};
}

// Rows of the blobs a result names. One that was never uploaded is forgotten: the verdict stands without its
// log.
Status Core::record_blobs(store::Transaction& tx, TakenResult& taken) {
  auto record = [&](BlobRef& ref, store::BlobClass kind) -> Status {
    if (ref.hash.empty()) return {};
    if (blobs_.has(ref.hash)) return tx.add_blob({ref.hash, ref.size, kind, unix_now_ms()});
    ref = {};
    return {};
  };
  TRIPLED_TRY(record(taken.stored.log, store::BlobClass::log));
  TRIPLED_TRY(record(taken.stored.evidence, store::BlobClass::evidence));
  if (taken.prepare) TRIPLED_TRY(record(taken.prepare->log, store::BlobClass::log));
  if (taken.setup && taken.setup->result)
    TRIPLED_TRY(record(taken.setup->result->log, store::BlobClass::log));
  return {};
}

Status Core::persist_lease(store::Transaction& tx, const sched::LeaseChanged& lease) {
  if (lease.state == LeaseState::offered) {
    store::LeaseRow row;
    row.id = lease.lease;
    row.batch = std::stoll(lease.batch);
    row.worker = lease.worker;
    row.instance = lease.instance;
    row.epoch = lease.epoch;
    row.granted_at = unix_now_ms();
    auto put = tx.put_lease(row);
    return put ? Status() : Status(put.error());
  }
  auto ended = lease.state == LeaseState::active ? std::nullopt : std::optional(unix_now_ms());
  return tx.set_lease_state(lease.lease, lease.state, ended, "", lease.held);
}

Status Core::persist_job(store::Transaction& tx, const sched::JobChanged& change,
                         std::vector<SweepEvent>& news) {
  auto* s = sweep_of_job(change.job);
  if (!s) return {};
  auto& row = s->job(change.job);
  row.state = change.state;
  auto event = s->event("", row);
  switch (change.state) {
    case JobState::blocked:
    case JobState::ready:
    case JobState::leased:
      return tx.set_job_state(row.id, change.state);
    case JobState::running:
      row.started_at = unix_now_ms();
      event.kind = "job-started";
      break;
    case JobState::done:
      row.outcome = change.outcome;
      row.finished_at = unix_now_ms();
      s->judge(row, change.outcome.value_or(Outcome::worker_lost));
      event.kind = "job-finished";
      break;
    case JobState::skipped:
    case JobState::cancelled:
      row.finished_at = unix_now_ms();
      s->judge_skipped(row, change.state == JobState::cancelled);
      event.kind = "job-finished";
      break;
  }
  event.verdict = row.verdict;
  event.implied = row.implied;
  if (!row.reason.empty()) event.text = row.reason;
  if (row.started_at && row.finished_at) event.duration_ms = *row.finished_at - *row.started_at;
  news.push_back(std::move(event));
  return tx.update_job(row);
}

Status Core::persist_attempt_end(store::Transaction& tx, const sched::AttemptEnded& end,
                                 const Incoming& incoming) {
  store::AttemptFinish finish;
  finish.attempt = attempt_ids_[end.attempt];
  finish.outcome = end.outcome;
  finish.finished_at = unix_now_ms();
  if (incoming.taken && incoming.report->attempt == end.attempt) {
    finish.epoch = incoming.report->epoch;
    finish.result = incoming.taken->stored;
  } else {
    finish.result.process.outcome = end.outcome;
    auto job = end.attempt.substr(0, end.attempt.find('#'));
    if (auto* s = sweep_of_job(job); s && s->job(job).stage) s->take_lost(job, finish.result);
  }
  attempt_ids_.erase(end.attempt);
  attempt_reasons_.erase(end.attempt);
  return tx.finish_attempt(finish);
}

Status Core::persist_cell(store::Transaction& tx, const sched::CellFinished& finished) {
  auto* s = sweep(finished.sweep);
  if (!s) return {};
  auto verdict = s->judge_cell(finished.cell);
  for (auto* row : s->jobs_of_cell(finished.cell)) TRIPLED_TRY(tx.update_job(*row));
  SweepEvent news;
  news.kind = "cell-finished";
  news.sweep = finished.sweep;
  news.cell = finished.cell;
  if (auto* cell = s->cell(finished.cell)) news.triple = cell->triple;
  news.text = verdict.reason;
  news.verdict = verdict.verdict;
  pending_news_.push_back(std::move(news));
  return tx.set_cell_verdict(s->id(), finished.cell, verdict.verdict, verdict.expectation, verdict.reason);
}

// --- messages
// -----------------------------------------------------------------------------------------------------

std::optional<net::SessionId> Core::session_of(const std::string& worker, const std::string& instance) const {
  for (const auto& [id, s] : sessions_)
    if (s.worker == worker && s.instance == instance) return id;
  return std::nullopt;
}

static wire::HeldDecision decision(sched::Answer answer) {
  switch (answer) {
    case sched::Answer::keep:
      return wire::HeldDecision::keep;
    case sched::Answer::stop:
      return wire::HeldDecision::stop;
    case sched::Answer::send:
      return wire::HeldDecision::send;
    case sched::Answer::drop:
      return wire::HeldDecision::drop;
  }
  return wire::HeldDecision::drop;
}

void Core::send(const sched::Effect& effect) {
  if (auto* grant = std::get_if<sched::Grant>(&effect)) {
    send_grant(*grant);
  } else if (auto* revoke = std::get_if<sched::Revoke>(&effect)) {
    if (auto session = session_of(revoke->worker, revoke->instance))
      server_->send(*session, wire::Revoke{revoke->lease, revoke->now});
  } else if (auto* hello = std::get_if<sched::HelloAnswer>(&effect)) {
    auto session = session_of(hello->worker, hello->instance);
    if (!session) return;
    wire::Welcome welcome;
    welcome.version = TRIPLED_VERSION;
    welcome.store = store_.store_id();
    welcome.heartbeat_ms = hello->heartbeat.count();
    for (const auto& [item, answer] : hello->items)
      if (!item.attempt.empty()) welcome.held.push_back({item.attempt, decision(answer)});
    server_->send(*session, welcome);
  } else if (auto* replaced = std::get_if<sched::Replaced>(&effect)) {
    auto session = session_of(replaced->worker, replaced->instance);
    if (!session) return;
    server_->send(*session,
                  wire::Goodbye{"a newer process of worker `" + replaced->worker + "` took over", false});
    server_->close(*session);
  } else if (auto* finished = std::get_if<sched::SweepFinished>(&effect)) {
    auto id = std::stoll(finished->sweep);
    boost::asio::post(io_, [this, id] { listener_.on_sweep_finished(id); });
  }
}

void Core::send_grant(const sched::Grant& grant) {
  auto session = session_of(grant.worker, grant.instance);
  auto* s = grant.jobs.empty() ? nullptr : sweep_of_job(grant.jobs.front().job);
  if (!session || !s) return;
  const auto& batch = s->batch(grant.batch);
  wire::Grant message;
  message.lease = grant.lease;
  message.batch = grant.batch;
  message.cell = batch.cell;
  message.epoch = grant.epoch;
  message.kind = batch.kind;
  for (const auto& j : grant.jobs) message.jobs.push_back({j.job, j.attempt, s->job(j.job).stage});
  message.spec = s->spec(grant.batch);
  server_->send(*session, message);
}

}  // namespace tripled::app
