// A read-only connection of its own: what page, CLI, metrics and the start of the daemon read. One thread per
// Reader, any thread; never blocks the writer and sees only committed data. Each call reads one consistent
// state; results of attempts, which never change, are read behind it piece by piece, so that no read
// transaction lives long.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/rows.h"
#include "daemon/store/trigger_rows.h"
#include "schema/base/result.h"

namespace tripled::store {

class Connection;

// Newest first. Empty fields do not narrow.
struct SweepQuery {
  ProjectId project = 0;
  std::string matrix_file;
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
  Result<SweepRecord> load_sweep(SweepId id, Results results = Results::yes);
  Result<std::vector<CellRow>> cells(SweepId sweep);
  Result<std::optional<AttemptResult>> attempt_result(AttemptId attempt);
  Result<std::vector<UnitRow>> units(AttemptId attempt);

  // Sweeps in state running (and `also`, for --resume of an interrupted one).
  Result<RestoredState> restore(SweepId also = 0);

  // One list per wanted unit that any sweep listed: from the newest such sweep.
  Result<std::vector<TestList>> test_lists(const TestListQuery& query);

  // Attempts that have a log, oldest first. An empty cell means prepare and setup.
  Result<std::vector<LogRef>> logs(SweepId sweep, const std::string& cell, std::optional<Stage> stage);

  Result<std::vector<EventRow>> events(std::int64_t after_sequence, SweepId sweep, int limit);
  Result<std::vector<StaleResult>> stale_results(int limit);
  Result<std::vector<WorkerRow>> workers();
  Result<std::vector<TokenRow>> tokens();  // revoked ones too, by name
  Result<std::vector<AuditRow>> audit(int limit);
  Result<std::vector<BlobRow>> blobs();
  Result<bool> has_blob(const std::string& hash);

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
  std::unique_ptr<Connection> db_;
};

}  // namespace tripled::store
