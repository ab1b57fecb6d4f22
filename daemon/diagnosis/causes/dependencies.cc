// A crate that the code uses and cargo did not hand to it: declared under another cfg, for tests alone,
// optional, or not at all. rustc says the same of all four; `cargo metadata` tells them apart.
#include <algorithm>
#include <array>

#include "daemon/diagnosis/causes/cfg.h"
#include "daemon/diagnosis/causes/mends.h"
#include "daemon/diagnosis/causes/places.h"
#include "daemon/diagnosis/causes/rules.h"
#include "daemon/diagnosis/causes/rust_source.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

// The first word of the path that is no crate and no module. Labels: rustc 1.85 and newer "use of unresolved
// module or unlinked crate `x`", older "use of undeclared crate or module `x`", "maybe a missing crate `x`?",
// "you might be missing crate `x`".
std::string missing_crate(const Case& of) {
  if (of.error.code == "E0463") return quoted(of.error.message);
  if (!of.is_one_of({"E0432", "E0433"})) return {};
  for (const auto& span : of.error.spans) {
    if (!span.primary) continue;
    if (contains_any(span.label, {"unlinked crate", "undeclared crate", "missing crate"}))
      return quoted(span.label);
  }
  if (contains_any(of.error.message, {"unlinked crate", "undeclared crate"})) return quoted(of.error.message);
  return {};
}

// The innermost platform condition under which the use is compiled; empty: everywhere.
std::string use_condition(const Case& of) {
  std::string out;
  for (const auto& gate : of.sources.gates(of.error.file, of.error.line, of.error.column)) {
    auto predicate = parse_cfg(gate.predicate);
    if (!predicate || gate.macro || is_about_features(*predicate)) continue;
    auto text = cfg_text(*predicate);
    if (text == "test" || contains(text, "feature =")) continue;
    out = text;
  }
  return out;
}

Diagnosis undeclared(const Case& of, Confidence confidence, const std::string& crate, std::string title) {
  auto out = found(of, Cause::dependency_not_declared, confidence);
  out.subject = crate;
  out.title = std::move(title);
  return out;
}

void add_ways(const Case& of, Diagnosis& out) {
  if (!of.failure.foreign()) return;
  for (auto& m : around_dependency(of.evidence, *of.failure.about, out.cfg))
    out.mends.push_back(std::move(m));
}

bool is_test_code(const Failure& failure) {
  return failure.harness || failure.kind == "test" || failure.kind == "example" || failure.kind == "bench";
}

// A build script sees [build-dependencies] and nothing else.
bool is_script_code(const Case& of) {
  if (of.failure.kind == "custom-build") return true;
  if (!of.failure.about) return false;
  auto dir = shown_directory(of.evidence, *of.failure.about);
  for (const auto& target : of.failure.about->targets)
    if (target.kind == "custom-build" && !of.error.file.empty() &&
        target.src_path.ends_with("/" + of.error.file) &&
        target.src_path == of.failure.about->directory() + "/" +
                               (dir.empty() || !of.error.file.starts_with(dir + "/")
                                    ? of.error.file
                                    : of.error.file.substr(dir.size() + 1)))
      return true;
  return false;
}

// In a manifest `new = { package = "old" }` hands the crate over as `new`; `old` is no name any more.
std::optional<Diagnosis> renamed(const Case& of, const std::string& crate) {
  const Dependency* other = nullptr;
  for (const auto& d : of.failure.about->dependencies) {
    if (d.crate() == crate) return std::nullopt;
    if (!d.rename.empty() && crate_name(d.name) == crate) other = &d;
  }
  if (!other) return std::nullopt;
  auto out = undeclared(of, Confidence::certain, crate,
                        "`" + crate + "` is declared as `" + other->rename + "` and used by its own name");
  out.evidence.push_back(manifest_item(of.evidence, *of.failure.about, *other));
  out.mends.push_back(mend(MendKind::rust, of.error.file + ":" + std::to_string(of.error.line) + ": `" +
                                               other->crate() + "` in the place of `" + crate + "`"));
  add_ways(of, out);
  return out;
}

Diagnosis for_other_platforms(const Case& of, const std::string& crate,
                              const std::vector<const Dependency*>& declared) {
  std::vector<std::string> cfgs, targets;
  for (const auto* d : declared) {
    auto predicate = parse_cfg(d->target);
    cfgs.push_back(predicate && d->target.starts_with("cfg(") ? cfg_text(*predicate) : d->target);
    targets.push_back(d->target);
  }
  std::sort(cfgs.begin(), cfgs.end());
  std::sort(targets.begin(), targets.end());
  auto out = undeclared(of, Confidence::certain, crate,
                        "`" + crate + "` is declared for " + join(targets, ", ") + " alone and used on " +
                            of.evidence.cell.triple);
  out.cfg = cfgs.size() > 1 ? any_cfg(cfgs) : cfgs.front();
  for (const auto* d : declared) out.evidence.push_back(manifest_item(of.evidence, *of.failure.about, *d));
  out.mends.push_back(
      declare_dependency(of.evidence, *of.failure.about, *declared.front(), use_condition(of)));
  out.mends.push_back(gate_use(of.error, out.cfg));
  add_ways(of, out);
  return out;
}

