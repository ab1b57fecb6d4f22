#include "daemon/history/compare.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace tripled::history {
namespace {

// What a verdict says of the code.
enum class Kind { good, bad, broken, nothing, absent };

Kind kind_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
    case Verdict::flaky:
      return Kind::good;
    case Verdict::fail:
    case Verdict::timeout:
    case Verdict::suspect:
      return Kind::bad;
    case Verdict::broken:
      return Kind::broken;
    case Verdict::blocked:
    case Verdict::cancelled:
      return Kind::nothing;
    case Verdict::excluded:
      return Kind::absent;
  }
  return Kind::nothing;
}

std::vector<std::string> only_in_first(const std::set<std::string>& a, const std::set<std::string>& b) {
  std::vector<std::string> out;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

using Conditions = std::map<std::string, std::string>;

void add_changed(std::vector<std::string>& out, const Conditions& before, const Conditions& after) {
  for (const auto& [name, value] : after) {
    auto was = before.find(name);
    if (was == before.end() || was->second.empty() || value.empty() || was->second == value) continue;
    // Hashes and texts say nothing to people.
    const bool readable = value.size() <= 40 && was->second.size() <= 40;
    out.push_back(readable ? name + " " + was->second + " -> " + value : name);
  }
}

class Comparer {
 public:
  Comparer(const SweepPast& before, const SweepPast& after) : before_(before), after_(after) {
    for (const auto& cell : before.cells) was_[cell.id] = &cell;
    out_.before = before.id;
    out_.after = after.id;
  }

  Comparison run() {
    std::set<std::string> seen;
    for (const auto& cell : after_.cells) {
      seen.insert(cell.id);
      auto was = was_.find(cell.id);
      look(was == was_.end() ? nullptr : was->second, &cell);
    }
    for (const auto& cell : before_.cells)
      if (!seen.count(cell.id)) look(&cell, nullptr);
    std::sort(out_.transitions.begin(), out_.transitions.end(), [](const Transition& a, const Transition& b) {
      return std::tie(a.change, a.cell) < std::tie(b.change, b.cell);
    });
    add_revision_range();
    return std::move(out_);
  }

 private:
  static Kind kind_of(const CellPast* cell) { return cell ? history::kind_of(cell->verdict) : Kind::absent; }

  void add(Change change, const CellPast* was, const CellPast* is) {
    Transition out;
    out.change = change;
    out.cell = is ? is->id : was->id;
    if (was) out.before = was->verdict;
    if (is) out.after = is->verdict;
    if (was && is) {
      out.appeared = only_in_first(is->findings, was->findings);
      out.gone = only_in_first(was->findings, is->findings);
      add_changed(out.also_changed, before_.conditions, after_.conditions);
      add_changed(out.also_changed, was->conditions, is->conditions);
    } else if (is) {
      out.appeared.assign(is->findings.begin(), is->findings.end());
    }
    out_.transitions.push_back(std::move(out));
  }

  void look(const CellPast* was, const CellPast* is) {
    const auto from = kind_of(was), to = kind_of(is);
    if (from == Kind::absent && to == Kind::absent) return;
    if (from == Kind::absent || to == Kind::absent) {
      // A narrowed sweep says nothing of the cells it lacks.
      const bool lacking = (!was && before_.partial) || (!is && after_.partial);
      if (!lacking) add(from == Kind::absent ? Change::new_cell : Change::vanished, was, is);
      return;
    }
    if (from == Kind::nothing || to == Kind::nothing) {
      ++out_.not_comparable;
      return;
    }
    const auto before = out_.transitions.size();
    compare(was, is, from, to);
    if (is->unmet && !was->unmet) add(Change::expectation_unmet, was, is);
    if (out_.transitions.size() == before) ++out_.same;
  }

  void compare(const CellPast* was, const CellPast* is, Kind from, Kind to) {
    if (to == Kind::broken) {
      if (from != Kind::broken) add(Change::broken, was, is);
    } else if (from == Kind::broken) {
      add(Change::unbroken, was, is);
    } else if (from == Kind::good && to == Kind::bad) {
      add(Change::regression, was, is);
    } else if (from == Kind::bad && to == Kind::good) {
      add(Change::fixed, was, is);
    } else if (to == Kind::bad) {
      // Without findings on one side (evidence is gone) nothing can be told apart.
      if (!was->findings.empty() && !is->findings.empty() && was->findings != is->findings)
        add(only_in_first(is->findings, was->findings).empty() ? Change::partly_fixed : Change::new_failure,
            was, is);
    }
    if (to == Kind::good && is->verdict == Verdict::flaky && was->verdict != Verdict::flaky)
      add(Change::flaky, was, is);
  }

  void add_revision_range() {
    if (before_.revision.empty() || after_.revision.empty() || before_.revision == after_.revision) return;
    bool alone = std::all_of(out_.transitions.begin(), out_.transitions.end(), [](const Transition& t) {
      return std::all_of(t.also_changed.begin(), t.also_changed.end(),
                         [](const std::string& what) { return what.starts_with("sources"); });
    });
    if (alone) out_.revision_range = before_.revision + ".." + after_.revision;
  }

  const SweepPast& before_;
  const SweepPast& after_;
  std::map<std::string, const CellPast*> was_;
  Comparison out_;
};

}  // namespace

Comparison compare(const SweepPast& before, const SweepPast& after) { return Comparer(before, after).run(); }

bool is_worse(const Comparison& comparison) {
  return std::any_of(comparison.transitions.begin(), comparison.transitions.end(), [](const Transition& t) {
    return t.change == Change::regression || t.change == Change::new_failure ||
           t.change == Change::expectation_unmet;
  });
}

}  // namespace tripled::history
