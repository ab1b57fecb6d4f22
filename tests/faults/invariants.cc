#include "tests/faults/invariants.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>

#include "schema/base/file.h"
#include "tests/faults/support.h"

namespace tripled::e2e {

namespace fs = std::filesystem;

fs::path database_of(const Fleet& fleet) { return fleet.dir() / "state" / "tripled.db"; }

std::string query(const fs::path& database, const std::string& sql) {
  sqlite3* db = nullptr;
  sqlite3_stmt* statement = nullptr;
  std::string out;
  int status = sqlite3_open_v2(database.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr);
  sqlite3_busy_timeout(db, 10'000);
  if (status == SQLITE_OK) status = sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr);
  if (status == SQLITE_OK) status = sqlite3_step(statement);
  if (status == SQLITE_ROW) {
    const auto* value = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    if (value) out = value;
  }
  EXPECT_TRUE(status == SQLITE_ROW || status == SQLITE_DONE) << sql << ": " << sqlite3_errmsg(db);
  sqlite3_finalize(statement);
  sqlite3_close(db);
  return out;
}

std::string metric(const std::string& exposition, const std::string& series) {
  auto at = exposition.find("\n" + series + " ");
  if (at == std::string::npos) return "";
  at += series.size() + 2;
  return exposition.substr(at, exposition.find('\n', at) - at);
}

namespace {

void expect_none(const fs::path& database, const std::string& what, const std::string& sql) {
  EXPECT_EQ(query(database, sql), "") << what;
}

// I1, I2
void expect_conclusions(const fs::path& database, const std::string& unfit) {
  expect_none(
      database, "a job that nobody works on and nobody will",
      "SELECT j.id || ' ' || j.state FROM jobs j JOIN sweeps s ON s.id = j.sweep "
      "LEFT JOIN batches b ON b.id = j.batch WHERE j.state NOT IN ('done', 'skipped', 'cancelled') AND NOT ("
      "s.state = 'running' AND (j.state IN ('blocked', 'ready') OR EXISTS (SELECT 1 FROM leases l WHERE "
      "l.batch = b.id AND l.state IN ('offered', 'active'))))");
  expect_none(
      database, "a job of a finished sweep that is not over",
      "SELECT j.id || ' ' || j.state FROM jobs j JOIN sweeps s ON s.id = j.sweep WHERE s.state = 'finished' "
      "AND j.state NOT IN ('done', 'skipped', 'cancelled')");
  expect_none(database, "a stage that is over without a verdict",
              "SELECT id FROM jobs WHERE cell IS NOT NULL AND state IN ('done', 'skipped', 'cancelled') AND "
              "verdict IS NULL");
  expect_none(
      database, "a cell of a finished sweep without a verdict",
      "SELECT c.id FROM cells c JOIN sweeps s ON s.id = c.sweep WHERE s.state = 'finished' AND c.verdict IS "
      "NULL");
  expect_none(database, "an attempt without its result",
              "SELECT a.id FROM attempts a JOIN jobs j ON j.id = a.job WHERE j.state IN ('done', 'skipped', "
              "'cancelled') AND a.result IS NULL");
  expect_none(database, "a result of a lease that was not the newest when it ended",
              "SELECT a.id FROM attempts a JOIN leases l ON l.id = a.lease WHERE a.epoch <> l.epoch");
  expect_none(
      database, "two attempts of one job that both stand",
      "SELECT a.job FROM attempts a WHERE a.outcome = 'exited' AND a.reason IN ('first', 'infrastructure') "
      "AND a.worker <> '" +
          unfit +
          "' "
          "GROUP BY a.job, a.shard HAVING count(*) > 1");
}

// I5: of counters only what this daemon counted since its start can be compared. What is on its way may be in
// one of the two a moment earlier.
void expect_counts(const Fleet& fleet) {
  const auto database = database_of(fleet);
  auto counted = [&](const std::string& series) {
    return metric("\n" + fleet.served().ask("GET", "/metrics").body, series);
  };
  auto same = [&](const std::string& series, const std::string& sql) {
    const auto rows = "SELECT count(*) FROM " + sql;
    eventually(20, [&] { return counted(series) == query(database, rows); });
    EXPECT_EQ(counted(series), query(database, rows)) << series;
  };
  same("tripled_sweeps_running", "sweeps WHERE state = 'running'");
  same("tripled_leases", "leases WHERE held = 1");
  same("tripled_workers{state=\"quarantined\"}", "quarantines");
  if (fleet.daemon_was_restarted()) return;
  for (const std::string outcome :
       {"exited", "signalled", "timed-out", "could-not-start", "cancelled", "worker-lost"})
    same("tripled_attempts_total{outcome=\"" + outcome + "\"}", "attempts WHERE outcome = '" + outcome + "'");
  // Each time one runs out; a lease that its worker then goes on with is not `expired` in its row.
  EXPECT_GE(std::stoi(counted("tripled_leases_expired_total")),
            std::stoi(query(database, "SELECT count(*) FROM leases WHERE state = 'expired'")));
  same("tripled_stale_results_total", "stale_results");
  for (const std::string status : {"0", "1", "3", "130"})
    same("tripled_sweeps_finished_total{exit_status=\"" + status + "\"}",
         "sweeps WHERE state = 'finished' AND exit_status = " + status);
}

std::string commands_of(const std::vector<pid_t>& pids) {
  std::string out;
  for (auto pid : pids) {
    auto line = read_file("/proc/" + std::to_string(pid) + "/cmdline", 4096);
    std::string shown = line ? *line : "";
    for (char& c : shown)
      if (c == '\0') c = ' ';
    out += std::to_string(pid) + ": " + shown + "\n";
  }
  return out;
}

// I4: every process of a job and of a program has the test's directory on its command line or in its
// environment.
void expect_nothing_left(const fs::path& dir) {
  std::vector<pid_t> left;
  EXPECT_TRUE(eventually(30, [&] { return (left = processes_with(dir.string() + "/")).empty(); }))
      << commands_of(left);
  std::error_code ignored;
  fs::recursive_directory_iterator at("/sys/fs/cgroup", fs::directory_options::skip_permission_denied,
                                      ignored);
  for (; at != fs::recursive_directory_iterator(); at.increment(ignored)) {
    auto name = at->path().filename().string();
    if (!name.starts_with("tripled-job-")) continue;
    EXPECT_EQ(::kill(std::stoi(name.substr(12)), 0), 0) << at->path() << " has no shim";
  }
}

}  // namespace

void expect_invariants(Fleet& fleet, const std::vector<std::string>& workers, const std::string& unfit) {
  const auto database = database_of(fleet);
  auto settled = [&] { return query(database, "SELECT count(*) FROM leases WHERE held = 1") == "0"; };
  EXPECT_TRUE(Fleet::eventually(settled)) << "a lease of a finished sweep is held";
  expect_counts(fleet);
  for (const auto& name : workers) fleet.stop(name);
  fleet.stop_daemon(SIGTERM);
  expect_conclusions(database, unfit);
  EXPECT_EQ(query(database, "PRAGMA integrity_check"), "ok");
  expect_none(database, "a row that refers to none", "SELECT \"table\" FROM pragma_foreign_key_check");
  expect_nothing_left(fleet.dir());
}

}  // namespace tripled::e2e
