#include "daemon/diagnosis/causes/refine.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <set>

#include "config/expr.h"
#include "daemon/diagnosis/causes/causes.h"
#include "daemon/diagnosis/causes/emulator.h"
#include "daemon/diagnosis/causes/failure.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

using Jobs = std::vector<DiagnosedJob>;

// What became of a unit or test in a job; nullopt: it was not tried there.
std::optional<bool> passed_in(const DiagnosedJob& job, const Diagnosis& d) {
  std::optional<bool> out;
  for (const auto& item : job.known) {
    if (item.package != d.package || item.test != d.test) continue;
    if (!d.target.empty() && item.target != d.target && d.target != "build-script-build") continue;
    bool passed = item.verdict == Verdict::pass || item.verdict == Verdict::flaky;
    bool failed =
        item.verdict == Verdict::fail || item.verdict == Verdict::suspect || item.verdict == Verdict::timeout;
    if (failed) return false;
    if (passed) out = true;
  }
  // A dependency is no unit of its own: it passed where nothing of the job failed.
  if (!out && d.test.empty() && job.diagnoses.empty() && !job.known.empty() &&
      std::all_of(job.known.begin(), job.known.end(),
                  [](const KnownItem& i) { return i.verdict == Verdict::pass; }))
    return true;
  return out;
}

bool has_finding(const DiagnosedJob& job, const std::string& key) {
  return std::any_of(job.diagnoses.begin(), job.diagnoses.end(),
                     [&](const Diagnosis& d) { return finding_key(d) == key; });
}

// Features and packages of cargo's own words (`--features a,b -p x`).
struct Scope {
  std::multiset<std::string> packages, features;
  bool operator==(const Scope&) const = default;
};

Scope scope_of(const CellSettings& settings) {
  Scope out;
  const auto& words = settings.scope;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& word = words[i];
    bool valued = i + 1 < words.size() && !contains(word, "=");
    if (word == "-p" || word == "--package" || word == "--exclude") {
      if (valued) out.packages.insert(word + " " + words[++i]);
    } else if (word == "--workspace" || word == "--all" || word.starts_with("--package=") ||
               word.starts_with("--exclude=")) {
      out.packages.insert(word);
    } else if (word == "--features" || word == "-F") {
      if (valued) out.features.insert(words[++i]);
    } else {
      out.features.insert(word);
    }
  }
  return out;
}

// Everything that can change what a compiler says, apart from the triple.
struct Setting {
  Scope scope;
  std::string lock, toolchain, rest;
};

Setting setting_of(const DiagnosedJob& job) {
  const auto& s = job.cell.settings;
  Setting out;
  out.scope = scope_of(s);
  out.lock = s.lockfile;
  for (const auto& [name, version] : s.pins) out.lock += " " + name + "=" + version;
  out.toolchain = job.rustc.empty() ? s.toolchain : job.rustc;
  out.rest = s.profile.name + "\n" + s.lints + "\n" + join(s.rustflags.values, " ") + "\n" +
             join(s.cargo_args, " ") + "\n" + s.std;
  for (const auto& [key, value] : s.env) out.rest += "\n" + key + "=" + value.value_or("-");
  return out;
}

enum class Differs { nothing, lock, packages, features, toolchain, more };

Differs difference(const DiagnosedJob& a, const DiagnosedJob& b) {
  auto x = setting_of(a), y = setting_of(b);
  std::vector<Differs> out;
  if (x.lock != y.lock) out.push_back(Differs::lock);
  if (x.scope.packages != y.scope.packages) out.push_back(Differs::packages);
  if (x.scope.features != y.scope.features) out.push_back(Differs::features);
  if (x.toolchain != y.toolchain) out.push_back(Differs::toolchain);
  if (x.rest != y.rest) out.push_back(Differs::more);
  if (out.empty()) return Differs::nothing;
  return out.size() == 1 ? out.front() : Differs::more;
}

void say(Diagnosis& d, const std::string& text) {
  EvidenceItem item;
  item.kind = "metadata";
  item.text = text;
  d.evidence.push_back(std::move(item));
}

bool newer(const std::string& a, const std::string& b) {
  return config::parse_version(a) > config::parse_version(b);
}

// --- compile stages

bool is_lint(Cause cause) { return cause == Cause::lint_everywhere || cause == Cause::lint_on_platform; }

void settle_lint(const Jobs& jobs, const DiagnosedJob& job, Diagnosis& d) {
  if (!is_lint(d.cause)) return;
  auto key = finding_key(d);
  std::set<std::string> fires{job.cell.triple}, silent;
  for (const auto& other : jobs) {
    if (other.stage != job.stage || difference(job, other) != Differs::nothing) continue;
    if (has_finding(other, key))
      fires.insert(other.cell.triple);
    else if (passed_in(other, d).value_or(false))
      silent.insert(other.cell.triple);
  }
  if (!silent.empty()) {
    d.cause = Cause::lint_on_platform;
    d.confidence = Confidence::certain;
    say(d, "it does not fire on " + *silent.begin());
  } else if (fires.size() > 1) {
    d.cause = Cause::lint_everywhere;
    d.confidence = Confidence::certain;
    say(d, "it fires on all " + std::to_string(fires.size()) + " triples that came so far");
  }
}

