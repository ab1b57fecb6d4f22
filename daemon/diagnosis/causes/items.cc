// Items that rustc found configured out ("found an item that was configured out", with the span of the
// attribute), and items that nobody has: on this platform, or in the resolved version.
#include <algorithm>
#include <array>
#include <set>

#include "daemon/diagnosis/causes/cfg.h"
#include "daemon/diagnosis/causes/mends.h"
#include "daemon/diagnosis/causes/places.h"
#include "daemon/diagnosis/causes/rules.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

// A gate that rustc pointed at.
struct Noted {
  std::string file;
  int line = 0;
  std::string predicate;  // empty: its text is not in the evidence
};

// The whole attribute, though it may go over several lines.
std::string predicate_at(const Case& of, const Span& span) {
  if (const auto* text = of.evidence.file(span.file)) {
    // The span lies on the predicate; `#[cfg(` can stand lines above.
    RustSource source(*text);
    for (int from = span.line; from > span.line - 8 && from > 0; --from)
      for (const auto& gate : source.conditions(from, span.line))
        if (!gate.macro && !contains(gate.predicate, "path =")) return gate.predicate;
  }
  auto line = source_line(of, span.file, span.line);
  auto open = line.find("cfg(");
  if (open == std::string::npos) {
    // A bare predicate in a list of several lines, or a branch of cfg_select! and cfg_if!.
    auto text = std::string(trim(line));
    while (text.ends_with(',')) text.pop_back();
    return parse_cfg(text) ? text : std::string();
  }
  int depth = 0;
  for (auto i = open + 3; i < line.size(); ++i) {
    if (line[i] == '(') ++depth;
    if (line[i] == ')' && --depth == 0) return line.substr(open + 4, i - open - 4);
  }
  return {};
}

std::vector<Noted> noted_gates(const Case& of) {
  std::vector<Noted> out;
  for (const auto& span : of.error.spans)
    if (span.label.starts_with("the item is gated"))
      out.push_back({span.file, span.line, predicate_at(of, span)});
  return out;
}

bool was_configured_out(const Diagnostic& error) {
  return std::any_of(error.notes.begin(), error.notes.end(),
                     [](const std::string& note) { return contains(note, "configured out"); }) ||
         std::any_of(error.spans.begin(), error.spans.end(), [](const Span& span) {
           return contains(span.label, "configured out") || span.label.starts_with("the item is gated");
         });
}

// The package whose file it is; null: std, or not known.
const Package* owner_of(const Evidence& evidence, const std::string& file) {
  const Package* best = nullptr;
  std::size_t length = 0;
  for (const auto& package : evidence.metadata.packages) {
    auto dir = shown_directory(evidence, package);
    bool inside = dir.empty() ? package.member : file.starts_with(dir + "/");
    if (inside && (!best || dir.size() > length)) best = &package, length = dir.size();
  }
  return best;
}

bool is_of_std(const std::string& file) {
  return file.starts_with("library/") || contains(file, "/library/std/") ||
         contains(file, "/library/core/") || contains(file, "/library/alloc/");
}

std::string subject_of(const Case& of) {
  auto path = missing_path(of.error);
  return path.empty() ? quoted(of.error.message) : path;
}

void add_gates(Diagnosis& out, const std::vector<Noted>& gates) {
  for (const auto& gate : gates) {
    Span at;
    at.file = gate.file;
    at.line = gate.line;
    out.evidence.push_back(
        span_item(at, gate.predicate.empty() ? "the item is gated here" : "#[cfg(" + gate.predicate + ")]"));
  }
}

// Features of a predicate that are off. `cargo metadata` counts a feature as on that another platform's table
// asks for: where rustc says that the predicate does not hold and none seems off, all of them are given.
std::vector<std::string> features_off(const config::CfgPredicate& predicate, const Package* package) {
  std::vector<std::string> out, all;
  for (const auto& atom : cfg_atoms(predicate))
    if (atom.name == "feature") {
      all.push_back(atom.value);
      if (!package || !package->enabled.count(atom.value)) out.push_back(atom.value);
    }
  return out.empty() ? all : out;
}

bool declares(const Package& package, const std::string& feature) {
  if (package.features.count(feature)) return true;
  return std::any_of(package.dependencies.begin(), package.dependencies.end(), [&](const Dependency& d) {
    return d.optional && (d.rename.empty() ? d.name : d.rename) == feature;
  });
}

