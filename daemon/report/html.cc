#include "daemon/report/html.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/report/changes_text.h"
#include "daemon/report/finding_index.h"
#include "daemon/report/findings.h"
#include "daemon/report/html_style.h"
#include "daemon/report/words.h"
#include "schema/base/duration.h"
#include "schema/base/text.h"

namespace tripled::report {

std::string html_escape(std::string_view text) {
  std::string out;
  for (char c : printable(text)) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  return out;
}

namespace {

std::string esc(std::string_view text) { return html_escape(text); }

std::string word(Verdict v, bool implied = false) {
  return fmt::format(
      "<span class=\"w {0}\"><span class=\"sign\" aria-hidden=\"true\">{1}</span>{0}{2}</span>", to_text(v),
      symbol(v, false), implied ? " <abbr title=\"implied by build of the same units\">*</abbr>" : "");
}

std::string word(const JobEntry& job) {
  if (job.voided)
    return fmt::format(
        "<span class=\"w none\"><span class=\"sign\" aria-hidden=\"true\">∅</span>"
        "<abbr title=\"{}\">void</abbr></span>",
        esc(void_text(job)));
  return word(job.verdict, job.implied) + (as_expected(job) ? "<span class=\"x\">expected</span>" : "");
}

std::string bar(const std::optional<double>& ratio) {
  if (!ratio) return "";
  return fmt::format("<span class=\"bar\" aria-hidden=\"true\"><span style=\"width:{:.1f}%\"></span></span>",
                     *ratio * 100);
}

class Page {
 public:
  explicit Page(const Report& report)
      : report_(report),
        findings_(collect(report)),
        stages_(stages_of(report)),
        sentences_(both_coverages(report)) {}

  std::string html() {
    head();
    grid();
    findings("Failures", findings_.failures, "", true);
    findings("Broken", findings_.broken, "the cure is outside the code", true);
    findings("Not run", findings_.not_run, "", true);
    findings("Flaky", findings_.flaky, "failed, then passed with equal inputs", true);
    unmet();
    findings("Expected failures", findings_.expected, "the matrix states them", false);
    changes();
    cells();
    notes();
    out_ += "</main>\n</body>\n</html>\n";
    return std::move(out_);
  }

 private:
  void head() {
    const auto& s = report_.sweep;
    std::vector<std::string> meta;
    if (s.matrix) meta.push_back(esc(s.matrix->substr(s.matrix->rfind('/') + 1)));
    meta.push_back("sweep " + esc(s.id));
    for (const auto& t : s.toolchains)
      meta.push_back(esc(t.name == t.version ? t.name : t.name + " " + t.version));
    meta.push_back("from <code>" + esc(s.source) + "</code>");
    if (s.revision) meta.push_back("revision <code>" + esc(s.revision->substr(0, 12)) + "</code>");
    meta.push_back("started <time datetime=\"" + esc(s.started_at) + "\">" + esc(s.started_at) + "</time>");
    if (s.duration_ms) meta.push_back("took " + format_duration(Millis(*s.duration_ms)));
    out_ += fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" "
        "content=\"width=device-width, initial-scale=1\"/>\n<meta name=\"generator\" content=\"tripled\"/>\n"
        "<title>{0}: sweep {1}</title>\n<style>{2}</style>\n</head>\n<body>\n<main>\n<header>\n<h1>{0}</h1>\n"
        "<p class=\"meta\">{3}</p>\n",
        esc(s.project), esc(s.id), html_style, join(meta, " · "));
    if (s.partial) out_ += "<p class=\"flag\">" + esc(partial_text(s)) + "</p>\n";
    if (!s.finished_at) out_ += "<p class=\"flag\">not finished: this is what is known so far</p>\n";
    int status = s.exit_status.value_or(exit_status(report_, !s.finished_at, false));
    std::vector<std::string> totals;
    for (const auto& [verdict, count] : s.totals)
      if (count > 0) totals.push_back(fmt::format("{} {}", count, verdict));
    out_ += fmt::format("<p class=\"result s{0}\"><strong>Exit status {0}: {1}.</strong> {2}: {3}.</p>\n",
                        status, esc(exit_meaning(report_, status)), counted(report_.cells.size(), "cell"),
                        join(totals, ", "));
    out_ += "<div class=\"cards\">\n" +
            card("Compiles on", sentences_.compiles_on, "completely: every planned unit at every stage") +
            card("Was run on", sentences_.runs_on, sentences_.runs_how) + "</div>\n</header>\n";
  }

  static std::string card(const std::string& title, const std::string& number, const std::string& detail) {
    return fmt::format("<div class=\"card\"><h2>{}</h2><p class=\"big\">{}</p><p>{}</p></div>\n", title,
                       esc(number), esc(detail));
  }

