#include "daemon/diagnosis/causes/causes.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "daemon/diagnosis/causes/cfg.h"
#include "daemon/diagnosis/causes/emulator.h"
#include "daemon/diagnosis/causes/failures.h"
#include "daemon/diagnosis/causes/mends.h"
#include "daemon/diagnosis/causes/rules.h"
#include "daemon/diagnosis/causes/scripts.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

constexpr std::size_t most_items = 16;

// Environment and crash are asked before these, for every error of the unit.
constexpr std::array kSubjects{Subject{"std and target specification", toolchain_rules},
                               Subject{"glibc's version", glibc_rules},
                               Subject{"linker and native libraries", linking_rules},
                               Subject{"undefined symbols", symbol_rules},
                               Subject{"tools of build scripts", native_rules},
                               Subject{"features, versions, lock and manifests", resolver_rules},
                               Subject{"build script that looked at the host", host_rules},
                               Subject{"code of another architecture, atomics, artefacts", arch_rules},
                               Subject{"refused on purpose", purpose_rules},
                               Subject{"build script", script_rules},
                               Subject{"cfg", cfg_rules},
                               Subject{"dependencies declared for other platforms", dependency_rules},
                               Subject{"layout, mixed versions", type_rules},
                               Subject{"platform types", platform_type_rules},
                               Subject{"items configured out", item_rules},
                               Subject{"items absent on the platform or in the version", absent_rules},
                               Subject{"files that are not there", incomplete_rules},
                               Subject{"age of the toolchain", age_rules},
                               Subject{"lints", lint_rules}};

std::optional<Diagnosis> first_of(std::span<const Rule> rules, const Case& of) {
  for (auto rule : rules)
    if (auto out = rule(of)) return out;
  return std::nullopt;
}

std::string first_segment(const std::string& path) { return path.substr(0, path.find("::")); }

// Errors of one unit that have one root: same cause and same condition, crate or symbol.
std::string root_of(const Diagnosis& d) {
  auto out = to_text(d.cause) + "\n" + d.cfg + "\n";
  // What a platform lacks comes under many conditions; the crate that lacks it is one.
  if (d.cause == Cause::item_absent_on_platform) return to_text(d.cause) + first_segment(d.subject);
  if (is_among(d.cause,
               {Cause::configured_out, Cause::item_absent_in_version, Cause::cfg_macro_for_attribute}))
    return out + (d.cfg.empty() ? first_segment(d.subject) : "");
  if (d.cause == Cause::atomics_missing && !d.cfg.empty()) return out;
  if (d.cause == Cause::foreign_arch_code) return out + (d.subject.starts_with("asm!") ? "asm!" : d.subject);
  if (is_among(d.cause, {Cause::layout_differs, Cause::unsupported_on_purpose})) return out;
  return out + d.subject;
}

bool same_item(const EvidenceItem& a, const EvidenceItem& b) {
  return a.kind == b.kind && a.file == b.file && a.line == b.line && a.text == b.text;
}

void join_into(Diagnosis& into, const Diagnosis& more) {
  into.confidence = std::min(into.confidence, more.confidence);  // certain comes first
  for (const auto& item : more.evidence) {
    bool known = std::any_of(into.evidence.begin(), into.evidence.end(),
                             [&](const EvidenceItem& i) { return same_item(i, item); });
    if (!known && into.evidence.size() < most_items) into.evidence.push_back(item);
  }
  for (const auto& m : more.mends) {
    bool known =
        std::any_of(into.mends.begin(), into.mends.end(), [&](const Mend& k) { return k.text == m.text; });
    if (!known && m.kind == MendKind::rust && into.mends.size() < most_items) into.mends.push_back(m);
  }
}

