// The daemon's one writable database (SQLite, schema/sql): open, migrate, write in groups, say how healthy it
// is. One daemon per database (lock file beside it). One thread: the daemon's io thread makes every call;
// only health() may be asked from any thread. Everything between begin() and commit() is one synced commit,
// or nothing at all.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/store/collection.h"
#include "daemon/store/migrations.h"
#include "daemon/store/rows.h"
#include "daemon/store/trigger_rows.h"
#include "daemon/store/voids.h"
#include "schema/base/duration.h"
#include "schema/base/result.h"

namespace tripled::store {

// disk_full: stop granting and intake; writes may still be tried (the ballast was given up for results that
// are on their way) and tend() brings ok back. failed: I/O error, failed sync or corruption; nothing more is
// promised, begin() refuses for good, the daemon must end non-zero.
enum class Health { ok, disk_full, failed };

struct StoreOptions {
  std::filesystem::path path;              // the database file; its directory is made
  std::uint64_t ballast_bytes = 4u << 20;  // beside the database, given up when the disk is full; 0: none
  // The write-ahead log is cut when it is larger: it stays so, or a little above while somebody reads.
  std::uint64_t wal_bytes = 64u << 20;
  Millis busy_timeout{5000};
  Millis check_budget{2000};       // for the integrity check at open; what is not checked by then is trusted
  std::string who = "tripled";     // said to a second opener, beside pid, start and command line
  std::function<void()> progress;  // called again and again while the database is copied and migrated
  const std::vector<Migration>* migrations = nullptr;  // tests; null: the built-in ones
};

class Transaction;
struct TestNames;

class Store {
 public:
  // Errors: conflict (somebody else has it; says who), store (read-only, not a database, corrupt, of a newer
  // or another program, disk full), io. Each names the file and what to do.
  static Result<Store> open(StoreOptions options);
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  // One transaction at a time. store error when health is failed or the database is locked from outside.
  Result<Transaction> begin();

  // Random, made with the database; a restored one gets a new one.
  const std::string& store_id() const;
  const std::filesystem::path& path() const;

  // Any thread.
  Health health() const;
  std::string health_reason() const;  // one line; empty when ok

  // Somebody else who writes to this disk met its end: health becomes disk_full, the ballast is given up.
  void disk_is_full(const std::string& why);
  // Somebody else who writes to this disk could not sync or met an I/O error: health becomes failed.
  void disk_failed(const std::string& why);

  // To be called now and then (seconds), outside a transaction: keeps the WAL bounded, finds out whether
  // space is back, makes the ballast again.
  Status tend();

  // Tests: as if the disk had room for so many pages of 4 KiB (0: no limit).
  Status limit_pages(std::int64_t pages);

  struct Impl;

 private:
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// One group of writes. Destroyed without commit(): rolled back. An operation that SQLite itself refuses (disk
// full, broken constraint) spoils the whole transaction: commit() then returns that first error. An operation
// refused for a reason of ours (conflict, usage: said per operation) has written nothing and the others
// stand.
class Transaction {
 public:
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  // Returns after the data is synced. The transaction is over, whatever it returns.
  Status commit();
  void rollback();

  // --- sweeps (write_sweeps.cc)
  // Makes project, sweep, its documents and its cells (verdict none; `excluded` ones get theirs and the
  // reason).
  Result<SweepId> create_sweep(const NewSweep& sweep);
  Status set_prepared(SweepId sweep, const PrepareResult& prepare);
  // Back to running too (--resume): finished_at, exit_status, cancel and the findings are cleared then.
  Status set_sweep_state(SweepId sweep, SweepState state);
  // `now` stays `now`. usage error: no such sweep.
  Status cancel_sweep(SweepId sweep, bool now);
  Status finish_sweep(SweepId sweep, SweepState state, int exit_status, UnixMs at);
  // What SweepRecord::known_triples and findings_json hold.
  Status set_known_triples(SweepId sweep, const std::vector<TripleFacts>& triples);
  Status set_findings(SweepId sweep, const std::string& json);
  // Everything of it but blobs (forget_unreferenced_blobs).
  Status delete_sweep(SweepId sweep);
  // The keys are known once setups and plans are; the verdict when the cell is over (or open again: none).
  Status set_cell_keys(SweepId sweep, const std::string& cell, const std::string& setup_key,
                       const std::string& plan_key);
  Status set_cell_verdict(SweepId sweep, const std::string& cell, std::optional<Verdict> verdict,
                          Expectation expectation, const std::string& reason);
  Status put_setup(const SetupRow& setup);  // inserts, or replaces the one of (sweep, key)

  // --- rerun (write_reruns.cc). The sweep itself: set_sweep_state.
  // What was concluded of it is kept beside it; it waits to be tried again, for reason `rerun`.
  Status set_batch_definition(BatchId batch, const std::string& definition_json);
  Status reopen_job(const JobRow& job, UnixMs at, const std::string& who, bool voided = false);
  Status reopen_setup(SweepId sweep, const std::string& key);  // its result is forgotten
  Status forget_prepared(SweepId sweep);

