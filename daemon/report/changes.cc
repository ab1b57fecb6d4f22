// What a sweep changed against those before it, and since when its findings are seen.
#include <set>

#include "daemon/diagnosis/causes/causes.h"
#include "daemon/report/changes_text.h"
#include "daemon/report/load.h"
#include "schema/base/duration.h"
#include "schema/wire/json.h"

namespace tripled::report {
namespace {

constexpr int sweeps_looked_at = 60;  // how far back a finding is followed
constexpr int interrupted_status = 130;

// Those of the same project, matrix and ref that came to their end, the newest first.
Result<std::vector<store::SweepRow>> comparable(store::Reader& reader, const store::SweepRow& sweep) {
  store::SweepQuery query;
  query.project = sweep.project;
  query.matrix_file = sweep.matrix_file;
  query.without_matrix = sweep.matrix_file.empty();
  query.state = store::SweepState::finished;
  query.full_only = true;
  query.before = sweep.id;
  query.limit = sweeps_looked_at;
  TRIPLED_ASSIGN(auto rows, reader.sweeps(query));
  std::erase_if(rows, [&](const store::SweepRow& row) {
    return row.ref != sweep.ref || row.exit_status == interrupted_status;
  });
  return rows;
}

// Ids of its findings; nullopt: they were made by other rules, or never.
Result<std::optional<std::set<std::string>>> finding_ids(store::Reader& reader, store::SweepId sweep) {
  TRIPLED_ASSIGN(auto json, reader.findings_json(sweep));
  auto findings = wire::from_text_json<diagnosis::SweepFindings>(json);
  if (json.empty() || !findings || findings->rules != diagnosis::rules_version)
    return std::optional<std::set<std::string>>();
  std::set<std::string> out;
  for (const auto& finding : findings->findings) out.insert(finding.id);
  return std::optional(std::move(out));
}

Status add_since(store::Reader& reader, const std::vector<store::SweepRow>& earlier, Report& report) {
  std::set<std::string> open;
  for (auto& finding : *report.findings) {
    finding.since = SinceEntry{report.sweep.id, report.sweep.started_at, 1, false};
    open.insert(finding.id);
  }
  for (const auto& row : earlier) {
    if (open.empty()) return {};
    TRIPLED_ASSIGN(auto ids, finding_ids(reader, row.id));
    for (auto& finding : *report.findings) {
      if (!open.count(finding.id)) continue;
      if (!ids) {
        finding.since->at_least = true;
      } else if (ids->count(finding.id)) {
        finding.since->sweep = std::to_string(row.id);
        finding.since->at = format_timestamp(row.started_at);
        ++finding.since->sweeps;
        continue;
      }
      open.erase(finding.id);
    }
  }
  // Followed as far back as is looked.
  for (auto& finding : *report.findings)
    if (open.count(finding.id) && static_cast<int>(earlier.size()) >= sweeps_looked_at)
      finding.since->at_least = true;
  return {};
}

}  // namespace

Result<store::SweepId> sweep_before(store::Reader& reader, store::SweepId sweep) {
  TRIPLED_ASSIGN(auto row, reader.sweep(sweep));
  if (!row) return usage_error("no such sweep " + std::to_string(sweep));
  TRIPLED_ASSIGN(auto earlier, comparable(reader, *row));
  return earlier.empty() ? store::SweepId{0} : earlier.front().id;
}

Result<Diagnosed> load_with_changes(store::Reader& reader, store::SweepId sweep,
                                    const std::filesystem::path& blobs) {
  TRIPLED_ASSIGN(auto out, load_diagnosed(reader, sweep, blobs));
  TRIPLED_ASSIGN(auto row, reader.sweep(sweep));
  TRIPLED_ASSIGN(auto earlier, comparable(reader, *row));
  if (earlier.empty() || row->state == store::SweepState::running) return out;
  TRIPLED_ASSIGN(auto before, load_diagnosed(reader, earlier.front().id, blobs));
  out.report.changes = history::compare(before.past, out.past);
  TRIPLED_TRY(add_since(reader, earlier, out.report));
  return out;
}

Result<Diagnosed> load_with_changes(const std::filesystem::path& database, store::SweepId sweep,
                                    const std::filesystem::path& blobs) {
  TRIPLED_ASSIGN(store::Reader reader, store::Reader::open(database));
  return load_with_changes(reader, sweep, blobs);
}

Result<ComparedSweeps> compare_sweeps(store::Reader& reader, store::SweepId before, store::SweepId after,
                                      const std::filesystem::path& blobs) {
  TRIPLED_ASSIGN(auto older, load_diagnosed(reader, before, blobs));
  TRIPLED_ASSIGN(auto newer, load_diagnosed(reader, after, blobs));
  ComparedSweeps out;
  out.changes = history::compare(older.past, newer.past);
  auto titles = titles_of(older.report);
  titles.merge(titles_of(newer.report));
  for (const auto& t : out.changes.transitions)
    for (const auto* ids : {&t.appeared, &t.gone})
      for (const auto& id : *ids) out.findings[id] = titles[id];
  return out;
}

}  // namespace tripled::report
