#include "daemon/report/diagnose.h"

#include <algorithm>
#include <map>
#include <set>

#include "daemon/diagnosis/causes/causes.h"
#include "daemon/diagnosis/causes/evidence.h"
#include "daemon/diagnosis/judge.h"
#include "daemon/report/record_view.h"
#include "schema/model/planning.h"

namespace tripled::report {
namespace {

using diagnosis::Evidence;
using diagnosis::SweepJob;

// So many jobs are looked at together; of larger sweeps those in the order of the matrix and all that failed:
// what sets cells apart is told by far fewer, and each costs some KiB.
constexpr std::size_t most_jobs = 20'000;

class SweepDiagnosis {
 public:
  SweepDiagnosis(const store::SweepRecord& record, const ReadEvidence& read)
      : record_(record), read_(read), cells_(view_cells(record)) {
    for (const auto& triple : record.known_triples) known_[triple.triple] = &triple;
  }

  diagnosis::SweepFindings findings() const {
    std::vector<SweepJob> jobs;
    if (record_.prepare && !record_.prepare->error.empty()) return of_prepare();
    if (!anything_failed()) return {diagnosis::rules_version, {}};
    for (const auto& cell : cells_) add_jobs(cell, jobs);
    std::vector<diagnosis::DiagnosedJob> diagnosed;
    for (auto& job : jobs) diagnosed.push_back(std::move(job.diagnosed));
    diagnosed = diagnosis::refine(std::move(diagnosed));
    for (std::size_t i = 0; i < jobs.size(); ++i) jobs[i].diagnosed = std::move(diagnosed[i]);
    const bool all_known = !record_.known_triples.empty();
    return {diagnosis::rules_version, diagnosis::find(jobs, {universe()}, all_known, reachable())};
  }

 private:
  bool anything_failed() const { return std::any_of(cells_.begin(), cells_.end(), failed); }

  // Blocked jobs have no evidence of their own: what they waited for has.
  static bool is_failure(Verdict verdict) {
    return verdict != Verdict::pass && verdict != Verdict::blocked && verdict != Verdict::cancelled &&
           verdict != Verdict::excluded;
  }

  // Every triple with cfg: as the sweep's toolchain says it, else as far as the matrix asked for.
  std::vector<TripleFacts> universe() const {
    if (!record_.known_triples.empty()) return record_.known_triples;
    std::vector<TripleFacts> out;
    std::set<std::string> seen;
    for (const auto& toolchain : record_.facts)
      for (const auto& triple : toolchain.triples)
        if (!triple.cfg.empty() && seen.insert(triple.triple).second) out.push_back(triple);
    return out;
  }

  // Where a std is or can be built, `check` comes to an end on any worker.
  diagnosis::Reachable reachable() const {
    diagnosis::Reachable out;
    const bool can_build = std::any_of(record_.facts.begin(), record_.facts.end(),
                                       [](const ToolchainFacts& f) { return !f.rust_src.empty(); });
    for (const auto& triple : universe())
      if (triple.dist || (triple.std && can_build)) out.triples.push_back(triple.triple);
    return out;
  }

  const TripleFacts* triple_of(const CellView& cell) const {
    const auto* own = cell.facts ? cell.facts->find(cell.cell().triple) : nullptr;
    if (own && !own->cfg.empty()) return own;
    auto known = known_.find(cell.cell().triple);
    return known != known_.end() ? known->second : own;
  }

  std::vector<std::string> cfg_of(const CellView& cell) const {
    if (cell.facts) {
      auto flagged =
          cell.facts->cfg_with_flags.find(cfg_key(cell.cell().triple, cell.settings().rustflags.values));
      if (flagged != cell.facts->cfg_with_flags.end()) return flagged->second;
    }
    const auto* triple = triple_of(cell);
    return triple ? triple->cfg : std::vector<std::string>();
  }

  // The sweep could not be prepared: one cause for every cell.
  diagnosis::SweepFindings of_prepare() const {
    const auto diagnoses = diagnosis::diagnose(diagnosis::evidence_of(*record_.prepare));
    std::vector<SweepJob> jobs;
    for (const auto& cell : cells_) {
      if (cell.jobs.empty()) continue;
      jobs.push_back(bare_job(cell, cell.jobs.front().stage(),
                              record_.prepare->project_fault ? Verdict::fail : Verdict::broken));
      jobs.back().diagnosed.diagnoses = diagnoses;
    }
    return {diagnosis::rules_version, diagnosis::find(jobs, {universe()}, false, {})};
  }

