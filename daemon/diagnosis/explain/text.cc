#include "schema/base/text.h"

#include "daemon/diagnosis/explain/explain.h"

namespace tripled::diagnosis {
namespace {

std::string of(int some, int all) { return std::to_string(some) + " of " + std::to_string(all); }

// ", 4 unknown (blocked by nix)"
std::string unknown_text(const Explanation& e) {
  if (e.unknown.empty()) return "";
  int cells = 0;
  std::vector<std::string> whys;
  for (const auto& u : e.unknown) {
    cells += u.cells;
    whys.push_back(e.unknown.size() == 1 ? u.why : std::to_string(u.cells) + " " + u.why);
  }
  return ", " + std::to_string(cells) + " unknown (" + join(whys, ", ") + ")";
}

std::string counts(const Explanation& e) {
  return of(e.failing, e.failing) + ", passes on " + of(e.passing, e.passing) + unknown_text(e);
}

std::string add_text(const Explanation& e) {
  if (e.add_cell.empty()) return "";
  return "tripled sweep --add " + e.add_cell + (e.add_with.empty() ? "" : " (" + e.add_with + ")");
}

std::string none_text(const Explanation& e) {
  int tried = e.failing + e.passing;
  std::string out = "fails on " + of(e.failing, tried) + ", passes on " + of(e.passing, tried) +
                    unknown_text(e) + "; no predicate was found that separates them";
  if (e.near_miss.empty()) return out;
  return out + "\nnearest miss: " + e.near_miss + ", but not " + join(e.exceptions, ", ");
}

std::string from_text(const Explanation& e) {
  return e.from_evidence.empty() ? "" : "\nit stands in the evidence: " + e.from_evidence;
}

std::string rivals_text(const Explanation& e) {
  std::vector<std::string> rivals;
  for (const auto& r : e.rivals) rivals.push_back(r.predicate);
  return "fails on " + e.predicate + ": " + counts(e) + from_text(e) + "\nas well as on " +
         join(rivals, "; ") + ": these cells do not tell\n" +
         (e.add_cell.empty() ? "no triple in reach tells them apart" : "to decide: " + add_text(e));
}

std::string head(const Explanation& e) {
  switch (e.certainty) {
    case Certainty::nothing_tried:
      return "nothing is known: no cell passes or fails" + unknown_text(e);
    case Certainty::everywhere:
      return "fails everywhere it was tried: " + of(e.failing, e.failing) + unknown_text(e);
    case Certainty::nowhere:
      return "passes everywhere it was tried: " + of(e.passing, e.passing) + unknown_text(e);
    case Certainty::exactly:
      return "fails on exactly " + e.predicate + ": " + counts(e) + from_text(e);
    case Certainty::fits:
      return "fails on " + e.predicate + ": " + counts(e) + from_text(e) +
             "\nnothing else was found that fits; " + e.doubt +
             (e.add_cell.empty() ? "" : "\nto test it: " + add_text(e));
    case Certainty::ambiguous:
      return rivals_text(e);
    case Certainty::none_found:
      return none_text(e);
  }
  return "";
}

std::string judgement_text(const CfgJudgement& j) {
  auto subject = j.cfg.source + (j.cfg.found.empty() ? "" : " (" + j.cfg.found + ")");
  switch (j.answer) {
    case CfgAnswer::confirms:
      return "the matrix agrees with " + subject + ": it fails where " + j.predicate;
    case CfgAnswer::contradicts:
      return "the matrix contradicts " + subject + ": " + j.why;
    case CfgAnswer::untestable:
      return "the matrix cannot test " + subject + ": " + j.why;
  }
  return "";
}

}  // namespace

std::string to_text(const Explanation& e) {
  auto out = head(e);
  for (const auto& j : e.judgements)
    if (e.from_evidence.empty() || j.answer != CfgAnswer::confirms || j.predicate != e.predicate)
      out += "\n" + judgement_text(j);
  if (e.cut) out += "\nthe search was cut short: there may be other predicates";
  return out;
}

}  // namespace tripled::diagnosis
