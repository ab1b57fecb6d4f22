#include "workers/cargo/verdicts.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "workers/cargo/attribution.h"

namespace tripled::cargo {

namespace {

constexpr std::size_t kErrors = 500;

// Everything is worked out for the whole graph first; planned units are read off at the end.
class Concluder {
 public:
  explicit Concluder(const ConcludeInput& input)
      : input_(input),
        units_(*input.units),
        evidence_(attribute(units_, *input.messages, input.cargo_errors)) {}

  Conclusion run() {
    mark_relevant();
    mark_blocked();
    find_global();
    judge_failures();
    for (int index : input_.planned) out_.units.push_back(judge(static_cast<std::size_t>(index)));
    for (const auto& unit : out_.units) out_.verdict = worse_of(out_.verdict, unit.verdict);
    note_uncounted();
    return std::move(out_);
  }

 private:
  void mark_relevant() {
    relevant_.assign(units_.size(), false);
    std::vector<int> todo = input_.planned;
    while (!todo.empty()) {
      auto index = static_cast<std::size_t>(todo.back());
      todo.pop_back();
      if (relevant_[index]) continue;
      relevant_[index] = true;
      for (int need : units_[index].needs) todo.push_back(need);
    }
  }

  // Units stand in dependency order, so one pass is enough. The lowest failing unit is the one that is named.
  void mark_blocked() {
    blocker_.assign(units_.size(), -1);
    for (std::size_t i = 0; i < units_.size(); ++i) {
      if (evidence_[i].state != UnitState::unknown) continue;
      for (int need : units_[i].needs) {
        auto n = static_cast<std::size_t>(need);
        int by = evidence_[n].state == UnitState::failed ? need : blocker_[n];
        if (by >= 0 && (blocker_[i] < 0 || by < blocker_[i])) blocker_[i] = by;
      }
    }
  }

  // An error of the call as a whole, or a call that ended badly without a word.
  void find_global() {
    for (const auto& error : input_.cargo_errors)
      if (is_global(error.kind))
        return set_global(to_diagnostic(error), environment_fault(error, input_.fault));
    const auto& process = input_.process;
    if (process.outcome == Outcome::signalled && !process.reason.empty())
      return set_global(said("cargo " + process.reason), EnvironmentFault{"cargo " + process.reason, ""});
    if (process.outcome == Outcome::signalled)
      return set_global(said("cargo was ended by signal " + std::to_string(process.code)),
                        EnvironmentFault{"cargo was ended by signal " + std::to_string(process.code) +
                                             (process.code == 9 ? " (out of memory?)" : ""),
                                         ""});
    if (process.outcome == Outcome::could_not_start)
      return set_global(said("cargo could not be started: " + process.reason),
                        EnvironmentFault{"cargo could not be started: " + process.reason, ""});
    if (process.outcome != Outcome::exited || process.code == 0) return;
    bool explained = std::any_of(evidence_.begin(), evidence_.end(),
                                 [](const UnitEvidence& e) { return e.state == UnitState::failed; });
    if (explained || tell_unattributed()) return;
    auto reason = "cargo ended with status " + std::to_string(process.code) + " and did not say why";
    set_global(said(reason), EnvironmentFault{reason, ""});
  }

  // A unit that the graph does not have (flags chose another dependency) failed: cargo's own words are all
  // there is.
  bool tell_unattributed() {
    const Diagnostic* diagnostic = nullptr;
    if (!input_.messages->errors.empty()) diagnostic = &input_.messages->errors.front().diagnostic;
    if (!diagnostic && input_.cargo_errors.empty()) return false;
    auto fault = diagnostic ? environment_fault(*diagnostic, input_.fault)
                            : environment_fault(input_.cargo_errors.front(), input_.fault);
    set_global(diagnostic ? *diagnostic : to_diagnostic(input_.cargo_errors.front()), fault);
    return true;
  }

  void note_uncounted() {
    if (global_ || input_.planned.empty() || input_.process.outcome != Outcome::exited ||
        input_.process.code == 0)
      return;
    if (out_.verdict != Verdict::pass) return;
    for (std::size_t i = 0; i < units_.size(); ++i) {
      if (evidence_[i].state != UnitState::failed || relevant_[i]) continue;
      const auto& unit = units_[i];
      out_.uncounted_failure = unit.package + "/" + unit.target + " (" + unit.kind +
                               (unit.host ? ", for the host" : "") +
                               ") failed; it does not count in this cell";
      return;
    }
  }

  static Diagnostic said(std::string message) {
    Diagnostic out;
    out.message = std::move(message);
    return out;
  }

  void set_global(Diagnostic diagnostic, std::optional<EnvironmentFault> fault) {
    global_verdict_ = fault ? Verdict::broken : Verdict::fail;
    if (fault) note_broken(*fault);
    add_error(diagnostic);
    global_ = std::move(diagnostic);
  }

  void note_broken(const EnvironmentFault& fault) {
    if (!out_.broken_reason.empty()) return;
    out_.broken_reason = fault.reason;
    out_.broken_fix = fault.fix;
  }

  void add_error(const Diagnostic& error) {
    ++out_.error_count;
    if (out_.errors.size() < kErrors) out_.errors.push_back(error);
  }

