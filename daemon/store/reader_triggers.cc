// Reader: projects, schedules, fires, polled refs.
#include "daemon/store/connection.h"
#include "daemon/store/reader.h"

namespace tripled::store {
namespace {

constexpr const char* settings_columns =
    "SELECT doc, created_at, polled_at, poll_failures, poll_error FROM project_settings ";
constexpr const char* schedule_columns =
    "SELECT id, project, cron, zone, ref, overlap, catch_up, catch_up_ms, enabled, since, created_by "
    "FROM schedules ";

ProjectSettingsRow read_settings(Row& row) {
  ProjectSettingsRow out;
  out.settings = row.document<ProjectSettings>(0);
  out.created_at = row.integer(1);
  out.polled_at = row.maybe_integer(2);
  out.poll_failures = static_cast<int>(row.integer(3));
  out.poll_error = row.text(4);
  return out;
}

ScheduleRow read_schedule(Row& row) {
  ScheduleRow out;
  out.id = row.integer(0);
  out.project = row.text(1);
  out.cron = row.text(2);
  out.zone = row.text(3);
  out.ref = row.text(4);
  out.overlap = row.word<Overlap>(5);
  out.catch_up = row.word<CatchUp>(6);
  out.catch_up_ms = row.integer(7);
  out.enabled = row.flag(8);
  out.since = row.integer(9);
  out.created_by = row.text(10);
  return out;
}

FireRow read_fire(Row& row) {
  FireRow out;
  out.id = row.integer(0);
  out.schedule = row.integer(1);
  out.nominal = row.text(2);
  out.fold = static_cast<int>(row.integer(3));
  out.due_at = row.integer(4);
  out.recorded_at = row.integer(5);
  out.cause = row.word<FireCause>(6);
  out.state = row.word<FireState>(7);
  out.sweep = row.integer(8);
  out.reason = row.text(9);
  return out;
}

}  // namespace

Result<std::vector<ProjectSettingsRow>> Reader::project_settings() {
  std::vector<ProjectSettingsRow> out;
  TRIPLED_TRY(db_->execute(std::string(settings_columns) + "ORDER BY name", {},
                           [&](Row& row) { out.push_back(read_settings(row)); }));
  return out;
}

Result<std::optional<ProjectSettingsRow>> Reader::project_settings(const std::string& name) {
  std::optional<ProjectSettingsRow> out;
  TRIPLED_TRY(db_->execute(std::string(settings_columns) + "WHERE name = ?", {name},
                           [&](Row& row) { out = read_settings(row); }));
  return out;
}

Result<std::vector<ProjectRefRow>> Reader::project_refs(const std::string& project) {
  std::vector<ProjectRefRow> out;
  TRIPLED_TRY(db_->execute(
      "SELECT project, ref, revision, seen_at, sweep, note FROM project_refs WHERE project = ? ORDER BY ref",
      {project}, [&](Row& row) {
        out.push_back({row.text(0), row.text(1), row.text(2), row.integer(3), row.integer(4), row.text(5)});
      }));
  return out;
}

Result<std::vector<ScheduleRow>> Reader::schedules() {
  std::vector<ScheduleRow> out;
  TRIPLED_TRY(db_->execute(std::string(schedule_columns) + "ORDER BY id", {},
                           [&](Row& row) { out.push_back(read_schedule(row)); }));
  return out;
}

Result<std::optional<ScheduleRow>> Reader::schedule(ScheduleId id) {
  std::optional<ScheduleRow> out;
  TRIPLED_TRY(db_->execute(std::string(schedule_columns) + "WHERE id = ?", {id},
                           [&](Row& row) { out = read_schedule(row); }));
  return out;
}

Result<std::vector<FireRow>> Reader::fires(ScheduleId schedule, int limit) {
  std::vector<FireRow> out;
  TRIPLED_TRY(db_->execute(
      "SELECT id, schedule, nominal, fold, due_at, recorded_at, cause, state, sweep, reason FROM fires "
      "WHERE schedule = ? ORDER BY id DESC LIMIT ?",
      {schedule, limit}, [&](Row& row) { out.push_back(read_fire(row)); }));
  return out;
}

Result<std::vector<SweepId>> Reader::queued_poll_sweeps(const std::string& project, const std::string& ref) {
  std::vector<SweepId> out;
  TRIPLED_TRY(db_->execute(
      "SELECT s.id FROM sweeps s JOIN projects p ON p.id = s.project WHERE s.state = 'running' "
      "AND s.\"trigger\" = 'poll' AND p.name = ? AND s.ref = ? AND NOT EXISTS "
      "(SELECT 1 FROM batches b JOIN leases l ON l.batch = b.id WHERE b.sweep = s.id) ORDER BY s.id",
      {project, ref}, [&](Row& row) { out.push_back(row.integer(0)); }));
  return out;
}

}  // namespace tripled::store