Diagnosis unexplained(const Evidence& evidence, const Failure& failure, const Sources& sources) {
  Case of{evidence, failure, *failure.errors.front(), sources};
  bool test_code =
      evidence.stage == Stage::test_no_run &&
      (failure.harness || failure.kind == "test" || failure.kind == "example" || failure.kind == "bench" ||
       (failure.about && evidence.metadata.only_for_tests(*failure.about)));
  auto out = found(of, test_code ? Cause::test_build_only : Cause::unknown,
                   test_code ? Confidence::likely : Confidence::guess);
  out.title = (of.error.code.empty() ? "" : of.error.code + ": ") + of.error.message;
  out.ruled_out = {"disk, memory, network, locks", "compiler crash"};
  for (const auto& subject : kSubjects) out.ruled_out.emplace_back(subject.name);
  bool broken = !evidence.broken_reason.empty() || evidence.process.outcome == Outcome::could_not_start;
  if (failure.package.empty()) out.fault = broken ? Fault::environment : Fault::unknown;
  // More of what rustc said, for people: nothing else will tell.
  if (!of.error.rendered.empty()) out.evidence.push_back(log_item(of.error.rendered));
  if (failure.package.empty() && evidence.process.outcome != Outcome::exited && !evidence.said.empty())
    out.evidence.push_back(log_item(evidence.said));
  return out;
}

// A build script that looks at the host can be behind what a foreign triple lacks.
void doubt_beside_host_script(const Case& of, Diagnosis& d) {
  auto machine = of.evidence.machine.find("machine");
  bool own =
      machine != of.evidence.machine.end() && of.evidence.cell.triple.starts_with(machine->second + "-");
  if (own || d.confidence != Confidence::certain ||
      !is_among(d.cause, {Cause::native_library_missing, Cause::undefined_symbols, Cause::linker_wrong,
                          Cause::build_script_failed, Cause::layout_differs, Cause::platform_type_differs}))
    return;
  for (const auto& [file, text] : of.evidence.files)
    if (file.ends_with("build.rs") && (asks_the_host(text) || calls_compiler(text)))
      d.confidence = Confidence::likely;
}

// The platforms for which the failing code is there at all: gates of its place, those of features and tests
// apart.
std::string use_condition(const Case& of) {
  if (!of.in_source()) return "";
  std::vector<std::string> gates;
  for (const auto& gate : of.sources.gates(of.error.file, of.error.line, of.error.column)) {
    auto predicate = parse_cfg(gate.predicate);
    if (!predicate || gate.macro) continue;
    auto text = cfg_text(*predicate);
    if (text == "test" || contains(text, "feature =")) continue;
    if (std::find(gates.begin(), gates.end(), text) == gates.end()) gates.push_back(std::move(text));
  }
  return all_cfg(gates);
}

std::vector<Diagnosis> diagnose_unit(const Evidence& evidence, const Failure& failure,
                                     const Sources& sources) {
  for (auto table : {environment_rules, crash_rules})
    for (const auto* error : failure.errors)
      if (auto out = first_of(table(), Case{evidence, failure, *error, sources})) return {*out};
  std::vector<Diagnosis> out;
  std::vector<std::string> roots;
  for (const auto* error : failure.errors) {
    Case of{evidence, failure, *error, sources};
    std::optional<Diagnosis> said;
    for (const auto& subject : kSubjects)
      if ((said = first_of(subject.rules(), of))) break;
    if (said) doubt_beside_host_script(of, *said);
    if (!said) continue;  // follows from another error of the unit, or stays unknown
    said->use_cfg = use_condition(of);
    auto root = root_of(*said);
    auto known = std::find(roots.begin(), roots.end(), root);
    if (known == roots.end()) {
      roots.push_back(root);
      out.push_back(std::move(*said));
    } else {
      join_into(out[static_cast<std::size_t>(known - roots.begin())], *said);
    }
  }
  // Without std nothing else that rustc says can be trusted.
  auto no_std =
      std::find_if(out.begin(), out.end(), [](const Diagnosis& d) { return d.cause == Cause::std_missing; });
  if (no_std != out.end()) return {*no_std};
  // A unit that refuses the platform has nothing for it: what else it lacks follows.
  auto refusal = std::find_if(out.begin(), out.end(), [](const Diagnosis& d) {
    return d.cause == Cause::unsupported_on_purpose && d.confidence == Confidence::certain;
  });
  if (refusal != out.end()) return {*refusal};
  // What is only guessed beside something that is known follows from it, most likely.
  bool known = std::any_of(out.begin(), out.end(),
                           [](const Diagnosis& d) { return d.confidence != Confidence::guess; });
  if (known)
    std::erase_if(out, [](const Diagnosis& d) {
      return d.confidence == Confidence::guess && d.cause != Cause::lint_everywhere;
    });
  if (out.empty()) out.push_back(unexplained(evidence, failure, sources));
  // Why check and build can pass while this fails.
  if (evidence.stage == Stage::test_no_run && failure.about &&
      evidence.metadata.only_for_tests(*failure.about))
    for (auto& d : out)
      d.evidence.push_back(
          {"metadata", "", 0, 0, "only tests need `" + failure.package + "`: a dev-dependency leads to it"});
  return out;
}