// std has it on other platforms, and the note says so.
std::optional<Diagnosis> gated_in_std(const Case& of) {
  if (!was_configured_out(of.error)) return std::nullopt;
  auto gates = noted_gates(of);
  std::erase_if(gates, [](const Noted& gate) { return !is_of_std(gate.file); });
  if (gates.empty()) return std::nullopt;
  auto out = found(of, Cause::configured_out, Confidence::certain);
  out.subject = subject_of(of);
  // cannot find `windows` in `os`
  if (out.subject.starts_with("os::")) out.subject = "std::" + out.subject;
  for (const auto& gate : gates) {
    auto predicate = parse_cfg(gate.predicate);
    if (!predicate || gate.predicate == "doc" || contains(gate.predicate, "not(")) continue;
    out.cfg = cfg_text(without_doc(*predicate));
  }
  out.title = "std has no `" + out.subject + "` on " + of.evidence.cell.triple +
              (out.cfg.empty() ? "" : "; it is there for " + out.cfg);
  add_gates(out, gates);
  auto where = out.cfg.empty() ? "target_os = \"…\"" : out.cfg;
  out.mends.push_back(gate_use(of.error, where));
  if (of.failure.foreign())
    for (auto& m : around_dependency(of.evidence, *of.failure.about, out.cfg))
      out.mends.push_back(std::move(m));
  return out;
}

// Does this package, on another platform or in another table, ask for the feature?
const Dependency* asks_elsewhere(const Case& of, const Package& dependency, const std::string& feature) {
  if (!of.failure.about) return nullptr;
  for (const auto& d : of.failure.about->dependencies) {
    bool asks = d.name == dependency.name &&
                std::find(d.features.begin(), d.features.end(), feature) != d.features.end();
    if (asks && !d.target.empty() && !platform_holds(d.target, of.evidence).value_or(true)) return &d;
  }
  return nullptr;
}

Diagnosis feature_of_dependency(const Case& of, const Package& owner, const std::string& feature) {
  auto out = found(of, Cause::dependency_feature_missing, Confidence::likely);
  out.subject = owner.name + "/" + feature;
  out.cfg = "feature = \"" + feature + "\"";
  out.title = "`" + owner.name + "` is built without its feature `" + feature + "`, which `" +
              of.failure.package + "` needs";
  if (const auto* elsewhere = asks_elsewhere(of, owner, feature)) {
    out.confidence = Confidence::certain;
    out.title += "; it asks for it for " + elsewhere->target + " alone";
    out.evidence.push_back(manifest_item(of.evidence, *of.failure.about, *elsewhere));
  } else if (of.failure.about) {
    bool declared = false;
    for (const auto& d : of.failure.about->dependencies)
      if (d.name == owner.name) {
        out.evidence.push_back(manifest_item(of.evidence, *of.failure.about, d));
        declared = true;
      }
    if (declared) out.confidence = Confidence::certain;
  }
  if (of.failure.about) out.mends.push_back(enable_feature(of.evidence, *of.failure.about, owner, feature));
  if (of.failure.foreign())
    for (auto& m : around_dependency(of.evidence, *of.failure.about, "")) out.mends.push_back(std::move(m));
  return out;
}

std::optional<Diagnosis> gated_in_dependency(const Case& of) {
  if (!was_configured_out(of.error)) return std::nullopt;
  auto gates = noted_gates(of);
  if (gates.empty()) return std::nullopt;
  const auto* owner = owner_of(of.evidence, gates.front().file);
  if (!owner || owner == of.failure.about) return std::nullopt;
  auto predicate = parse_cfg(gates.front().predicate);
  if (predicate && is_about_features(*predicate) && gates.size() == 1) {
    auto off = features_off(*predicate, owner);
    if (off.size() == 1) {
      auto out = feature_of_dependency(of, *owner, off.front());
      add_gates(out, gates);
      return out;
    }
  }
  auto out = found(of, Cause::configured_out, predicate ? Confidence::certain : Confidence::likely);
  out.subject = subject_of(of);
  if (predicate) out.cfg = cfg_text(without_doc(*predicate));
  out.title = "`" + out.subject + "` exists in `" + owner->name + "` for " +
              (out.cfg.empty() ? "other platforms" : out.cfg) + " alone and is used without that condition";
  add_gates(out, gates);
  out.mends.push_back(gate_use(of.error, out.cfg.empty() ? "…" : out.cfg));
  if (of.failure.foreign())
    for (auto& m : around_dependency(of.evidence, *of.failure.about, out.cfg))
      out.mends.push_back(std::move(m));
  return out;
}

