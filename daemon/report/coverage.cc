#include "daemon/report/coverage.h"

#include <algorithm>
#include <set>

#include "schema/model/planning.h"

namespace tripled::report {
namespace {

// A package has one library, whatever cargo calls its kind, and one set of doctests.
store::UnitName unit_key(const std::string& package, const std::string& target, const std::string& kind) {
  if (kind == "doctest") return {package, "", "doctest"};
  return {package, target, kind == "proc-macro" ? "lib" : kind};
}

bool wants_doctests(const CellSettings& settings) {
  return std::any_of(settings.units.begin(), settings.units.end(), [](const std::string& word) {
    return word == "default" || word == "all" || word == "doctests";
  });
}

// Units with tests that this cell plans; nullopt: cargo could not plan.
std::optional<std::vector<Unit>> test_units(const CellView& cell) {
  if (!cell.planned) return std::nullopt;
  auto units = planned_units(*cell.planned, Stage::execute, cell.host_cell);
  if (units && !wants_doctests(cell.settings()))
    std::erase_if(*units, [](const Unit& u) { return u.kind == "doctest"; });
  if (units && cell.settings().units == std::vector<std::string>{"doctests"})
    std::erase_if(*units, [](const Unit& u) { return u.kind != "doctest"; });
  return units;
}

bool could_not_list(const std::vector<AttemptResult>& results, const store::UnitName& unit) {
  for (const auto& r : results)
    for (const auto& failure : r.binary_failures)
      if (!failure.listed && unit_key(failure.package, failure.target, failure.kind) == unit) return true;
  return false;
}

double ratio_of(std::int64_t part, std::int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

bool was_executed(TestState state) {
  switch (state) {
    case TestState::passed:
    case TestState::failed:
    case TestState::timed_out:
    case TestState::crashed:
      return true;
    case TestState::ignored:
    case TestState::not_run:
    case TestState::skipped:
      return false;
  }
  return false;
}

CompileCoverage compile_coverage(const CellView& cell, Stage stage) {
  CompileCoverage out;
  const auto* job = cell.job(stage);
  const AttemptResult* result = job ? job->decisive() : nullptr;
  if (result && !result->units.empty()) {  // every planned unit is in it
    out.planned = static_cast<int>(result->units.size());
    out.compiled =
        static_cast<int>(std::count_if(result->units.begin(), result->units.end(),
                                       [](const UnitResult& u) { return u.verdict == Verdict::pass; }));
  } else if (cell.planned) {
    if (auto units = planned_units(*cell.planned, stage, cell.host_cell))
      out.planned = static_cast<int>(units->size());
  }
  if (out.planned && *out.planned > 0) out.ratio = ratio_of(out.compiled, *out.planned);
  return out;
}

TestLists::TestLists(const store::SweepRecord& record, const std::vector<CellView>& cells,
                     const std::vector<store::TestList>& earlier)
    : reference_triple_(record.plan.reference), cells_(cells) {
  if (record.prepare)
    for (const auto& planned : record.prepare->planned)
      for (const auto& unit : planned.test)
        // A library and an integration test may share a name; a harness of its own is rarely the library's.
        if (unit.harness && unit.member)
          if (auto& kind = harness_kinds_[{unit.package, unit.target}]; kind.empty() || kind == "lib")
            kind = unit.kind;
  for (const auto& cell : cells_) own_.push_back(own_lists(cell));
  for (const auto& list : earlier) {
    auto& count = earlier_[unit_key(list.unit.package, list.unit.target, list.unit.kind)];
    for (const auto& test : list.tests) ++(test.ignored ? count.ignored : count.planned);
  }
}

// A custom harness is judged as one test of kind `custom`; its unit is known by its real kind.
store::UnitName TestLists::key_of(const TestResult& test) const {
  if (test.kind != "custom") return unit_key(test.package, test.target, test.kind);
  auto found = harness_kinds_.find({test.package, test.target});
  return unit_key(test.package, test.target, found == harness_kinds_.end() ? "test" : found->second);
}

TestLists::Lists TestLists::own_lists(const CellView& cell) const {
  Lists out;
  for (const auto& test : cell.tests) {
    auto& count = out[key_of(test.result)];
    ++(test.result.state == TestState::ignored ? count.ignored : count.planned);
  }
  add_empty_lists(cell, out);
  return out;
}

// A binary that was run and named no test has a list all the same: an empty one.
void TestLists::add_empty_lists(const CellView& cell, Lists& lists) const {
  const auto* execute = cell.job(Stage::execute);
  const auto* compile = cell.job(Stage::test_no_run);
  if (!execute || !compile || execute->results.empty() || !compile->decisive()) return;
  if (execute->results.front().process.outcome != Outcome::exited) return;
  auto add = [&](const store::UnitName& unit) {
    if (!could_not_list(execute->results, unit)) lists.try_emplace(unit);
  };
  for (const auto& exe : compile->decisive()->executables)
    if (!exe.host || cell.host_cell) add(unit_key(exe.package, exe.target, exe.kind));
  auto units = test_units(cell);
  if (!units) return;
  for (const auto& unit : *units) {
    if (unit.kind != "doctest") continue;
    const auto& compiled = compile->decisive()->units;
    bool failed = std::any_of(compiled.begin(), compiled.end(), [&](const UnitResult& u) {
      return u.package == unit.package && (u.kind == "lib" || u.kind == "proc-macro") &&
             u.verdict != Verdict::pass;
    });
    if (!failed) add(unit_key(unit.package, unit.target, unit.kind));
  }
}

bool TestLists::is_reference(const CellView& reference, const CellView& of) const {
  const auto& a = reference.settings();
  const auto& b = of.settings();
  const auto& triple = !reference_triple_.empty() || !of.facts ? reference_triple_ : of.facts->host;
  return reference.cell().triple == triple && a.toolchain == b.toolchain && a.scope == b.scope &&
         a.profile.name == b.profile.name && a.profile.settings == b.profile.settings;
}

// The reference cell's list, else the longest of the sweep, else an earlier sweep's.
const TestLists::Count* TestLists::borrowed(std::size_t cell, const store::UnitName& unit) const {
  const Count* longest = nullptr;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    auto found = own_[i].find(unit);
    if (i == cell || found == own_[i].end()) continue;
    const auto& count = found->second;
    if (is_reference(cells_[i], cells_[cell])) return &count;
    if (!longest || count.planned + count.ignored > longest->planned + longest->ignored) longest = &count;
  }
  if (longest) return longest;
  auto found = earlier_.find(unit);
  return found == earlier_.end() ? nullptr : &found->second;
}

ExecutionCoverage TestLists::coverage(std::size_t cell) const {
  ExecutionCoverage out;
  for (const auto& test : cells_[cell].tests) {
    if (!was_executed(test.result.state)) continue;
    auto& side = test.emulated ? out.emulated : out.native;
    ++side.executed;
    if (test.result.state == TestState::passed) ++side.passed;
  }
  auto units = test_units(cells_[cell]);
  if (!units || !cells_[cell].planned->uncounted_tests.empty()) return out;
  Count sum;
  bool own = false, other = false;
  auto add = [&](const Count& count) {
    sum.planned += count.planned;
    sum.ignored += count.ignored;
  };
  for (const auto& [unit, count] : own_[cell]) {
    add(count);
    own = true;
  }
  std::set<store::UnitName> seen;
  for (const auto& u : *units) {
    auto unit = unit_key(u.package, u.target, u.kind);
    if (own_[cell].count(unit) || !seen.insert(unit).second) continue;
    const auto* count = borrowed(cell, unit);
    if (!count) return out;  // one list that nobody knows: nobody knows the sum
    add(*count);
    other = true;
  }
  out.planned = sum.planned;
  out.ignored = sum.ignored;
  out.planned_from = own && other ? PlannedFrom::mixed : (other ? PlannedFrom::reference : PlannedFrom::own);
  if (sum.planned > 0) out.ratio = ratio_of(out.native.executed + out.emulated.executed, sum.planned);
  return out;
}

}  // namespace tripled::report
