// One sweep in memory: the rows the daemon still needs while it runs, and the specs and verdicts made from
// them. Built from the store's record both at the start and after a restart. io thread only; no I/O of its
// own.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "config/catalogue/catalogue.h"
#include "daemon/app/sweep/plan_batches.h"
#include "daemon/app/sweep/setups.h"
#include "daemon/diagnosis/judge.h"
#include "daemon/sched/effects.h"
#include "daemon/sched/events.h"
#include "daemon/store/rows.h"
#include "schema/wire/message.h"

namespace tripled::app {

// A result after it was read: what goes into the store and what the scheduler is told.
struct TakenResult {
  AttemptResult stored;  // of prepare and setup: log and duration only
  std::optional<PrepareResult> prepare;
  std::optional<store::SetupRow> setup;
  sched::Next next = sched::Next::finished;
  std::vector<std::string> skip_batches;
  std::vector<sched::WorkerLacks> lacks;
};

// What happens, for people who watch: the live display, the event log, `--json`.
struct SweepEvent {
  std::string kind;  // prepared, setup, job-started, job-finished, cell-finished, progress, sweep-finished,
                     // worker, storage (of the daemon's own disk)
  std::string sweep, job, cell, triple, worker, text;
  std::optional<Stage> stage;  // none: prepare and setup; `text` says which
  std::optional<Verdict> verdict;
  bool implied = false, unexpected = false;
  std::int64_t duration_ms = 0;
};
BOOST_DESCRIBE_STRUCT(SweepEvent, (),
                      (kind, sweep, job, cell, triple, worker, text, stage, verdict, implied, unexpected,
                       duration_ms))

// What a rerun tries again: cells with all their jobs, and what prepared them where that is repeated too.
struct ReopenedJobs {
  std::vector<std::string> cells;
  std::vector<store::JobRow> jobs;  // as they were
  std::vector<std::string> setups;  // keys
  bool prepare = false;
};

class Sweep {
 public:
  Sweep(store::SweepRecord record, const config::Catalogue& catalogue);

  store::SweepId id() const { return record_.row.id; }
  // Without its jobs, and without the plan's cells, which its rows of cells have again.
  const store::SweepRecord& record() const { return record_; }
  const std::map<std::string, store::JobRow>& jobs() const { return jobs_; }  // by id
  // For the scheduler, which alone knows them from here on: the rows lose their definitions. Once.
  std::vector<sched::BatchDef> take_batch_defs();

  bool has_job(const std::string& job) const { return jobs_.count(job) > 0; }
  bool has_batch(const std::string& batch) const { return batches_.count(batch) > 0; }
  store::JobRow& job(const std::string& job) { return jobs_.at(job); }
  const store::BatchRow& batch(const std::string& batch) const { return *batches_.at(batch); }
  const store::BatchRow& batch_of_job(const std::string& job) const;
  // A job of it is with a worker.
  bool has_open_job(store::BatchId batch) const;
  const Cell* cell(const std::string& id) const;
  std::vector<store::JobRow*> jobs_of_cell(const std::string& cell);

  // News about a job, with everything but what happened.
  SweepEvent event(const std::string& kind, const store::JobRow& row) const;

  // PrepareSpec, SetupSpec, CompileSpec or ExecuteSpec as JSON text, for this worker. `shared`: more than one
  // worker may take part.
  std::string spec(const std::string& batch, const std::string& worker = "", bool shared = false) const;

  // The cell's execute batches, one for each shard; empty: it has none.
  std::vector<std::string> execute_batches_of(const std::string& cell) const;
  // Execute batches whose executables lie on a worker that can run them, by batch.
  std::map<std::string, std::string> pins() const;
  // What `worker` was found to be unable to do for this sweep, and why, by ability.
  std::map<std::string, std::string> lacks_of(const std::string& worker) const;
  // What `worker` links for this execute batch it should also run.
  bool is_pinned_to(const store::BatchRow& execute_batch, const std::string& worker) const;
  // Hashes of what the batch needs from the daemon.
  std::vector<std::string> blobs_of(const std::string& batch) const;
  // No worker can run it: what judge_skipped() says of its jobs.
  void give_up(const std::string& batch, const std::string& why);

  // Keeps what later specs and verdicts need. protocol error: the body is not what the batch's kind promises.
  Result<TakenResult> take(const std::string& job, const wire::json::value& body, AttemptReason reason,
                           const std::string& worker);
  // An attempt that ended without a report (lost worker).
  void take_lost(const std::string& job, const AttemptResult& result);