bool builtin_name(const Evidence& evidence, const std::string& name) {
  static constexpr std::array<std::string_view, 26> own{"windows",
                                                        "unix",
                                                        "test",
                                                        "doc",
                                                        "doctest",
                                                        "debug_assertions",
                                                        "miri",
                                                        "panic",
                                                        "proc_macro",
                                                        "sanitize",
                                                        "overflow_checks",
                                                        "ub_checks",
                                                        "relocation_model",
                                                        "clippy",
                                                        "rustfmt",
                                                        "feature",
                                                        "target_os",
                                                        "target_arch",
                                                        "target_env",
                                                        "target_family",
                                                        "target_vendor",
                                                        "target_endian",
                                                        "target_pointer_width",
                                                        "target_feature",
                                                        "target_has_atomic",
                                                        "target_abi"};
  if (std::find(own.begin(), own.end(), name) != own.end() || name.starts_with("target_")) return true;
  return std::any_of(evidence.cfg.begin(), evidence.cfg.end(),
                     [&](const std::string& line) { return line == name || line.starts_with(name + "="); });
}

// A name that rustc does not set and no build script of the package prints, or a feature that the manifest
// does not declare: nothing can turn it on.
std::string never_set(const Case& of, const config::CfgPredicate& predicate) {
  if (!of.failure.about) return {};
  auto dir = shown_directory(of.evidence, *of.failure.about);
  const auto* script = of.evidence.file(dir.empty() ? "build.rs" : dir + "/build.rs");
  bool has_script = std::any_of(of.failure.about->targets.begin(), of.failure.about->targets.end(),
                                [](const PackageTarget& t) { return t.kind == "custom-build"; });
  for (const auto& atom : cfg_atoms(predicate)) {
    if (atom.name == "feature" && !atom.value.empty()) {
      if (!declares(*of.failure.about, atom.value)) return atom.value;
      continue;
    }
    if (builtin_name(of.evidence, atom.name)) continue;
    if (has_script && (!script || has_word(*script, atom.name))) continue;
    return atom.name;
  }
  return {};
}

std::optional<Diagnosis> gated_here(const Case& of) {
  if (!was_configured_out(of.error)) return std::nullopt;
  auto gates = noted_gates(of);
  if (gates.empty()) return std::nullopt;
  std::set<std::string> texts;
  for (const auto& gate : gates)
    if (!gate.predicate.empty()) texts.insert(normal_cfg(gate.predicate));
  auto path = subject_of(of);
  auto predicate = texts.size() == 1 ? parse_cfg(*texts.begin()) : std::nullopt;
  if (predicate) {
    if (auto name = never_set(of, *predicate); !name.empty()) {
      auto out = found(of, Cause::unknown_cfg, Confidence::likely);
      out.subject = name;
      out.cfg = cfg_text(*predicate);
      out.title = "`" + path + "` is behind #[cfg(" + out.cfg + ")], and nothing sets `" + name + "`";
      add_gates(out, gates);
      out.mends.push_back(mend(MendKind::rust, gates.front().file + ":" + std::to_string(gates.front().line) +
                                                   ": #[cfg(" + out.cfg +
                                                   ")] - mend the name, or declare it"));
      return out;
    }
  }
  bool variants = texts.size() > 1;
  auto out = found(of, variants ? Cause::no_body_for_platform : Cause::configured_out,
                   texts.empty() ? Confidence::likely : Confidence::certain);
  out.subject = path;
  std::vector<std::string> list(texts.begin(), texts.end());
  out.cfg = variants ? "any(" + join(list, ", ") + ")" : predicate ? cfg_text(*predicate) : join(list, "");
  out.title = variants ? "`" + path + "` has no variant for " + of.evidence.cell.triple +
                             ": there is one for " + out.cfg
                       : "`" + path + "` exists under #[cfg(" + out.cfg + ")] alone and is used without it";
  add_gates(out, gates);
  if (variants)
    out.mends.push_back(mend(MendKind::rust, gates.front().file + ":" + std::to_string(gates.front().line) +
                                                 ": add a variant for #[cfg(not(" + out.cfg + "))]"));
  else
    out.mends.push_back(gate_use(of.error, out.cfg.empty() ? "…" : out.cfg));
  if (predicate && is_about_features(*predicate))
    for (const auto& feature : features_off(*predicate, of.failure.about))
      out.mends.push_back(mend(MendKind::matrix, "features: [" + feature + "]"));
  if (of.failure.foreign())
    for (auto& m : around_dependency(of.evidence, *of.failure.about, out.cfg))
      out.mends.push_back(std::move(m));
  return out;
}