// Could the versions, features or compiler that another cell has be why? Not where the cause is a fact of the
// platform or of the environment.
bool can_drift(const Diagnosis& d) {
  if (d.cause == Cause::configured_out)
    return d.cfg.empty() || (contains(d.cfg, "feature") && !contains(d.cfg, "target_"));
  return d.confidence == Confidence::guess ||
         is_among(d.cause, {Cause::unknown, Cause::item_absent_in_version, Cause::mixed_versions,
                            Cause::test_build_only, Cause::toolchain_too_old, Cause::lint_everywhere,
                            Cause::dependency_feature_missing, Cause::feature_combination,
                            Cause::build_script_failed, Cause::resolver_failed});
}

void become(Diagnosis& d, Cause cause, Confidence confidence, const std::string& why) {
  d.cause = cause;
  d.confidence = confidence;
  say(d, why);
}

// The version of a package in a Cargo.lock; empty: none, or several.
std::string locked_version(const std::string& lock, const std::string& crate) {
  std::string found;
  for (auto at = lock.find("[[package]]"); at != std::string::npos; at = lock.find("[[package]]", at + 1)) {
    auto entry = lock.substr(at, lock.find("[[package]]", at + 1) - at);
    auto name = between(entry, "name = \"", "\"");
    if (crate_name(name) != crate) continue;
    if (!found.empty()) return {};
    found = name + "@" + between(entry, "version = \"", "\"");
  }
  return found;
}

// The version that passes, as a command.
void pin(Diagnosis& d, const std::string& here, const std::string& there) {
  auto crate = d.subject.substr(0, d.subject.find_first_of(":/"));
  auto fails = locked_version(here, crate), passes = locked_version(there, crate);
  if (fails.empty() || passes.empty() || fails == passes) return;
  auto version = passes.substr(passes.find('@') + 1);
  std::erase_if(d.mends, [](const Mend& m) { return m.kind == MendKind::pin; });
  d.mends.insert(d.mends.begin(), {MendKind::pin, "cargo update -p " + fails + " --precise " + version, ""});
  say(d, fails + " fails, " + passes + " passes");
}

void settle_by_settings(const Jobs& jobs, const DiagnosedJob& job, Diagnosis& d) {
  if (!d.test.empty() || !can_drift(d)) return;
  const DiagnosedJob *lock = nullptr, *packages = nullptr, *features = nullptr, *newest = nullptr,
                     *older = nullptr;
  for (const auto& other : jobs) {
    if (&other == &job || other.stage != job.stage || other.cell.triple != job.cell.triple) continue;
    if (!passed_in(other, d).value_or(false)) continue;
    // The first by name: the same whatever the order of jobs.
    auto take = [&](const DiagnosedJob*& place) {
      if (!place || other.cell.id < place->cell.id) place = &other;
    };
    switch (difference(job, other)) {
      case Differs::lock:
        take(lock);
        break;
      case Differs::packages:
        take(packages);
        break;
      case Differs::features:
        take(features);
        break;
      case Differs::toolchain:
        if (!job.rustc.empty() && !other.rustc.empty()) take(newer(other.rustc, job.rustc) ? newest : older);
        break;
      case Differs::nothing:
      case Differs::more:
        break;
    }
  }
  if (lock && d.cause != Cause::lint_everywhere) {
    become(d, Cause::lock_drift, Confidence::certain,
           "it passes in " + lock->cell.id +
               ", which differs in the lock alone (lockfile: " + lock->cell.settings.lockfile + ")");
    d.mends.insert(d.mends.begin(), {MendKind::matrix, "lockfile: " + lock->cell.settings.lockfile, ""});
    pin(d, job.lock, lock->lock);
  } else if (packages) {
    become(d, Cause::feature_unification, Confidence::certain,
           "it passes in " + packages->cell.id + ", which selects other packages");
  } else if (features) {
    become(d, Cause::feature_combination, Confidence::certain,
           "it passes in " + features->cell.id + ", which selects other features");
  } else if (newest && d.cause != Cause::lint_everywhere) {
    become(d, Cause::toolchain_too_old, Confidence::certain,
           "it passes in " + newest->cell.id + " with rustc " + newest->rustc);
    d.fault = Fault::toolchain;
  } else if (older && (d.cause == Cause::unknown || d.cause == Cause::lint_everywhere)) {
    become(d, Cause::lint_everywhere, d.cause == Cause::unknown ? Confidence::likely : Confidence::certain,
           "it passes in " + older->cell.id + " with rustc " + older->rustc + ": a stricter check");
  }
}

