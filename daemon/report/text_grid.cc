#include "daemon/report/text_grid.h"

#include <algorithm>
#include <vector>

#include "daemon/report/words.h"

namespace tripled::report {
namespace {

// A field of the grid: sign and word, then numbers, each padded to the width of its column.
struct Field {
  std::string word, numbers, rest;  // "✗ fail", "45/47", "emulated"
  Paint paint = Paint::plain;
};

struct Column {
  std::string head;
  std::size_t word = 0, numbers = 0, rest = 0;

  void fit(const Field& f) {
    word = std::max(word, columns(f.word));
    numbers = std::max(numbers, columns(f.numbers));
    rest = std::max(rest, columns(f.rest));
  }
  std::size_t width() const {
    auto sum = word + (numbers ? numbers + 1 : 0) + (rest ? rest + 1 : 0);
    return std::max(sum, columns(head));
  }
};

class Grid {
 public:
  Grid(const Report& report, const Painter& painter)
      : report_(report), painter_(painter), stages_(stages_of(report)) {
    for (Stage stage : stages_) columns_.push_back({to_text(stage)});
    columns_.push_back({"passed"});
    for (const auto& cell : report.cells) {
      label_ = std::max(label_, columns(cell.id));
      if (cell.verdict == Verdict::excluded) continue;
      auto fields = fields_of(cell);
      for (std::size_t i = 0; i < fields.size(); ++i) columns_[i].fit(fields[i]);
    }
  }

  std::string text() const {
    const bool stacked = label_ + row_width() > static_cast<std::size_t>(painter_.options().width);
    std::string out = painter_.paint(Paint::bold, head(stacked)) + "\n";
    bool implied = false, expected = false;
    for (const auto& cell : report_.cells) {
      out += row(cell, stacked);
      for (const auto& job : cell.jobs) {
        implied = implied || job.implied;
        expected = expected || as_expected(job);
      }
    }
    if (expected) out += painter_.paint(Paint::dim, expected_mark() + " as the matrix expects") + "\n";
    if (implied) out += painter_.paint(Paint::dim, "* implied by build of the same units") + "\n";
    return out;
  }

 private:
  std::size_t row_width() const {
    std::size_t sum = 0;
    for (const auto& c : columns_) sum += c.width() + 2;
    return sum;
  }

  std::string head(bool stacked) const {
    std::string out = Painter::left("triple", stacked ? 0 : label_);
    if (stacked) out += "\n";
    for (const auto& c : columns_) out += "  " + Painter::left(c.head, c.width());
    return trimmed(std::move(out));
  }

  static std::string trimmed(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
  }

  std::vector<Field> fields_of(const CellEntry& cell) const {
    std::vector<Field> out;
    for (Stage stage : stages_)
      out.push_back(is_compile(stage) ? compile_field(cell, stage) : execute_field(cell));
    out.push_back({"", "", percent(cell.pass_ratio)});
    return out;
  }

  // What the matrix expects is marked, and not in the colour of a failure.
  Field verdict_field(const JobEntry& job) const {
    if (job.voided) return {void_word(), "", "", Paint::odd};
    bool expected = as_expected(job);
    auto word = painter_.verdict(job.verdict, job.implied) + (expected ? expected_mark() : "");
    return {word, "", "", expected ? Paint::dim : Painter::of(job.verdict)};
  }

  // Whatever the verdict was: it says nothing.
  std::string void_word() const { return painter_.options().ascii ? "x void" : "∅ void"; }
  std::string expected_mark() const { return painter_.options().ascii ? "^" : "°"; }

  Field compile_field(const CellEntry& cell, Stage stage) const {
    const auto* job = find_job(cell, stage);
    if (!job) return {};
    Field out = verdict_field(*job);
    auto coverage = cell.compile_coverage.find(to_text(stage));
    if (coverage != cell.compile_coverage.end())
      out.numbers = fraction(coverage->second.compiled, coverage->second.planned);
    return out;
  }

  Field execute_field(const CellEntry& cell) const {
    const auto& coverage = cell.execution_coverage;
    const auto* job = find_job(cell, Stage::execute);
    Field out{"not run", "", "", Paint::dim};
    if (job) out = verdict_field(*job);
    out.numbers = fraction(executed(coverage), coverage.planned);
    out.rest = execution_mode(coverage);
    return out;
  }

  std::string paint_field(const Field& f, const Column& c) const {
    std::string plain = Painter::left(f.word, c.word);
    std::string out = painter_.paint(f.paint, plain);
    if (c.numbers > 0) plain += " " + Painter::right(f.numbers, c.numbers);
    if (c.rest > 0) plain += " " + Painter::left(f.rest, c.rest);
    auto behind = plain.substr(Painter::left(f.word, c.word).size());
    return out + Painter::left(behind, c.width() - c.word);
  }

  std::string row(const CellEntry& cell, bool stacked) const {
    std::string out = stacked ? printable(cell.id) + "\n" : Painter::left(printable(cell.id), label_);
    if (cell.verdict == Verdict::excluded) {
      auto why = painter_.verdict(cell.verdict) + ": " + printable(cell.excluded_reason.value_or(""));
      return out + "  " + painter_.paint(Paint::dim, why) + "\n";
    }
    auto fields = fields_of(cell);
    for (std::size_t i = 0; i < fields.size(); ++i) out += "  " + paint_field(fields[i], columns_[i]);
    return trimmed(std::move(out)) + "\n";
  }

  const Report& report_;
  const Painter& painter_;
  std::vector<Stage> stages_;
  std::vector<Column> columns_;
  std::size_t label_ = 6;
};

}  // namespace

std::string grid_text(const Report& report, const Painter& painter) { return Grid(report, painter).text(); }

}  // namespace tripled::report
