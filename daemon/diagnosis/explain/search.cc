#include "daemon/diagnosis/explain/search.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace tripled::diagnosis {
namespace {

constexpr int kSecondTerm = 4;
constexpr std::size_t kAlike = 4;             // literals that say the same of the cells, in larger predicates
constexpr std::size_t kTripleLiterals = 260;  // among which terms of three are made for an `or`
constexpr std::size_t kCoverages = 1200;   // different sets of failing cells that a term of an `or` explains
constexpr std::size_t kCandidates = 4000;  // looked at for differences

class Search {
 public:
  Search(const Universe& u, const std::vector<Literal>& literals, std::size_t wanted)
      : u_(u), literals_(literals), wanted_(wanted) {
    std::map<Bits, std::size_t> alike;
    for (std::size_t i = 0; i < literals.size(); ++i)
      if (alike[literals[i].cells]++ < kAlike) pool_.push_back(i);
    for (auto i : pool_)
      if (literals[i].cells.covers(u.failing)) whole_.push_back(i);
  }

  Found run() {
    for (std::size_t i = 0; i < literals_.size(); ++i)
      if (literals_[i].cells == u_.failing) keep({{i}});
    conjunctions_of_two();
    pure_terms(false);
    disjunctions();
    if (!enough()) {
      conjunctions_of_three();
      // Terms of three are made where nothing smaller was found.
      if (candidates_.empty()) {
        pure_terms(true);
        disjunctions();
      }
    }
    return distinct();
  }

 private:
  void keep(std::vector<Term> terms) {
    if (terms.size() == 1 && !needed(terms[0], u_.failing)) return;
    Hypothesis h{std::move(terms), 0, 0};
    h.cost = h.terms.size() > 1 ? kSecondTerm : 0;
    for (const auto& term : h.terms)
      for (auto l : term) {
        h.cost += literals_[l].cost;
        h.rank += literals_[l].rank;
      }
    candidates_.push_back(std::move(h));
  }
  const Bits& cells(std::size_t literal) const { return literals_[literal].cells; }
  bool pure(std::size_t a) const { return !cells(a).meets(u_.passing); }
  bool pure(std::size_t a, std::size_t b) const { return Bits::disjoint(cells(a), cells(b), u_.passing); }

  void conjunctions_of_two() {
    for (std::size_t i = 0; i < whole_.size(); ++i)
      for (std::size_t j = i + 1; j < whole_.size(); ++j) {
        auto a = whole_[i], b = whole_[j];
        if (!pure(a) && !pure(b) && pure(a, b)) keep({{a, b}});
      }
  }

  void conjunctions_of_three() {
    for (std::size_t i = 0; i < whole_.size(); ++i)
      for (std::size_t j = i + 1; j < whole_.size(); ++j) {
        auto a = whole_[i], b = whole_[j];
        if (pure(a) || pure(b) || pure(a, b)) continue;
        auto left = cells(a) & cells(b) & u_.passing;
        for (std::size_t k = j + 1; k < whole_.size(); ++k) {
          auto c = whole_[k];
          if (cells(c).meets(left) || pure(c) || pure(a, c) || pure(b, c)) continue;
          keep({{a, b, c}});
          if (candidates_.size() > 20 * kCandidates) {
            cut_ = true;
            return;
          }
        }
      }
  }

  // Every value of its sets is that of a failing cell it explains; else a smaller set does as well.
  bool needed(const Term& term, const Bits& covered) const {
    for (auto l : term)
      for (const auto& cells_of_value : literals_[l].having)
        if (!cells_of_value.meets(covered)) return false;
    return true;
  }

  // A term that holds on no passing cell and explains some failing ones.
  void add_term(const Bits& covered, Term term) {
    if (covered.none() || covered == u_.failing || !needed(term, covered)) return;
    auto& kept = terms_[covered];
    if (kept.size() < kAlike) kept.push_back(std::move(term));
  }

  void pure_terms(bool of_three) {
    if (!of_three)
      for (auto a : pool_)
        if (pure(a)) add_term(cells(a), {a});
    auto pool = pool_;
    if (of_three && pool.size() > kTripleLiterals) {
      pool.resize(kTripleLiterals);
      cut_ = true;
    }
    for (std::size_t i = 0; i < pool.size(); ++i) {
      if (pure(pool[i])) continue;
      for (std::size_t j = i + 1; j < pool.size(); ++j) {
        auto a = pool[i], b = pool[j];
        if (pure(b) || Bits::disjoint(cells(a), cells(b), u_.failing)) continue;
        bool pair = pure(a, b);
        if (pair && !of_three) add_term(cells(a) & cells(b), {a, b});
        if (pair || !of_three) continue;
        auto both = cells(a) & cells(b);
        for (std::size_t k = j + 1; k < pool.size(); ++k)
          if (auto c = pool[k]; Bits::disjoint(both, cells(c), u_.passing))
            add_term(both & cells(c), {a, b, c});
      }
    }
  }

  int cost(const Term& term) const {
    int sum = 0;
    for (auto l : term) sum += literals_[l].cost;
    return sum;
  }

