#include "daemon/cli/failed_cells.h"

#include <map>

#include "daemon/diagnosis/judge.h"
#include "daemon/store/reader.h"
#include "schema/wire/json.h"

namespace tripled::cli {
namespace {

bool is_failure(Verdict v) {
  return v == Verdict::fail || v == Verdict::timeout || v == Verdict::suspect || v == Verdict::broken;
}

bool is_unexpected(const store::JobRow& job) {
  auto detail = wire::from_text_json<diagnosis::JobDetail>(job.detail_json);
  return !detail || detail->unexpected || job.expectation == Expectation::unmet;
}

bool same_project(const ProjectSource& a, const ProjectSource& b) {
  return a.path == b.path && a.git == b.git && a.crate == b.crate;
}

std::string named(const std::string& matrix_file, const Project& project) {
  return matrix_file.empty() ? project.name + " without a matrix" : matrix_file;
}

Result<store::SweepRow> newest_sweep(store::Reader& reader, const std::string& matrix_file,
                                     const Project& project) {
  TRIPLED_ASSIGN(auto projects, reader.projects());
  for (const auto& row : projects) {
    if (!same_project(row.project.source, project.source)) continue;
    store::SweepQuery query;
    query.project = row.id;
    query.matrix_file = matrix_file;  // an empty one narrows nothing
    for (;;) {
      TRIPLED_ASSIGN(auto page, reader.sweeps(query));
      for (const auto& sweep : page)
        if (sweep.matrix_file == matrix_file) return sweep;
      if (page.empty()) break;
      query.before = page.back().id;
    }
  }
  return usage_error("--failed: no sweep of " + named(matrix_file, project) + " is stored here");
}

}  // namespace

bool needs_repeating(const store::CellRow& cell, const std::vector<store::JobRow>& jobs) {
  if (!cell.verdict) return true;
  if (*cell.verdict == Verdict::pass || *cell.verdict == Verdict::excluded)
    return cell.expectation == Expectation::unmet;
  bool explained = false;
  for (const auto& job : jobs) {
    if (is_unexpected(job) || job.verdict == Verdict::cancelled || !job.verdict) return true;
    explained = explained || is_failure(*job.verdict);
  }
  return !explained;  // blocked by something that is not the cell's own
}

Result<std::set<std::string>> failed_cells(const std::filesystem::path& database,
                                           const std::string& matrix_file, const Project& project) {
  TRIPLED_ASSIGN(store::Reader reader, store::Reader::open(database));
  TRIPLED_ASSIGN(store::SweepRow last, newest_sweep(reader, matrix_file, project));
  TRIPLED_ASSIGN(store::SweepRecord record, reader.load_sweep(last.id, store::Reader::Results::no));
  std::map<std::string, std::vector<store::JobRow>> jobs;
  for (const auto& job : record.jobs)
    if (job.row.stage) jobs[job.row.cell].push_back(job.row);
  std::set<std::string> out;
  for (const auto& row : record.cells)
    if (needs_repeating(row, jobs[row.cell.id])) out.insert(row.cell.id);
  if (out.empty())
    return usage_error("--failed: everything ended as the matrix says in sweep " + std::to_string(last.id) +
                       " of " + named(matrix_file, project));
  return out;
}

}  // namespace tripled::cli