  // In dependency order: the verdict of each failing unit, and the job's list of errors (what a library and
  // its harness both say stands in it once).
  void judge_failures() {
    using Place = std::tuple<std::string, std::string, std::string, std::string, std::string, int, int>;
    std::set<Place> seen;
    failure_.assign(units_.size(), Verdict::pass);
    for (std::size_t i = 0; i < units_.size(); ++i) {
      if (evidence_[i].state != UnitState::failed) continue;
      auto fault = fault_of(evidence_[i]);
      failure_[i] = fault ? Verdict::broken : Verdict::fail;
      if (!relevant_[i]) continue;
      if (fault) note_broken(*fault);
      out_.verdict = worse_of(out_.verdict, failure_[i]);
      for (const auto& error : evidence_[i].errors)
        if (seen.emplace(units_[i].package, units_[i].target, units_[i].kind, error.code + error.message,
                         error.file, error.line, error.column)
                .second)
          add_error(error);
    }
  }

  std::optional<EnvironmentFault> fault_of(const UnitEvidence& evidence) const {
    if (evidence.cargo_error)
      if (auto fault = environment_fault(*evidence.cargo_error, input_.fault)) return fault;
    if (evidence.errors.empty()) return std::nullopt;
    return environment_fault(evidence.errors.front(), input_.fault);
  }

  UnitResult judge(std::size_t index) {
    const auto& unit = units_[index];
    const auto& evidence = evidence_[index];
    UnitResult out;
    out.package = unit.package;
    out.target = unit.target;
    out.kind = unit.kind;
    out.harness = unit.harness;
    if (evidence.state == UnitState::passed) return out;
    if (evidence.state == UnitState::failed) {
      out.verdict = failure_[index];
      if (!evidence.errors.empty()) out.first_error = evidence.errors.front();
      out.errors = static_cast<int>(evidence.errors.size());
      return out;
    }
    if (blocker_[index] >= 0) {
      auto blocker = static_cast<std::size_t>(blocker_[index]);
      const auto& by = units_[blocker];
      out.blocked_by = by.package + "/" + by.target;
      // Behind a unit that we count it is blocked; anything else (a dependency, a build script, a proc-macro
      // in a foreign cell) is a reason: its failure is the unit's, or the job would end without one
      // (DESIGN.md).
      bool counted = is_counted(by);
      out.verdict = counted ? Verdict::blocked : failure_[blocker];
      if (!counted && !evidence_[blocker].errors.empty()) {
        out.first_error = evidence_[blocker].errors.front();
        out.errors = static_cast<int>(evidence_[blocker].errors.size());
      }
      return out;
    }
    judge_unreached(out);
    return out;
  }

  // A planned unit of the same target (itself, or its harness) failed too, so the failure is told there; or
  // cargo stopped before it came to it, so nothing is known of it yet. Not so when it passed: then only the
  // variant that is not planned is wrong, and nobody else would tell.
  bool is_counted(const Unit& by) const {
    return std::any_of(input_.planned.begin(), input_.planned.end(), [&](int index) {
      auto at = static_cast<std::size_t>(index);
      const auto& unit = units_[at];
      bool open = evidence_[at].state == UnitState::unknown && blocker_[at] < 0;
      return unit.package == by.package && unit.version == by.version && unit.target == by.target &&
             unit.kind == by.kind && (open || evidence_[at].state == UnitState::failed);
    });
  }

  void judge_unreached(UnitResult& out) {
    switch (input_.process.outcome) {
      case Outcome::timed_out:
      case Outcome::no_output:
        out.verdict = Verdict::timeout;
        break;
      case Outcome::cancelled:
      case Outcome::worker_lost:
      case Outcome::not_run:
        out.verdict = Verdict::cancelled;
        break;
      case Outcome::exited:
      case Outcome::signalled:
      case Outcome::could_not_start:
        judge_unreached_after_end(out);
        break;
    }
    if (out.verdict != Verdict::pass && !global_) out_.all_reached = false;
  }

  void judge_unreached_after_end(UnitResult& out) {
    if (global_) {
      out.verdict = global_verdict_;
      out.first_error = global_;
      out.errors = 1;
    } else if (input_.process.code == 0) {
      out.verdict = Verdict::broken;
      note_broken({"cargo ended well but did not report " + out.package + "/" + out.target +
                       ", which its unit graph announced",
                   ""});
    } else {
      out.verdict = Verdict::cancelled;  // cargo stopped at another unit's failure
    }
  }

  const ConcludeInput& input_;
  const std::vector<Unit>& units_;
  std::vector<UnitEvidence> evidence_;
  std::vector<bool> relevant_;
  std::vector<int> blocker_;
  std::vector<Verdict> failure_;
  std::optional<Diagnostic> global_;
  Verdict global_verdict_ = Verdict::pass;
  Conclusion out_;
};

}  // namespace

Conclusion conclude_units(const ConcludeInput& input) { return Concluder(input).run(); }

std::vector<UnitResult> implied_check(const std::vector<UnitResult>& build) {
  std::vector<UnitResult> out;
  for (const auto& unit : build) {
    if (unit.verdict != Verdict::pass) continue;
    out.push_back(unit);
    out.back().implied = true;
  }
  return out;
}

}  // namespace tripled::cargo
