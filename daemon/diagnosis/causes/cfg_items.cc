// Items behind a cfg that is off here: `cfg!()` where an attribute was meant, cfg names that nothing sets,
// modules and functions without a variant for this platform, and gated items that are used all the same.
#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "daemon/diagnosis/causes/cfg.h"
#include "daemon/diagnosis/causes/cfg_macro.h"
#include "daemon/diagnosis/causes/mends.h"
#include "daemon/diagnosis/causes/places.h"
#include "daemon/diagnosis/causes/rules.h"
#include "daemon/diagnosis/causes/rust_source.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

bool is_unresolved(const Case& of) {
  return of.is_one_of({"E0432", "E0433", "E0425", "E0412", "E0405", "E0404", "E0423", "E0531", "E0532",
                       "E0574", "E0422", "E0573", "E0599", "E0560", "E0609", "E0026", "E0407"});
}

// `if cfg!(windows) { … }`: the branch is compiled on every platform.
std::optional<Diagnosis> macro_for_attribute(const Case& of) {
  if (!of.in_source() || of.error.code.empty()) return std::nullopt;
  if (!is_unresolved(of) && !of.is_one_of({"E0308", "E0061", "E0277"})) return std::nullopt;
  const auto* source = of.sources.find(of.error.file);
  if (!source) return std::nullopt;
  auto gates = source->gates(of.error.line, of.error.column);
  auto gate = std::find_if(gates.rbegin(), gates.rend(), [](const Gate& g) { return g.macro; });
  std::optional<Gate> other;
  if (gate == gates.rend()) {
    other = deciding_macro(*of.evidence.file(of.error.file), *source, of.error.line, of.error.column);
    if (!other) return std::nullopt;
    gates = {*other};
    gate = gates.rbegin();
  }
  auto holds = cfg_holds(gate->predicate, of.evidence, of.failure.about);
  if (holds.value_or(true)) return std::nullopt;  // the branch is meant for this platform
  // Certain where it is a platform's: a name that no platform has fails in the same way.
  auto path = missing_path(of.error);
  bool gone = contains(words_of(of.error), "configured out") || contains_any(path, {"os::", "libc::"});
  auto out = found(of, Cause::cfg_macro_for_attribute, gone ? Confidence::certain : Confidence::likely);
  out.cfg = gate->predicate;
  out.subject = missing_path(of.error);
  out.title = "`cfg!(" + gate->predicate + ")` compiles its branch on every platform; #[cfg] leaves it out";
  Span at;
  at.file = of.error.file;
  at.line = gate->line;
  out.evidence.push_back(span_item(at, "cfg!(" + gate->predicate + ")"));
  out.mends.push_back(mend(MendKind::rust, of.error.file + ":" + std::to_string(gate->line) + ": #[cfg(" +
                                               gate->predicate + ")] { … } and #[cfg(not(" + gate->predicate +
                                               "))] { … } in the place of `cfg!(" + gate->predicate + ")`"));
  return out;
}

// The lint, denied: rustc itself says that nothing can set it.
std::optional<Diagnosis> unexpected_cfg(const Case& of) {
  if (of.error.code != "unexpected_cfgs") return std::nullopt;
  auto out = found(of, Cause::unknown_cfg, Confidence::certain);
  out.subject = quoted(of.error.message, 1);
  if (out.subject.empty()) out.subject = quoted(of.error.message);
  out.title = of.error.message;
  for (const auto& note : of.error.notes)
    if (contains_any(note, {"expected values for", "expected names are", "similar name"}))
      out.evidence.push_back({"message", "", 0, 0, note.substr(0, 300)});
  if (contains(words_of(of.error), "as a feature in `Cargo.toml`"))
    out.mends.push_back(mend(MendKind::manifest, "[features]\n" + out.subject + " = []"));
  else
    out.mends.push_back(mend(MendKind::manifest,
                             "[lints.rust]\nunexpected_cfgs = { level = \"warn\", check-cfg = "
                             "['cfg(" +
                                 out.subject + ")'] }   # if it is meant; else mend its spelling"));
  return out;
}

// --- no variant for this platform

Diagnosis no_body(const Case& of, Confidence confidence, std::string subject,
                  const std::vector<std::string>& cfgs) {
  auto out = found(of, Cause::no_body_for_platform, confidence);
  out.subject = std::move(subject);
  std::set<std::string> distinct(cfgs.begin(), cfgs.end());
  std::vector<std::string> list(distinct.begin(), distinct.end());
  if (list.size() == 1) out.cfg = list.front();
  if (list.size() > 1) out.cfg = any_cfg(list);
  // Long lists are for the evidence.
  auto others = list.size() > 3 ? std::to_string(list.size()) + " other platforms" : out.cfg;
  out.title = "`" + out.subject + "` has no variant for " + of.evidence.cell.triple +
              (others.empty() ? "" : ": there is one for " + others);
  out.mends.push_back(
      mend(MendKind::rust, of.error.file + ":" + std::to_string(of.error.line) + ": add a variant for " +
                               (out.cfg.empty() ? "the other platforms" : "#[cfg(not(" + out.cfg + "))]")));
  if (of.failure.foreign())
    for (auto& m : around_dependency(of.evidence, *of.failure.about, out.cfg))
      out.mends.push_back(std::move(m));
  else
    out.mends.push_back(matrix_exclude(of.evidence, "no variant of `" + out.subject + "`"));
  return out;
}

