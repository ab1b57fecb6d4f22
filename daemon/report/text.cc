#include "daemon/report/text.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/report/changes_text.h"
#include "daemon/report/finding_index.h"
#include "daemon/report/findings.h"
#include "daemon/report/paint.h"
#include "daemon/report/text_grid.h"
#include "daemon/report/words.h"
#include "schema/base/duration.h"
#include "schema/base/text.h"

namespace tripled::report {
namespace {

constexpr std::size_t everything = 10'000;

class TextReport {
 public:
  TextReport(const Report& report, const TextOptions& options)
      : report_(report), painter_(options), findings_(collect(report)) {}

  std::string text() {
    head();
    out_ += "\n" + grid_text(report_, painter_);
    section("Failures", findings_.failures, "");
    section("Broken", findings_.broken, "the cure is outside the code");
    section("Not run", findings_.not_run, "");
    section("Flaky", findings_.flaky, "failed, then passed with equal inputs");
    unmet();
    expected();
    reopened();
    changes();
    notes();
    times();
    result();
    return std::move(out_);
  }

 private:
  bool verbose() const { return painter_.options().verbose; }

  void head() {
    const auto& s = report_.sweep;
    std::vector<std::string> parts{printable(s.project)};
    if (s.matrix) parts.push_back(printable(s.matrix->substr(s.matrix->rfind('/') + 1)));
    parts.push_back("sweep " + s.id);
    for (const auto& t : s.toolchains)
      parts.push_back(printable(t.name == t.version ? t.name : t.name + " " + t.version));
    if (s.revision) parts.push_back(printable(s.revision->substr(0, 12)));
    if (s.duration_ms) parts.push_back(format_duration(Millis(*s.duration_ms)));
    auto line = painter_.wrapped(join(parts, painter_.dot()), 0, 2);
    out_ += painter_.paint(Paint::bold, line.substr(0, line.size() - 1)) + "\n";
    if (s.partial) out_ += painter_.paint(Paint::warn, partial_text(s)) + "\n";
    if (!s.finished_at)
      out_ += painter_.paint(Paint::warn, "not finished: this is what is known so far") + "\n";
  }

  void title(const std::string& name, std::size_t count, const std::string& what) {
    out_ += "\n" + painter_.paint(Paint::bold, fmt::format("{} ({})", name, count));
    if (!what.empty()) out_ += painter_.paint(Paint::dim, painter_.dash() + what);
    out_ += "\n";
  }

  void section(const std::string& name, const std::vector<Finding>& all, const std::string& what) {
    if (all.empty()) return;
    title(name, all.size(), what);
    for (const auto& finding : all) one(finding);
  }

  void one(const Finding& f) {
    auto sign = symbol(f.verdict, painter_.options().ascii);
    auto first = painter_.wrapped(sign + " " + f.title, 0, 2);
    out_ += painter_.paint(Painter::of(f.verdict), first.substr(0, first.size() - 1)) + "\n";
    std::vector<std::string> where;
    if (!f.place.empty()) where.push_back(f.place);
    if (!f.subjects.empty()) where.push_back((f.test.empty() ? "" : "in ") + join(f.subjects, ", "));
    if (!where.empty()) out_ += painter_.wrapped(join(where, painter_.dot()), 4, 2);
    out_ += painter_.wrapped(seen_text(f, verbose() ? everything : 12), 4, 2);
    if (!f.blocks.empty()) out_ += painter_.wrapped("blocks " + join(f.blocks, ", "), 4, 2);
    diagnosed(f);
    words(f);
    auto fix = f.fix.empty() && f.entry ? mend_text(*f.entry) : f.fix;
    if (!fix.empty())
      out_ += "    " + painter_.paint(Paint::good, "fix: " + replace_all(fix, "\n", "\n         ")) + "\n";
  }

  void diagnosed(const Finding& f) {
    if (!f.entry) return;
    auto lines = explanation_lines(*f.entry);
    if (!verbose() && lines.size() > 8) lines.resize(8);
    for (const auto& line : lines) out_ += painter_.wrapped(line, 4, 2);
    out_ += painter_.paint(Paint::dim, painter_.wrapped("cause: " + cause_text(*f.entry), 4, 2));
    if (auto since = since_text(*f.entry); !since.empty())
      out_ += painter_.paint(Paint::dim, painter_.wrapped(since, 4, 2));
  }

  // rustc's or the test's own words, without what stands in the title already.
  void words(const Finding& f) {
    const bool is_test = !f.test.empty();
    auto lines = lines_of(f.text, verbose() ? 24 : (is_test ? 6 : 9));
    if (!lines.empty() && (lines[0] == f.title || f.title.find(lines[0]) != std::string::npos))
      lines.erase(lines.begin());
    for (const auto& line : lines) {
      auto shown = trim(line).empty() ? "" : painter_.cut("      " + replace_all(line, "\t", "    "));
      out_ += painter_.paint(Paint::dim, shown) + "\n";
    }
  }

