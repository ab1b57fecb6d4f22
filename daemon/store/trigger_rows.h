// Projects the daemon knows, schedules, fires and polled refs as values. Pure data, any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/model/reflect.h"

namespace tripled::store {

using ScheduleId = std::int64_t;
using FireId = std::int64_t;

// Who began a sweep.
BOOST_DEFINE_ENUM_CLASS(Trigger, person, schedule, poll)
// What a fire does while the last sweep of its schedule runs.
BOOST_DEFINE_ENUM_CLASS(Overlap, skip, queue)
// What becomes of fires that nobody was there for: nothing, or one sweep for all of them.
BOOST_DEFINE_ENUM_CLASS(CatchUp, none, once)
// queued: its sweep begins when the one before is over. missed: too late to begin. failed: no sweep could be
// made of it.
BOOST_DEFINE_ENUM_CLASS(FireState, started, queued, skipped, missed, failed)
BOOST_DEFINE_ENUM_CLASS(FireCause, clock, catch_up, person)

struct PollSettings {
  std::string every = "5m";
  std::vector<std::string> refs;  // names or globs of branches
};
BOOST_DESCRIBE_STRUCT(PollSettings, (), (every, refs))

// What an administrator says of a project. Its matrix lies in a git repository (`git`), or is `matrix` and
// sweeps `directory`, below a root that the settings of the daemon list.
struct ProjectSettings {
  std::string name;
  std::string git;                          // URL
  std::string ref;                          // its main branch; what coverage is measured by
  std::string matrix_path = "matrix.yaml";  // in the repository
  bool submodules = false;
  std::string directory, matrix;
  std::vector<std::string> environment;  // variables (names or globs) that the repository's matrix may set
  std::vector<std::string> pools;        // labels of workers that it may ask for
  int priority = 0;                      // of its sweeps: higher goes first
  std::optional<int> cells;              // most cells of one sweep
  std::optional<int> slots;              // most batches at once, over all workers
  std::optional<std::int64_t> disk;      // most bytes of its sweeps' files at the daemon
  std::optional<PollSettings> poll;
};
BOOST_DESCRIBE_STRUCT(ProjectSettings, (),
                      (name, git, ref, matrix_path, submodules, directory, matrix, environment, pools,
                       priority, cells, slots, disk, poll))

struct ProjectSettingsRow {
  ProjectSettings settings;
  std::int64_t created_at = 0;
  std::optional<std::int64_t> polled_at;  // the last time it went well
  int poll_failures = 0;                  // in a row
  std::string poll_error;                 // of the last; empty: it went well
};

struct ProjectRefRow {
  std::string project, ref, revision;
  std::int64_t seen_at = 0;
  std::int64_t sweep = 0;  // 0: none was begun for it
  std::string note;        // why
};

struct ScheduleRow {
  ScheduleId id = 0;
  std::string project, cron, zone = "UTC";
  std::string ref;  // empty: the main branch of the project
  Overlap overlap = Overlap::skip;
  CatchUp catch_up = CatchUp::none;
  std::int64_t catch_up_ms = 0;  // how late it may be
  bool enabled = true;
  std::int64_t since = 0;  // what was due earlier does not count
  std::string created_by;
};

// So many fires of a schedule are kept, the latest recorded.
inline constexpr int most_fires = 1000;

struct FireRow {
  FireId id = 0;
  ScheduleId schedule = 0;
  std::string nominal;  // 2026-10-25T02:30; with seconds where a person began it
  int fold = 0;
  std::int64_t due_at = 0, recorded_at = 0;
  FireCause cause = FireCause::clock;
  FireState state = FireState::started;
  std::int64_t sweep = 0;
  std::string reason;
};

}  // namespace tripled::store