std::string without_caret(std::string requirement) {
  return requirement.starts_with('^') ? requirement.substr(1) : requirement;
}

// Another package of the graph that knows its requirement.
std::string requirement_of(const Evidence& evidence, const std::string& crate) {
  for (const auto& package : evidence.metadata.packages)
    for (const auto& d : package.dependencies)
      if (crate_name(d.name) == crate && !d.source.empty()) return without_caret(d.requirement);
  return {};
}

std::optional<Diagnosis> not_handed(const Case& of) {
  auto crate = missing_crate(of);
  if (crate.empty() || crate == "std" || crate == "core" || crate == "alloc" || crate == "test")
    return std::nullopt;
  if (!of.failure.about) {
    if (!of.evidence.metadata.packages.empty() || of.error.code == "E0463") return std::nullopt;
    return undeclared(of, Confidence::guess, crate, "`" + crate + "` is used and not declared");
  }
  if (auto out = renamed(of, crate)) return out;
  bool script = is_script_code(of);
  std::vector<const Dependency*> elsewhere;
  const Dependency *for_tests = nullptr, *for_scripts = nullptr, *optional = nullptr, *plain = nullptr,
                   *for_all = nullptr;
  for (const auto& d : of.failure.about->dependencies) {
    if (d.crate() != crate && crate_name(d.name) != crate) continue;
    bool here = d.target.empty() || platform_holds(d.target, of.evidence).value_or(true);
    if (!here && d.kind == "normal") elsewhere.push_back(&d);
    if (here && d.kind == "dev") for_tests = &d;
    if (here && d.kind == "build" && !script) for_scripts = &d;
    if (here && d.kind == (script ? "build" : "normal")) (d.optional ? optional : plain) = &d;
    if (here && script && d.kind == "normal") for_all = &d;
    if (!here && d.kind == "dev" && is_test_code(of.failure)) elsewhere.push_back(&d);
  }
  if (plain || (is_test_code(of.failure) && for_tests && !optional))
    return std::nullopt;  // it was handed over
  if (optional) {
    auto feature = optional->rename.empty() ? optional->name : optional->rename;
    auto out = found(of, Cause::feature_combination, Confidence::certain);
    out.subject = crate;
    out.cfg = "feature = \"" + feature + "\"";
    out.title = "`" + crate + "` is optional, its feature is off here, and the code uses it all the same";
    out.evidence.push_back(manifest_item(of.evidence, *of.failure.about, *optional));
    out.mends.push_back(gate_use(of.error, out.cfg));
    out.mends.push_back(mend(MendKind::matrix, "features: [" + feature + "]"));
    add_ways(of, out);
    return out;
  }
  if (!elsewhere.empty()) return for_other_platforms(of, crate, elsewhere);
  if (const auto* other = for_all ? for_all : for_tests ? for_tests : for_scripts) {
    auto table = (other->kind == "normal" ? std::string() : other->kind + "-") + "dependencies";
    auto user = script ? std::string("build-script-build") : of.failure.target;
    auto out = undeclared(of, Confidence::certain, crate,
                          "`" + crate + "` is declared in [" + table + "] alone and used in `" + user + "`");
    out.target = user;
    out.evidence.push_back(manifest_item(of.evidence, *of.failure.about, *other));
    if (script)
      out.mends.push_back(mend(MendKind::manifest, "[build-dependencies]\n" + other->name + " = \"" +
                                                       without_caret(other->requirement) + "\""));
    else
      out.mends.push_back(
          add_dependency(of.evidence, *of.failure.about, other->name, other->requirement, use_condition(of)));
    add_ways(of, out);
    return out;
  }
  // Neither declared nor a module: a name that the lock knows is a crate; any other can be a slip.
  auto locked = requirement_of(of.evidence, crate);
  bool known = !locked.empty() || contains(of.evidence.lock, "name = \"" + crate + "\"") ||
               contains(of.evidence.lock, "name = \"" + replace_all(crate, "_", "-") + "\"");
  if (!own_items(of, crate).empty()) return std::nullopt;
  auto out = undeclared(
      of, known || of.error.code == "E0463" ? Confidence::likely : Confidence::guess, crate,
      "`" + crate + "` is used and not declared in " + manifest_file(of.evidence, *of.failure.about));
  out.mends.push_back(add_dependency(of.evidence, *of.failure.about, crate, locked, use_condition(of)));
  add_ways(of, out);
  return out;
}

constexpr std::array<Rule, 1> table{not_handed};

}  // namespace

std::span<const Rule> dependency_rules() { return table; }

}  // namespace tripled::diagnosis