// A module of the crate, declared under cfg alone, none of which holds: rustc takes it for a crate.
std::optional<Diagnosis> module_gone(const Case& of) {
  if (!of.is_one_of({"E0432", "E0433"}) || !of.in_source()) return std::nullopt;
  auto segments = path_segments(missing_path(of.error));
  if (segments.empty()) return std::nullopt;
  auto name = segments.front();
  for (std::size_t i = 0; i + 1 < segments.size() && (name == "crate" || name == "self" || name == "super");
       ++i)
    name = segments[i + 1];
  std::vector<std::string> cfgs;
  std::vector<EvidenceItem> items;
  auto places = own_items(of, name);
  std::erase_if(places, [](const Place& place) { return place.item.word != "mod"; });
  // The same name elsewhere is another module.
  bool beside = std::any_of(places.begin(), places.end(),
                            [&](const Place& place) { return place.file == of.error.file; });
  if (beside) std::erase_if(places, [&](const Place& place) { return place.file != of.error.file; });
  for (const auto& place : places) {
    // rustc says that none is there: where it is not known, that is why.
    auto off = gate_that_is_off(of, place, true);
    if (!off) return std::nullopt;
    cfgs.push_back(*off);
    items.push_back(place_item(place));
  }
  if (cfgs.empty()) return std::nullopt;
  bool one = cfgs.size() == 1;
  auto out = no_body(of, Confidence::certain, name, cfgs);
  // A single one that is on elsewhere: the use lacks the attribute that the module has.
  if (one) {
    out.cause = Cause::configured_out;
    out.title =
        "module `" + name + "` exists under #[cfg(" + cfgs.front() + ")] alone and is used without it";
    out.mends.clear();
    out.mends.push_back(gate_use(of.error, cfgs.front()));
  }
  out.evidence.insert(out.evidence.end(), items.begin(), items.end());
  return out;
}

// A name that `use … as name` or a `let` brings in, each under a cfg, none of which holds.
std::optional<Diagnosis> binding_gone(const Case& of) {
  if (!of.is_one_of({"E0433", "E0425", "E0412", "E0432"}) || !of.in_source()) return std::nullopt;
  const auto* source = of.sources.find(of.error.file);
  const auto* text = of.evidence.file(of.error.file);
  auto segments = path_segments(missing_path(of.error));
  if (!source || !text || segments.empty()) return std::nullopt;
  auto name = segments.front();
  if (!own_items(of, name).empty()) return std::nullopt;
  auto [from, to] = source->around(of.error.line, of.error.column);
  auto lines = static_cast<int>(std::count(text->begin(), text->end(), '\n')) + 1;
  std::set<std::string> cfgs;
  std::vector<EvidenceItem> items;
  for (int i = 1; i <= lines; ++i) {
    auto line = source->line(i);
    if (i == of.error.line || !has_word(line, name)) continue;
    bool bound = i >= from && i <= to && (contains(line, "let " + name) || contains(line, "let mut " + name));
    bool imported =
        has_word(line, "use") && (contains(line, " as " + name + ";") || contains(line, "::" + name + ";"));
    if (!bound && !imported) continue;
    Place place{of.error.file,
                {i, static_cast<int>(line.find(name)) + 1, std::string(trim(line)), {}, {}},
                of.failure.about};
    auto off = gate_that_is_off(of, place, true);
    if (!off) return std::nullopt;
    cfgs.insert(*off);
    items.push_back(place_item(place));
  }
  if (cfgs.empty()) return std::nullopt;
  auto out = no_body(of, Confidence::likely, name, {cfgs.begin(), cfgs.end()});
  auto all = parse_cfg(out.cfg);
  if (all && is_about_features(*all)) {
    out.cause = Cause::feature_combination;
    out.title = "`" + name + "` is there for features that are all off: " + out.cfg;
    out.mends = {mend(MendKind::matrix, "features: […]   # so that " + out.cfg + " holds")};
  } else if (cfgs.size() == 1) {
    out.cause = Cause::configured_out;
    out.title = "`" + name + "` exists under #[cfg(" + out.cfg + ")] alone and is used without it";
    out.mends = {gate_use(of.error, out.cfg)};
  }
  out.evidence.insert(out.evidence.end(), items.begin(), items.end());
  return out;
}

