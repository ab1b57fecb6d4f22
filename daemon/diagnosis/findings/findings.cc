#include "daemon/diagnosis/findings/findings.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "daemon/diagnosis/causes/causes.h"
#include "daemon/diagnosis/findings/cell_states.h"
#include "schema/base/hash.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

constexpr std::size_t id_length = 8;  // hexadecimal digits: 2^32 findings of one project never meet

// A diagnosis where it stands.
struct Place {
  const SweepJob* job = nullptr;
  const Diagnosis* diagnosis = nullptr;
};

// The same order whatever order the jobs came in.
bool before(const Place& a, const Place& b) {
  auto name = [](const Place& p) {
    return std::tie(p.job->diagnosed.cell.id, p.job->diagnosed.stage, p.diagnosis->version,
                    p.diagnosis->subject, p.diagnosis->title);
  };
  return name(a) < name(b);
}

Verdict verdict_of(const Place& place) {
  const auto& d = *place.diagnosis;
  std::optional<Verdict> worst;
  for (const auto& item : place.job->diagnosed.known)
    if (item.package == d.package && item.test == d.test && (d.target.empty() || item.target == d.target) &&
        item.verdict != Verdict::pass && item.verdict != Verdict::blocked &&
        item.verdict != Verdict::excluded)
      worst = worst ? worse_of(*worst, item.verdict) : item.verdict;
  return worst.value_or(place.job->verdict);
}

void add_seen(std::vector<FindingSeen>& all, const Place& place) {
  const auto& job = place.job->diagnosed;
  if (all.empty() || all.back().cell != job.cell.id)
    all.push_back(
        {job.cell.id, job.cell.triple, {}, false, place.diagnosis->cause, place.diagnosis->version});
  auto& seen = all.back();
  if (seen.stages.empty() || seen.stages.back() != job.stage) seen.stages.push_back(job.stage);
  seen.emulated = seen.emulated || job.runner == RunnerKind::emulated;
}

Finding fold(const std::string& key, std::vector<Place> places) {
  std::sort(places.begin(), places.end(), before);
  Finding out;
  out.key = key;
  out.id = sha256_hex(key).substr(0, id_length);
  out.diagnosis = *places.front().diagnosis;
  out.verdict = verdict_of(places.front());
  for (const auto& place : places) {
    add_seen(out.seen, place);
    out.verdict = worse_of(out.verdict, verdict_of(place));
    // Enumerators stand from certain to guess.
    if (place.diagnosis->confidence < out.diagnosis.confidence) out.diagnosis = *place.diagnosis;
  }
  return out;
}

std::map<std::string, std::vector<const SweepJob*>> jobs_by_cell(const std::vector<SweepJob>& jobs) {
  std::map<std::string, std::vector<const SweepJob*>> out;
  for (const auto& job : jobs) out[job.diagnosed.cell.id].push_back(&job);
  for (auto& [cell, list] : out)
    std::sort(list.begin(), list.end(),
              [](const SweepJob* a, const SweepJob* b) { return a->diagnosed.stage < b->diagnosed.stage; });
  return out;
}

std::set<Stage> stages_of(const Finding& finding) {
  std::set<Stage> out;
  for (const auto& seen : finding.seen) out.insert(seen.stages.begin(), seen.stages.end());
  return out;
}

// A cell passes where the unit ended well at every stage of it at which the finding was seen elsewhere.
UnitEnd state_of(const std::vector<const SweepJob*>& jobs, const Finding& finding,
                 const std::set<Stage>& stages) {
  std::optional<UnitEnd> out;
  for (const auto* job : jobs) {
    if (!stages.count(job->diagnosed.stage)) continue;
    auto end = unit_end(*job, finding.diagnosis);
    if (!out || end.state != CellState::passing) out = end;
    if (out->state != CellState::passing) break;
  }
  return out.value_or(UnitEnd{CellState::unknown, "not planned"});
}

std::map<std::string, std::string> attributes_of(const SweepJob& job) {
  const auto& s = job.diagnosed.cell.settings;
  std::map<std::string, std::string> out{{"toolchain", s.toolchain},
                                         {"profile", s.profile.name},
                                         {"features", s.scope.empty() ? "default" : join(s.scope, " ")},
                                         {"lock policy", s.lockfile}};
  if (!job.std_source.empty()) out["std source"] = job.std_source;
  if (job.diagnosed.stage != Stage::execute) return out;
  if (job.diagnosed.runner != RunnerKind::none) out["runner"] = to_text(job.diagnosed.runner);
  if (job.diagnosed.runner == RunnerKind::emulated && !job.runner_version.empty())
    out["runner version"] = job.runner_version;
  return out;
}