// A target's library and its harness fail for the same reason: told once.
bool same_failure(const Diagnosis& a, const Diagnosis& b) {
  return a.cause == b.cause && a.package == b.package && a.version == b.version && a.code == b.code &&
         a.subject == b.subject && a.cfg == b.cfg && a.target == b.target && a.test == b.test;
}

void add(std::vector<Diagnosis>& out, Diagnosis diagnosis) {
  for (auto& known : out)
    if (same_failure(known, diagnosis)) return join_into(known, diagnosis);
  out.push_back(std::move(diagnosis));
}

std::optional<Diagnosis> of_process(const Evidence& evidence) {
  const auto& process = evidence.process;
  Diagnosis out;
  out.fault = Fault::environment;
  out.confidence = Confidence::certain;
  switch (process.outcome) {
    case Outcome::worker_lost:
      out.cause = Cause::worker_lost;
      out.title = "the worker was lost while the job ran";
      out.mends.push_back(mend(MendKind::command, "tripled rerun"));
      return out;
    case Outcome::timed_out:
    case Outcome::no_output:
      if (!contains(evidence.said, "Blocking waiting for file lock") || evidence.stage == Stage::execute)
        return std::nullopt;
      out.cause = Cause::lock_contention;
      out.title = "cargo waited for a lock that another process held until the limit";
      out.evidence.push_back(log_item(line_with(evidence.said, "Blocking waiting")));
      out.mends.push_back(mend(MendKind::command, "tripled rerun"));
      return out;
    case Outcome::exited:
    case Outcome::signalled:
    case Outcome::could_not_start:
    case Outcome::cancelled:
    case Outcome::not_run:
      return std::nullopt;
  }
  return std::nullopt;
}

std::vector<Diagnosis> diagnose_compile(const Evidence& evidence) {
  Words words;
  auto failures = collect_failures(evidence, words);
  Sources sources(evidence);
  // Disk, memory or network of the call as a whole: nothing that other units say can be trusted.
  for (const auto& failure : failures)
    if (failure.package.empty())
      for (auto table : {environment_rules, crash_rules})
        for (const auto* error : failure.errors)
          if (auto out = first_of(table(), Case{evidence, failure, *error, sources})) return {*out};
  std::vector<Diagnosis> out;
  for (const auto& failure : failures)
    for (auto& d : diagnose_unit(evidence, failure, sources)) add(out, std::move(d));
  bool limit =
      evidence.process.outcome == Outcome::timed_out || evidence.process.outcome == Outcome::no_output;
  if (out.empty() && limit) {
    Diagnosis timeout;
    timeout.title = "cargo ran into the time limit";
    timeout.fault = Fault::unknown;
    timeout.evidence.push_back(
        log_item(evidence.process.reason + (evidence.said.empty() ? "" : "\n" + evidence.said)));
    timeout.mends.push_back(matrix_rule(evidence, "timeout: …"));
    timeout.ruled_out = {"an error of a unit", "lock contention"};
    out.push_back(std::move(timeout));
  }
  return out;
}

// The worker's own words about a runner or loader that is not there; a probe that failed has another root.
bool says_why_not_run(const std::string& reason) {
  return contains_any(reason, {"` not found", "no emulator is known", "is not on this machine",
                               "not asked for", "no runner for"});
}