// --- no note: rustc does not say it of methods, macros and items in modules that are gone as a whole

// The package that the path begins with, or the type's methods are looked for in: of a dependency's name.
const Package* package_of_path(const Case& of, const std::vector<std::string>& segments) {
  if (!of.failure.about || segments.empty()) return nullptr;
  for (const auto& segment : segments)
    if (const auto* package = of.evidence.metadata.dependency(*of.failure.about, segment)) return package;
  return nullptr;
}

bool is_looked_for(const Case& of) {
  return of.is_one_of({"E0432", "E0433", "E0425", "E0412", "E0405", "E0423", "E0599", "E0609", "E0560",
                       "E0574", "E0422", "E0531", "E0532"}) &&
         !was_configured_out(of.error);
}

std::string last_word(const Case& of) {
  auto segments = path_segments(missing_path(of.error));
  if (of.is_one_of({"E0609", "E0560"})) return quoted(of.error.message, of.error.code == "E0560" ? 1 : 0);
  return segments.empty() ? std::string() : segments.back();
}

// Bindings of the platform's C library differ from platform to platform without a note.
bool is_platform_bindings(const std::string& crate) { return crate == "libc"; }

// It is defined in the sources that the evidence keeps, behind a cfg that is off.
std::optional<Diagnosis> defined_but_off(const Case& of) {
  if (!is_looked_for(of)) return std::nullopt;
  auto word = last_word(of);
  if (word.empty()) return std::nullopt;
  auto segments = path_segments(missing_path(of.error));
  const auto* dependency = package_of_path(of, segments);
  bool method = of.is_one_of({"E0599", "E0609", "E0560"});
  std::vector<Place> places;
  if (dependency) {
    places = items_of(of.evidence, *dependency, word);
  } else {
    places = own_items(of, word);
    if (method && places.empty() && of.failure.about)
      for (const auto& [crate, id] : of.failure.about->resolved)
        if (const auto* package = of.evidence.metadata.by_id(id)) {
          auto more = items_of(of.evidence, *package, word);
          places.insert(places.end(), more.begin(), more.end());
        }
  }
  std::set<std::string> off;
  const Place* first = nullptr;
  for (const auto& place : places) {
    if (method && place.item.word != "fn" && place.item.word != "field" && place.item.word != "const")
      continue;
    auto gate = gate_that_is_off(of, place);
    if (!gate) return std::nullopt;  // one is compiled: it is missing for another reason
    off.insert(*gate);
    if (!first) first = &place;
  }
  if (off.empty()) return std::nullopt;
  auto predicate = off.size() == 1 ? parse_cfg(*off.begin()) : std::nullopt;
  bool outside = first->owner && first->owner != of.failure.about;
  if (outside && predicate && is_about_features(*predicate)) {
    auto features = features_off(*predicate, first->owner);
    if (features.size() == 1) {
      auto out = feature_of_dependency(of, *first->owner, features.front());
      out.evidence.push_back(place_item(*first));
      return out;
    }
  }
  std::vector<std::string> list(off.begin(), off.end());
  // Bindings of the platform's C library: rustc says nothing, the sources do.
  bool bindings = outside && is_platform_bindings(first->owner->name);
  auto cause = Cause::configured_out;
  if (bindings) cause = Cause::item_absent_on_platform;
  if (!outside && off.size() > 1) cause = Cause::no_body_for_platform;
  auto out = found(of, cause, bindings ? Confidence::certain : Confidence::likely);
  out.subject = subject_of(of);
  out.cfg = list.size() > 1 ? "any(" + join(list, ", ") + ")" : list.front();
  out.title = "`" + word + "` exists under #[cfg(" + out.cfg + ")] alone" +
              (outside ? " in `" + first->owner->name + "`" : "") + " and is used without it";
  out.evidence.push_back(place_item(*first));
  out.mends.push_back(gate_use(of.error, out.cfg));
  if (of.failure.foreign())
    for (auto& m : around_dependency(of.evidence, *of.failure.about, out.cfg))
      out.mends.push_back(std::move(m));
  return out;
}