  void grid() {
    out_ +=
        "<section>\n<h2>Triples and stages</h2>\n<table class=\"grid\">\n<caption>Units compiled of units "
        "planned; tests run "
        "of tests planned. Compiling never counts as running.</caption>\n<thead><tr><th "
        "scope=\"col\">triple</th>";
    for (Stage stage : stages_) out_ += "<th scope=\"col\">" + to_text(stage) + "</th>";
    out_ += "<th scope=\"col\">passed</th></tr></thead>\n<tbody>\n";
    for (std::size_t i = 0; i < report_.cells.size(); ++i) row(report_.cells[i], i);
    out_ += "</tbody>\n</table>\n</section>\n";
  }

  void row(const CellEntry& cell, std::size_t index) {
    out_ += fmt::format("<tr><th scope=\"row\"><a href=\"#cell-{}\">{}</a></th>", index, esc(cell.id));
    if (cell.verdict == Verdict::excluded) {
      out_ += fmt::format("<td class=\"excluded\" colspan=\"{}\">{}: {}</td></tr>\n", stages_.size() + 1,
                          word(cell.verdict), esc(cell.excluded_reason.value_or("")));
      return;
    }
    for (Stage stage : stages_) is_compile(stage) ? compile_cell(cell, stage) : execute_cell(cell);
    auto ratio = percent(cell.pass_ratio);
    out_ += ratio.empty() ? "<td class=\"gone\"></td></tr>\n"
                          : fmt::format("<td data-label=\"passed\"><span>{}</span></td></tr>\n", ratio);
  }

  void compile_cell(const CellEntry& cell, Stage stage) {
    const auto* job = find_job(cell, stage);
    auto coverage = cell.compile_coverage.find(to_text(stage));
    if (!job || coverage == cell.compile_coverage.end()) {
      out_ += "<td class=\"gone\"></td>";
      return;
    }
    const auto& c = coverage->second;
    out_ += fmt::format("<td data-label=\"{}\">{}<span class=\"n\">{}</span>{}</td>", to_text(stage),
                        word(*job), fraction(c.compiled, c.planned), bar(c.ratio));
  }

  void execute_cell(const CellEntry& cell) {
    const auto* job = find_job(cell, Stage::execute);
    const auto& c = cell.execution_coverage;
    auto mode = execution_mode(c);
    out_ += fmt::format("<td data-label=\"execute\">{}<span class=\"n\">{}{}</span>{}</td>",
                        job ? word(*job) : "<span class=\"w none\">not run</span>",
                        fraction(executed(c), c.planned), mode.empty() ? "" : " " + mode, bar(c.ratio));
  }

  void findings(const char* name, const std::vector<Finding>& all, const char* what, bool open) {
    if (all.empty()) return;
    out_ += fmt::format("<section>\n<h2>{} ({}) <small>{}</small></h2>\n", name, all.size(), what);
    for (const auto& f : all) one(f, open);
    out_ += "</section>\n";
  }