std::vector<Diagnosis> diagnose_execute(const Evidence& evidence) {
  std::vector<Diagnosis> out;
  for (const auto& test : evidence.tests)
    if (test.state == TestState::failed || test.state == TestState::crashed ||
        test.state == TestState::timed_out || test.flaky)
      add(out, diagnose_test(evidence, test));
  for (const auto& failure : evidence.binaries) add(out, diagnose_binary(evidence, failure));
  bool started =
      evidence.process.outcome != Outcome::could_not_start && evidence.process.outcome != Outcome::not_run;
  if (out.empty() && (!started || !evidence.broken_reason.empty())) {
    Diagnosis never;
    never.cause = Cause::never_executed;
    never.confidence = says_why_not_run(evidence.broken_reason) ? Confidence::certain : Confidence::likely;
    never.fault = Fault::environment;
    never.title = evidence.broken_reason.empty() ? evidence.process.reason : evidence.broken_reason;
    if (auto sign = emulator_sign(never.title)) {
      never.cause = sign->cause;
      never.confidence = sign->confidence;
      never.fault = sign->cause == Cause::emulator_exec_format ? Fault::environment : Fault::emulator;
    }
    if (!never.title.empty()) never.evidence.push_back(log_item(never.title));
    if (!evidence.broken_fix.empty()) never.mends.push_back(mend(MendKind::command, evidence.broken_fix));
    if (!never.title.empty()) out.push_back(std::move(never));
  }
  std::stable_sort(out.begin(), out.end(), [](const Diagnosis& a, const Diagnosis& b) {
    return std::tie(a.package, a.target, a.test, a.cause, a.subject) <
           std::tie(b.package, b.target, b.test, b.cause, b.subject);
  });
  return out;
}

// Words of cargo are found again where its block stands in the log.
void place_in_log(const Evidence& evidence, Diagnosis& d) {
  for (auto& item : d.evidence) {
    if (item.kind != "log" || item.offset != 0 || item.text.empty()) continue;
    auto first = item.text.substr(0, item.text.find('\n'));
    for (const auto& words : evidence.cargo)
      if (contains(words.text, first)) item.offset = words.offset;
  }
}

// Causes that a second look may exchange for one another keep their finding.
std::string family(Cause cause) {
  auto text = to_text(cause);
  if (text.starts_with("lint-")) return "lint";
  if (is_of_emulator(cause)) return "test";
  if (text.starts_with("test-") && cause != Cause::test_build_only) return "test";
  if (is_among(cause, {Cause::item_absent_in_version, Cause::lock_drift, Cause::toolchain_too_old}))
    return "item";
  if (is_among(cause, {Cause::configured_out, Cause::dependency_feature_missing, Cause::feature_unification,
                       Cause::feature_combination}))
    return "configured";
  if (is_among(cause, {Cause::unknown, Cause::test_build_only})) return "unexplained";
  return text;
}

}  // namespace

std::span<const Subject> subjects() { return kSubjects; }

std::vector<Diagnosis> diagnose(const Evidence& evidence) {
  if (evidence.process.outcome == Outcome::cancelled) return {};
  std::vector<Diagnosis> out;
  if (auto decided = of_process(evidence))
    out.push_back(std::move(*decided));
  else
    out = evidence.stage == Stage::execute ? diagnose_execute(evidence) : diagnose_compile(evidence);
  for (auto& d : out) {
    place_in_log(evidence, d);
    // The worker knew what to do, and no rule does.
    if (d.mends.empty() && d.fault == Fault::environment && !evidence.broken_fix.empty())
      d.mends.push_back(mend(MendKind::command, evidence.broken_fix));
  }
  return out;
}

std::string finding_key(const Diagnosis& d) {
  auto what = d.test.empty() ? d.code : d.test.substr(0, d.test.find(" (line "));  // doctests are named by it
  // A test's own words differ from cell to cell; its name is what it is about.
  return join({family(d.cause), d.package, d.target, what, d.test.empty() ? d.subject : std::string()}, "/");
}

}  // namespace tripled::diagnosis
