// Items that rustc found configured out ("found an item that was configured out", with the span of the
// attribute).
#include "daemon/diagnosis/causes/items.h"

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
  if (const auto* source = of.sources.find(span.file)) {
    // The span lies on the predicate; `#[cfg(` can stand lines above.
    for (int from = span.line; from > span.line - 8 && from > 0; --from)
      for (const auto& gate : source->conditions(from, span.line))
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

bool is_of_std(const std::string& file) {
  return file.starts_with("library/") || contains(file, "/library/std/") ||
         contains(file, "/library/core/") || contains(file, "/library/alloc/");
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

bool declares(const Package& package, const std::string& feature) {
  if (package.features.count(feature)) return true;
  return std::any_of(package.dependencies.begin(), package.dependencies.end(), [&](const Dependency& d) {
    return d.optional && (d.rename.empty() ? d.name : d.rename) == feature;
  });
}

// The condition is about atomics that the triple lacks: no more than that is meant.
void settle_atomics(const Case& of, Diagnosis& out) {
  auto predicate = parse_cfg(out.cfg);
  if (!predicate) return;
  for (const auto& atom : cfg_atoms(*predicate))
    if (atom.name == "target_has_atomic" && !cfg_holds(cfg_text(atom), of.evidence, nullptr).value_or(true)) {
      out.cause = Cause::atomics_missing;
      out.cfg = cfg_text(atom);
    }
}

// std has it on other platforms, and the note says so.
std::optional<Diagnosis> gated_in_std(const Case& of) {
  if (!was_configured_out(of.error)) return std::nullopt;
  auto gates = noted_gates(of);
  std::erase_if(gates, [](const Noted& gate) { return !is_of_std(gate.file); });
  if (gates.empty()) return std::nullopt;
  auto out = found(of, Cause::configured_out, Confidence::certain);
  out.subject = missing_subject(of.error);
  // cannot find `windows` in `os`
  if (out.subject.starts_with("os::")) out.subject = "std::" + out.subject;
  for (const auto& gate : gates) {
    auto predicate = parse_cfg(gate.predicate);
    if (!predicate || gate.predicate == "doc") continue;
    out.cfg = cfg_text(without_doc(*predicate));
    settle_atomics(of, out);  // Arc and the modules of atomics
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
  out.subject = missing_subject(of.error);
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
    if (is_rustc_cfg(of.evidence, atom.name)) continue;
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
  auto path = missing_subject(of.error);
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
  out.cfg = variants ? any_cfg(list) : predicate ? cfg_text(*predicate) : join(list, "");
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

constexpr std::array<Rule, 3> table{gated_in_std, gated_in_dependency, gated_here};

}  // namespace

bool was_configured_out(const Diagnostic& error) {
  return std::any_of(error.notes.begin(), error.notes.end(),
                     [](const std::string& note) { return contains(note, "configured out"); }) ||
         std::any_of(error.spans.begin(), error.spans.end(), [](const Span& span) {
           return contains(span.label, "configured out") || span.label.starts_with("the item is gated");
         });
}

std::string nearest_manifest(const Evidence& evidence, const std::string& file) {
  for (auto slash = file.rfind('/'); slash != std::string::npos && slash > 0;
       slash = file.rfind('/', slash - 1))
    if (evidence.file(file.substr(0, slash) + "/Cargo.toml")) return file.substr(0, slash);
  return {};
}

const Package* owner_of(const Evidence& evidence, const std::string& file) {
  const Package* best = nullptr;
  std::size_t length = 0;
  auto nearest = nearest_manifest(evidence, file);
  for (const auto& package : evidence.metadata.packages) {
    auto dir = shown_directory(evidence, package);
    bool inside = dir.empty() ? package.member && nearest.empty() : file.starts_with(dir + "/");
    if (inside && (!best || dir.size() > length)) best = &package, length = dir.size();
  }
  return best;
}

std::string missing_subject(const Diagnostic& error) {
  auto path = missing_path(error);
  return path.empty() ? quoted(error.message) : path;
}

std::vector<std::string> features_off(const config::CfgPredicate& predicate, const Package* package) {
  std::vector<std::string> out, all;
  for (const auto& atom : cfg_atoms(predicate))
    if (atom.name == "feature") {
      all.push_back(atom.value);
      if (!package || !package->enabled.count(atom.value)) out.push_back(atom.value);
    }
  return out.empty() ? all : out;
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

std::span<const Rule> item_rules() { return table; }

}  // namespace tripled::diagnosis
