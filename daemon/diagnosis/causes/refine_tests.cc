#include "daemon/diagnosis/causes/refine_tests.h"

#include <algorithm>
#include <set>

#include "daemon/diagnosis/causes/emulator.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

bool is_test(Cause cause) { return cause >= Cause::test_assertion && cause <= Cause::test_hang; }

// What remains of a failure when it is no emulator's and no platform's.
void back_to_plain(Diagnosis& d) {
  bool assertion = std::any_of(d.evidence.begin(), d.evidence.end(),
                               [](const EvidenceItem& i) { return i.text.starts_with("assertion "); });
  d.cause = assertion ? Cause::test_assertion : Cause::test_panic;
  d.fault = Fault::project;
  d.cfg.clear();
  std::erase_if(d.mends, [](const Mend& m) { return contains(m.text, "run: native"); });
}

bool is_emulators(const Diagnosis& d) {
  return is_of_emulator(d.cause) || (d.cause == Cause::test_nested_exec && d.fault == Fault::emulator);
}

void settle_suspect(const Jobs& jobs, const DiagnosedJob& job, Diagnosis& d) {
  if (job.runner != RunnerKind::emulated || d.test.empty()) return;
  std::optional<bool> same_triple, elsewhere;
  for (const auto& other : jobs) {
    if (other.stage != Stage::execute || other.runner != RunnerKind::native) continue;
    auto passed = passed_in(other, d);
    if (!passed) continue;
    if (other.cell.triple == job.cell.triple)
      same_triple = same_triple.value_or(true) && *passed;
    else
      elsewhere = elsewhere.value_or(true) && *passed;
  }
  if (same_triple && *same_triple) {
    d.fault = Fault::emulator;
    d.confidence = is_emulators(d) ? Confidence::certain : Confidence::likely;
    say(d, "the same test passes natively on " + job.cell.triple);
  } else if (same_triple || (elsewhere && !*elsewhere && is_emulators(d))) {
    if (is_emulators(d)) back_to_plain(d);
    d.confidence = same_triple ? Confidence::certain : Confidence::likely;
    say(d, same_triple ? "the same test fails natively on " + job.cell.triple
                       : "the same test fails natively on another triple, too");
  }
}

bool has_line(const DiagnosedJob& job, const std::string& line) {
  return std::find(job.cfg.begin(), job.cfg.end(), line) != job.cfg.end();
}

struct Property {
  Cause cause = Cause::unknown;
  std::string predicate;
};

std::vector<Property> properties(const Diagnosis& d) {
  std::vector<Property> out{{Cause::test_endianness, "target_endian = \"big\""},
                            {Cause::test_pointer_width, "target_pointer_width = \"32\""},
                            {Cause::test_atomics, "not(target_has_atomic = \"64\")"}};
  // So few have these that a test has to be about atomics.
  bool about = contains(to_lower(d.test + d.title), "atomic");
  if (about)
    for (const char* width : {"128", "32", "16", "8", "ptr"})
      out.push_back({Cause::test_atomics, std::string("not(target_has_atomic = \"") + width + "\")"});
  return out;
}

// `target_endian = "big"`, or `not(…)` of such a line.
bool holds(const DiagnosedJob& job, const std::string& predicate) {
  bool negated = predicate.starts_with("not(");
  auto line = replace_all(negated ? predicate.substr(4, predicate.size() - 5) : predicate, " ", "");
  return has_line(job, line) != negated;
}

// The property that all failing triples have and no passing one; nullopt: none, or several.
std::optional<Property> separating(const Diagnosis& d, const std::vector<const DiagnosedJob*>& failing,
                                   const std::vector<const DiagnosedJob*>& passing) {
  std::optional<Property> found;
  for (const auto& property : properties(d)) {
    bool all = std::all_of(failing.begin(), failing.end(),
                           [&](const DiagnosedJob* j) { return holds(*j, property.predicate); });
    bool none = std::none_of(passing.begin(), passing.end(),
                             [&](const DiagnosedJob* j) { return holds(*j, property.predicate); });
    if (!all || !none) continue;
    if (found) return std::nullopt;
    found = property;
  }
  return found;
}

bool can_be_property(Cause cause) {
  return cause == Cause::test_assertion || cause == Cause::test_panic || cause == Cause::test_endianness ||
         cause == Cause::test_pointer_width || cause == Cause::test_atomics || cause == Cause::test_signal;
}

void settle_property(const Jobs& jobs, const DiagnosedJob& job, Diagnosis& d) {
  if (d.test.empty() || !can_be_property(d.cause) || job.cfg.empty()) return;
  std::vector<const DiagnosedJob*> failing{&job}, passing;
  std::set<std::string> failing_triples{job.cell.triple}, passing_triples;
  for (const auto& other : jobs) {
    if (&other == &job || other.stage != Stage::execute || other.cfg.empty()) continue;
    auto passed = passed_in(other, d);
    if (!passed) continue;
    (*passed ? passing : failing).push_back(&other);
    (*passed ? passing_triples : failing_triples).insert(other.cell.triple);
  }
  if (passing.empty()) {
    // It fails wherever it ran, on machines of every kind: no property of the platform.
    bool plain =
        failing_triples.size() > 1 && std::any_of(failing.begin(), failing.end(), [&](const DiagnosedJob* j) {
          const auto all = properties(d);
          return std::none_of(all.begin(), all.end(),
                              [&](const Property& p) { return holds(*j, p.predicate); });
        });
    if (plain && (d.cause == Cause::test_endianness || d.cause == Cause::test_pointer_width ||
                  d.cause == Cause::test_atomics)) {
      back_to_plain(d);
      d.confidence = Confidence::likely;
      say(d, "it fails on every triple that it ran on");
    }
    return;
  }
  auto property = separating(d, failing, passing);
  if (!property) return;
  bool said = d.cause == property->cause;
  // The message alone says another property: the cells must not overrule it lightly.
  bool other_property = !said && (d.cause == Cause::test_endianness || d.cause == Cause::test_pointer_width ||
                                  d.cause == Cause::test_atomics);
  if (other_property) return;
  d.cause = property->cause;
  d.cfg = property->predicate;
  // One triple has many properties.
  d.confidence = said                         ? Confidence::certain
                 : failing_triples.size() > 1 ? Confidence::likely
                                              : Confidence::guess;
  say(d, "it fails on " + join({failing_triples.begin(), failing_triples.end()}, ", ") + " and passes on " +
             join({passing_triples.begin(), passing_triples.end()}, ", "));
}

}  // namespace

void settle_test(const Jobs& jobs, const DiagnosedJob& job, Diagnosis& d) {
  settle_suspect(jobs, job, d);
  if (is_test(d.cause)) settle_property(jobs, job, d);
}

}  // namespace tripled::diagnosis
