#include "daemon/report/findings.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "daemon/report/finding_index.h"
#include "daemon/report/words.h"
#include "schema/base/text.h"

namespace tripled::report {
namespace {

template <class T>
void add_once(std::vector<T>& all, const T& value) {
  if (std::find(all.begin(), all.end(), value) == all.end()) all.push_back(value);
}

void add_seen(std::vector<Seen>& all, const CellEntry& cell, Stage stage, bool emulated) {
  auto known = std::find_if(all.begin(), all.end(), [&](const Seen& s) { return s.cell == cell.id; });
  if (known == all.end()) {
    all.push_back({cell.id, cell.triple, {stage}, emulated});
  } else {
    add_once(known->stages, stage);
  }
}

std::string first_line(const std::string& text) {
  auto lines = lines_of(text, 1);
  return lines.empty() ? "" : lines[0];
}

std::string how_it_ended(const TestFailure& f) {
  if (f.verdict == Verdict::flaky) return "failed, then passed";
  if (f.kind == "assert") return "fails";
  if (f.kind == "panic") return "panics";
  if (f.kind == "timeout") return "does not end";
  return f.kind == "signal" ? "is killed by a signal" : "ends the test process";
}

// The package as its code is known, with the version where it comes from outside.
std::string subject_of(const FindingEntry& entry) {
  if (!entry.package) return "";
  return *entry.package + (entry.target ? "/" + *entry.target : "") +
         (entry.fault == Fault::dependency && entry.version ? " " + *entry.version : "");
}

// The finding's own words in the place of those that only repeat the first error.
void describe(Finding& f, const FindingEntry& entry, bool same_error) {
  f.entry = &entry;
  if (!entry.title.empty()) f.title = first_line(entry.title);
  const EvidenceItem* message = nullptr;
  std::string place;
  for (const auto& item : entry.evidence) {
    if (!message && (item.kind == "message" || item.kind == "log")) message = &item;
    if (place.empty() && !item.file.empty())
      place = printable(item.file) + (item.line > 0 ? ":" + std::to_string(item.line) : "");
  }
  if (f.place.empty() || !same_error) f.place = place;
  if (!same_error) f.text = message ? printable(message->text) : "";
}

class Collector {
 public:
  explicit Collector(const Report& report) : diagnosed_(report) {}

  void look(const CellEntry& cell) {
    bool explained = false;
    for (const auto& job : cell.jobs) {
      auto before = count_;
      look(cell, job);
      explained = explained || count_ != before;
    }
    for (const auto& job : cell.jobs)
      if (!explained && !job.voided && (job.verdict == Verdict::blocked || job.verdict == Verdict::cancelled))
        add_reason(cell, job);
  }

  Findings finish() {
    Findings out;
    for (auto& finding : all_) {
      auto& list = finding.expected ? out.expected : list_of(finding.verdict, out);
      list.push_back(std::move(finding));
    }
    out.unmet = std::move(unmet_);
    return out;
  }

 private:
  Finding& at(const std::string& key, const Finding& otherwise) {
    ++count_;
    auto [place, added] = index_.try_emplace(key, all_.size());
    if (added) all_.push_back(otherwise);
    return all_[place->second];
  }

  static std::vector<Finding>& list_of(Verdict verdict, Findings& out) {
    switch (verdict) {
      case Verdict::fail:
      case Verdict::timeout:
      case Verdict::suspect:
        return out.failures;
      case Verdict::flaky:
        return out.flaky;
      case Verdict::broken:
        return out.broken;
      case Verdict::pass:
      case Verdict::blocked:
      case Verdict::excluded:
      case Verdict::cancelled:
        return out.not_run;
    }
    return out.not_run;
  }

  // What is expected is one finding however each triple words it (linkers have names).
  static std::string key(const Finding& f, const std::string& subject) {
    if (f.expected) return to_text(f.verdict) + "\n" + subject + "\n" + f.test + "\n=" + *f.expected;
    return to_text(f.verdict) + "\n" + f.title + "\n" + f.place + "\n" + f.test + "\n" + f.fix;
  }

