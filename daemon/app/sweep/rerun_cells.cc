#include "daemon/app/sweep/rerun_cells.h"

#include <algorithm>
#include <map>

#include "schema/base/text.h"

namespace tripled::app {
namespace {

bool is_over(const store::JobRow& job) {
  return job.state == JobState::done || job.state == JobState::skipped || job.state == JobState::cancelled;
}

bool has(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// A verdict, and what it is laid to.
struct Conclusion {
  std::optional<Verdict> verdict;
  bool by_preparation = false;
};

bool is_wanted(const Conclusion& c, const web::RerunRequest& request) {
  if (!request.failed && !request.broken) return true;
  bool failed = c.verdict == Verdict::fail || c.verdict == Verdict::timeout || c.verdict == Verdict::suspect;
  bool broken = c.verdict == Verdict::broken || (c.verdict == Verdict::blocked && c.by_preparation);
  return (request.failed && failed) || (request.broken && broken);
}

class Selection {
 public:
  Selection(const store::SweepRecord& record, const web::RerunRequest& request) : request_(request) {
    for (const auto& job : record.jobs)
      if (job.row.stage) jobs_[job.row.cell].push_back(job.row);
  }
  bool runs(const std::string& cell) const {
    const auto& jobs = jobs_.at(cell);
    return !std::all_of(jobs.begin(), jobs.end(), is_over);
  }
  bool has_jobs(const std::string& cell) const { return jobs_.count(cell) > 0; }
  bool picks(const store::CellRow& row) const {
    const auto& cell = row.cell;
    if (!request_.cells.empty() && !has(request_.cells, cell.id)) return false;
    bool triple = request_.triples.empty() ||
                  std::any_of(request_.triples.begin(), request_.triples.end(),
                              [&](const std::string& glob) { return glob_match(glob, cell.triple); });
    if (!triple) return false;
    const auto& jobs = jobs_.at(cell.id);
    auto blamed = [](const store::JobRow& job) {
      return job.blocked_by == "prepare" || job.blocked_by == "setup" || job.verdict == Verdict::broken;
    };
    if (request_.stages.empty())
      return is_wanted({row.verdict, std::any_of(jobs.begin(), jobs.end(), blamed)}, request_);
    return std::any_of(jobs.begin(), jobs.end(), [&](const store::JobRow& job) {
      return has(request_.stages, to_text(*job.stage)) && is_wanted({job.verdict, blamed(job)}, request_);
    });
  }

 private:
  const web::RerunRequest& request_;
  std::map<std::string, std::vector<store::JobRow>> jobs_;
};

Status check(const store::SweepRecord& record, const web::RerunRequest& request, const Selection& selection) {
  if (request.cells.empty() && request.triples.empty() && request.stages.empty() && !request.failed &&
      !request.broken)
    return usage_error("name what to try again: cells, triples, stages, failed or broken");
  for (const auto& stage : request.stages)
    if (!from_text<Stage>(stage))
      return usage_error("`" + stage + "` is not a stage: check, build, test-no-run or execute");
  for (const auto& id : request.cells) {
    auto row = std::find_if(record.cells.begin(), record.cells.end(),
                            [&](const store::CellRow& cell) { return cell.cell.id == id; });
    if (row == record.cells.end())
      return usage_error("sweep " + std::to_string(record.row.id) + " has no cell `" + id + "`");
    if (!selection.has_jobs(id)) return usage_error("cell `" + id + "` is excluded: " + row->reason);
    if (selection.runs(id)) return Error(ErrorKind::conflict, "cell `" + id + "` is not over yet");
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> cells_to_rerun(const store::SweepRecord& record,
                                                const web::RerunRequest& request) {
  Selection selection(record, request);
  TRIPLED_TRY(check(record, request, selection));
  std::vector<std::string> out;
  for (const auto& row : record.cells)
    if (selection.has_jobs(row.cell.id) && !selection.runs(row.cell.id) && selection.picks(row))
      out.push_back(row.cell.id);
  if (out.empty())
    return usage_error("nothing of sweep " + std::to_string(record.row.id) +
                       " is to be tried again: no cell that is over fits");
  return out;
}

}  // namespace tripled::app
