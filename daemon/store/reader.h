// A read-only connection of its own: what page, CLI, metrics and the start of the daemon read. One thread per
// Reader, any thread; never blocks the writer and sees only committed data. Each call reads one consistent
// state; results of attempts, which never change, are read behind it piece by piece, so that no read
// transaction lives long.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/store/collection.h"
#include "daemon/store/queries.h"
#include "daemon/store/rows.h"
#include "daemon/store/trigger_rows.h"
#include "daemon/store/voids.h"
#include "schema/base/duration.h"
#include "schema/base/result.h"

namespace tripled::store {

class Connection;

// Newest first. Empty fields do not narrow.
struct SweepQuery {
  ProjectId project = 0;
  std::string matrix_file;
  bool without_matrix = false;  // only those that had none
  std::optional<SweepState> state;
  bool full_only = false;  // leaves out partial ones
  SweepId before = 0;      // ids smaller than this (paging); 0: from the newest
  int limit = 50;
};

struct TestListQuery {
  ProjectId project = 0;
  SweepId before = 0;                        // look at older sweeps than this one; 0: at all
  std::vector<UnitName> units;               // wanted ones
  std::vector<std::string> preferred_cells;  // in this order; then the cell that lists most
  int max_sweeps = 20;                       // how far to look back
};

class Reader {
 public:
  // store error: no such file, not a database of ours, made by a newer program, or older than this one (needs
  // `serve` or `sweep` once to migrate it).
  static Result<Reader> open(const std::filesystem::path& database);
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;
  ~Reader();

  // Every statement from now on ends with a timeout error when it runs so long after this call.
  void limit_time(Millis limit);

  Result<std::string> store_id();
  Result<std::optional<std::string>> meta(const std::string& key);
  Result<IdCounters> id_counters();

  Result<std::vector<ProjectRow>> projects();
  Result<std::vector<SweepRow>> sweeps(const SweepQuery& query);
  Result<std::optional<SweepRow>> sweep(SweepId id);
  Result<std::optional<SweepRow>> last_sweep(const SweepQuery& query);
  // running or interrupted, newest first: what --resume may go on with.
  Result<std::vector<SweepRow>> unfinished_sweeps();

  // usage error: no such sweep. Without results: rows only, much smaller.
  enum class Results { no, yes };
  // PlanCells::no: `plan.cells` stays empty, `cells` has them all with their rows.
  enum class PlanCells { yes, no };
  Result<SweepRecord> load_sweep(SweepId id, Results results = Results::yes,
                                 PlanCells plan_cells = PlanCells::yes);
  Result<std::vector<CellRow>> cells(SweepId sweep);
  Result<std::string> findings_json(SweepId sweep);  // SweepRecord::findings_json
  Result<std::optional<AttemptResult>> attempt_result(AttemptId attempt);
  Result<std::vector<UnitRow>> units(AttemptId attempt);

  // --- looking things up (reader_lookup.cc)
  Result<std::vector<CellOverview>> cell_page(const CellQuery& query);
  Result<std::optional<CellRow>> cell(SweepId sweep, const std::string& id);
  // By stage. Without shards other than the one that has the verdict.
  Result<std::vector<JobRow>> jobs_of_cell(SweepId sweep, const std::string& cell);
  Result<std::vector<PreparationJob>> preparation(SweepId sweep);  // prepare first
  Result<std::optional<JobRow>> job(JobId id);
  Result<std::vector<AttemptRow>> attempts(JobId job);  // of all its shards, by shard, then n
  Result<std::optional<AttemptRow>> attempt(AttemptId id);
  // Without its tests, of which there may be very many; none: no result yet.
  Result<std::optional<AttemptResult>> attempt_summary(AttemptId attempt);
  Result<std::vector<StoredTest>> tests(const TestQuery& query);
  // By state; nothing for states without a test.
  Result<std::vector<std::pair<TestState, std::int64_t>>> test_counts(AttemptId attempt);
  Result<std::vector<EarlierVerdict>> earlier_verdicts(JobId job);  // oldest first
  // reader_voids.cc
  Result<std::vector<AffectedCell>> affected_cells(const VoidQuery& query);
  Result<std::set<AttemptId>> voided_attempts(JobId job);
  Result<bool> is_void(const JobRow& job);  // as JobRecord::voided
  // The matrix swept last stands first. `before`: only those whose newest sweep is older than this one; 0:
  // all.
  Result<std::vector<KnownMatrix>> matrices(SweepId before, int limit);

  // Sweeps in state running (and `also`, for --resume of an interrupted one).
  Result<RestoredState> restore(SweepId also = 0);

  // One list per wanted unit that any sweep listed: from the newest such sweep.
  Result<std::vector<TestList>> test_lists(const TestListQuery& query);

  // Attempts that have a log, oldest first. An empty cell means prepare and setup.
  Result<std::vector<LogRef>> logs(SweepId sweep, const std::string& cell, std::optional<Stage> stage);

  Result<std::optional<std::int64_t>> oldest_event();  // of those that are still stored
  Result<std::vector<EventRow>> events(std::int64_t after_sequence, SweepId sweep, int limit);
  Result<std::vector<StaleResult>> stale_results(int limit);
  Result<std::vector<WorkerRow>> workers();
  Result<std::vector<TokenRow>> tokens();          // revoked ones too, by name
  Result<std::vector<EnrolmentRow>> enrolments();  // all of them, the newest first
  Result<std::vector<AuditRow>> audit(int limit,
                                      std::int64_t before = 0);  // ids smaller than this one; 0: the newest
  Result<std::vector<BlobRow>> blobs();
  Result<bool> has_blob(const std::string& hash);
  // What the blobs of each class hold together; a class of none is missing.
  Result<std::map<BlobClass, std::uint64_t>> blob_bytes();
  // What has to go for these ceilings, oldest sweeps first; nothing that a running or resumable sweep names,
  // and for each cell of a project's matrix nothing of the last sweep in which it was good and of the first
  // bad one since. At most 100,000 files of a class at once.
  Result<CollectionPlan> plan_collection(const Ceilings& ceilings);

  // Projects, schedules, fires (reader_triggers.cc).
  Result<std::vector<ProjectSettingsRow>> project_settings();  // by name
  Result<std::optional<ProjectSettingsRow>> project_settings(const std::string& name);
  Result<std::vector<ProjectRefRow>> project_refs(const std::string& project);
  Result<std::vector<ScheduleRow>> schedules();  // by id
  Result<std::optional<ScheduleRow>> schedule(ScheduleId id);
  Result<std::vector<FireRow>> fires(ScheduleId schedule, int limit);  // the latest recorded first
  // Running sweeps that a poll of this ref began and of which no job was ever given out.
  Result<std::vector<SweepId>> queued_poll_sweeps(const std::string& project, const std::string& ref);

 private:
  explicit Reader(std::unique_ptr<Connection> db);
  Status load_results(SweepRecord& record);
  Status load_voids(SweepRecord& record);  // reader_voids.cc
  std::unique_ptr<Connection> db_;
};

}  // namespace tripled::store
