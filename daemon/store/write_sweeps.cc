#include "daemon/store/store.h"
#include "daemon/store/store_impl.h"

namespace tripled::store {
namespace {

std::string origin_of(const ProjectSource& source) {
  if (!source.git.empty()) return "git:" + source.git;
  if (!source.crate.empty()) return "crate:" + source.crate;
  if (source.sent) return "sent";  // whoever sends it, from wherever: known by its name
  return "path:" + source.path;
}

constexpr const char* upsert_project =
    "INSERT INTO projects (name, origin, doc, created_at) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (name, origin) DO UPDATE SET doc = excluded.doc RETURNING id";
constexpr const char* insert_sweep =
    "INSERT INTO sweeps (project, matrix_file, state, partial, started_at, \"trigger\", ref) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)";
constexpr const char* insert_doc = "INSERT OR REPLACE INTO sweep_docs (sweep, kind, doc) VALUES (?, ?, ?)";
constexpr const char* insert_cell =
    "INSERT INTO cells (sweep, id, ordinal, group_name, triple, toolchain, verdict, reason, doc) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

Status insert_cells(Connection& db, SweepId sweep, const std::vector<Cell>& cells) {
  int ordinal = 0;
  for (const Cell& cell : cells) {
    std::optional<Verdict> verdict;
    if (!cell.excluded_reason.empty()) verdict = Verdict::excluded;
    TRIPLED_TRY(
        db.execute(insert_cell, {sweep, cell.id, ordinal++, cell.group, cell.triple, cell.settings.toolchain,
                                 verdict, cell.excluded_reason, document_of(cell)}));
  }
  return {};
}

}  // namespace

Connection& Transaction::db() {
  TRIPLED_CHECK(store_ != nullptr);
  return *store_->db;
}

Status Transaction::one_row(const std::string& what) {
  if (db().changed_rows() == 1) return {};
  return Error(ErrorKind::usage, "no such " + what);
}

Result<SweepId> Transaction::create_sweep(const NewSweep& sweep) {
  const Project& project = sweep.plan.project;
  TRIPLED_ASSIGN(auto project_id, db().number(upsert_project, {project.name, origin_of(project.source),
                                                               document_of(project), sweep.started_at}));
  TRIPLED_TRY(db().execute(insert_sweep, {*project_id, sweep.matrix_file, SweepState::running,
                                          sweep.plan.partial, sweep.started_at, sweep.trigger, sweep.ref}));
  const SweepId id = db().last_id();
  Plan plan = sweep.plan;
  plan.cells.clear();
  TRIPLED_TRY(db().execute(insert_doc, {id, "matrix", make_document(sweep.matrix_text)}));
  TRIPLED_TRY(db().execute(insert_doc, {id, "plan", document_of(plan)}));
  TRIPLED_TRY(db().execute(insert_doc, {id, "facts", document_of(sweep.facts)}));
  TRIPLED_TRY(db().execute(insert_doc, {id, "options", make_document(sweep.options_json)}));
  TRIPLED_TRY(insert_cells(db(), id, sweep.plan.cells));
  return id;
}

Status Transaction::set_prepared(SweepId sweep, const PrepareResult& prepare) {
  TRIPLED_TRY(blob_is_recorded(prepare.log, "prepare log"));
  TRIPLED_TRY(db().execute(
      "UPDATE sweeps SET snapshot = ?, lock_hash = ?, revision = ?, prepare_log = ? WHERE id = ?",
      {prepare.snapshot, prepare.sources.empty() ? "" : prepare.sources.front().lock_hash, prepare.revision,
       null_if_empty(prepare.log.hash), sweep}));
  TRIPLED_TRY(one_row("sweep " + std::to_string(sweep)));
  return db().execute(insert_doc, {sweep, "prepare", document_of(prepare)});
}

Status Transaction::set_sweep_state(SweepId sweep, SweepState state) {
  TRIPLED_TRY(
      db().execute("UPDATE sweeps SET state = ?1, "
                   "finished_at = CASE WHEN ?1 = 'running' THEN NULL ELSE finished_at END, "
                   "exit_status = CASE WHEN ?1 = 'running' THEN NULL ELSE exit_status END, "
                   "cancel = CASE WHEN ?1 = 'running' THEN 'none' ELSE cancel END WHERE id = ?2",
                   {state, sweep}));
  TRIPLED_TRY(one_row("sweep " + std::to_string(sweep)));
  if (state != SweepState::running) return {};
  return db().execute("DELETE FROM sweep_docs WHERE sweep = ? AND kind = 'findings'", {sweep});
}

Status Transaction::cancel_sweep(SweepId sweep, bool now) {
  TRIPLED_TRY(db().execute(
      "UPDATE sweeps SET cancel = CASE WHEN ?1 OR cancel = 'now' THEN 'now' ELSE 'drain' END WHERE id = ?2",
      {now, sweep}));
  return one_row("sweep " + std::to_string(sweep));
}

Status Transaction::finish_sweep(SweepId sweep, SweepState state, int exit_status, UnixMs at) {
  TRIPLED_TRY(db().execute("UPDATE sweeps SET state = ?, exit_status = ?, finished_at = ? WHERE id = ?",
                           {state, exit_status, at, sweep}));
  return one_row("sweep " + std::to_string(sweep));
}

Status Transaction::set_known_triples(SweepId sweep, const std::vector<TripleFacts>& triples) {
  return db().execute(insert_doc, {sweep, "triples", document_of(triples)});
}

Status Transaction::set_findings(SweepId sweep, const std::string& json) {
  return db().execute(insert_doc, {sweep, "findings", make_document(json)});
}

Status Transaction::delete_sweep(SweepId sweep) {
  TRIPLED_TRY(db().execute("DELETE FROM sweeps WHERE id = ?", {sweep}));
  return one_row("sweep " + std::to_string(sweep));
}

Status Transaction::set_cell_keys(SweepId sweep, const std::string& cell, const std::string& setup_key,
                                  const std::string& plan_key) {
  TRIPLED_TRY(db().execute("UPDATE cells SET setup_key = ?, plan_key = ? WHERE sweep = ? AND id = ?",
                           {setup_key, plan_key, sweep, cell}));
  return one_row("cell " + cell + " in sweep " + std::to_string(sweep));
}

Status Transaction::set_cell_verdict(SweepId sweep, const std::string& cell, std::optional<Verdict> verdict,
                                     Expectation expectation, const std::string& reason) {
  TRIPLED_TRY(
      db().execute("UPDATE cells SET verdict = ?, expectation = ?, reason = ? WHERE sweep = ? AND id = ?",
                   {verdict, expectation, reason, sweep, cell}));
  return one_row("cell " + cell + " in sweep " + std::to_string(sweep));
}

Status Transaction::put_setup(const SetupRow& setup) {
  if (setup.result) TRIPLED_TRY(blob_is_recorded(setup.result->log, "setup log"));
  std::optional<Document> document;
  if (setup.result) {
    auto json = wire::to_json(*setup.result);
    if (!setup.others.empty()) json.as_object()["others"] = wire::to_json(setup.others);
    document = make_document(wire::json::serialize(json));
  }
  return db().execute(
      "INSERT OR REPLACE INTO setups (sweep, key, triple, toolchain, log_hash, doc) "
      "VALUES (?, ?, ?, ?, ?, ?)",
      {setup.sweep, setup.key, setup.triple, setup.toolchain,
       null_if_empty(setup.result ? setup.result->log.hash : ""), document});
}

}  // namespace tripled::store
