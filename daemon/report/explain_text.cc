#include "daemon/report/explain_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/report/cause_words.h"
#include "daemon/report/finding_index.h"
#include "daemon/report/paint.h"
#include "daemon/report/words.h"
#include "schema/base/text.h"

namespace tripled::report {
namespace {

constexpr std::size_t shortest_prefix = 4, label_width = 10, evidence_lines = 12;

// Labels in a column, what belongs to them beside it.
class Explained {
 public:
  Explained(const FindingEntry& finding, const TextOptions& options) : f_(finding), painter_(options) {}

  std::string text() {
    auto head =
        painter_.wrapped(symbol(f_.verdict, painter_.options().ascii) + " " + printable(f_.title), 0, 2);
    out_ += painter_.paint(Painter::of(f_.verdict), head.substr(0, head.size() - 1)) + "\n";
    labelled("finding", f_.id + " (" + tripled::to_text(f_.verdict) + ")");
    labelled("in", subject());
    labelled("where", where());
    labelled("expected", expected());
    for (const auto& line : explanation_lines(f_)) labelled("", line);
    labelled("since", since_text(f_));
    labelled("cause", fmt::format("{} ({}): {}", tripled::to_text(f_.cause), tripled::to_text(f_.confidence),
                                  cause_meaning(f_.cause)));
    labelled("whose", fault_text(f_.fault));
    if (f_.cfg) labelled("cfg", *f_.cfg);
    evidence();
    for (const auto& line : f_.ruled_out) labelled("ruled out", line);
    mends();
    return std::move(out_);
  }

 private:
  void labelled(const std::string& label, const std::string& what) {
    if (what.empty()) return;
    auto body = painter_.wrapped(printable(what), label_width + 2);
    out_ +=
        "  " + painter_.paint(Paint::dim, Painter::left(label, label_width)) + body.substr(label_width + 2);
  }

  std::string subject() const {
    if (!f_.package) return "";
    auto out = *f_.package + (f_.version ? " " + *f_.version : "");
    if (f_.target) out += ", " + *f_.target;
    if (f_.test) out += ", test " + *f_.test;
    return out;
  }

  std::string where() const {
    std::vector<std::string> cells;
    for (const auto& cell : f_.cells) {
      std::vector<std::string> stages;
      for (Stage stage : cell.stages) stages.push_back(tripled::to_text(stage));
      auto words = cell.id + " (" + join(stages, ", ") + (cell.emulated ? ", emulated" : "") + ")";
      if (cell.cause != f_.cause) words += " as " + tripled::to_text(cell.cause);
      if (!expected_alike() && cell.expected) words += ", expected: " + *cell.expected;
      cells.push_back(std::move(words));
    }
    return join(cells, "; ");
  }

  // Every cell of it is expected, for the same reason.
  bool expected_alike() const {
    return !f_.cells.empty() && std::all_of(f_.cells.begin(), f_.cells.end(), [&](const FindingCell& cell) {
      return cell.expected && cell.expected == f_.cells.front().expected;
    });
  }
  std::string expected() const { return expected_alike() ? *f_.cells.front().expected : ""; }

  void block(const std::string& text, Paint paint, std::size_t most) {
    auto lines = lines_of(text, most);
    for (const auto& line : lines)
      out_ +=
          std::string(label_width + 4, ' ') + painter_.paint(paint, replace_all(line, "\t", "    ")) + "\n";
  }

  void evidence() {
    bool first = true;
    for (const auto& item : f_.evidence) {
      auto place = item.file + (item.line > 0 ? ":" + std::to_string(item.line) : "");
      if (place.empty() && item.offset > 0) place = "log, byte " + std::to_string(item.offset);
      labelled(first ? "evidence" : "", item.kind + (place.empty() ? "" : " " + place));
      block(item.text, Paint::dim, painter_.options().verbose ? 100 : evidence_lines);
      first = false;
    }
  }

