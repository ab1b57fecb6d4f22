// Items that are not there and of which rustc does not say why: methods, fields, items of modules that are
// gone as a whole. The sources of the evidence tell: behind a cfg, on no such platform, in no such version.
#include <algorithm>
#include <array>
#include <set>

#include "daemon/diagnosis/causes/cfg.h"
#include "daemon/diagnosis/causes/items.h"
#include "daemon/diagnosis/causes/mends.h"
#include "daemon/diagnosis/causes/places.h"
#include "daemon/diagnosis/causes/rules.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

// The package that the path begins with, or the type's methods are looked for in: of a dependency's name.
const Package* package_of_path(const Case& of, const std::vector<std::string>& segments) {
  if (!of.failure.about || segments.empty()) return nullptr;
  for (const auto& segment : segments)
    if (const auto* package = of.evidence.metadata.dependency(*of.failure.about, segment)) return package;
  return nullptr;
}

// rustc has no codes for macros: cannot find macro `m` / derive macro `M` / attribute `a` in this scope.
bool is_macro(const Diagnostic& error) {
  return error.code.empty() && !error.file.empty() && error.message.starts_with("cannot find ") &&
         contains(error.message, "macro `");
}

bool is_looked_for(const Case& of) {
  if (is_macro(of.error)) return !was_configured_out(of.error);
  return of.is_one_of({"E0432", "E0433", "E0425", "E0412", "E0405", "E0423", "E0599", "E0609", "E0560",
                       "E0574", "E0422", "E0531", "E0532"}) &&
         !was_configured_out(of.error);
}

std::string last_word(const Case& of) {
  auto segments = path_segments(missing_path(of.error));
  if (is_macro(of.error)) return quoted(of.error.message);
  if (of.is_one_of({"E0609", "E0560"})) return quoted(of.error.message, of.error.code == "E0560" ? 1 : 0);
  return segments.empty() ? std::string() : segments.back();
}

// Bindings of the platform's C library differ from platform to platform without a note.
bool is_platform_bindings(const std::string& crate) { return crate == "libc"; }

// Definitions that can be meant: of the dependency that the path names, else the package's own; of a method
// or field those of any dependency.
std::vector<Place> candidates(const Case& of, const std::string& word) {
  if (const auto* dependency = package_of_path(of, path_segments(missing_path(of.error))))
    return items_of(of, *dependency, word);
  auto out = own_items(of, word);
  bool member = of.is_one_of({"E0599", "E0609", "E0560"});
  if (member && out.empty() && of.failure.about)
    for (const auto& [crate, id] : of.failure.about->resolved)
      if (const auto* package = of.evidence.metadata.by_id(id)) {
        auto more = items_of(of, *package, word);
        out.insert(out.end(), more.begin(), more.end());
      }
  if (member)
    std::erase_if(out, [](const Place& place) {
      return place.item.word != "fn" && place.item.word != "field" && place.item.word != "const";
    });
  return out;
}