  void one(const Finding& f, bool open) {
    out_ += fmt::format(
        "<details{}><summary>{} <span class=\"t\">{}</span><span class=\"where\">{}{}</span></summary>\n",
        open ? " open=\"open\"" : "", word(f.verdict), esc(f.title),
        f.expected ? "expected: " + esc(*f.expected) + " · " : "", esc(seen_text(f, open ? 40 : 4)));
    std::vector<std::string> where;
    if (!f.place.empty()) where.push_back("<code>" + esc(f.place) + "</code>");
    if (!f.subjects.empty()) where.push_back("in " + esc(join(f.subjects, ", ")));
    if (!f.blocks.empty()) where.push_back("blocks " + esc(join(f.blocks, ", ")));
    if (!where.empty()) out_ += "<p>" + join(where, " · ") + "</p>\n";
    if (!open) out_ += "<p>" + esc(seen_text(f, 10'000)) + "</p>\n";
    if (f.entry) explained(*f.entry);
    if (!f.text.empty()) out_ += "<pre>" + esc(join(lines_of(f.text, 40), "\n")) + "</pre>\n";
    if (!f.fix.empty()) out_ += "<p>Fix:</p>\n<pre class=\"fix\">" + esc(f.fix) + "</pre>\n";
    if (f.entry) evidence_and_mends(*f.entry, f.fix);
    out_ += "</details>\n";
  }

  void explained(const FindingEntry& entry) {
    auto lines = explanation_lines(entry);
    for (std::size_t i = 0; i < lines.size(); ++i)
      out_ += (i == 0 ? "<p><strong>" : "<p>") + esc(lines[i]) + (i == 0 ? "</strong></p>\n" : "</p>\n");
    auto since = since_text(entry);
    out_ += "<p class=\"meta\">cause: " + esc(cause_text(entry)) + (since.empty() ? "" : "; " + esc(since)) +
            "</p>\n";
  }

  // `told`: a way out that stands there already.
  void evidence_and_mends(const FindingEntry& entry, const std::string& told) {
    for (const auto& mend : entry.mends) {
      if (mend.text.empty() || mend.text == told) continue;
      out_ += "<p>Way out:</p>\n<pre class=\"fix\">" + esc(mend.text) + "</pre>\n";
      if (!mend.patch.empty()) out_ += "<pre class=\"fix\">" + esc(mend.patch) + "</pre>\n";
    }
    std::vector<std::string> lines;
    for (const auto& item : entry.evidence) {
      auto place = item.file + (item.line > 0 ? ":" + std::to_string(item.line) : "");
      auto words = lines_of(item.text, 1);
      lines.push_back(esc(item.kind) + (place.empty() ? "" : " <code>" + esc(place) + "</code>") +
                      (words.empty() ? "" : ": " + esc(words[0])));
    }
    for (const auto& line : entry.ruled_out) lines.push_back("ruled out: " + esc(line));
    if (lines.empty()) return;
    out_ += "<p>Evidence:</p>\n<ul>\n<li>" + join(lines, "</li>\n<li>") + "</li>\n</ul>\n";
  }

  void unmet() {
    if (findings_.unmet.empty()) return;
    out_ += fmt::format("<section>\n<h2>Unmet expectations ({})</h2>\n<ul>\n", findings_.unmet.size());
    for (const auto& u : findings_.unmet)
      out_ += fmt::format("<li>{} <span class=\"where\">{}</span></li>\n", esc(u.text),
                          esc(names_text(u.seen, 40)));
    out_ += "</ul>\n</section>\n";
  }

  void changes() {
    if (!report_.changes) return;
    const auto& changes = *report_.changes;
    out_ += "<section>\n<h2>Since sweep " + esc(changes.before) + " <small>" + esc(changes_summary(changes)) +
            "</small></h2>\n";
    if (changes.revision_range)
      out_ += "<p>revisions <code>" + esc(*changes.revision_range) + "</code></p>\n";
    auto titles = titles_of(report_);
    if (!changes.transitions.empty()) out_ += "<ul>\n";
    for (const auto& text : transition_texts(changes, titles))
      out_ +=
          "<li><strong>" + esc(text.word) + "</strong> " + esc(text.detail) + " <code>" +
          esc(join(text.cells, ", ")) + "</code>" +
          (text.also.empty() ? "" : " <span class=\"where\">also changed: " + esc(text.also) + "</span>") +
          "</li>\n";
    out_ += changes.transitions.empty() ? "</section>\n" : "</ul>\n</section>\n";
  }

  void cells() {
    out_ += "<section>\n<h2>Every cell</h2>\n";
    for (std::size_t i = 0; i < report_.cells.size(); ++i) {
      const auto& cell = report_.cells[i];
      out_ += fmt::format(
          "<details id=\"cell-{}\"><summary>{} <span class=\"t\">{}</span><span "
          "class=\"where\">{}</span></summary>\n",
          i, word(cell.verdict), esc(cell.id), esc(about(cell)));
      if (!cell.jobs.empty()) jobs(cell);
      out_ += "</details>\n";
    }
    out_ += "</section>\n";
  }

  static std::string about(const CellEntry& cell) {
    std::vector<std::string> parts{cell.toolchain, cell.profile};
    if (!cell.scope.empty()) parts.push_back(join(cell.scope, " "));
    if (cell.std.source != StdSource::none) parts.push_back("std " + to_text(cell.std.source));
    if (duration_ms(cell) > 0) parts.push_back(format_duration(Millis(duration_ms(cell))));
    if (cell.excluded_reason) parts = {*cell.excluded_reason};
    return join(parts, " · ");
  }

  void jobs(const CellEntry& cell) {
    out_ += "<ul>\n";
    for (const auto& job : cell.jobs) {
      std::vector<std::string> parts;
      if (job.reason)
        parts.push_back(esc(lines_of(*job.reason, 1).empty() ? "" : lines_of(*job.reason, 1)[0]));
      if (job.runner)
        parts.push_back(
            esc(to_text(job.runner->kind) + " " + job.runner->name + " " + job.runner->version.value_or("")));
      if (job.carried_from) parts.push_back("carried from job " + esc(*job.carried_from));
      if (job.expectation != Expectation::none) parts.push_back("expectation " + to_text(job.expectation));
      if (job.attempts > 1) parts.push_back(std::to_string(job.attempts) + " attempts");
      if (job.duration_ms) parts.push_back(format_duration(Millis(*job.duration_ms)));
      for (const auto& text : {void_text(job), earlier_text(job)})
        if (!text.empty()) parts.push_back(esc(text));
      for (const auto& note : job.notes) parts.push_back(esc(note));
      out_ += fmt::format("<li>{} {}{}{}</li>\n", to_text(job.stage), word(job), parts.empty() ? "" : " · ",
                          join(parts, " · "));
    }
    out_ += "</ul>\n";
  }

  void notes() {
    if (report_.sweep.notes.empty()) return;
    out_ += fmt::format("<section>\n<h2>Notes ({})</h2>\n<ul>\n", report_.sweep.notes.size());
    for (const auto& note : report_.sweep.notes) out_ += "<li>" + esc(note) + "</li>\n";
    out_ += "</ul>\n</section>\n";
  }

  const Report& report_;
  Findings findings_;
  std::vector<Stage> stages_;
  Sentences sentences_;
  std::string out_;
};

}  // namespace

std::string to_html(const Report& report) { return Page(report).html(); }

}  // namespace tripled::report
