#include "daemon/diagnosis/causes/refine.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <set>

#include "config/expr.h"
#include "daemon/diagnosis/causes/causes.h"
#include "daemon/diagnosis/causes/failure.h"
#include "daemon/diagnosis/causes/refine_tests.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

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

// By the code of the error: something that the code names is not there.
bool is_missing_item(const Diagnosis& d) {
  static constexpr std::array<std::string_view, 12> codes{"E0432", "E0433", "E0425", "E0412",
                                                          "E0405", "E0599", "E0609", "E0560",
                                                          "E0423", "E0531", "E0422", "E0407"};
  return d.cause == Cause::item_absent_in_version ||
         std::find(codes.begin(), codes.end(), d.code) != codes.end();
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
  // The oldest versions that the manifest allows: it asks for less than the code needs.
  bool oldest = job.cell.settings.lockfile == "minimal" || job.cell.settings.lockfile == "direct-minimal";
  if (lock && oldest && is_missing_item(d)) {
    become(d, Cause::item_absent_in_version, Confidence::certain,
           "it passes in " + lock->cell.id +
               " with newer versions (lockfile: " + lock->cell.settings.lockfile + ")");
    pin(d, job.lock, lock->lock);
  } else if (lock && d.cause != Cause::lint_everywhere) {
    become(d, Cause::lock_drift, Confidence::certain,
           "it passes in " + lock->cell.id +
               ", which differs in the lock alone (lockfile: " + lock->cell.settings.lockfile + ")");
    d.mends.insert(d.mends.begin(), {MendKind::matrix, "lockfile: " + lock->cell.settings.lockfile, ""});
    d.fault = Fault::dependency;
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
    if (d.code != "E0554") d.fault = Fault::toolchain;  // who asks for unstable features knows it
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

}  // namespace

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

void say(Diagnosis& d, const std::string& text) {
  EvidenceItem item;
  item.kind = "metadata";
  item.text = text;
  d.evidence.push_back(std::move(item));
}

Jobs refine(Jobs jobs) {
  const Jobs first = jobs;  // every decision is made on what the first look left
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    for (auto& d : jobs[i].diagnoses) {
      if (first[i].stage == Stage::execute) {
        settle_test(first, first[i], d);
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
