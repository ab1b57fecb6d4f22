#include <set>

#include "daemon/store/connection.h"
#include "daemon/store/reader.h"

namespace tripled::store {
namespace {

// Under the ceiling by so much, so that not every new log is a reason to collect again.
constexpr std::uint64_t slack_share = 10;
constexpr int most_at_once = 100'000;

// Sweeps whose cells were judged: (project, matrix, cell) and whether it passed.
#define TRIPLED_JUDGED                                                                                      \
  "WITH judged AS (SELECT s.project, s.matrix_file, c.id AS cell, c.sweep, c.verdict IN ('pass', 'flaky') " \
  "AS good FROM cells c JOIN sweeps s ON s.id = c.sweep WHERE s.state = 'finished' AND c.verdict IN "       \
  "('pass', 'flaky', 'fail', 'timeout', 'suspect', 'broken')), "                                            \
  "good AS (SELECT project, matrix_file, cell, max(sweep) AS sweep FROM judged WHERE good "                 \
  "GROUP BY project, matrix_file, cell) "
// The newest in which it passed.
constexpr const char* select_last_good = TRIPLED_JUDGED "SELECT sweep, min(cell) FROM good GROUP BY sweep";
// The first of those since then in which it did not.
constexpr const char* select_first_bad = TRIPLED_JUDGED
    "SELECT sweep, min(cell) FROM (SELECT j.cell, min(j.sweep) AS sweep FROM judged j LEFT JOIN good g "
    "ON g.project = j.project AND g.matrix_file = j.matrix_file AND g.cell = j.cell "
    "WHERE NOT j.good AND j.sweep > coalesce(g.sweep, 0) GROUP BY j.project, j.matrix_file, j.cell) "
    "GROUP BY sweep";
#undef TRIPLED_JUDGED
constexpr const char* select_resumable =
    "SELECT max(id) FROM sweeps WHERE state = 'interrupted' GROUP BY project, matrix_file";
constexpr const char* select_running = "SELECT id FROM sweeps WHERE state = 'running'";

// Every reference to a blob stands here, in delete_unreferenced (write_misc.cc), and in blobs' foreign keys.
// ?1: the kind; ?2: ids of spared sweeps as JSON. Stale results name logs without a sweep.
#define TRIPLED_NAMED                                                                                    \
  "WITH named (hash, sweep) AS ("                                                                        \
  "SELECT a.log_hash, j.sweep FROM attempts a JOIN jobs j ON j.id = a.job WHERE a.log_hash IS NOT NULL " \
  "UNION ALL SELECT a.evidence_hash, j.sweep FROM attempts a JOIN jobs j ON j.id = a.job "               \
  "WHERE a.evidence_hash IS NOT NULL "                                                                   \
  "UNION ALL SELECT log_hash, sweep FROM setups WHERE log_hash IS NOT NULL "                             \
  "UNION ALL SELECT prepare_log, id FROM sweeps WHERE prepare_log IS NOT NULL "                          \
  "UNION ALL SELECT hash, sweep FROM sweep_blobs "                                                       \
  "UNION ALL SELECT log_hash, 0 FROM stale_results WHERE log_hash IS NOT NULL) "
constexpr const char* select_going = TRIPLED_NAMED
    "SELECT b.hash, b.size, b.created_at, max(n.sweep) AS last FROM blobs b JOIN named n ON n.hash = b.hash "
    "WHERE b.kind = ?1 GROUP BY b.hash HAVING NOT max(n.sweep IN (SELECT value FROM json_each(?2))) "
    "ORDER BY last, b.hash LIMIT ?3";
// ?1: name of a project; ?2: ids of spared sweeps as JSON.
#define TRIPLED_OF_PROJECT "(SELECT s.id FROM sweeps s JOIN projects p ON p.id = s.project WHERE p.name = ?1)"
constexpr const char* select_going_of_project = TRIPLED_NAMED
    "SELECT b.hash, b.size, b.created_at, max(n.sweep) AS last FROM blobs b JOIN named n ON n.hash = b.hash "
    "GROUP BY b.hash HAVING min(n.sweep IN " TRIPLED_OF_PROJECT
    ") AND NOT max(n.sweep IN (SELECT value FROM json_each(?2))) ORDER BY last, b.hash LIMIT ?3";
constexpr const char* select_bytes_of_project = TRIPLED_NAMED
    "SELECT coalesce(sum(size), 0), count(*) FROM blobs WHERE hash IN (SELECT hash FROM named WHERE "
    "sweep IN " TRIPLED_OF_PROJECT ")";
#undef TRIPLED_OF_PROJECT
#undef TRIPLED_NAMED

Result<std::map<SweepId, std::string>> spared_sweeps(Connection& db) {
  std::map<SweepId, std::string> out;
  auto add = [&](const char* sql, const std::string& why, bool names_cell) {
    return db.execute(sql, {},
                      [&](Row& row) { out.emplace(row.integer(0), names_cell ? why + row.text(1) : why); });
  };
  TRIPLED_TRY(add(select_running, "it runs", false));
  TRIPLED_TRY(add(select_resumable, "it can be resumed", false));
  TRIPLED_TRY(add(select_last_good, "last good of ", true));
  TRIPLED_TRY(add(select_first_bad, "first bad of ", true));
  return out;
}

// `which`: a kind, or the name of a project.
Status choose(Connection& db, const std::map<SweepId, std::string>& spared, const char* sql,
              const Value& which, Collecting& out) {
  if (out.ceiling == 0 || out.bytes <= out.ceiling) return {};
  const std::uint64_t goal = out.ceiling - out.ceiling / slack_share;
  std::uint64_t left = out.bytes;
  std::vector<SweepId> ids;
  for (const auto& [sweep, why] : spared) ids.push_back(sweep);
  TRIPLED_TRY(db.execute(sql, {which, wire::to_text_json(ids), most_at_once}, [&](Row& row) {
    if (left <= goal) return;
    out.going.push_back(
        {row.text(0), static_cast<std::uint64_t>(row.integer(1)), row.integer(2), row.integer(3)});
    out.going_bytes += out.going.back().size;
    left -= std::min(left, out.going.back().size);
  }));
  if (left > out.ceiling) out.over_bytes = left - out.ceiling;
  return {};
}

}  // namespace

Result<std::map<BlobClass, std::uint64_t>> Reader::blob_bytes() {
  std::map<BlobClass, std::uint64_t> out;
  TRIPLED_TRY(db_->execute("SELECT kind, sum(size) FROM blobs GROUP BY kind", {}, [&](Row& row) {
    out[row.word<BlobClass>(0)] = static_cast<std::uint64_t>(row.integer(1));
  }));
  return out;
}

Result<CollectionPlan> Reader::plan_collection(const Ceilings& ceilings) {
  std::map<BlobClass, ClassCollection> classes;
  for (const auto& [kind, ceiling] : ceilings) classes[kind].ceiling = ceiling;
  TRIPLED_TRY(db_->execute("SELECT kind, sum(size), count(*) FROM blobs GROUP BY kind", {}, [&](Row& row) {
    auto& of_kind = classes[row.word<BlobClass>(0)];
    of_kind.bytes = static_cast<std::uint64_t>(row.integer(1));
    of_kind.files = static_cast<std::size_t>(row.integer(2));
  }));
  TRIPLED_ASSIGN(auto spared, spared_sweeps(*db_));
  CollectionPlan out;
  for (auto& [kind, of_kind] : classes) {
    of_kind.kind = kind;
    TRIPLED_TRY(choose(*db_, spared, select_going, kind, of_kind));
    out.classes.push_back(std::move(of_kind));
  }
  TRIPLED_ASSIGN(auto projects, project_settings());
  for (const auto& row : projects) {
    if (!row.settings.disk) continue;
    ProjectCollection of_project;
    of_project.project = row.settings.name;
    of_project.ceiling = static_cast<std::uint64_t>(*row.settings.disk);
    TRIPLED_TRY(db_->execute(select_bytes_of_project, {of_project.project}, [&](Row& sum) {
      of_project.bytes = static_cast<std::uint64_t>(sum.integer(0));
      of_project.files = static_cast<std::size_t>(sum.integer(1));
    }));
    TRIPLED_TRY(choose(*db_, spared, select_going_of_project, of_project.project, of_project));
    out.projects.push_back(std::move(of_project));
  }
  for (const auto& [sweep, why] : spared) out.spared.push_back({sweep, why});
  return out;
}

}  // namespace tripled::store
