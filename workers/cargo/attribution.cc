#include "workers/cargo/attribution.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace tripled::cargo {

namespace {

using Key = std::tuple<std::string, std::string, std::string, std::string>;  // package, version, target, kind

Key key_of(const Unit& unit) { return {unit.package, unit.version, unit.target, unit.kind}; }
Key key_of(const TargetName& unit) { return {unit.package, unit.version, unit.target, unit.kind}; }

bool same_words(const Diagnostic& a, const Diagnostic& b) {
  return a.code == b.code && a.message == b.message && a.file == b.file && a.line == b.line &&
         a.column == b.column;
}

void mark_passed(const std::vector<Unit>& units, const BuildMessages& messages,
                 std::vector<UnitEvidence>& out) {
  std::map<Key, std::vector<const Artifact*>> artifacts;
  for (const auto& artifact : messages.artifacts) artifacts[key_of(artifact.unit)].push_back(&artifact);
  for (std::size_t i = 0; i < units.size(); ++i) {
    const auto& unit = units[i];
    if (unit.kind == "run-custom-build") {
      for (const auto& run : messages.build_scripts)
        if (run.package == unit.package && run.version == unit.version) out[i].state = UnitState::passed;
      continue;
    }
    auto found = artifacts.find(key_of(unit));
    if (found == artifacts.end()) continue;
    for (const auto* artifact : found->second)
      if (artifact->harness == unit.harness && artifact->host == unit.host) out[i].state = UnitState::passed;
  }
}

// Does stderr's label mean this unit? A proc-macro is called `lib` there, a build script has no name.
bool means(const CargoError& error, const Unit& unit) {
  if (error.package != unit.package || (!error.version.empty() && error.version != unit.version))
    return false;
  if (error.unit_kind.empty()) return unit.kind != "run-custom-build" && unit.kind != "doctest";
  if (error.unit_kind == "lib")
    return (unit.kind == "lib" || unit.kind == "proc-macro") && unit.harness == error.harness;
  if (error.unit_kind == "run-custom-build" || error.unit_kind == "custom-build")
    return unit.kind == error.unit_kind;
  return unit.kind == error.unit_kind && unit.target == error.target && unit.harness == error.harness;
}

bool needs_passed(const Unit& unit, const std::vector<UnitEvidence>& evidence) {
  return std::all_of(unit.needs.begin(), unit.needs.end(), [&](int need) {
    return evidence[static_cast<std::size_t>(need)].state == UnitState::passed;
  });
}

// The same label can mean several units (for the host and for the triple, panic variants, versions). As many
// fail as cargo says, those first whose dependencies are there, and the cell's own before the host's.
void mark_failed(const std::vector<Unit>& units, const std::vector<CargoError>& cargo_errors,
                 std::vector<UnitEvidence>& out) {
  for (std::size_t at = 0; at < cargo_errors.size(); ++at) {
    const auto& error = cargo_errors[at];
    if (is_global(error.kind)) continue;
    auto told = std::count_if(out.begin(), out.end(), [&](const UnitEvidence& e) {
      return e.cargo_error && same_label(*e.cargo_error, error);
    });
    std::ptrdiff_t said = 0;
    for (std::size_t i = 0; i <= at; ++i)
      if (!is_global(cargo_errors[i].kind) && same_label(cargo_errors[i], error)) ++said;
    if (told >= said) continue;
    int best = -1, best_score = -1;
    for (std::size_t i = 0; i < units.size(); ++i) {
      if (out[i].state != UnitState::unknown || !means(error, units[i])) continue;
      int score = (needs_passed(units[i], out) ? 2 : 0) + (units[i].host ? 0 : 1);
      if (score > best_score) {
        best = static_cast<int>(i);
        best_score = score;
      }
    }
    if (best < 0) continue;
    auto& chosen = out[static_cast<std::size_t>(best)];
    chosen.state = UnitState::failed;
    chosen.cargo_error = error;
  }
}

// Errors came but cargo was ended before it said which unit they belong to.
void mark_by_errors(const std::vector<Unit>& units, const BuildMessages& messages,
                    std::vector<UnitEvidence>& out) {
  for (const auto& error : messages.errors) {
    int candidate = -1;
    bool known = false;
    for (std::size_t i = 0; i < units.size(); ++i) {
      if (key_of(units[i]) != key_of(error.unit)) continue;
      if (out[i].state == UnitState::failed) known = true;
      if (out[i].state == UnitState::unknown && candidate < 0) candidate = static_cast<int>(i);
    }
    if (!known && candidate >= 0) out[static_cast<std::size_t>(candidate)].state = UnitState::failed;
  }
}

// Errors of one target among its failing units.
void share_errors(const std::vector<const Diagnostic*>& errors, const std::vector<UnitEvidence*>& failing) {
  std::vector<std::pair<const Diagnostic*, std::size_t>> distinct;  // with how often it came
  for (const auto* error : errors) {
    auto same = std::find_if(distinct.begin(), distinct.end(),
                             [&](const auto& item) { return same_words(*item.first, *error); });
    if (same == distinct.end())
      distinct.emplace_back(error, 1);
    else
      ++same->second;
  }
  auto expected = [](const UnitEvidence& unit) { return unit.cargo_error ? unit.cargo_error->errors : 0; };
  std::vector<std::int64_t> open(failing.size(), 0);
  for (std::size_t i = 0; i < failing.size(); ++i) open[i] = expected(*failing[i]);
  for (const auto& [error, times] : distinct)
    if (times >= failing.size())
      for (auto& count : open) --count;
  for (const auto& [error, times] : distinct) {
    if (times >= failing.size()) {
      for (auto* unit : failing) unit->errors.push_back(*error);
      continue;
    }
    for (std::size_t copy = 0; copy < times; ++copy) {
      auto most = std::max_element(open.begin(), open.end());
      --*most;
      failing[static_cast<std::size_t>(most - open.begin())]->errors.push_back(*error);
    }
  }
}

}  // namespace

std::vector<UnitEvidence> attribute(const std::vector<Unit>& units, const BuildMessages& messages,
                                    const std::vector<CargoError>& cargo_errors) {
  std::vector<UnitEvidence> out(units.size());
  mark_passed(units, messages, out);
  mark_failed(units, cargo_errors, out);
  mark_by_errors(units, messages, out);
  std::map<Key, std::vector<const Diagnostic*>> errors;
  for (const auto& error : messages.errors) errors[key_of(error.unit)].push_back(&error.diagnostic);
  std::map<Key, std::vector<UnitEvidence*>> failing;
  for (std::size_t i = 0; i < units.size(); ++i)
    if (out[i].state == UnitState::failed) failing[key_of(units[i])].push_back(&out[i]);
  for (const auto& [key, list] : failing)
    if (auto found = errors.find(key); found != errors.end()) share_errors(found->second, list);
  for (auto& unit : out) {
    if (unit.state != UnitState::failed || !unit.errors.empty()) continue;
    if (unit.cargo_error) unit.errors.push_back(to_diagnostic(*unit.cargo_error));
  }
  return out;
}

}  // namespace tripled::cargo
