// Handling one event: scheduler, transaction, messages, in this order.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "daemon/app/core/core.h"
#include "schema/base/failpoint.h"

namespace tripled::app {

static TimePoint now() { return std::chrono::steady_clock::now(); }

static bool is_infrastructure_retry(const sched::JobChanged& job) {
  return job.state == JobState::ready && job.next_reason == AttemptReason::infrastructure;
}

// Nobody waits for the news that a job began; after a crash that lost it, its lease goes on all the same.
static bool is_news_alone(const sched::Event& event, const std::vector<sched::Effect>& effects) {
  return std::holds_alternative<sched::JobStarted>(event) &&
         std::all_of(effects.begin(), effects.end(), sched::is_record);
}

// The last result of a lease: its worker says right behind it that the batch is done, and what is granted
// then is written in the same commit.
bool Core::closes_batch(const sched::Event& event, const std::vector<sched::Effect>& effects) {
  auto* done = std::get_if<sched::AttemptDone>(&event);
  auto* s = done ? sweep_of_job(done->job) : nullptr;
  return s && !s->has_open_job(s->batch_of_job(done->job).id) &&
         std::none_of(effects.begin(), effects.end(),
                      [](const sched::Effect& e) { return std::holds_alternative<sched::Grant>(e); });
}

void Core::apply(const sched::Event& event, Incoming incoming) {
  if (failed_) return;
  auto effects = scheduler_.handle(event, now());
  std::vector<SweepEvent> news;
  if (incoming.taken) {
    bool again = std::any_of(effects.begin(), effects.end(), [&](const sched::Effect& e) {
      auto* job = std::get_if<sched::JobChanged>(&e);
      return job && job->job == incoming.job && is_infrastructure_retry(*job);
    });
    record_taken(*incoming.taken, incoming.job, again);
  }
  for (const auto& e : effects) record(e, incoming, news);
  for (auto& event_news : news) publish(std::move(event_news));
  for (const auto& e : effects)
    if (!sched::is_record(e)) commits_.then([this, e] { send(e); });
  if (is_news_alone(event, effects))
    commits_.event_can_wait();
  else if (closes_batch(event, effects))
    commits_.event_can_wait(CommitQueue::next_message);
  else
    commits_.event_done();
  arm_timer();
  for (const auto& e : effects)
    if (auto* lease = std::get_if<sched::LeaseChanged>(&e); lease && lease->state == LeaseState::offered)
      pin_after_grant(*lease);
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

void Core::record(const sched::Effect& effect, Incoming& incoming, std::vector<SweepEvent>& news) {
  if (auto* job = std::get_if<sched::JobChanged>(&effect)) {
    record_job(*job, news);
  } else if (auto* lease = std::get_if<sched::LeaseChanged>(&effect)) {
    record_lease(*lease);
  } else if (auto* lane = std::get_if<sched::LaneChanged>(&effect)) {
    store::LaneRow row{lane->lane, lane->sweep.empty() ? 0 : std::stoll(lane->sweep), lane->cell};
    commits_.write([row](store::Transaction& tx) { return tx.set_lane(row); });
  } else if (auto* quarantine = std::get_if<sched::QuarantineChanged>(&effect)) {
    store::QuarantineRow row{quarantine->worker, quarantine->why, unix_now_ms()};
    tally_.quarantines += !quarantine->why.empty();
    commits_.write([row](store::Transaction& tx) { return tx.set_quarantine(row); });
  } else if (auto* created = std::get_if<sched::AttemptCreated>(&effect)) {
    record_attempt(*created);
  } else if (auto* ended = std::get_if<sched::AttemptEnded>(&effect)) {
    record_attempt_end(*ended, incoming);
  } else if (auto* batch = std::get_if<sched::BatchFinished>(&effect)) {
    auto state = batch->poison ? store::BatchState::poison : store::BatchState::done;
    commits_.write([id = std::stoll(batch->batch), state](store::Transaction& tx) {
      return tx.set_batch_state(id, state);
    });
  } else if (auto* cell = std::get_if<sched::CellFinished>(&effect)) {
    record_cell(*cell, news);
  } else if (auto* stale = std::get_if<sched::StaleResult>(&effect)) {
    record_stale(*stale, incoming);
  }
}

// Of a try that is made again only attempt and log are kept, and what a worker can do.
void Core::record_taken(TakenResult& taken, const std::string& job, bool tried_again) {
  auto* s = sweep_of_job(job);
  record_blob(taken.stored.log, store::BlobClass::log);
  record_blob(taken.stored.evidence, store::BlobClass::evidence);
  if (taken.stored.archive) record_shared(s->id(), taken.stored.archive->blob, store::BlobClass::archive);
  if (tried_again && !taken.setup) return;
  if (taken.prepare) {
    record_blob(taken.prepare->log, store::BlobClass::log);
    for (auto& sources : taken.prepare->sources)
      record_shared(s->id(), sources.archive, store::BlobClass::snapshot);
    commits_.write([id = s->id(), prepare = std::move(*taken.prepare)](store::Transaction& tx) {
      failpoint("daemon.prepared.before_commit");
      return tx.set_prepared(id, prepare);
    });
  }
  if (taken.setup) {
    if (taken.setup->result) record_blob(taken.setup->result->log, store::BlobClass::log);
    commits_.write([setup = std::move(*taken.setup)](store::Transaction& tx) { return tx.put_setup(setup); });
  }
}

// The row of a blob a result names. One that was never uploaded is forgotten: the verdict stands without its
// log.
void Core::record_blob(BlobRef& ref, store::BlobClass kind) {
  if (ref.hash.empty()) return;
  if (!blobs_.has(ref.hash)) {
    ref = {};
    return;
  }
  store::BlobRow row{ref.hash, ref.size, kind, unix_now_ms()};
  commits_.write([row](store::Transaction& tx) { return tx.add_blob(row); });
}

void Core::record_shared(store::SweepId sweep, BlobRef& ref, store::BlobClass kind) {
  record_blob(ref, kind);
  if (ref.hash.empty()) return;
  commits_.write([sweep, hash = ref.hash](store::Transaction& tx) { return tx.name_blob(sweep, hash); });
}

void Core::record_lease(const sched::LeaseChanged& lease) {
  if (lease.state == LeaseState::expired) ++tally_.leases_expired;
  if (lease.state == LeaseState::offered) {
    store::LeaseRow row;
    row.id = lease.lease;
    row.batch = std::stoll(lease.batch);
    row.worker = lease.worker;
    row.instance = lease.instance;
    row.epoch = lease.epoch;
    row.granted_at = unix_now_ms();
    commits_.write([row](store::Transaction& tx) {
      auto put = tx.put_lease(row);
      failpoint("daemon.grant.before_commit");
      return put ? Status() : Status(put.error());
    });
    return;
  }
  auto ended = lease.state == LeaseState::active ? std::nullopt : std::optional(unix_now_ms());
  commits_.write([id = lease.lease, state = lease.state, held = lease.held, ended](store::Transaction& tx) {
    if (state == LeaseState::expired) failpoint("daemon.expiry.before_commit");
    return tx.set_lease_state(id, state, ended, "", held);
  });
}

// What metrics call it: its stage, or what its batch is for.
static std::string kind_of(const Sweep& sweep, const store::JobRow& row) {
  return row.stage ? to_text(*row.stage) : to_text(sweep.batch_of_job(std::to_string(row.id)).kind);
}

// How long it waited for a worker.
void Core::count_job(const Sweep& sweep, const store::JobRow& row) {
  const auto job = std::to_string(row.id);
  if (row.state == JobState::ready) return ready_.add(job, now());
  const auto waited = ready_.take(job, now());
  if (waited && row.state == JobState::leased)
    tally_.job_waited(kind_of(sweep, row), std::chrono::duration<double>(*waited).count());
}

void Core::record_job(const sched::JobChanged& change, std::vector<SweepEvent>& news) {
  auto* s = sweep_of_job(change.job);
  if (!s) return;
  if (is_infrastructure_retry(change)) s->take_back(change.job);
  auto& row = s->job(change.job);
  row.state = change.state;
  row.next_reason = change.next_reason;
  count_job(*s, row);
  auto event = s->event("", row);
  switch (change.state) {
    case JobState::blocked:
    case JobState::ready:
    case JobState::leased:
      commits_.write([id = row.id, state = row.state, reason = row.next_reason](store::Transaction& tx) {
        return tx.set_job_state(id, state, reason);
      });
      return;
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
  if (row.verdict && row.state != JobState::running) ++tally_.jobs[{kind_of(*s, row), *row.verdict}];
  event.verdict = row.verdict;
  event.implied = row.implied;
  if (!row.reason.empty()) event.text = row.reason;
  if (row.started_at && row.finished_at) {
    event.duration_ms = *row.finished_at - *row.started_at;
    tally_.job_ran(kind_of(*s, row), static_cast<double>(event.duration_ms) / 1000);
  }
  news.push_back(std::move(event));
  commits_.write([row](store::Transaction& tx) { return tx.update_job(row); });
}

void Core::record_attempt(const sched::AttemptCreated& created) {
  store::AttemptRow row;
  row.job = std::stoll(created.job);
  row.n = created.n;
  if (auto* s = sweep_of_job(created.job)) row.shard = s->job(created.job).shard;
  row.reason = created.reason;
  row.lease = created.lease;
  row.epoch = created.epoch;
  row.worker = created.worker;
  row.started_at = unix_now_ms();
  ++tally_.attempts_begun[created.reason];
  attempt_reasons_[created.attempt] = created.reason;
  commits_.write([this, row, name = created.attempt](store::Transaction& tx) {
    auto id = tx.create_attempt(row);
    if (!id) return Status(id.error());
    attempt_ids_[name] = *id;
    return Status();
  });
}

void Core::record_attempt_end(const sched::AttemptEnded& end, Incoming& incoming) {
  ++tally_.attempts[end.outcome];
  store::AttemptFinish finish;
  finish.outcome = end.outcome;
  finish.finished_at = unix_now_ms();
  if (incoming.taken && incoming.attempt == end.attempt) {
    finish.epoch = incoming.epoch;
    finish.result = std::move(incoming.taken->stored);
    tally_.logs_truncated += finish.result.log_truncated;
  } else {
    finish.result.process.outcome = end.outcome;
    auto job = end.attempt.substr(0, end.attempt.find('#'));
    if (auto* s = sweep_of_job(job); s && s->job(job).stage) s->take_lost(job, finish.result);
  }
  attempt_reasons_.erase(end.attempt);
  commits_.write([this, finish = std::move(finish), name = end.attempt](store::Transaction& tx) {
    auto row = finish;
    row.attempt = attempt_ids_[name];
    failpoint("daemon.result.before_commit");
    return tx.finish_attempt(std::move(row));
  });
}

void Core::record_cell(const sched::CellFinished& finished, std::vector<SweepEvent>& news) {
  auto* s = sweep(finished.sweep);
  if (!s) return;
  auto verdict = s->judge_cell(finished.cell);
  for (auto* row : s->jobs_of_cell(finished.cell))
    commits_.write([row = *row](store::Transaction& tx) { return tx.update_job(row); });
  SweepEvent event;
  event.kind = "cell-finished";
  event.sweep = finished.sweep;
  event.cell = finished.cell;
  if (auto* cell = s->cell(finished.cell)) event.triple = cell->triple;
  event.text = verdict.reason;
  event.verdict = verdict.verdict;
  news.push_back(std::move(event));
  commits_.write([id = s->id(), cell = finished.cell, verdict](store::Transaction& tx) {
    return tx.set_cell_verdict(id, cell, verdict.verdict, verdict.expectation, verdict.reason);
  });
}

void Core::record_stale(const sched::StaleResult& stale, Incoming& incoming) {
  ++tally_.stale_results;
  if (incoming.attempt.empty()) return;
  store::StaleResult row;
  row.worker = incoming.worker;
  row.instance = incoming.instance;
  row.epoch = stale.epoch;
  row.why = stale.why == sched::Stale::older_epoch     ? "older epoch"
            : stale.why == sched::Stale::already_ended ? "already ended"
                                                       : "unknown lease";
  record_blob(incoming.log, store::BlobClass::log);
  row.log = incoming.log;
  row.received_at = unix_now_ms();
  commits_.write([this, row, name = incoming.attempt](store::Transaction& tx) {
    auto known = row;
    if (auto found = attempt_ids_.find(name); found != attempt_ids_.end()) known.attempt = found->second;
    return tx.add_stale_result(known);
  });
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
    welcome.protocol = sessions_[*session].protocol;
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
  failpoint("daemon.grant.before_send");
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
  server_->send_frame(*session, wire::encode(message, s->spec(grant.batch, grant.worker, options_.fleet)));
  failpoint("daemon.grant.sent");
}

}  // namespace tripled::app
