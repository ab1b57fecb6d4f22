#include "daemon/diagnosis/findings/cell_states.h"

#include <algorithm>

namespace tripled::diagnosis {
namespace {

UnitEnd unknown(std::string why) { return {CellState::unknown, std::move(why)}; }

std::string blocked_text(const std::string& by) { return by.empty() ? "blocked" : "blocked by " + by; }

// Why nothing of the job says anything; empty: it was tried.
std::string not_tried(const SweepJob& job) {
  switch (job.verdict) {
    case Verdict::blocked:
      return blocked_text(job.blocked_by);
    case Verdict::excluded:
    case Verdict::cancelled:
    case Verdict::broken:
      return to_text(job.verdict);
    case Verdict::pass:
    case Verdict::fail:
    case Verdict::flaky:
    case Verdict::timeout:
    case Verdict::suspect:
      return "";
  }
  return "";
}

UnitEnd end_of(Verdict verdict, const SweepJob& job) {
  switch (verdict) {
    case Verdict::pass:
      return {CellState::passing, ""};
    case Verdict::blocked:
      return unknown(blocked_text(job.blocked_by));
    case Verdict::fail:
      return unknown("another failure");
    case Verdict::flaky:
    case Verdict::timeout:
    case Verdict::suspect:
    case Verdict::broken:
    case Verdict::excluded:
    case Verdict::cancelled:
      return unknown(to_text(verdict));
  }
  return unknown(to_text(verdict));
}

bool is_about(const KnownItem& item, const Diagnosis& about) {
  return item.package == about.package && item.test == about.test &&
         (about.target.empty() || item.target == about.target);
}

// Of several units (a package as a whole) all must end well.
std::optional<UnitEnd> end_among_known(const SweepJob& job, const Diagnosis& about) {
  std::optional<UnitEnd> out;
  for (const auto& item : job.diagnosed.known) {
    if (!is_about(item, about)) continue;
    auto end = end_of(item.verdict, job);
    if (!out || end.state != CellState::passing) out = end;
    if (out->state != CellState::passing) break;
  }
  return out;
}

bool compiled(const SweepJob& job, const Unit& unit) {
  return std::any_of(job.diagnosed.known.begin(), job.diagnosed.known.end(), [&](const KnownItem& item) {
    return item.test.empty() && item.package == unit.package && item.target == unit.target &&
           item.verdict == Verdict::pass;
  });
}

// Units of which `from` is made, itself included.
std::vector<bool> needed_by(const std::vector<Unit>& units, const std::vector<std::size_t>& from) {
  std::vector<bool> out(units.size());
  auto open = from;
  while (!open.empty()) {
    auto at = open.back();
    open.pop_back();
    if (out[at]) continue;
    out[at] = true;
    for (int next : units[at].needs)
      if (next >= 0 && static_cast<std::size_t>(next) < units.size()) open.push_back(next);
  }
  return out;
}

UnitEnd end_of_dependency(const SweepJob& job, const Diagnosis& about) {
  if (!job.planned || job.planned->empty()) return unknown("its graph is not known");
  const auto& units = *job.planned;
  std::vector<std::size_t> made;
  for (std::size_t i = 0; i < units.size(); ++i)
    if (units[i].member && compiled(job, units[i])) made.push_back(i);
  auto needed = needed_by(units, made);
  bool planned = false;
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (units[i].package != about.package) continue;
    if (!about.target.empty() && units[i].target != about.target) continue;
    planned = true;
    if (needed[i]) return {CellState::passing, ""};
  }
  return unknown(planned ? blocked_text(job.blocked_by) : "not compiled there");
}

}  // namespace

UnitEnd unit_end(const SweepJob& job, const Diagnosis& about) {
  if (auto why = not_tried(job); !why.empty()) {
    auto known = about.package.empty() ? std::nullopt : end_among_known(job, about);
    return known && known->state == CellState::passing ? *known : unknown(why);
  }
  if (about.package.empty()) return end_of(job.verdict, job);
  if (auto known = end_among_known(job, about)) return *known;
  if (!about.test.empty()) return unknown("no such test there");
  return end_of_dependency(job, about);
}

}  // namespace tripled::diagnosis