// Two definitions of one name, each behind a feature, and both features are on (E0428).
std::optional<Diagnosis> defined_by_features(const Case& of) {
  if (of.error.code != "E0428" && of.error.code != "E0255") return std::nullopt;
  auto spans = of.error.spans;
  std::sort(spans.begin(), spans.end(),
            [](const Span& a, const Span& b) { return std::tie(a.file, a.line) < std::tie(b.file, b.line); });
  std::vector<std::string> cfgs;  // in the order of the source
  Diagnosis out = found(of, Cause::feature_combination, Confidence::likely);
  for (const auto& span : spans) {
    for (const auto& gate : of.sources.gates(span.file, span.line, span.column)) {
      auto predicate = parse_cfg(gate.predicate);
      if (gate.macro || !predicate || !is_about_features(*predicate)) continue;
      auto text = normal_cfg(gate.predicate);
      if (std::find(cfgs.begin(), cfgs.end(), text) != cfgs.end()) continue;
      cfgs.push_back(text);
      out.evidence.push_back(span_item(span, "#[cfg(" + text + ")]"));
    }
  }
  if (cfgs.size() < 2) return std::nullopt;
  out.subject = quoted(of.error.message);
  out.cfg = "all(" + join(cfgs, ", ") + ")";
  out.title =
      "`" + out.subject + "` is defined once for each of several features, and all are on: " + out.cfg;
  out.mends.push_back(mend(MendKind::matrix, "features: […]   # one of them alone"));
  return out;
}

// `mod sys;` whose file is chosen by cfg_attr(…, path = …), for other platforms alone.
std::optional<Diagnosis> file_gone(const Case& of) {
  if (of.error.code != "E0583") return std::nullopt;
  const auto* source = of.sources.find(of.error.file);
  if (!source) return std::nullopt;
  std::vector<std::string> cfgs;
  for (const auto& gate : source->conditions(std::max(1, of.error.line - 8), of.error.line)) {
    auto path = gate.predicate.find("path =");
    if (path == std::string::npos) path = gate.predicate.find("path=");
    if (path == std::string::npos) continue;
    auto predicate = std::string(trim(std::string_view(gate.predicate).substr(0, path)));
    if (predicate.ends_with(',')) predicate.pop_back();
    if (cfg_holds(predicate, of.evidence, of.failure.about).value_or(false)) return std::nullopt;
    cfgs.push_back(normal_cfg(predicate));
  }
  if (cfgs.empty()) return std::nullopt;
  auto out = no_body(of, Confidence::certain, quoted(of.error.message), cfgs);
  return out;
}

std::optional<Diagnosis> select_without_branch(const Case& of) {
  if (!of.error.code.empty() || !of.in_source()) return std::nullopt;
  if (!contains(of.error.message, "cfg_select") || !contains(of.error.message, "predicates"))
    return std::nullopt;
  return no_body(of, Confidence::certain, "cfg_select!", {});
}

// A function whose every body is behind a cfg: nothing is left to return, or a variable is never set.
std::optional<Diagnosis> empty_body(const Case& of) {
  bool nothing = of.error.code == "E0308" &&
                 std::any_of(of.error.spans.begin(), of.error.spans.end(),
                             [](const Span& s) { return contains(s.label, "implicitly returns `()`"); });
  bool unset = of.error.code == "E0381";
  if (!nothing && !unset) return std::nullopt;
  const auto* source = of.sources.find(of.error.file);
  if (!source) return std::nullopt;
  auto [from, to] = source->around(of.error.line, of.error.column);
  std::vector<std::string> cfgs;
  for (const auto& gate : source->conditions(from, to)) {
    if (gate.macro || contains(gate.predicate, "path =")) continue;
    auto holds = cfg_holds(gate.predicate, of.evidence, of.failure.about);
    if (!holds || *holds) return std::nullopt;
    cfgs.push_back(normal_cfg(gate.predicate));
  }
  if (cfgs.empty()) return std::nullopt;
  auto name = unset ? quoted(of.error.message) : function_name(*source, from, to);
  return no_body(of, nothing ? Confidence::certain : Confidence::likely, name, cfgs);
}

// A trait's method or an enum's variant whose counterpart is behind a cfg.
std::optional<Diagnosis> member_gone(const Case& of) {
  if (!of.is_one_of({"E0046", "E0004"})) return std::nullopt;
  auto name = quoted(of.error.message);
  auto segments = path_segments(name);
  if (segments.empty()) return std::nullopt;
  auto word = segments.back().substr(0, segments.back().find_first_of("({ "));
  std::vector<std::string> cfgs;
  for (const auto& place : own_items(of, word)) {
    auto gates = place_gates(of, place);
    for (const auto& gate : gates) {
      auto predicate = parse_cfg(gate.predicate);
      if (predicate) cfgs.push_back(normal_cfg(gate.predicate));
    }
  }
  if (cfgs.empty()) return std::nullopt;
  auto out = no_body(of, Confidence::likely, word, cfgs);
  out.title = "`" + word + "` is there under " + out.cfg + "; its counterpart does not follow the same cfg";
  return out;
}

constexpr std::array<Rule, 9> table{macro_for_attribute,   unexpected_cfg, module_gone,
                                    binding_gone,          file_gone,      defined_by_features,
                                    select_without_branch, empty_body,     member_gone};

}  // namespace

std::span<const Rule> cfg_rules() { return table; }

}  // namespace tripled::diagnosis