  void disjunctions() {
    std::vector<const std::pair<const Bits, std::vector<Term>>*> by_cost;
    for (const auto& entry : terms_) by_cost.push_back(&entry);
    std::stable_sort(by_cost.begin(), by_cost.end(), [&](auto* a, auto* b) {
      auto key = [&](auto* e) { return std::pair(cost(e->second.front()), e->second.front()); };
      return key(a) < key(b);
    });
    if (by_cost.size() > kCoverages) {
      by_cost.resize(kCoverages);
      cut_ = true;
    }
    for (std::size_t i = 0; i < by_cost.size(); ++i)
      for (std::size_t j = i + 1; j < by_cost.size(); ++j) {
        if (candidates_.size() > 20 * kCandidates) {
          cut_ = true;
          return;
        }
        const auto& [a, left] = *by_cost[i];
        const auto& [b, right] = *by_cost[j];
        if (a.count() + b.count() < u_.failing.count() || !((a | b) == u_.failing)) continue;
        for (const auto& one : left)
          for (const auto& two : right) keep({one, two});
      }
  }

  bool enough() { return distinct().best.size() >= wanted_; }

  Found distinct() {
    std::sort(candidates_.begin(), candidates_.end(), [](const auto& a, const auto& b) {
      auto size = [](const Hypothesis& h) {
        return h.terms.size() == 1 ? h.terms[0].size() : h.terms[0].size() + h.terms[1].size();
      };
      return std::tuple(a.cost, size(a), a.rank, a.terms) < std::tuple(b.cost, size(b), b.rank, b.terms);
    });
    Found out;
    std::set<Truth> seen;
    std::size_t looked = 0;
    for (const auto& h : candidates_) {
      if (out.best.size() == wanted_) break;
      if (++looked > kCandidates) {
        out.cut = true;
        break;
      }
      auto truth = truth_of(u_, literals_, h);
      if (!seen.insert(truth).second) continue;
      out.best.push_back(h);
      out.truths.push_back(std::move(truth));
    }
    out.cut = out.cut || cut_;
    return out;
  }

  const Universe& u_;
  const std::vector<Literal>& literals_;
  std::size_t wanted_;
  std::vector<std::size_t> pool_, whole_;  // whole: hold on every failing cell
  std::map<Bits, std::vector<Term>> terms_;
  std::vector<Hypothesis> candidates_;
  bool cut_ = false;
};

}  // namespace

Truth truth_of(const Universe& u, const std::vector<Literal>& literals, const Hypothesis& hypothesis) {
  Truth out(u.contexts.size(), Bits(u.known.size()));
  for (const auto& term : hypothesis.terms) {
    Bits triples(u.known.size(), true), contexts(u.contexts.size(), true);
    for (auto l : term)
      (u.attributes[literals[l].attribute].of_triple ? triples : contexts) &= literals[l].extent;
    for (std::size_t c = 0; c < out.size(); ++c)
      if (contexts.at(c)) out[c] |= triples;
  }
  return out;
}

Found search(const Universe& universe, const std::vector<Literal>& literals, std::size_t wanted) {
  return Search(universe, literals, wanted).run();
}

bool rests_on_one_cell(const Universe& u, const std::vector<Literal>& literals,
                       const Hypothesis& hypothesis) {
  const auto& terms = hypothesis.terms;
  for (const auto& term : terms)
    for (auto l : term)
      for (const auto& of_value : literals[l].having)
        if ((of_value & u.failing).count() < 2) return true;
  if (terms.size() == 1 && terms[0].size() < 3) return false;
  std::vector<Bits> covered;
  for (const auto& term : terms) {
    covered.emplace_back(u.cells.size(), true);
    for (auto l : term) covered.back() &= literals[l].cells;
    for (auto without : term) {
      Bits rest = u.passing;
      for (auto l : term)
        if (l != without) rest &= literals[l].cells;
      if (rest.count() < 2) return true;
    }
  }
  if (terms.size() == 1) return false;
  return (covered[0] & ~covered[1]).count() < 2 || (covered[1] & ~covered[0]).count() < 2;
}

NearMiss nearest_miss(const Universe& u, const std::vector<Literal>& literals) {
  NearMiss out;
  std::tuple<int, int, int> best{static_cast<int>(u.cells.size()) + 1, 0, 0};
  auto consider = [&](std::size_t i, std::size_t j) {
    const auto &a = literals[i], &b = literals[j];
    int wrong = Bits::differing(a.cells, b.cells, u.failing);
    std::tuple key{wrong, i == j ? a.cost : a.cost + b.cost, i == j ? a.rank : a.rank + b.rank};
    if (key >= best) return;
    best = key;
    out.hypothesis = {{i == j ? Term{i} : Term{i, j}}, std::get<1>(key), std::get<2>(key)};
  };
  for (std::size_t i = 0; i < literals.size(); ++i)
    for (std::size_t j = i; j < literals.size(); ++j) consider(i, j);
  for (std::size_t i = 0; i < u.cells.size(); ++i) {
    bool on = true;
    for (const auto& term : out.hypothesis.terms)
      for (auto l : term) on = on && literals[l].cells.at(i);
    if (on != u.failing.at(i)) out.exceptions.push_back(i);
  }
  return out;
}

}  // namespace tripled::diagnosis
