// Transaction: projects, schedules, fires, polled refs.
#include "daemon/store/store.h"
#include "daemon/store/store_impl.h"

namespace tripled::store {

Status Transaction::put_project_settings(const ProjectSettings& settings, UnixMs at) {
  return db().execute(
      "INSERT INTO project_settings (name, doc, created_at) VALUES (?, ?, ?) "
      "ON CONFLICT (name) DO UPDATE SET doc = excluded.doc",
      {settings.name, document_of(settings), at});
}

Status Transaction::remove_project_settings(const std::string& name) {
  TRIPLED_TRY(db().execute("DELETE FROM project_settings WHERE name = ?", {name}));
  return one_row("project `" + name + "`");
}

Status Transaction::set_polled(const std::string& project, UnixMs at) {
  return db().execute(
      "UPDATE project_settings SET polled_at = ?, poll_failures = 0, poll_error = '' WHERE name = ?",
      {at, project});
}

Status Transaction::set_poll_failed(const std::string& project, int failures, const std::string& error) {
  return db().execute("UPDATE project_settings SET poll_failures = ?, poll_error = ? WHERE name = ?",
                      {failures, error, project});
}

Status Transaction::forget_polls(const std::string& project) {
  TRIPLED_TRY(db().execute("DELETE FROM project_refs WHERE project = ?", {project}));
  return db().execute(
      "UPDATE project_settings SET polled_at = NULL, poll_failures = 0, poll_error = '' WHERE name = ?",
      {project});
}

Status Transaction::put_project_ref(const ProjectRefRow& ref) {
  TRIPLED_ASSIGN(auto known, db().number("SELECT 1 FROM project_settings WHERE name = ?", {ref.project}));
  if (!known) return Error(ErrorKind::usage, "no such project `" + ref.project + "`");
  return db().execute(
      "INSERT OR REPLACE INTO project_refs (project, ref, revision, seen_at, sweep, note) "
      "VALUES (?, ?, ?, ?, ?, ?)",
      {ref.project, ref.ref, ref.revision, ref.seen_at, null_if_zero(ref.sweep), ref.note});
}

Status Transaction::remove_project_ref(const std::string& project, const std::string& ref) {
  return db().execute("DELETE FROM project_refs WHERE project = ? AND ref = ?", {project, ref});
}

Result<ScheduleId> Transaction::put_schedule(const ScheduleRow& s) {
  if (s.id == 0) {
    TRIPLED_TRY(db().execute(
        "INSERT INTO schedules (project, cron, zone, ref, overlap, catch_up, catch_up_ms, enabled, since, "
        "created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {s.project, s.cron, s.zone, s.ref, s.overlap, s.catch_up, s.catch_up_ms, s.enabled, s.since,
         s.created_by}));
    return db().last_id();
  }
  TRIPLED_TRY(
      db().execute("UPDATE schedules SET cron = ?, zone = ?, ref = ?, overlap = ?, catch_up = ?, "
                   "catch_up_ms = ?, enabled = ?, since = ? WHERE id = ?",
                   {s.cron, s.zone, s.ref, s.overlap, s.catch_up, s.catch_up_ms, s.enabled, s.since, s.id}));
  TRIPLED_TRY(one_row("schedule " + std::to_string(s.id)));
  return s.id;
}

Status Transaction::remove_schedule(ScheduleId schedule) {
  TRIPLED_TRY(db().execute("DELETE FROM schedules WHERE id = ?", {schedule}));
  return one_row("schedule " + std::to_string(schedule));
}

Result<FireId> Transaction::add_fire(const FireRow& fire) {
  TRIPLED_ASSIGN(auto schedule, db().number("SELECT 1 FROM schedules WHERE id = ?", {fire.schedule}));
  if (!schedule) return Error(ErrorKind::usage, "no such schedule " + std::to_string(fire.schedule));
  TRIPLED_ASSIGN(auto known,
                 db().number("SELECT 1 FROM fires WHERE schedule = ? AND nominal = ? AND fold = ?",
                             {fire.schedule, fire.nominal, fire.fold}));
  if (known)
    return Error(ErrorKind::conflict, "schedule " + std::to_string(fire.schedule) + " has its fire of " +
                                          fire.nominal + " already");
  TRIPLED_TRY(db().execute(
      "INSERT INTO fires (schedule, nominal, fold, due_at, recorded_at, cause, state, sweep, reason) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {fire.schedule, fire.nominal, fire.fold, fire.due_at, fire.recorded_at, fire.cause, fire.state,
       null_if_zero(fire.sweep), fire.reason}));
  const auto id = db().last_id();
  TRIPLED_TRY(
      db().execute("DELETE FROM fires WHERE schedule = ?1 AND id < "
                   "(SELECT id FROM fires WHERE schedule = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
                   {fire.schedule, most_fires - 1}));
  return id;
}

Status Transaction::set_fire(FireId fire, FireState state, SweepId sweep, const std::string& reason) {
  TRIPLED_TRY(db().execute("UPDATE fires SET state = ?, sweep = ?, reason = ? WHERE id = ?",
                           {state, null_if_zero(sweep), reason, fire}));
  return one_row("fire " + std::to_string(fire));
}

}  // namespace tripled::store