std::optional<Diagnosis> absent_on_platform(const Case& of) {
  if (!is_looked_for(of)) return std::nullopt;
  auto path = missing_path(of.error);
  auto segments = path_segments(path);
  if (segments.size() < 2) return std::nullopt;
  bool bindings = std::any_of(segments.begin(), segments.end() - 1, is_platform_bindings);
  bool os = (segments[0] == "std" || segments[0] == "core") && segments[1] == "os";
  os = os || (segments.front() == "os" && of.error.code == "E0433");
  if (!bindings && !os) return std::nullopt;
  if (bindings && of.failure.about && !of.evidence.metadata.packages.empty() &&
      !of.evidence.metadata.dependency(*of.failure.about, "libc"))
    return std::nullopt;
  auto out = found(of, Cause::item_absent_on_platform, Confidence::likely);
  out.subject = path;
  out.title = "`" + (bindings ? std::string("libc") : std::string("std")) + "` has no `" + segments.back() +
              "` on " + of.evidence.cell.triple;
  auto system = of.evidence.cfg_value("target_os");
  out.mends.push_back(gate_use(of.error, "not(target_os = \"" + (system.empty() ? "…" : system) + "\")"));
  if (of.failure.foreign())
    for (auto& m : around_dependency(of.evidence, *of.failure.about,
                                     "not(target_os = \"" + (system.empty() ? "…" : system) + "\")"))
      out.mends.push_back(std::move(m));
  return out;
}

std::optional<Diagnosis> absent_in_version(const Case& of) {
  if (!is_looked_for(of) || of.is_one_of({"E0609", "E0560"})) return std::nullopt;
  auto path = missing_path(of.error);
  auto segments = path_segments(path);
  const auto* dependency = package_of_path(of, segments);
  std::string where;
  if (!dependency && of.error.code == "E0599") {
    // no method named `x` found for struct `dep::Type` / a span in the dependency's source
    for (const auto& span : of.error.spans)
      if (const auto* owner = owner_of(of.evidence, span.file);
          owner && owner != of.failure.about && !owner->source.empty())
        dependency = owner;
  }
  if (!dependency || dependency == of.failure.about) return std::nullopt;
  auto out = found(of, Cause::item_absent_in_version, Confidence::likely);
  // In the same workspace there are no versions to choose from.
  if (dependency->source.empty()) out.confidence = Confidence::guess;
  out.subject = path.empty() ? dependency->name : path;
  if (of.error.code == "E0599") out.subject = crate_name(dependency->name) + "::" + quoted(of.error.message);
  out.title = "`" + dependency->name + " " + dependency->version + "` has no `" +
              (segments.empty() ? quoted(of.error.message) : segments.back()) + "`";
  EvidenceItem lock;
  lock.kind = "lock";
  lock.file = "Cargo.lock";
  lock.text = dependency->name + " " + dependency->version;
  out.evidence.push_back(lock);
  if (of.failure.about)
    for (const auto& d : of.failure.about->dependencies)
      if (d.name == dependency->name) {
        out.evidence.push_back(manifest_item(of.evidence, *of.failure.about, d));
        // An exact requirement leaves no other version: the code for this platform is out of date.
        if (!d.requirement.starts_with('='))
          out.mends.push_back(
              mend(MendKind::pin, "cargo update -p " + d.name + "@" + dependency->version +
                                      " --precise …   # a version that has it; the manifest allows " +
                                      d.requirement));
        break;
      }
  out.mends.push_back(mend(MendKind::matrix, "lockfile: shipped   # or pins: {" + dependency->name + ": …}"));
  if (of.failure.foreign())
    for (auto& m : around_dependency(of.evidence, *of.failure.about, "")) out.mends.push_back(std::move(m));
  return out;
}

constexpr std::array<Rule, 6> table{gated_in_std,    gated_in_dependency, gated_here,
                                    defined_but_off, absent_on_platform,  absent_in_version};

}  // namespace

std::span<const Rule> item_rules() { return table; }

}  // namespace tripled::diagnosis
