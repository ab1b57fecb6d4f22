// Core: cells of a sweep that is over, or that runs, are tried again in place.
#include <algorithm>

#include "daemon/app/core/core.h"
#include "daemon/app/core/restored_rows.h"
#include "daemon/app/sweep/rerun_cells.h"
#include "schema/base/failpoint.h"

namespace tripled::app {
namespace {

Status write_reopened(store::Transaction& tx, store::SweepId id, const ReopenedJobs& reopened,
                      const std::string& who, bool voided) {
  for (const auto& job : reopened.jobs) TRIPLED_TRY(tx.reopen_job(job, unix_now_ms(), who, voided));
  for (const auto& cell : reopened.cells)
    TRIPLED_TRY(tx.set_cell_verdict(id, cell, std::nullopt, Expectation::none, ""));
  for (const auto& key : reopened.setups) TRIPLED_TRY(tx.reopen_setup(id, key));
  if (reopened.prepare) TRIPLED_TRY(tx.forget_prepared(id));
  failpoint("daemon.rerun.before_commit");
  TRIPLED_TRY(tx.set_sweep_state(id, store::SweepState::running));
  wire::json::object detail{{"sweep", std::to_string(id)}, {"cells", wire::to_json(reopened.cells)}};
  return tx.add_audit({0, unix_now_ms(), who, "rerun", wire::json::serialize(detail)});
}

// The worker's copy of the sources lies where the next sweep of the project puts its own.
Status check_sources(store::Reader& reader, const store::SweepRow& row) {
  store::SweepQuery newer;
  newer.project = row.project;
  TRIPLED_ASSIGN(auto sweeps, reader.sweeps(newer));
  for (const auto& other : sweeps) {
    if (other.id <= row.id) break;
    bool unprepared = other.snapshot.empty() && other.state == store::SweepState::running;
    bool changed =
        !other.snapshot.empty() && (other.snapshot != row.snapshot || other.lock_hash != row.lock_hash);
    if (unprepared || changed)
      return Error(ErrorKind::conflict,
                   "sweep " + std::to_string(other.id) +
                       " of the same project has changed its sources since: begin a new sweep");
    if (!other.snapshot.empty()) break;  // as they were
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> Core::rerun(store::SweepId id, const web::RerunRequest& request,
                                             const std::string& who) {
  return reopen(id, request, who, Why::asked);
}

// Rows first: what a crash leaves behind is a running sweep whose open jobs wait, as after any other one.
Result<std::vector<std::string>> Core::reopen(store::SweepId id, const web::RerunRequest& request,
                                              const std::string& who, Why why) {
  if (storage_full_) return Error(ErrorKind::store, "nothing is tried again: " + store_.health_reason());
  TRIPLED_TRY(flush());
  const auto name = std::to_string(id);
  TRIPLED_ASSIGN(store::Reader reader, store::Reader::open(store_.path()));
  TRIPLED_ASSIGN(store::SweepRecord record,
                 reader.load_sweep(id, store::Reader::Results::no, store::Reader::PlanCells::no));
  auto counts = scheduler_.counts(name);
  Sweep* live = sweep(name);
  if (live && counts.batches == counts.batches_finished)
    return Error(ErrorKind::conflict, "sweep " + name + " is just ending: ask again in a moment");
  if (!live && record.row.state != store::SweepState::finished)
    return Error(ErrorKind::conflict, "sweep " + name + " was interrupted: it can be resumed, not repeated");
  TRIPLED_ASSIGN(auto cells, cells_to_rerun(record, request));
  const auto row = record.row;
  std::optional<store::BatchRow> moved;
  if (why == Why::void_prepared && !live) {
    TRIPLED_ASSIGN(moved, move_prepare(record));
  }
  std::unique_ptr<Sweep> loaded;
  if (!live) loaded = std::make_unique<Sweep>(std::move(record), config::Catalogue::builtin());
  TRIPLED_ASSIGN(auto reopened,
                 (live ? live : loaded.get())->jobs_to_rerun(cells, why == Why::void_prepared));
  if (!reopened.prepare) TRIPLED_TRY(check_sources(reader, row));
  for (const auto& lease : scheduler_.running())  // its jobs are over, the worker is not yet through with it
    for (const auto& job : reopened.jobs)
      if (lease.batch == std::to_string(job.batch))
        return Error(ErrorKind::conflict, "worker `" + lease.worker + "` is just ending the batch of cell `" +
                                              lease.cell + "`: ask again in a moment");
  auto write = [&](store::Transaction& tx) -> Status {
    if (moved) TRIPLED_TRY(tx.set_batch_definition(moved->id, moved->definition_json));
    return write_reopened(tx, id, reopened, who, why != Why::asked);
  };
  TRIPLED_TRY(write_now(write));
  failpoint("daemon.rerun.after_commit");
  if (live)
    reopen_live(*live, reopened);
  else
    TRIPLED_TRY(take_up(std::move(loaded), reopened));
  SweepEvent event;
  event.kind = "rerun";
  event.sweep = name;
  event.text =
      std::to_string(cells.size()) + (cells.size() == 1 ? " cell is" : " cells are") + " tried again";
  publish_alone(std::move(event));
  return cells;
}

void Core::reopen_live(Sweep& sweep, const ReopenedJobs& reopened) {
  sweep.reopen(reopened);
  sched::Rerun event;
  for (const auto& job : reopened.jobs) event.jobs.push_back(std::to_string(job.id));
  apply(event);
}

// A sweep that had left memory comes back with all its attempts: their numbers and epochs go on.
Status Core::take_up(std::unique_ptr<Sweep> sweep, const ReopenedJobs& reopened) {
  TRIPLED_ASSIGN(store::Reader reader, store::Reader::open(store_.path()));
  TRIPLED_ASSIGN(store::RestoredState rows, reader.restore());
  sweep->reopen(reopened);
  sched::RestoredState state;
  add_restored(rows, *sweep, state, attempt_ids_, attempt_reasons_);
  sweeps_[std::to_string(sweep->id())] = std::move(sweep);
  scheduler_.add(state, std::chrono::steady_clock::now());
  apply(sched::Tick{});
  return {};
}

}  // namespace tripled::app