  static bool failed(const CellView& cell) {
    return std::any_of(cell.jobs.begin(), cell.jobs.end(), [](const JobView& job) {
      return !job.voided && job.row->verdict && is_failure(*job.row->verdict);
    });
  }

  void add_jobs(const CellView& cell, std::vector<SweepJob>& out) const {
    if (out.size() >= most_jobs && !failed(cell)) return;
    if (!cell.cell().excluded_reason.empty()) {
      for (Stage stage : cell.settings().stages) out.push_back(bare_job(cell, stage, Verdict::excluded));
      return;
    }
    for (const auto& job : cell.jobs) {
      if (job.voided || !job.row->verdict) {  // it is not over, or not to be believed
        out.push_back(bare_job(cell, job.stage(), Verdict::cancelled));
        continue;
      }
      auto entry = bare_job(cell, job.stage(), *job.row->verdict);
      look_at(cell, job, entry);
      out.push_back(std::move(entry));
    }
  }

  SweepJob bare_job(const CellView& cell, Stage stage, Verdict verdict) const {
    SweepJob out;
    out.verdict = verdict;
    out.diagnosed.cell = cell.cell();
    out.diagnosed.stage = stage;
    out.diagnosed.cfg = cfg_of(cell);
    if (cell.facts) out.diagnosed.rustc = cell.facts->version;
    if (const auto* triple = triple_of(cell)) out.data_layout = triple->data_layout;
    if (cell.setup && cell.setup->std_source != StdSource::none)
      out.std_source = to_text(cell.setup->std_source);
    if (cell.planned) {
      const bool builds = stage == Stage::check || stage == Stage::build;
      out.planned = builds ? &cell.planned->build : &cell.planned->test;
    }
    return out;
  }

  void look_at(const CellView& cell, const JobView& job, SweepJob& out) const {
    out.blocked_by = job.row->blocked_by;
    for (const auto& result : job.results)
      if (result.runner.kind != RunnerKind::none && out.diagnosed.runner == RunnerKind::none) {
        out.diagnosed.runner = result.runner.kind;
        out.runner_version = result.runner.version;
      }
    diagnosis::JobVerdict verdict;
    if (!job.results.empty())
      verdict = job.stage() == Stage::execute ? diagnosis::judge_execute(job.results)
                                              : diagnosis::judge_compile(job.results.back());
    out.diagnosed.known = diagnosis::judged_job(job.stage(), verdict, job.results).known;
    if (!is_failure(out.verdict)) return;
    for (const auto& evidence : evidence_of(cell, job)) {
      if (out.diagnosed.lock.empty()) out.diagnosed.lock = evidence.lock;
      for (auto& d : diagnosis::diagnose(evidence)) add(out.diagnosed, std::move(d));
    }
  }

  std::vector<Evidence> evidence_of(const CellView& cell, const JobView& job) const {
    std::vector<Evidence> out;
    auto kept = job.evidence;
    // A compile job has one decisive attempt.
    if (job.stage() != Stage::execute && kept.size() > 1) kept.erase(kept.begin(), std::prev(kept.end()));
    for (const auto& ref : kept)
      if (auto document = read_(ref.hash))
        if (auto evidence = diagnosis::parse_evidence(*document)) out.push_back(std::move(*evidence));
    if (!out.empty()) return out;
    if (!job.results.empty()) return {diagnosis::evidence_of(cell.cell(), job.stage(), job.results.back())};
    AttemptResult lost;
    if (job.row->outcome) lost.process.outcome = *job.row->outcome;
    lost.broken_reason = job.row->reason;
    return {diagnosis::evidence_of(cell.cell(), job.stage(), lost)};
  }

  // A test that failed again when it was repeated is one failure; one that passed at last is flaky, which the
  // verdict says.
  static void add(diagnosis::DiagnosedJob& job, Diagnosis d) {
    auto key = diagnosis::finding_key(d);
    bool known = std::any_of(job.diagnoses.begin(), job.diagnoses.end(), [&](const Diagnosis& o) {
      return diagnosis::finding_key(o) == key ||
             (!d.test.empty() && o.package == d.package && o.target == d.target && o.test == d.test);
    });
    if (!known) job.diagnoses.push_back(std::move(d));
  }

  const store::SweepRecord& record_;
  const ReadEvidence& read_;
  const std::vector<CellView> cells_;
  std::map<std::string, const TripleFacts*> known_;
};

}  // namespace

diagnosis::SweepFindings diagnose_sweep(const store::SweepRecord& record, const ReadEvidence& read) {
  return SweepDiagnosis(record, read).findings();
}

}  // namespace tripled::report
