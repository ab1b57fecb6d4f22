#include "daemon/diagnosis/explain/explain.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "daemon/diagnosis/explain/cfg_evidence.h"
#include "daemon/diagnosis/explain/exactness.h"
#include "daemon/diagnosis/explain/render.h"

namespace tripled::diagnosis {
namespace {

constexpr std::size_t kRivals = 5;

std::vector<UnknownCells> unknown_of(const std::vector<ExplainedCell>& cells) {
  std::map<std::string, int> counts;
  for (const auto& c : cells)
    if (c.state == CellState::unknown) ++counts[c.why.empty() ? "not known why" : c.why];
  std::vector<UnknownCells> out;
  for (const auto& [why, n] : counts) out.push_back({why, n});
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.cells > b.cells; });
  return out;
}

class Explainer {
 public:
  Explainer(const std::vector<ExplainedCell>& cells, const KnownTriples& known, const Reachable& reachable)
      : u_(make_universe(cells, known)) {
    out_.failing = u_.failing.count();
    out_.passing = u_.passing.count();
    out_.unknown = unknown_of(cells);
    for (std::size_t k = 0; k < u_.known.size(); ++k)
      if (std::find(reachable.triples.begin(), reachable.triples.end(), u_.known[k]->triple) !=
          reachable.triples.end())
        reachable_.push_back(k);
  }

  Explanation run(const std::vector<CfgInEvidence>& evidence) {
    auto judged = judge_cfgs(u_, evidence);
    for (const auto& j : judged) out_.judgements.push_back(j.judgement);
    if (out_.failing == 0 || out_.passing == 0) {
      out_.certainty = out_.failing > 0   ? Certainty::everywhere
                       : out_.passing > 0 ? Certainty::nowhere
                                          : Certainty::nothing_tried;
      return std::move(out_);
    }
    auto literals = make_literals(u_);
    literals_ = std::move(literals.list);
    auto found = search(u_, literals_, kRivals + 1);
    out_.cut = found.cut || u_.cut;
    for (const auto& j : judged)
      if (j.truth)
        add(j.judgement.predicate, cost_of(*j.truth, found), *j.truth, j.judgement.cfg.found, nullptr);
    for (std::size_t i = 0; i < found.best.size(); ++i)
      add(text_of(u_, literals_, found.best[i]), found.best[i].cost, found.truths[i], "", &found.best[i]);
    if (candidates_.empty()) {
      out_.cut = out_.cut || literals.cut;
      miss();
    } else {
      conclude();
    }
    return std::move(out_);
  }

 private:
  struct Candidate {
    std::string text;
    int cost;
    Truth truth;
    std::string from;
    const Hypothesis* hypothesis;  // null: a cfg of the evidence
  };

  // A cfg of the evidence that is written otherwise costs what its simplest equal costs; 0: none was found.
  static int cost_of(const Truth& truth, const Found& found) {
    for (std::size_t i = 0; i < found.best.size(); ++i)
      if (found.truths[i] == truth) return found.best[i].cost;
    return 0;
  }

  void add(std::string text, int cost, Truth truth, std::string from, const Hypothesis* hypothesis) {
    for (const auto& c : candidates_)
      if (c.truth == truth) return;
    candidates_.push_back({std::move(text), cost, std::move(truth), std::move(from), hypothesis});
  }

  void conclude() {
    if (candidates_.size() > kRivals + 1) candidates_.resize(kRivals + 1);
    out_.predicate = candidates_[0].text;
    out_.cost = candidates_[0].cost;
    out_.from_evidence = candidates_[0].from;
    for (std::size_t i = 1; i < candidates_.size(); ++i)
      out_.rivals.push_back({candidates_[i].text, candidates_[i].cost});
    if (!out_.rivals.empty()) {
      out_.certainty = Certainty::ambiguous;
      deciding_cell();
      return;
    }
    auto unsettled = first_unsettled(u_, candidates_[0].truth, reachable_);
    bool weak = candidates_[0].hypothesis && rests_on_one_cell(u_, literals_, *candidates_[0].hypothesis);
    if (unsettled || u_.known.empty())
      out_.doubt = "triples not tried could differ";
    else if (out_.cut)
      out_.doubt = "not everything was looked at";
    else if (weak)
      out_.doubt = "a part of it rests on a single cell";
    out_.certainty = out_.doubt.empty() ? Certainty::exactly : Certainty::fits;
    if (!unsettled) return;
    auto triple = *unsettled / u_.contexts.size();
    if (std::find(reachable_.begin(), reachable_.end(), triple) == reachable_.end()) return;
    name_cell(triple, *unsettled % u_.contexts.size());
  }

  // The point whose result leaves the fewest candidates, whichever way it goes; of equal ones that which
  // separates the best from its first rival, then one in settings seen.
  void deciding_cell() {
    std::tuple<std::size_t, bool> best{0, false};
    std::optional<std::pair<std::size_t, std::size_t>> cell;
    for (std::size_t c = 0; c < u_.contexts.size(); ++c)
      for (auto k : reachable_) {
        std::size_t on = 0;
        for (const auto& candidate : candidates_) on += candidate.truth[c].at(k) ? 1 : 0;
        bool first = candidates_[0].truth[c].at(k) != candidates_[1].truth[c].at(k);
        std::tuple key{std::min(on, candidates_.size() - on), first};
        if (std::get<0>(key) == 0 || key <= best) continue;
        best = key;
        cell = {k, c};
      }
    if (cell) name_cell(cell->first, cell->second);
  }

  // Only settings that not all cells have need saying.
  void name_cell(std::size_t triple, std::size_t context) {
    out_.add_cell = u_.known[triple]->triple;
    for (std::size_t a = 0; a < u_.attributes.size(); ++a) {
      if (u_.attributes[a].of_triple) continue;
      const auto& value = u_.contexts[context][a];
      bool differs = std::any_of(u_.cell_values.begin(), u_.cell_values.end(),
                                 [&](const auto& v) { return v[a] != value; });
      if (!differs) continue;
      bool feature = u_.attributes[a].kind == Attribute::Kind::cfg_flag;
      out_.add_with += out_.add_with.empty() ? "" : ", ";
      out_.add_with += feature         ? (value.empty() ? "without " : "with ") + u_.attributes[a].name
                       : value.empty() ? "no " + u_.attributes[a].name
                                       : u_.attributes[a].name + " " + value;
    }
  }

  void miss() {
    out_.certainty = Certainty::none_found;
    if (literals_.empty()) return;
    auto nearest = nearest_miss(u_, literals_);
    // One with many exceptions says nothing; a guess goes wrong as often as the rarer result occurs.
    auto guess = std::min(out_.failing, out_.passing);
    auto exceptions = static_cast<int>(nearest.exceptions.size());
    if (exceptions >= guess || exceptions > std::max(1, guess / 4)) return;
    out_.near_miss = text_of(u_, literals_, nearest.hypothesis);
    for (auto i : nearest.exceptions) out_.exceptions.push_back(u_.cells[i]->id);
  }

  Universe u_;
  std::vector<std::size_t> reachable_;
  std::vector<Literal> literals_;
  std::vector<Candidate> candidates_;
  Explanation out_;
};

}  // namespace

Explanation explain(const std::vector<ExplainedCell>& cells, const KnownTriples& known,
                    const std::vector<CfgInEvidence>& evidence, const Reachable& reachable) {
  return Explainer(cells, known, reachable).run(evidence);
}

}  // namespace tripled::diagnosis