  // --- scheduler (write_jobs.cc). Ids: 0 takes the next, else the one given.
  Result<BatchId> put_batch(const BatchRow& batch);
  Status set_batch_state(BatchId batch, BatchState state);
  // How long the cells of the newest finished whole sweep of the same project and matrix took, in ms.
  struct CellDurations {
    std::int64_t compile = 0, execute = 0;  // all shards together
    SweepId sweep = 0;                      // that one
  };
  Result<std::map<std::string, CellDurations>> earlier_durations(SweepId sweep);
  Result<JobId> put_job(const JobRow& job);
  // Without `next_reason`: it stays as it is.
  Status set_job_state(JobId job, JobState state, std::optional<AttemptReason> next_reason = std::nullopt);
  // Every column that can change: all but id, sweep, cell, stage, shard.
  Status update_job(const JobRow& job);
  // conflict: another lease of the batch is held, or had this epoch.
  Result<LeaseId> put_lease(const LeaseRow& lease);
  // `held` not said: offered and active ones are.
  Status set_lease_state(LeaseId lease, LeaseState state, std::optional<UnixMs> ended_at,
                         const std::string& reason, std::optional<bool> held = std::nullopt);
  Status set_lane(const LaneRow& lane);  // an empty cell: the lane is free

  // --- attempts (write_attempts.cc)
  Result<AttemptId> create_attempt(const AttemptRow& attempt);  // finish fields are not looked at
  // Exactly once. conflict: it has a result already, or the batch was granted again since (`epoch` is not the
  // current one); usage: no such attempt, or a blob it names was not recorded.
  Status finish_attempt(AttemptFinish finish);
  Status add_stale_result(const StaleResult& stale);
  // How many were not void before. write_voids.cc
  Result<std::int64_t> void_attempts(const VoidQuery& query, UnixMs at);

  // --- blobs, events, workers, tokens, audit (write_misc.cc)
  Status add_blob(const BlobRow& blob);  // of a file that is synced already; again is fine
  // Forgets at most `limit` blobs older than `before` that nothing names; their files are removed after the
  // commit.
  Result<std::vector<std::string>> forget_unreferenced_blobs(UnixMs before, int limit);
  // Those that nobody named again since they were chosen; what named them names nothing from now on. Returns
  // those that are forgotten: their files are removed after the commit.
  Result<std::vector<std::string>> forget_blobs(const std::vector<DoomedBlob>& blobs);
  // `sweep` needs it; of a blob that is recorded. Again is fine.
  Status name_blob(SweepId sweep, const std::string& hash);
  Result<std::int64_t> append_event(const EventRow& event);  // returns its sequence
  Status prune_events(std::int64_t keep);                    // the newest `keep`
  Status prune_stale_results(UnixMs before);
  Status put_worker(const WorkerRow& worker);
  Status set_quarantine(const QuarantineRow& quarantine);  // an empty `why`: it is over
  // conflict error: the name is taken, revoked ones included; usage error: without a role.
  Status add_token(const TokenRow& token);
  Status revoke_token(const std::string& name, UnixMs at);  // usage error: no such token in use
  Status touch_token(const std::string& name, UnixMs at);   // it was seen
  // write_enrolments.cc
  Result<EnrolmentId> add_enrolment(const EnrolmentRow& enrolment);
  Status revoke_enrolment(EnrolmentId enrolment, UnixMs at);  // usage error: no such, or not to be used
  // Uses it: `token` (a name, a hash, a time) is its worker's from now on. Returns the pool that the worker
  // is bound to. usage error: it is another worker's. conflict error: it was used, revoked or has ended, or
  // the name has a token that it may not replace; what to do about it stands in the message.
  Result<std::string> use_enrolment(EnrolmentId enrolment, const TokenRow& token);
  Status add_audit(const AuditRow& audit);
  Status set_meta(const std::string& key, const std::string& value);

  // --- projects, schedules, fires (write_triggers.cc)
  Status put_project_settings(const ProjectSettings& settings, UnixMs at);  // inserts or replaces
  Status remove_project_settings(const std::string& name);  // with its schedules; usage error: none such
  Status set_polled(const std::string& project, UnixMs at);
  Status set_poll_failed(const std::string& project, int failures, const std::string& error);
  Status forget_polls(const std::string& project);   // as if it had never been polled
  Status put_project_ref(const ProjectRefRow& ref);  // usage error: no such project
  Status remove_project_ref(const std::string& project, const std::string& ref);
  Result<ScheduleId> put_schedule(const ScheduleRow& schedule);  // id 0: a new one; usage error: no such
  Status remove_schedule(ScheduleId schedule);
  // conflict error: this nominal time of the schedule has its fire; usage error: no such schedule. Nothing is
  // written then. The oldest beyond `most_fires` go.
  Result<FireId> add_fire(const FireRow& fire);
  Status set_fire(FireId fire, FireState state, SweepId sweep, const std::string& reason);

 private:
  friend class Store;
  explicit Transaction(Store::Impl* store) : store_(store) {}
  Connection& db();
  Status one_row(const std::string& what);  // the last statement changed exactly one, else usage error
  Status blob_is_recorded(const BlobRef& blob, const char* what);
  Status insert_units(AttemptId attempt, const std::vector<UnitResult>& units);
  Status insert_tests(AttemptId attempt, std::vector<TestResult> tests);
  Result<std::int64_t> test_list(const TestNames& names);
  Store::Impl* store_;  // null: over
};

}  // namespace tripled::store