  void look(const CellEntry& cell, const JobEntry& job) {
    if (job.voided) return;  // told apart from what is known
    auto before = count_;
    cell_ = &cell;
    stage_ = job.stage;
    shown_.clear();
    bool emulated = job.runner && job.runner->kind == RunnerKind::emulated;
    for (const auto& unit : job.units) add_unit(cell, job, unit);
    for (const auto& failure : job.failures) add_test(cell, job, failure, emulated);
    for (const auto& line : job.unmet) {
      auto known = std::find_if(unmet_.begin(), unmet_.end(), [&](const Unmet& u) { return u.text == line; });
      if (known == unmet_.end()) known = unmet_.insert(unmet_.end(), Unmet{printable(line), {}});
      add_seen(known->seen, cell, job.stage, emulated);
    }
    bool bad = job.verdict == Verdict::fail || job.verdict == Verdict::timeout ||
               job.verdict == Verdict::suspect || job.verdict == Verdict::broken ||
               job.verdict == Verdict::flaky;
    if (bad || job.verdict == Verdict::blocked) add_others(cell, job);
    if (bad && count_ == before) add_reason(cell, job);
  }

  // Adds `f` as the findings that are about it, or, where none is, as it is. `code`: of its error.
  void add(const Finding& f, const std::string& otherwise, const std::string& package,
           const std::string& target, const std::optional<std::string>& code,
           const std::function<void(Finding&)>& fill) {
    auto entries = diagnosed_.about(cell_->id, stage_, package, target, f.test);
    for (const auto* entry : entries) {
      shown_.insert(entry);
      auto told = f;
      describe(told, *entry, !f.text.empty() && (!f.test.empty() || entry->code == code));
      fill(at("#" + entry->id + "=" + f.expected.value_or(""), told));
    }
    if (entries.empty()) fill(at(otherwise, f));
  }

  // Findings of the job that no unit or test of it stands for: a dependency's, the environment's.
  void add_others(const CellEntry& cell, const JobEntry& job) {
    for (const auto* entry : diagnosed_.at(cell.id, job.stage)) {
      if (shown_.count(entry)) continue;
      Finding f;
      f.verdict = job.verdict == Verdict::blocked ? entry->verdict : job.verdict;  // prepare failed
      f.test = printable(entry->test.value_or(""));
      if (job.verdict == Verdict::broken && job.fix) f.fix = printable(*job.fix);
      const bool same = job.first_error && job.first_error->code == entry->code &&
                        job.first_error->package == entry->package;
      if (same && entry->code) describe_error(f, job.first_error, job);
      for (const auto& seen : entry->cells)
        if (seen.id == cell.id) f.expected = seen.expected;
      describe(f, *entry, same && entry->code);
      auto& known = at("#" + entry->id + "=" + f.expected.value_or(""), f);
      if (auto subject = subject_of(*entry); !subject.empty()) add_once(known.subjects, subject);
      add_seen(known.seen, cell, job.stage, job.runner && job.runner->kind == RunnerKind::emulated);
      for (const auto& unit : job.units)
        if (unit.verdict == Verdict::blocked) add_once(known.blocks, unit.package + "/" + unit.target);
    }
  }

  void add_unit(const CellEntry& cell, const JobEntry& job, const UnitEntry& unit) {
    bool bad =
        unit.verdict == Verdict::fail || unit.verdict == Verdict::timeout || unit.verdict == Verdict::broken;
    if (!bad) return;
    Finding f;
    f.verdict = unit.verdict;
    f.expected = unit.expected;
    describe_error(f, unit.first_error, job);
    if (unit.verdict == Verdict::broken && job.fix) f.fix = printable(*job.fix);
    if (!unit.first_error && f.title.empty())
      f.title = unit.package + "/" + unit.target + " " + to_text(unit.verdict);
    const auto subject = unit.package + "/" + unit.target;
    const auto code = unit.first_error ? unit.first_error->code : std::nullopt;
    add(f, key(f, subject), unit.package, unit.target, code, [&](Finding& known) {
      add_once(known.subjects, subject);
      add_seen(known.seen, cell, job.stage, false);
      for (const auto& other : job.units)
        if (other.verdict == Verdict::blocked && other.blocked_by == subject)
          add_once(known.blocks, other.package + "/" + other.target);
    });
  }

  static void describe_error(Finding& f, const std::optional<FirstError>& error, const JobEntry& job) {
    if (!error) {
      if (job.reason) f.title = first_line(*job.reason);
      return;
    }
    f.title = "error" + (error->code ? "[" + *error->code + "]" : "") + ": " + first_line(error->message);
    if (error->file)
      f.place = printable(*error->file) + (error->line ? ":" + std::to_string(*error->line) : "");
    if (error->rendered) f.text = printable(*error->rendered);
  }