void settle_test_build(const Jobs& jobs, const DiagnosedJob& job, Diagnosis& d) {
  bool open = d.cause == Cause::unknown || d.cause == Cause::test_build_only;
  if (job.stage != Stage::test_no_run || !open || d.package.empty()) return;
  bool passed = false;
  for (const auto& other : jobs) {
    if (other.cell.id != job.cell.id || (other.stage != Stage::check && other.stage != Stage::build))
      continue;
    for (const auto& item : other.known) {
      if (item.package != d.package) continue;
      if (item.verdict != Verdict::pass) return;
      passed = true;
    }
  }
  if (!passed) return;
  become(d, Cause::test_build_only, Confidence::likely,
         "`" + d.package + "` passes check and build in the same cell");
}

// --- tests

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
    d.confidence = is_of_emulator(d.cause) ? Confidence::certain : Confidence::likely;
    say(d, "the same test passes natively on " + job.cell.triple);
  } else if (same_triple || (elsewhere && !*elsewhere && is_of_emulator(d.cause))) {
    if (is_of_emulator(d.cause)) back_to_plain(d);
    d.confidence = same_triple ? Confidence::certain : Confidence::likely;
    say(d, same_triple ? "the same test fails natively on " + job.cell.triple
                       : "the same test fails natively on another triple, too");
  }
}

bool has_line(const DiagnosedJob& job, const std::string& line) {
  return std::find(job.cfg.begin(), job.cfg.end(), line) != job.cfg.end();
}

struct Property {
  Cause cause;
  const char* predicate;
  bool (*holds)(const DiagnosedJob&);
};

const std::array<Property, 3>& properties() {
  static const std::array<Property, 3> all{
      Property{Cause::test_endianness, "target_endian = \"big\"",
               [](const DiagnosedJob& j) { return has_line(j, "target_endian=\"big\""); }},
      Property{Cause::test_pointer_width, "target_pointer_width = \"32\"",
               [](const DiagnosedJob& j) { return has_line(j, "target_pointer_width=\"32\""); }},
      Property{Cause::test_atomics, "not(target_has_atomic = \"64\")",
               [](const DiagnosedJob& j) { return !has_line(j, "target_has_atomic=\"64\""); }}};
  return all;
}

// The property that all failing triples have and no passing one; nullopt: none, or several.
const Property* separating(const std::vector<const DiagnosedJob*>& failing,
                           const std::vector<const DiagnosedJob*>& passing) {
  const Property* found = nullptr;
  for (const auto& property : properties()) {
    bool all = std::all_of(failing.begin(), failing.end(),
                           [&](const DiagnosedJob* j) { return property.holds(*j); });
    bool none = std::none_of(passing.begin(), passing.end(),
                             [&](const DiagnosedJob* j) { return property.holds(*j); });
    if (!all || !none) continue;
    if (found) return nullptr;
    found = &property;
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
        failing_triples.size() > 1 && std::any_of(failing.begin(), failing.end(), [](const DiagnosedJob* j) {
          return std::none_of(properties().begin(), properties().end(),
                              [&](const Property& p) { return p.holds(*j); });
        });
    if (plain && (d.cause == Cause::test_endianness || d.cause == Cause::test_pointer_width ||
                  d.cause == Cause::test_atomics)) {
      back_to_plain(d);
      d.confidence = Confidence::likely;
      say(d, "it fails on every triple that it ran on");
    }
    return;
  }
  const auto* property = separating(failing, passing);
  if (!property) return;
  bool said = d.cause == property->cause;
  if (!said && failing_triples.size() < 2) return;  // one triple has many properties
  // The message alone says another property: the cells must not overrule it lightly.
  bool other_property = !said && (d.cause == Cause::test_endianness || d.cause == Cause::test_pointer_width ||
                                  d.cause == Cause::test_atomics);
  if (other_property) return;
  d.cause = property->cause;
  d.cfg = property->predicate;
  d.confidence = said ? Confidence::certain : Confidence::likely;
  say(d, "it fails on " + join({failing_triples.begin(), failing_triples.end()}, ", ") + " and passes on " +
             join({passing_triples.begin(), passing_triples.end()}, ", "));
}

}  // namespace

Jobs refine(Jobs jobs) {
  const Jobs first = jobs;  // every decision is made on what the first look left
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    for (auto& d : jobs[i].diagnoses) {
      if (first[i].stage == Stage::execute) {
        settle_suspect(first, first[i], d);
        if (is_test(d.cause)) settle_property(first, first[i], d);
        continue;
      }
      settle_lint(first, first[i], d);
      settle_by_settings(first, first[i], d);
      settle_test_build(first, first[i], d);
    }
  }
  return jobs;
}

}  // namespace tripled::diagnosis
