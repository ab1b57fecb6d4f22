#include "daemon/report/record_view.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "daemon/diagnosis/judge.h"

namespace tripled::report {
namespace {

bool was_lost(const AttemptResult& result) {
  const auto outcome = result.process.outcome;
  return outcome == Outcome::worker_lost || outcome == Outcome::could_not_start ||
         outcome == Outcome::cancelled;
}

JobView view_job(const store::JobRecord& record) {
  JobView out;
  out.row = &record.row;
  out.voided = record.voided;
  out.earlier = record.earlier;
  for (const auto& attempt : record.attempts) {
    if (record.superseded > 0 && attempt.row.id <= record.superseded)
      continue;  // of a verdict from before a rerun
    ++out.attempts;
    out.worker = attempt.row.worker;
    if (attempt.result) out.results.push_back(*attempt.result);
  }
  // A loss before another attempt says nothing (as when the verdict was made).
  if (!out.results.empty())
    out.results.erase(std::remove_if(out.results.begin(), std::prev(out.results.end()), was_lost),
                      std::prev(out.results.end()));
  for (const auto& result : out.results)
    if (!result.evidence.hash.empty()) out.evidence.push_back(result.evidence);
  return out;
}

// What a wrong worker said is no evidence, nor is what the executables did that it built.
void drop_void(std::vector<JobView>& jobs) {
  const bool built_void = std::any_of(jobs.begin(), jobs.end(), [](const JobView& job) {
    return job.voided && job.stage() == Stage::test_no_run;
  });
  for (auto& job : jobs) {
    if (job.stage() == Stage::execute && built_void && job.row->verdict) job.voided = true;
    if (!job.voided) continue;
    job.results.clear();
    job.evidence.clear();
  }
}

// The job that has the verdict, with what its shards did.
std::vector<JobView> view_jobs(const std::vector<const store::JobRecord*>& records) {
  std::vector<JobView> out;
  for (const auto* record : records) {
    if (record->row.shard_of != 0) continue;
    auto view = view_job(*record);
    std::vector<std::vector<AttemptResult>> shards{std::move(view.results)};
    for (const auto* other : records) {
      if (other->row.shard_of != record->row.id) continue;
      auto shard = view_job(*other);
      view.attempts += shard.attempts;
      if (view.worker.empty() || (shard.voided && !view.voided)) view.worker = shard.worker;
      view.voided = view.voided || shard.voided;
      view.evidence.insert(view.evidence.end(), shard.evidence.begin(), shard.evidence.end());
      shards.push_back(std::move(shard.results));
    }
    view.results = diagnosis::joined_shards(std::move(shards));
    out.push_back(std::move(view));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const JobView& a, const JobView& b) { return a.stage() < b.stage(); });
  drop_void(out);
  return out;
}

const PlannedUnits* planned_of(const store::SweepRecord& record, const store::CellRow& row) {
  if (!record.prepare || row.plan_key.empty()) return nullptr;
  for (const auto& planned : record.prepare->planned)
    if (planned.plan_key == row.plan_key && planned.triple == row.cell.triple) return &planned;
  return nullptr;
}

const SetupResult* setup_of(const store::SweepRecord& record, const store::CellRow& row) {
  if (row.setup_key.empty()) return nullptr;
  for (const auto& setup : record.setups)
    if (setup.key == row.setup_key) return setup.result ? &*setup.result : nullptr;
  return nullptr;
}

using TestName = std::tuple<std::string, std::string, std::string, std::string>;

TestName name_of(const TestResult& t) { return {t.package, t.target, t.kind, t.test}; }

// Was it built for the host in a cell of another triple?
bool is_foreign(const std::vector<Executable>& host_executables, const TestResult& test) {
  return std::any_of(host_executables.begin(), host_executables.end(), [&](const Executable& exe) {
    if (exe.package != test.package) return false;
    if (test.kind == "doctest") return exe.kind == "proc-macro";
    return exe.target == test.target && (exe.kind == test.kind || test.kind == "custom");
  });
}

std::vector<Executable> host_executables(const CellView& cell) {
  std::vector<Executable> out;
  const auto* compile = cell.job(Stage::test_no_run);
  if (!compile || !compile->decisive() || cell.host_cell) return out;
  for (const auto& exe : compile->decisive()->executables)
    if (exe.host) out.push_back(exe);
  return out;
}

std::vector<JobTest> view_tests(const CellView& cell) {
  std::vector<JobTest> out;
  const auto* job = cell.job(Stage::execute);
  if (!job) return out;
  auto foreign = host_executables(cell);
  std::map<TestName, bool> first, last_pass;  // emulated?
  for (const auto& attempt : job->results) {
    bool emulated = attempt.runner.kind == RunnerKind::emulated;
    for (const auto& t : attempt.tests) {
      first.emplace(name_of(t), emulated);
      if (t.state == TestState::passed) last_pass[name_of(t)] = emulated;
    }
  }
  for (auto& test : diagnosis::merged_tests(job->results)) {
    if (is_foreign(foreign, test)) continue;
    auto name = name_of(test);
    bool emulated = test.flaky && last_pass.count(name) ? last_pass[name] : first[name];
    out.push_back({std::move(test), emulated});
  }
  return out;
}

}  // namespace

const JobView* CellView::job(Stage stage) const {
  for (const auto& j : jobs)
    if (j.stage() == stage) return &j;
  return nullptr;
}

std::vector<CellView> view_cells(const store::SweepRecord& record) {
  std::map<std::string, std::vector<const store::JobRecord*>> jobs;
  for (const auto& job : record.jobs)
    if (job.row.stage) jobs[job.row.cell].push_back(&job);
  std::vector<CellView> out;
  for (const auto& row : record.cells) {
    CellView view;
    view.row = &row;
    for (const auto& facts : record.facts)
      if (facts.name == row.cell.settings.toolchain) view.facts = &facts;
    view.host_cell = view.facts && view.facts->host == row.cell.triple;
    view.setup = setup_of(record, row);
    view.planned = planned_of(record, row);
    view.jobs = view_jobs(jobs[row.cell.id]);
    view.tests = view_tests(view);
    out.push_back(std::move(view));
  }
  return out;
}

}  // namespace tripled::report