  void mends() {
    int n = 0;
    for (const auto& mend : f_.mends) {
      if (mend.text.empty()) continue;
      labelled(n == 0 ? "next" : "or",
               mend.kind == MendKind::rust ? "in the Rust code:" : kind_text(mend.kind));
      block(mend.text, Paint::good, 100);
      if (!mend.patch.empty()) {
        labelled("", "as a patch (tripled explain " + f_.id + " --patch | patch -p1):");
        block(mend.patch, Paint::good, 100);
      }
      ++n;
    }
    if (n == 0) labelled("next", "no way out is known; the evidence above is where to begin");
  }

  static std::string kind_text(MendKind kind) {
    switch (kind) {
      case MendKind::manifest:
        return "in the manifest:";
      case MendKind::pin:
        return "other versions:";
      case MendKind::command:
        return "run:";
      case MendKind::matrix:
        return "in the matrix:";
      case MendKind::package:
        return "install:";
      case MendKind::rust:
      case MendKind::none:
        return "what can be done:";
    }
    return "";
  }

  const FindingEntry& f_;
  const Painter painter_;
  std::string out_;
};

}  // namespace

Result<std::vector<const FindingEntry*>> named_findings(const Report& report, const std::string& word) {
  std::vector<const FindingEntry*> out;
  static const std::vector<FindingEntry> none;
  const auto& all = report.findings ? *report.findings : none;
  for (const auto& cell : report.cells) {
    if (cell.id != word) continue;
    for (const auto& finding : all)
      if (std::any_of(finding.cells.begin(), finding.cells.end(),
                      [&](const FindingCell& c) { return c.id == word; }))
        out.push_back(&finding);
    return out;
  }
  for (const auto& finding : all)
    if (finding.id == word || (word.size() >= shortest_prefix && finding.id.starts_with(word)))
      out.push_back(&finding);
  if (out.size() == 1) return out;
  if (out.size() > 1)
    return usage_error("`" + word + "` begins the names of " + std::to_string(out.size()) + " findings");
  std::vector<std::string> names;
  for (const auto& cell : report.cells) names.push_back(cell.id);
  for (const auto& finding : all) names.push_back(finding.id);
  auto near = nearest(word, names);
  return usage_error("sweep " + report.sweep.id + " has no finding and no cell `" + word + "`" +
                     (near ? "; did you mean `" + *near + "`?" : "") +
                     " (`tripled explain` lists its findings)");
}

std::string explain_text(const FindingEntry& finding, const TextOptions& options) {
  return Explained(finding, options).text();
}

std::string explain_cell_text(const Report& report, const CellEntry& cell, const TextOptions& options) {
  Painter painter(options);
  std::string out = painter.paint(Paint::bold, printable(cell.id)) + "\n";
  if (cell.excluded_reason)
    return out + "  " + painter.verdict(Verdict::excluded) + ": " + printable(*cell.excluded_reason) + "\n";
  for (const auto& job : cell.jobs) {
    auto line = Painter::left(tripled::to_text(job.stage), 13) +
                (job.voided ? "void" : painter.verdict(job.verdict, job.implied));
    if (job.blocked_by) line += ", by " + *job.blocked_by;
    if (job.reason && !job.reason->empty()) line += ": " + lines_of(*job.reason, 1).front();
    out += painter.wrapped(line, 2, 2);
  }
  auto findings = named_findings(report, cell.id);
  if (!findings || findings->empty()) return out;
  for (const auto* finding : *findings) out += "\n" + explain_text(*finding, options);
  return out;
}

std::string list_text(const Report& report, const TextOptions& options) {
  Painter painter(options);
  if (!report.findings || report.findings->empty())
    return "sweep " + report.sweep.id + " of " + printable(report.sweep.project) + " has no findings\n";
  std::string out;
  for (const auto& f : *report.findings) {
    auto line = fmt::format("{}  {}  {}", f.id, painter.verdict(f.verdict), printable(f.title));
    out += painter.wrapped(line, 0, 10);
    auto lines = explanation_lines(f);
    auto where = lines.empty() ? "on " + counted(f.cells.size(), "cell") : lines.front();
    out += painter.paint(Paint::dim, painter.wrapped(to_text(f.cause) + "; " + where, 10, 2));
  }
  return out + "`tripled explain FINDING` or `tripled explain CELL` tells each in full\n";
}

}  // namespace tripled::report