ExplainedCell explained_cell(const std::string& cell, const std::vector<const SweepJob*>& jobs,
                             const Finding& finding, const std::set<Stage>& stages) {
  ExplainedCell out;
  const auto* job = jobs.front();
  for (const auto* other : jobs)
    if (stages.count(other->diagnosed.stage)) job = other;
  out.id = cell;
  out.triple = job->diagnosed.cell.triple;
  out.cfg = job->diagnosed.cfg;
  out.data_layout = job->data_layout;
  out.attributes = attributes_of(*job);
  bool seen = std::any_of(finding.seen.begin(), finding.seen.end(),
                          [&](const FindingSeen& s) { return s.cell == cell; });
  if (seen) {
    out.state = CellState::failing;
    return out;
  }
  auto end = state_of(jobs, finding, stages);
  out.state = end.state;
  out.why = end.why;
  return out;
}

std::string place_of(const Diagnosis& d) {
  for (const auto& item : d.evidence)
    if (!item.file.empty()) return item.file + (item.line > 0 ? ":" + std::to_string(item.line) : "");
  return "";
}

// Predicates of the evidence, most telling first: where the code is compiled and what it needs is not there.
std::vector<CfgInEvidence> cfgs_of(const Finding& finding) {
  const auto& d = finding.diagnosis;
  const auto place = place_of(d);
  std::vector<CfgInEvidence> out;
  if (!d.cfg.empty() && !d.use_cfg.empty())
    out.push_back({"all(" + d.use_cfg + ", not(" + d.cfg + "))", place});
  for (const auto& cfg : {d.cfg, d.use_cfg})
    if (!cfg.empty()) out.push_back({cfg, place});
  return out;
}

// Many tests fail on the same cells: what sets these apart is looked for once.
class Explainer {
 public:
  Explainer(const std::vector<SweepJob>& jobs, const KnownTriples& known, bool all_known,
            const Reachable& reachable)
      : cells_(jobs_by_cell(jobs)), known_(known), all_known_(all_known), reachable_(reachable) {}

  Explanation of(const Finding& finding) {
    auto stages = stages_of(finding);
    std::vector<ExplainedCell> cells;
    for (const auto& [id, jobs] : cells_) cells.push_back(explained_cell(id, jobs, finding, stages));
    auto cfgs = cfgs_of(finding);
    std::string pattern;
    for (Stage stage : stages) pattern += to_text(stage) + "\n";
    for (const auto& cell : cells) pattern += tripled::to_text(cell.state) + cell.why + "\n";
    for (const auto& cfg : cfgs) pattern += cfg.source + "\n" + cfg.found;
    auto [known, added] = explained_.try_emplace(std::move(pattern));
    if (added) known->second = explained(cells, cfgs);
    return known->second;
  }

 private:
  Explanation explained(const std::vector<ExplainedCell>& cells, const std::vector<CfgInEvidence>& cfgs) {
    auto out = explain(cells, known_, cfgs, reachable_);
    if (out.certainty != Certainty::exactly || all_known_) return out;
    out.certainty = Certainty::fits;
    out.doubt = "what other triples are like is not known here";
    return out;
  }

  const std::map<std::string, std::vector<const SweepJob*>> cells_;
  const KnownTriples& known_;
  const bool all_known_;
  const Reachable& reachable_;
  std::map<std::string, Explanation> explained_;
};

int rank(Verdict verdict) {
  switch (verdict) {
    case Verdict::fail:
      return 0;
    case Verdict::timeout:
      return 1;
    case Verdict::suspect:
      return 2;
    case Verdict::flaky:
      return 4;
    case Verdict::broken:
    case Verdict::blocked:
    case Verdict::pass:
    case Verdict::excluded:
    case Verdict::cancelled:
      return 3;
  }
  return 3;
}

}  // namespace

std::vector<Finding> find(const std::vector<SweepJob>& jobs, const KnownTriples& known, bool all_known,
                          const Reachable& reachable) {
  std::map<std::string, std::vector<Place>> places;
  for (const auto& job : jobs)
    for (const auto& d : job.diagnosed.diagnoses) places[finding_key(d)].push_back({&job, &d});
  Explainer explainer(jobs, known, all_known, reachable);
  std::vector<Finding> out;
  for (auto& [key, list] : places) {
    out.push_back(fold(key, std::move(list)));
    out.back().explanation = explainer.of(out.back());
  }
  std::stable_sort(out.begin(), out.end(), [](const Finding& a, const Finding& b) {
    if (rank(a.verdict) != rank(b.verdict)) return rank(a.verdict) < rank(b.verdict);
    return a.seen.size() > b.seen.size();
  });
  return out;
}

}  // namespace tripled::diagnosis
