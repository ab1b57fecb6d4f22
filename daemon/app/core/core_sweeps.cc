// Core: sweeps that begin, go on after a restart, end, and leave memory.
#include <malloc.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "daemon/app/core/core.h"
#include "daemon/app/core/restored_rows.h"
#include "daemon/app/sweep/earlier_runs.h"
#include "schema/base/failpoint.h"

namespace tripled::app {

static Status write_rows(store::Transaction& tx, store::SweepId id, PlannedRows rows) {
  for (const auto& key : rows.keys) TRIPLED_TRY(tx.set_cell_keys(id, key.cell, key.setup_key, key.plan_key));
  for (auto& setup : rows.setups) {
    setup.sweep = id;
    TRIPLED_TRY(tx.put_setup(setup));
  }
  std::vector<store::BatchId> ids;
  std::map<std::string, store::JobId> first_shards;  // by cell
  for (auto& batch : rows.batches) {
    batch.row.sweep = id;
    for (auto index : batch.after_index) batch.row.after.push_back(ids[index]);
    TRIPLED_ASSIGN(store::BatchId batch_id, tx.put_batch(batch.row));
    ids.push_back(batch_id);
    for (auto& job : batch.jobs) {
      job.sweep = id;
      job.batch = batch_id;
      if (job.shard > 0) job.shard_of = first_shards[job.cell];
      TRIPLED_ASSIGN(auto job_id, tx.put_job(job));
      if (job.stage == Stage::execute && job.shard == 0) first_shards[job.cell] = job_id;
    }
  }
  return {};
}

// What the last whole sweep of the matrix tells of this one: longest first, and what took long is divided.
static Status expect_durations(store::Transaction& tx, store::Reader& reader, store::SweepId id,
                               const ShardPolicy& policy, PlannedRows& rows) {
  TRIPLED_ASSIGN(auto earlier, tx.earlier_durations(id));
  if (earlier.empty()) return {};
  const auto planned = rows.batches.size();
  for (std::size_t i = 0; i < planned; ++i) {
    auto& batch = rows.batches[i];
    auto known = earlier.find(batch.row.cell);
    if (batch.row.cell.empty() || known == earlier.end()) continue;
    TRIPLED_ASSIGN(auto definition, wire::from_text_json<BatchDefinition>(batch.row.definition_json));
    const bool executes = batch.row.kind == BatchKind::execute;
    definition.expected_ms = executes ? known->second.execute : known->second.compile;
    if (executes && shards_for(definition.expected_ms, policy) > 1) {
      TRIPLED_ASSIGN(definition.durations, binary_durations(reader, known->second.sweep, batch.row.cell));
      divide(rows, i, definition, shards_for(definition.expected_ms, policy));
    } else {
      batch.row.definition_json = wire::to_text_json(definition);
    }
  }
  return {};
}

Result<store::SweepId> Core::add_sweep(const store::NewSweep& sweep, const Placing& placing,
                                       const AlsoWrite& also) {
  if (storage_full_) return Error(ErrorKind::store, "no sweep is begun: " + store_.health_reason());
  TRIPLED_ASSIGN(store::Transaction tx, store_.begin());
  TRIPLED_ASSIGN(store::SweepId id, tx.create_sweep(sweep));
  auto rows = plan_rows(sweep.plan, sweep.facts, placing);
  TRIPLED_ASSIGN(store::Reader reader, store::Reader::open(store_.path()));
  TRIPLED_TRY(expect_durations(tx, reader, id, options_.shards, rows));
  TRIPLED_TRY(write_rows(tx, id, std::move(rows)));
  if (also) TRIPLED_TRY(also(tx, id));
  failpoint("daemon.sweep.before_commit");
  TRIPLED_TRY(tx.commit());
  failpoint("daemon.sweep.after_commit");
  TRIPLED_ASSIGN(store::SweepRecord record,
                 reader.load_sweep(id, store::Reader::Results::yes, store::Reader::PlanCells::no));
  auto live = std::make_unique<Sweep>(std::move(record), config::Catalogue::builtin());
  const auto name = std::to_string(id);
  sched::SweepAdded event{name, live->take_batch_defs()};
  sweeps_[name] = std::move(live);
  apply(std::move(event));
  // What planning took, the caller's plan too, is given back to the machine: of a large sweep as much as the
  // sweep itself takes.
  boost::asio::post(io_, [] { ::malloc_trim(0); });
  return id;
}

void add_restored(const store::RestoredState& rows, Sweep& sweep, sched::RestoredState& out,
                  std::map<std::string, store::AttemptId>& attempt_ids,
                  std::map<std::string, AttemptReason>& attempt_reasons) {
  auto batches = sweep.take_batch_defs();
  out.batches.insert(out.batches.end(), std::make_move_iterator(batches.begin()),
                     std::make_move_iterator(batches.end()));
  for (const auto& j : rows.jobs)
    if (j.sweep == sweep.id()) out.jobs.push_back({std::to_string(j.id), j.state, j.outcome, j.next_reason});
  for (const auto& l : rows.leases) {
    if (!sweep.has_batch(std::to_string(l.batch))) continue;
    out.leases.push_back({l.id, std::to_string(l.batch), l.worker, l.instance, l.epoch, l.state, l.held});
  }
  for (const auto& lane : rows.lanes)
    if (lane.sweep == sweep.id()) out.lanes.push_back({lane.lane, std::to_string(lane.sweep), lane.cell});
  for (const auto& a : rows.attempts) {
    auto job = std::to_string(a.job);
    if (!sweep.has_job(job)) continue;
    attempt_ids[job + "#" + std::to_string(a.n)] = a.id;
    if (!a.outcome) attempt_reasons[job + "#" + std::to_string(a.n)] = a.reason;
    out.attempts.push_back({job, a.n, a.reason, a.lease, a.epoch, a.worker, a.outcome});
  }
}

Status Core::resume_sweep(store::SweepId id) {
  if (storage_full_) return Error(ErrorKind::store, "the sweep does not go on: " + store_.health_reason());
  TRIPLED_ASSIGN(store::Transaction tx, store_.begin());
  TRIPLED_TRY(tx.set_sweep_state(id, store::SweepState::running));
  TRIPLED_TRY(tx.commit());
  return restore({id});
}

Status Core::restore(const std::vector<store::SweepId>& ids) {
  TRIPLED_ASSIGN(store::Reader reader, store::Reader::open(store_.path()));
  TRIPLED_ASSIGN(store::RestoredState rows, reader.restore());
  TRIPLED_ASSIGN(store::IdCounters counters, reader.id_counters());
  sched::RestoredState state;
  state.last_lease = counters.lease;
  for (auto id : ids) {
    TRIPLED_ASSIGN(store::SweepRecord record,
                   reader.load_sweep(id, store::Reader::Results::yes, store::Reader::PlanCells::no));
    auto live = std::make_unique<Sweep>(std::move(record), config::Catalogue::builtin());
    add_restored(rows, *live, state, attempt_ids_, attempt_reasons_);
    for (const auto& [job, row] : live->jobs())
      if (row.state == JobState::ready) ready_.add(job, std::chrono::steady_clock::now());
    sweeps_[std::to_string(id)] = std::move(live);
  }
  for (const auto& row : rows.quarantines) state.quarantines.push_back({row.worker, row.why});
  scheduler_ = sched::Scheduler::restore(options_.policy, state, std::chrono::steady_clock::now());
  for (auto id : ids) {
    for (const auto& [batch, worker] : sweeps_[std::to_string(id)]->pins()) pin(batch, worker);
    // All of it was over, and the daemon died before it could conclude the sweep: no event tells of that
    // again.
    auto counts = scheduler_.counts(std::to_string(id));
    if (counts.batches == counts.batches_finished)
      boost::asio::post(io_, [this, id] { listener_.on_sweep_finished(id); });
  }
  apply(sched::Tick{});
  for (auto id : ids)  // the intention is in no record of the scheduler
    if (auto cancel = sweep(std::to_string(id))->record().row.cancel; cancel != store::Cancellation::none) {
      cancelled_.insert(id);
      apply(sched::CancelSweep{std::to_string(id), cancel == store::Cancellation::now});
    }
  return {};
}

Result<std::size_t> Core::restore_running() {
  TRIPLED_ASSIGN(store::Reader reader, store::Reader::open(store_.path()));
  TRIPLED_ASSIGN(auto unfinished, reader.unfinished_sweeps());
  std::vector<store::SweepId> ids;
  for (const auto& row : unfinished)
    if (row.state == store::SweepState::running) ids.push_back(row.id);
  std::sort(ids.begin(), ids.end());  // the oldest is served first
  TRIPLED_TRY(restore(ids));
  return ids.size();
}

void Core::forget_sweep(store::SweepId id) {
  auto name = std::to_string(id);
  cancelled_.erase(id);
  apply(sched::ForgetSweep{name});
  auto* s = sweep(name);
  if (!s) return;
  for (const auto& batch : s->record().batches) {
    pins_.erase(std::to_string(batch.id));
    impossible_since_.erase(std::to_string(batch.id));
  }
  for (const auto& [job, row] : s->jobs()) {
    const auto attempts = job + "#";
    auto first = attempt_ids_.lower_bound(attempts), last = first;
    while (last != attempt_ids_.end() && last->first.starts_with(attempts))
      attempt_reasons_.erase((last++)->first);
    attempt_ids_.erase(first, last);
  }
  sweeps_.erase(name);
}

Status Core::cancel_sweep(store::SweepId id, bool immediately, const store::AuditRow& audit) {
  if (!is_running(id)) return usage_error("sweep " + std::to_string(id) + " does not run");
  auto written = write_now([&](store::Transaction& tx) -> Status {
    failpoint("daemon.cancel.before_commit");
    TRIPLED_TRY(tx.cancel_sweep(id, immediately));
    return tx.add_audit(audit);
  });
  if (!written) return written;
  failpoint("daemon.cancel.after_commit");
  cancelled_.insert(id);
  apply(sched::CancelSweep{std::to_string(id), immediately});
  return {};
}

void Core::store_findings(store::SweepId sweep, const diagnosis::SweepFindings& findings) {
  commits_.write([sweep, json = wire::to_text_json(findings)](store::Transaction& tx) {
    return tx.set_findings(sweep, json);
  });
}

void Core::finish_sweep(store::SweepId id, store::SweepState state, int exit_status,
                        std::function<void()> done) {
  commits_.write([id, state, exit_status, at = unix_now_ms()](store::Transaction& tx) {
    failpoint("daemon.finish.before_commit");
    return tx.finish_sweep(id, state, exit_status, at);
  });
  commits_.then(std::move(done));
  commits_.event_done();
}

metrics::Tally Core::tally() const {
  auto out = tally_;
  out.commits = commits_.commits();
  return out;
}

Millis Core::oldest_ready() const {
  auto oldest = ready_.oldest();
  return oldest ? std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - *oldest) : Millis(0);
}

void Core::write_soon(CommitQueue::Write write) {
  commits_.write(std::move(write));
  commits_.event_done();
}

Status Core::write_now(const CommitQueue::Write& write) {
  TRIPLED_TRY(commits_.flush());  // everything in the order in which it happened
  TRIPLED_ASSIGN(store::Transaction tx, store_.begin());
  TRIPLED_TRY(write(tx));
  return tx.commit();
}

void Core::stop_listening() {
  timer_.cancel();
  upkeep_.cancel();
  server_->stop();
}

void Core::shut_down() {
  for (const auto& [session, worker] : sessions_) {
    server_->send(session, wire::Goodbye{"the daemon ends", true});
    server_->close(session);
  }
  timer_.cancel();
  upkeep_.cancel();
}

Sweep* Core::sweep(const std::string& id) {
  auto found = sweeps_.find(id);
  return found == sweeps_.end() ? nullptr : found->second.get();
}

Sweep* Core::sweep_of_job(const std::string& job) {
  for (auto& [id, s] : sweeps_)
    if (s->has_job(job)) return s.get();
  return nullptr;
}

}  // namespace tripled::app