  void add_test(const CellEntry& cell, const JobEntry& job, const TestFailure& failure, bool emulated) {
    Finding f;
    f.verdict = failure.verdict;
    f.expected = failure.expected;
    f.test = printable(failure.test);
    f.title = failure.package + ": " + f.test + " " + how_it_ended(failure);
    f.text = printable(failure.message);
    auto subject = failure.package + "/" + failure.target;
    add(f, key(f, subject) + "\n" + failure.target, failure.package, failure.target, std::nullopt,
        [&](Finding& known) {
          add_once(known.subjects, subject);
          add_seen(known.seen, cell, job.stage, emulated);
        });
  }

  // What no unit or test explains: an error of a dependency, the environment, a limit, prepare.
  void add_reason(const CellEntry& cell, const JobEntry& job) {
    Finding f;
    f.verdict = job.verdict;
    if (job.verdict == Verdict::broken || !job.first_error) {
      f.title = job.reason ? first_line(*job.reason) : to_text(job.verdict);
      if (job.reason) f.text = printable(*job.reason);
      if (f.text == f.title) f.text.clear();
      if (job.fix) f.fix = printable(*job.fix);
    } else {
      describe_error(f, job.first_error, job);
    }
    if (!job.unexpected && job.expectation == Expectation::met)
      f.expected = job.expected_reasons.empty() ? "stated in the matrix" : job.expected_reasons.front();
    auto& known = at(key(f, ""), f);
    if (job.first_error && job.first_error->package) add_once(known.subjects, *job.first_error->package);
    add_seen(known.seen, cell, job.stage, false);
    for (const auto& unit : job.units)
      if (unit.verdict == Verdict::blocked) add_once(known.blocks, unit.package + "/" + unit.target);
  }

  const FindingIndex diagnosed_;
  const CellEntry* cell_ = nullptr;  // of the job that is looked at …
  Stage stage_ = Stage::check;
  std::set<const FindingEntry*> shown_;  // … and those of them that a unit or test stands for
  std::vector<Finding> all_;
  std::map<std::string, std::size_t> index_;
  std::vector<Unmet> unmet_;
  std::size_t count_ = 0;
};

std::string stages_text(const std::vector<Stage>& stages) {
  std::vector<std::string> names;
  for (Stage s : stages) names.push_back(to_text(s));
  return join(names, ", ");
}

bool all_same_stages(const std::vector<Seen>& seen) {
  return std::all_of(seen.begin(), seen.end(),
                     [&](const Seen& s) { return s.stages == seen.front().stages; });
}

std::string count_text(const std::vector<Seen>& seen) {
  std::set<std::string> triples;
  for (const auto& s : seen) triples.insert(s.triple);
  return counted(seen.size(), triples.size() == seen.size() ? "triple" : "cell");
}

std::string seen_in(const std::vector<Seen>& seen, std::size_t limit, bool test) {
  if (seen.empty()) return "";
  bool same = all_same_stages(seen);
  std::string at = test ? "" : (same ? "at " + stages_text(seen.front().stages) + " " : "");
  auto count = count_text(seen);
  if (seen.size() > limit) return at + "on " + count;
  std::vector<std::string> names;
  for (const auto& s : seen) {
    auto name = s.cell;
    if (test && s.emulated) name += " (emulated)";
    if (!test && !same) name += " (" + stages_text(s.stages) + ")";
    names.push_back(std::move(name));
  }
  return at + "on " + (seen.size() == 1 ? "" : count + ": ") + join(names, ", ");
}

}  // namespace

Findings collect(const Report& report) {
  Collector collector(report);
  for (const auto& cell : report.cells) collector.look(cell);
  return collector.finish();
}

std::string seen_text(const Finding& finding, std::size_t limit) {
  return seen_in(finding.seen, limit, !finding.test.empty());
}
std::string names_text(const std::vector<Seen>& seen, std::size_t limit) {
  if (seen.size() > limit) return count_text(seen);
  std::vector<std::string> names;
  for (const auto& s : seen) names.push_back(s.cell);
  return join(names, ", ");
}

}  // namespace tripled::report