// It is defined in the sources that the evidence keeps, behind a cfg that is off.
std::optional<Diagnosis> defined_but_off(const Case& of) {
  if (!is_looked_for(of)) return std::nullopt;
  auto word = last_word(of);
  if (word.empty()) return std::nullopt;
  auto places = candidates(of, word);
  std::set<std::string> off;
  bool open = false;  // what a build script decided is not known
  const Place* first = nullptr;
  for (const auto& place : places) {
    auto gate = gate_that_is_off(of, place);
    if (!gate) {
      gate = gate_that_is_off(of, place, true);
      open = true;
    }
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
      out.confidence = open ? Confidence::guess : Confidence::likely;  // by its name alone
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
  auto confidence = bindings ? Confidence::certain : Confidence::likely;
  auto out = found(of, cause, open ? Confidence::guess : confidence);
  out.subject = missing_subject(of.error);
  out.cfg = any_cfg(list);
  out.title = "`" + word + "` exists under #[cfg(" + out.cfg + ")] alone" +
              (outside ? " in `" + first->owner->name + "`" : "") + " and is used without it";
  out.evidence.push_back(place_item(*first));
  out.mends.push_back(gate_use(of.error, out.cfg));
  if (of.failure.foreign())
    for (auto& m : around_dependency(of.evidence, *of.failure.about, out.cfg))
      out.mends.push_back(std::move(m));
  return out;
}

// `use libc::*;`: an unknown name can be one of its, and need not.
std::optional<Diagnosis> by_glob(const Case& of, const std::string& name) {
  const auto* text = of.evidence.file(of.error.file);
  if (!text || !contains(*text, "use libc::*") || !of.failure.about || of.error.code == "E0599" ||
      !of.evidence.metadata.dependency(*of.failure.about, "libc") || !own_items(of, name).empty())
    return std::nullopt;
  auto out = found(of, Cause::item_absent_on_platform, Confidence::guess);
  out.subject = "libc::" + name;
  out.title = "`" + name + "`, perhaps of libc, does not exist on " + of.evidence.cell.triple;
  out.mends.push_back(gate_use(of.error, "not(target_os = \"" + of.evidence.cfg_value("target_os") + "\")"));
  return out;
}

std::optional<Diagnosis> absent_on_platform(const Case& of) {
  if (!is_looked_for(of)) return std::nullopt;
  auto path = missing_path(of.error);
  auto segments = path_segments(path);
  if (segments.size() == 1) return by_glob(of, segments.front());
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

// The type whose method or field is missing, its name alone: `&Foo<u8>`, `dep::Foo` -> Foo.
std::string type_of_member(const Diagnostic& error) {
  std::string type;
  if (error.code == "E0599" || error.code == "E0609") type = quoted(error.message, 1);
  if (error.code == "E0560") type = quoted(error.message);
  type = replace_all(replace_all(type, "&", ""), "mut ", "");
  type = type.substr(0, type.find('<'));
  auto last = type.rfind("::");
  return last == std::string::npos ? type : type.substr(last + 2);
}

// The dependency that the failing package's code takes the type from: `dep::Type`, `use dep::{Type, …}`.
const Package* owner_of_type(const Case& of, const std::string& type) {
  if (!of.failure.about || type.empty() || !own_items(of, type).empty()) return nullptr;
  const Package* found = nullptr;
  for (const auto& [file, text] : of.evidence.files) {
    if (!file.ends_with(".rs") || owner_of(of.evidence, file) != of.failure.about) continue;
    for (const auto& line : split(text, '\n'))
      for (const auto& [crate, id] : of.failure.about->resolved) {
        if (!has_word(line, type) || !has_word(line, crate) || !contains(line, crate + "::")) continue;
        const auto* package = of.evidence.metadata.by_id(id);
        if (found && package != found) return nullptr;  // two can be meant
        found = package;
      }
  }
  return found;
}

// A method or field of a dependency's type that a feature brings, and the manifest asks for features of it on
// other platforms alone.
std::optional<Diagnosis> feature_elsewhere(const Case& of) {
  if (!is_looked_for(of) || !of.failure.about) return std::nullopt;
  const auto* dependency = owner_of_type(of, type_of_member(of.error));
  if (!dependency) return std::nullopt;
  for (const auto& d : of.failure.about->dependencies) {
    bool asks = d.name == dependency->name && !d.features.empty() && !d.target.empty();
    if (!asks || platform_holds(d.target, of.evidence).value_or(true)) continue;
    // What is on here cannot be asked: `cargo metadata` counts what another platform's table asks for.
    auto out = feature_of_dependency(of, *dependency, d.features.front());
    out.confidence = Confidence::likely;
    return out;
  }
  return std::nullopt;
}

std::optional<Diagnosis> absent_in_version(const Case& of) {
  if (!is_looked_for(of)) return std::nullopt;
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
  bool by_type = !dependency && of.is_one_of({"E0599", "E0609", "E0560"});
  if (by_type) dependency = owner_of_type(of, type_of_member(of.error));
  // Code of the same sources has one version.
  if (by_type && dependency && dependency->source.empty()) return std::nullopt;
  if (!dependency || dependency == of.failure.about) return std::nullopt;
  auto out = found(of, Cause::item_absent_in_version, Confidence::likely);
  // In the same workspace there are no versions to choose from.
  if (dependency->source.empty()) out.confidence = Confidence::guess;
  out.subject = path.empty() ? dependency->name : path;
  if (of.error.code == "E0609" || of.error.code == "E0560")
    out.subject = crate_name(dependency->name) + "::" + type_of_member(of.error) + "::" + last_word(of);
  if (of.error.code == "E0599") out.subject = crate_name(dependency->name) + "::" + quoted(of.error.message);
  out.title = "`" + dependency->name + " " + dependency->version + "` has no `" +
              (segments.empty() ? last_word(of) : segments.back()) + "`";
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

// `impl T for S` behind a cfg that is off: E0277, the trait bound `S: T` is not satisfied.
std::optional<Diagnosis> impl_is_off(const Case& of) {
  if (of.error.code != "E0277") return std::nullopt;
  auto bound = quoted(of.error.message);
  auto colon = bound.find(": ");
  if (colon == std::string::npos) return std::nullopt;
  auto name = [](std::string text) {
    text = text.substr(0, text.find('<'));
    auto last = text.rfind("::");
    return last == std::string::npos ? replace_all(text, "&", "") : text.substr(last + 2);
  };
  auto type = name(bound.substr(0, colon)), trait = name(bound.substr(colon + 2));
  for (const auto& [file, text] : of.evidence.files) {
    if (owner_of(of.evidence, file) != of.failure.about || !file.ends_with(".rs") || !contains(text, trait))
      continue;
    const auto* source = of.sources.find(file);
    auto lines = static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1;
    for (int i = 1; i <= lines; ++i) {
      auto line = source->line(i);
      if (!contains(line, "impl") || !contains(line, " for ") || !has_word(line, trait) ||
          !has_word(line, type))
        continue;
      Place place{file, {i, static_cast<int>(line.find("impl")) + 1, "impl", {}, {}}, of.failure.about};
      place.item.gates = source->gates(place.item.line, place.item.column);
      auto off = gate_that_is_off(of, place);
      if (!off) continue;
      auto out = found(of, Cause::configured_out, Confidence::likely);
      out.subject = "impl " + trait + " for " + type;
      out.cfg = *off;
      out.title = "`" + out.subject + "` exists under #[cfg(" + *off + ")] alone and is relied on without it";
      out.evidence.push_back(place_item(place));
      out.mends.push_back(gate_use(of.error, *off));
      return out;
    }
  }
  return std::nullopt;
}

// A field of one of libc's structs that this platform's lacks.
std::optional<Diagnosis> field_absent(const Case& of) {
  if (!of.is_one_of({"E0609", "E0560"}) || was_configured_out(of.error)) return std::nullopt;
  bool initial = of.error.code == "E0560";
  auto type = quoted(of.error.message, initial ? 0 : 1), name = quoted(of.error.message, initial ? 1 : 0);
  bool bindings = contains(type, "libc::");
  for (const auto& span : of.error.spans) bindings = bindings || span.file.starts_with("libc-");
  if (!bindings) return std::nullopt;
  auto out = found(of, Cause::item_absent_on_platform, Confidence::likely);
  auto last = type.rfind("::");
  out.subject = "libc::" + (last == std::string::npos ? type : type.substr(last + 2)) + "::" + name;
  out.title = "`" + out.subject + "` is no field on " + of.evidence.cell.triple;
  out.mends.push_back(gate_use(of.error, "not(target_os = \"" + of.evidence.cfg_value("target_os") + "\")"));
  return out;
}

constexpr std::array<Rule, 6> table{impl_is_off,       field_absent,       defined_but_off,
                                    feature_elsewhere, absent_on_platform, absent_in_version};

}  // namespace

std::span<const Rule> absent_rules() { return table; }

}  // namespace tripled::diagnosis