  // The job is tried again for an infrastructure reason: its last attempt leaves nothing.
  void take_back(const std::string& job);

  // Verdict, reason and expectation into the job's row; the job has ended with `outcome`.
  void judge(store::JobRow& row, Outcome outcome);
  // The job was never run: why, as the row says it.
  void judge_skipped(store::JobRow& row, bool cancelled);

  // Cells that are over. conflict error: it has to wait for others. sweep_rerun.cc
  // `prepare_too`: `cells` are all that have jobs.
  Result<ReopenedJobs> jobs_to_rerun(const std::vector<std::string>& cells, bool prepare_too = false) const;
  // As if nothing of them had been tried in this sweep.
  void reopen(const ReopenedJobs& reopened);

  struct CellVerdict {
    Verdict verdict = Verdict::pass;
    Expectation expectation = Expectation::none;
    std::string reason;
  };
  // Called once, when all jobs of the cell ended; writes the expectations into the rows.
  // A job that is divided gets the verdict of all its shards, in the row of the first.
  CellVerdict judge_cell(const std::string& cell);

 private:
  // Those of a record's attempts that say something; of a job that is done, the last one always.
  void keep_results(const store::JobRow& row, std::vector<store::AttemptRecord> attempts);
  // The first thing behind which nothing could be tried: prepare, setup or a stage; empty: none is to blame.
  std::string waited_in_vain_for(const store::JobRow& row) const;
  std::string preparation_fault(const store::BatchRow& batch, Outcome outcome) const;
  const ToolchainFacts* toolchain(const std::string& name) const;
  void read_definitions();
  const BatchDefinition& definition_of(const store::BatchRow& batch) const;
  const store::CellRow* cell_row(const std::string& id) const;
  const std::vector<store::JobRow*>& jobs_of_batch(store::BatchId batch) const;
  // Of an execute job, of all its shards together; of a compile job, its own.
  std::vector<AttemptResult> results_of(const store::JobRow& row) const;
  void take_setup(const store::BatchRow& batch, const SetupResult& setup, TakenResult& out);
  PrepareSpec prepare_spec(bool shared) const;
  SetupSpec setup_spec(const store::BatchRow& batch) const;
  CompileSpec compile_spec(const store::BatchRow& batch, const std::string& worker, bool shared) const;
  ExecuteSpec execute_spec(const store::BatchRow& batch, const std::string& worker) const;
  void take_shard(const store::BatchRow& batch, ExecuteSpec& spec) const;
  std::vector<Need> needs_of(const store::BatchRow& setup_batch) const;
  const store::BatchRow* setup_batch_of(const store::BatchRow& batch) const;
  // The worker's own, else the best there is.
  const SetupResult& setup_of(const store::BatchRow& batch, const std::string& worker = "") const;
  bool executes_elsewhere(const store::BatchRow& batch, const std::string& worker, bool shared) const;
  bool has_execute(const std::string& cell) const;
  // The worst of its shards' verdicts into the row of the first; false: it is not divided.
  bool take_worst_shard(store::JobRow& row) const;
  PlannedUnits planned_of(const std::string& cell) const;
  void close_gate(const std::string& cell, TakenResult& taken) const;
  bool is_impossible_here(const store::JobRow& row, const AttemptResult& result) const;

  store::SweepRecord record_;
  const config::Catalogue& catalogue_;
  std::map<std::string, store::JobRow> jobs_;
  // Rows of jobs_, in its order, and where others are: sweeps have 100,000 jobs.
  std::map<store::BatchId, std::vector<store::JobRow*>> by_batch_;
  std::map<std::string, std::vector<store::JobRow*>> by_cell_;
  std::map<std::string, std::size_t> cells_;
  std::map<std::string, std::vector<const store::BatchRow*>> execute_batches_;  // by cell
  std::map<std::string, const store::BatchRow*> setup_batches_;                 // by key
  std::map<std::string, const store::BatchRow*> batches_;
  std::map<store::BatchId, BatchDefinition> definitions_;  // where something is asked of them later
  std::map<std::string, std::vector<AttemptResult>>
      results_;  // by job, in order; of compile and execute jobs
  Setups setups_;
  std::map<std::string, std::string> built_on_;  // cell -> the worker that linked its tests
  std::map<store::BatchId, std::string> given_up_;
};

}  // namespace tripled::app