  void unmet() {
    if (findings_.unmet.empty()) return;
    title("Unmet expectations", findings_.unmet.size(), "");
    for (const auto& u : findings_.unmet) {
      auto line = symbol(Verdict::fail, painter_.options().ascii) + " " + u.text + " (" +
                  names_text(u.seen, verbose() ? everything : 4) + ")";
      auto wrapped = painter_.wrapped(line, 0, 4);
      out_ += painter_.paint(Paint::bad, wrapped.substr(0, wrapped.size() - 1)) + "\n";
    }
  }

  // One line each, so that what is not expected stands out.
  void expected() {
    if (findings_.expected.empty()) return;
    title("Expected failures", findings_.expected.size(), "the matrix states them");
    for (const auto& f : findings_.expected) {
      auto what = join(f.subjects, ", ");
      if (!f.test.empty()) what += " " + f.test;
      if (what.empty()) what = f.title;
      auto line = fmt::format(
          "{} {} {}{}{}", painter_.verdict(f.verdict), what, seen_text(f, verbose() ? everything : 2),
          painter_.dash().substr(0, painter_.dash().size() - 1), " " + printable(*f.expected));
      out_ += painter_.paint(Paint::plain, painter_.wrapped(line, 2, 4));
      if (verbose() && !f.place.empty())
        out_ += painter_.paint(Paint::dim, painter_.wrapped(f.place + " " + f.title, 6, 2));
    }
  }

  // What is void, and what was tried again: a verdict that was is never lost.
  void reopened() {
    std::vector<std::string> lines;
    for (const auto& cell : report_.cells)
      for (const auto& job : cell.jobs)
        for (const auto& text : {void_text(job), earlier_text(job)})
          if (!text.empty())
            lines.push_back(printable(cell.id) + " " + tripled::to_text(job.stage) + ": " + text);
    if (lines.empty()) return;
    title("Void, or tried again", lines.size(), "");
    const std::size_t shown = verbose() ? lines.size() : std::min<std::size_t>(lines.size(), 12);
    for (std::size_t i = 0; i < shown; ++i) out_ += painter_.wrapped("- " + lines[i], 2, 2);
    if (shown < lines.size()) out_ += fmt::format("  and {} more\n", lines.size() - shown);
  }

  void changes() {
    if (!report_.changes) return;
    out_ += "\n" + changes_text(*report_.changes, titles_of(report_), painter_.options(),
                                verbose() ? everything : 12);
  }

  void notes() {
    const auto& all = report_.sweep.notes;
    if (all.empty()) return;
    out_ += "\n" + painter_.paint(Paint::bold, fmt::format("Notes ({})", all.size())) + "\n";
    const std::size_t shown = verbose() ? all.size() : std::min<std::size_t>(all.size(), 8);
    for (std::size_t i = 0; i < shown; ++i) out_ += painter_.wrapped("- " + printable(all[i]), 2, 2);
    if (shown < all.size()) out_ += fmt::format("  and {} more\n", all.size() - shown);
  }

  void times() {
    std::vector<const CellEntry*> cells;
    for (const auto& cell : report_.cells)
      if (duration_ms(cell) > 0) cells.push_back(&cell);
    if (cells.empty()) return;
    std::stable_sort(cells.begin(), cells.end(),
                     [](const auto* a, const auto* b) { return duration_ms(*a) > duration_ms(*b); });
    std::vector<std::string> slowest;
    for (std::size_t i = 0; i < cells.size() && i < 3; ++i)
      slowest.push_back(printable(cells[i]->id) + " " + format_duration(Millis(duration_ms(*cells[i]))));
    auto line = "slowest: " + join(slowest, ", ");
    if (report_.sweep.duration_ms)
      line = "total " + format_duration(Millis(*report_.sweep.duration_ms)) + painter_.dot() + line;
    out_ += "\n" + painter_.wrapped(line, 0, 2);
  }

  void result() {
    std::vector<std::string> totals;
    for (const auto& [verdict, count] : report_.sweep.totals)
      if (count > 0) totals.push_back(std::to_string(count) + " " + verdict);
    auto sentences = both_coverages(report_);
    int status = report_.sweep.exit_status.value_or(exit_status(report_, !report_.sweep.finished_at, false));
    auto paint = status == 0 ? Paint::good : (status == 3 ? Paint::warn : Paint::bad);
    out_ += painter_.wrapped(counted(report_.cells.size(), "cell") + ": " + join(totals, ", "), 0, 2);
    auto line = painter_.wrapped(
        fmt::format("{} {}; {}. Exit status {}: {}.", report_.sweep.project, sentences.compiles,
                    sentences.runs, status, exit_meaning(report_, status)),
        0, 0);
    out_ += painter_.paint(paint, line.substr(0, line.size() - 1)) + "\n";
  }

  const Report& report_;
  Painter painter_;
  Findings findings_;
  std::string out_;
};

}  // namespace

std::string to_text(const Report& report, const TextOptions& options) {
  return TextReport(report, options).text();
}

}  // namespace tripled::report
