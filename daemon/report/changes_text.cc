#include "daemon/report/changes_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/report/paint.h"
#include "daemon/report/words.h"
#include "schema/base/text.h"

namespace tripled::report {
namespace {

using history::Change;

std::string word_of(Change change) {
  switch (change) {
    case Change::regression:
      return "regression";
    case Change::new_failure:
      return "new failure";
    case Change::expectation_unmet:
      return "expectation unmet";
    case Change::flaky:
      return "flaky";
    case Change::broken:
      return "broken";
    case Change::fixed:
      return "fixed";
    case Change::partly_fixed:
      return "partly fixed";
    case Change::unbroken:
      return "unbroken";
    case Change::new_cell:
      return "new cell";
    case Change::vanished:
      return "vanished";
  }
  return "";
}

Paint paint_of(Change change) {
  switch (change) {
    case Change::regression:
    case Change::new_failure:
    case Change::expectation_unmet:
      return Paint::bad;
    case Change::broken:
      return Paint::warn;
    case Change::flaky:
      return Paint::odd;
    case Change::fixed:
    case Change::partly_fixed:
    case Change::unbroken:
      return Paint::good;
    case Change::new_cell:
    case Change::vanished:
      return Paint::plain;
  }
  return Paint::plain;
}

std::string finding_text(const std::string& id, const std::map<std::string, std::string>& titles) {
  auto title = titles.find(id);
  return title == titles.end() ? "finding " + id : printable(title->second) + " (" + id + ")";
}

std::string finding_texts(const std::vector<std::string>& ids,
                          const std::map<std::string, std::string>& titles) {
  constexpr std::size_t most = 3;
  std::vector<std::string> out;
  for (std::size_t i = 0; i < ids.size() && i < most; ++i) out.push_back(finding_text(ids[i], titles));
  if (ids.size() > most) out.push_back("and " + std::to_string(ids.size() - most) + " more");
  return join(out, "; ");
}

}  // namespace

std::string changes_summary(const history::Comparison& changes) {
  std::map<Change, int> counts;
  for (const auto& t : changes.transitions) ++counts[t.change];
  std::vector<std::string> out;
  for (const auto& [change, n] : counts) {
    auto word = word_of(change);
    const bool countable =
        change == Change::regression || change == Change::new_failure || change == Change::new_cell;
    out.push_back(std::to_string(n) + " " + word + (countable && n != 1 ? "s" : ""));
  }
  auto text = out.empty() ? std::string("nothing changed") : join(out, ", ");
  text += "; " + counted(static_cast<std::size_t>(changes.same), "cell") + " as before";
  if (changes.not_comparable > 0)
    text += ", " + std::to_string(changes.not_comparable) + " blocked or cancelled in one of them";
  return text;
}

std::vector<TransitionText> transition_texts(const history::Comparison& changes,
                                             const std::map<std::string, std::string>& titles) {
  std::vector<TransitionText> out;
  auto verdict = [](const std::optional<Verdict>& v) { return v ? to_text(*v) : std::string("none"); };
  for (const auto& t : changes.transitions) {
    TransitionText text{t.change,
                        word_of(t.change),
                        verdict(t.before) + " -> " + verdict(t.after),
                        join(t.also_changed, ", "),
                        {}};
    if (!t.appeared.empty()) text.detail += ": " + finding_texts(t.appeared, titles);
    if (!t.gone.empty()) text.detail += "; gone: " + finding_texts(t.gone, titles);
    auto same = std::find_if(out.begin(), out.end(), [&](const TransitionText& o) {
      return o.change == text.change && o.detail == text.detail && o.also == text.also;
    });
    if (same == out.end()) same = out.insert(out.end(), std::move(text));
    same->cells.push_back(printable(t.cell));
  }
  return out;
}

std::map<std::string, std::string> titles_of(const Report& report) {
  std::map<std::string, std::string> out;
  if (report.findings)
    for (const auto& finding : *report.findings) out[finding.id] = finding.title;
  return out;
}

std::string changes_text(const history::Comparison& changes, const std::map<std::string, std::string>& titles,
                         const TextOptions& options, std::size_t limit) {
  Painter painter(options);
  auto head = "Since sweep " + changes.before;
  if (changes.revision_range) head += " (" + *changes.revision_range + ")";
  std::string out = painter.paint(Paint::bold, head) +
                    painter.paint(Paint::dim, painter.dash() + changes_summary(changes)) + "\n";
  const auto all = transition_texts(changes, titles);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i == limit) {
      out += fmt::format("  and {} more (tripled diff {} {})\n", all.size() - limit, changes.before,
                         changes.after);
      break;
    }
    auto line = painter.wrapped(all[i].word + " " + all[i].detail, 2, 2);
    out += painter.paint(paint_of(all[i].change), line.substr(0, line.size() - 1)) + "\n";
    out += painter.wrapped("on " + join(all[i].cells, ", "), 4, 2);
    if (!all[i].also.empty())
      out += painter.paint(Paint::dim, painter.wrapped("also changed: " + all[i].also, 4, 2));
  }
  return out;
}

}  // namespace tripled::report
