#include "daemon/app/service/coverage_evidence.h"

#include <algorithm>
#include <set>

#include "daemon/app/service/coverage_metrics.h"
#include "daemon/report/load.h"

namespace tripled::app {
namespace {

// A cell that nothing touched for so many sweeps of its ref is shown without its result.
constexpr int kSweepsLookedBack = 100;

store::SweepQuery like(const store::SweepRow& sweep) {
  store::SweepQuery query;
  query.project = sweep.project;
  query.matrix_file = sweep.matrix_file;
  query.full_only = true;
  query.limit = kSweepsLookedBack;
  return query;
}

// Of the project that the daemon knows by this name; nullopt: it does not, any ref is as good.
Result<std::optional<std::string>> main_ref(store::Reader& reader, const store::SweepRow& sweep) {
  TRIPLED_ASSIGN(auto project, reader.project_settings(sweep.project_name));
  if (!project) return std::optional<std::string>();
  return std::optional<std::string>(project->settings.ref);
}

// Cells of which the sweep says nothing, or not yet: those that `when` left out and those that are not over.
Result<std::set<std::string>> without_result(store::Reader& reader, const store::SweepRow& sweep) {
  TRIPLED_ASSIGN(auto cells, reader.cells(sweep.id));
  const bool runs = sweep.state == store::SweepState::running;
  std::set<std::string> out;
  for (const auto& row : cells) {
    const bool excluded = !row.cell.excluded_reason.empty();
    if (excluded ? row.cell.provenance.count("when") > 0 : runs && !row.verdict) out.insert(row.cell.id);
  }
  return out;
}

// It is tried again because what it had come to is void.
bool is_made_again(const report::CellEntry& cell) {
  return std::any_of(cell.jobs.begin(), cell.jobs.end(), [](const report::JobEntry& job) {
    return !job.earlier.empty() && job.earlier.back().voided;
  });
}

Status add_earlier(store::Reader& reader, const store::SweepRow& sweep, report::Report& report) {
  TRIPLED_ASSIGN(auto missing, without_result(reader, sweep));
  // Nothing is known of these until they are over, whatever an older sweep said.
  for (const auto& cell : report.cells)
    if (is_made_again(cell)) missing.erase(cell.id);
  if (missing.empty()) return {};
  auto query = like(sweep);
  query.before = sweep.id;
  query.state = store::SweepState::finished;
  TRIPLED_ASSIGN(auto earlier, reader.sweeps(query));
  for (const auto& row : earlier) {
    if (missing.empty()) break;
    if (row.trigger == store::Trigger::person || row.ref != sweep.ref || row.exit_status == 130) continue;
    TRIPLED_ASSIGN(auto out_there, without_result(reader, row));
    bool helps =
        std::any_of(missing.begin(), missing.end(), [&](const auto& id) { return !out_there.count(id); });
    if (!helps) continue;
    TRIPLED_ASSIGN(auto older, report::load(reader, row.id));
    for (auto& cell : report.cells) {
      if (!missing.count(cell.id) || out_there.count(cell.id)) continue;
      auto found = std::find_if(older.cells.begin(), older.cells.end(),
                                [&](const report::CellEntry& c) { return c.id == cell.id; });
      if (found == older.cells.end()) continue;
      missing.erase(cell.id);
      cell = *found;
    }
  }
  // What has no result at all is not shown: 0 of N would say that it was tried.
  std::erase_if(report.cells, [&](const report::CellEntry& c) { return missing.count(c.id) > 0; });
  return {};
}

}  // namespace

Result<bool> is_evidence(store::Reader& reader, const store::SweepRow& sweep) {
  if (sweep.partial) return false;
  TRIPLED_ASSIGN(auto main, main_ref(reader, sweep));
  auto of_main = [&](const store::SweepRow& row) {
    return row.trigger != store::Trigger::person && (!main || row.ref == *main);
  };
  if (sweep.trigger != store::Trigger::person) return of_main(sweep);
  TRIPLED_ASSIGN(auto all, reader.sweeps(like(sweep)));
  return std::none_of(all.begin(), all.end(), of_main);
}

metrics::MatrixCoverage coverage_of(store::Reader& reader, const store::SweepRow& sweep,
                                    report::Report report) {
  if (sweep.trigger != store::Trigger::person)
    add_earlier(reader, sweep, report).has_value();  // without them it shows less, never what is wrong
  return coverage_metrics(report);
}

std::optional<metrics::MatrixCoverage> coverage_of(const std::filesystem::path& database,
                                                   store::SweepId sweep, const report::Report& report) {
  auto reader = store::Reader::open(database);
  auto row = reader ? reader->sweep(sweep) : Result<std::optional<store::SweepRow>>(reader.error());
  if (!row || !*row) return std::nullopt;
  auto evidence = is_evidence(*reader, **row);
  if (!evidence || !*evidence) return std::nullopt;
  return coverage_of(*reader, **row, report);
}

std::optional<metrics::MatrixCoverage> coverage_while_running(const std::filesystem::path& database,
                                                              store::SweepId sweep) {
  auto reader = store::Reader::open(database);
  auto row = reader ? reader->sweep(sweep) : Result<std::optional<store::SweepRow>>(reader.error());
  if (!row || !*row) return std::nullopt;
  auto evidence = is_evidence(*reader, **row);
  if (!evidence || !*evidence) return std::nullopt;
  auto loaded = report::load(*reader, sweep);
  if (!loaded) return std::nullopt;
  const bool by_person = (*row)->trigger == store::Trigger::person;
  if (by_person && std::none_of(loaded->cells.begin(), loaded->cells.end(), is_made_again))
    return std::nullopt;
  return coverage_of(*reader, **row, std::move(loaded).value());
}

}  // namespace tripled::app
