#include "daemon/diagnosis/causes/cfg.h"

#include <algorithm>
#include <array>
#include <set>

#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

using config::CfgPredicate;
using Kind = config::CfgPredicate::Kind;

void add_atoms(const CfgPredicate& predicate, std::vector<CfgPredicate>& out) {
  if (predicate.kind == Kind::name || predicate.kind == Kind::name_value) out.push_back(predicate);
  for (const auto& child : predicate.children) add_atoms(child, out);
}

std::string list_of(const std::vector<CfgPredicate>& children) {
  std::vector<std::string> texts;
  for (const auto& child : children) texts.push_back(cfg_text(child));
  return "(" + join(texts, ", ") + ")";
}

}  // namespace

std::optional<CfgPredicate> parse_cfg(std::string_view text) {
  text = trim(text);
  auto whole = text.starts_with("cfg(") ? std::string(text) : "cfg(" + std::string(text) + ")";
  for (char& c : whole)
    if (c == '\n' || c == '\t' || c == '\r') c = ' ';
  auto parsed = config::parse_expr(whole, "cfg");
  if (!parsed) return std::nullopt;
  const auto* test = std::get_if<config::CfgTest>(&parsed->root().form);
  if (!test) return std::nullopt;
  return test->predicate;
}

std::string cfg_text(const CfgPredicate& predicate) {
  switch (predicate.kind) {
    case Kind::all:
      return "all" + list_of(predicate.children);
    case Kind::any:
      return "any" + list_of(predicate.children);
    case Kind::negation:
      return "not" + list_of(predicate.children);
    case Kind::name:
      return predicate.name;
    case Kind::name_value:
      return predicate.name + " = \"" + predicate.value + "\"";
    case Kind::constant:
      return predicate.truth ? "true" : "false";
  }
  return {};
}

std::string any_cfg(const std::vector<std::string>& texts) {
  std::set<std::string> alternatives;
  std::vector<std::string> todo = texts;
  while (!todo.empty()) {
    auto text = std::move(todo.back());
    todo.pop_back();
    auto predicate = parse_cfg(text);
    if (predicate && predicate->kind == Kind::any)
      for (const auto& child : predicate->children) todo.push_back(cfg_text(child));
    else
      alternatives.insert(predicate ? cfg_text(*predicate) : text);
  }
  if (alternatives.size() < 2) return alternatives.empty() ? std::string() : *alternatives.begin();
  return "any(" + join({alternatives.begin(), alternatives.end()}, ", ") + ")";
}

std::string normal_cfg(std::string_view text) {
  auto predicate = parse_cfg(text);
  return predicate ? cfg_text(*predicate) : std::string(trim(text));
}

std::vector<CfgPredicate> cfg_atoms(const CfgPredicate& predicate) {
  std::vector<CfgPredicate> out;
  add_atoms(predicate, out);
  return out;
}

std::string all_cfg(const std::vector<std::string>& texts) {
  if (texts.size() < 2) return texts.empty() ? "" : texts.front();
  return "all(" + join(texts, ", ") + ")";
}

bool is_about_features(const CfgPredicate& predicate) {
  auto atoms = cfg_atoms(predicate);
  return !atoms.empty() && std::all_of(atoms.begin(), atoms.end(), [](const CfgPredicate& atom) {
    return atom.kind == Kind::name_value && atom.name == "feature";
  });
}

CfgPredicate without_doc(const CfgPredicate& predicate) {
  CfgPredicate out = predicate;
  for (auto& child : out.children) child = without_doc(child);
  if (predicate.kind != Kind::any) return out;
  std::erase_if(out.children, [](const CfgPredicate& child) {
    return child.kind == Kind::name && (child.name == "doc" || child.name == "docsrs");
  });
  if (out.children.empty()) return predicate;
  return out.children.size() == 1 ? out.children.front() : out;
}

bool is_rustc_cfg(const Evidence& evidence, const std::string& name) {
  static constexpr std::array<std::string_view, 17> own{"windows",
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
                                                        "clippy",
                                                        "relocation_model",
                                                        "rustfmt",
                                                        "feature",
                                                        "docsrs"};
  if (std::find(own.begin(), own.end(), name) != own.end() || name.starts_with("target_")) return true;
  return std::any_of(evidence.cfg.begin(), evidence.cfg.end(),
                     [&](const std::string& line) { return line == name || line.starts_with(name + "="); });
}

namespace {

std::string cfg_line(const CfgPredicate& atom) {
  return atom.kind == Kind::name ? atom.name : atom.name + "=\"" + atom.value + "\"";
}

// Lines of cfg that a build script of the package may print.
std::vector<std::string> open_lines(const CfgPredicate& predicate, const Evidence& evidence,
                                    const Package* package) {
  std::set<std::string> out;
  bool script = package && std::any_of(package->targets.begin(), package->targets.end(),
                                       [](const PackageTarget& t) { return t.kind == "custom-build"; });
  if (!script) return {};
  for (const auto& atom : cfg_atoms(predicate))
    if (!is_rustc_cfg(evidence, atom.name)) out.insert(cfg_line(atom));
  return {out.begin(), out.end()};
}

}  // namespace

std::optional<bool> cfg_holds(std::string_view text, const Evidence& evidence, const Package* package,
                              bool harness) {
  constexpr std::size_t most_open = 6;
  if (evidence.cfg.empty()) return std::nullopt;
  auto predicate = parse_cfg(text);
  if (!predicate) return std::nullopt;
  auto lines = evidence.cfg;
  std::erase_if(lines, [](const std::string& line) { return line.starts_with("feature="); });
  if (package)
    for (const auto& feature : package->enabled) lines.push_back("feature=\"" + feature + "\"");
  if (harness) lines.emplace_back("test");
  auto open = open_lines(*predicate, evidence, package);
  if (open.size() > most_open) return std::nullopt;
  auto holds = config::evaluate(*predicate, lines);
  for (std::size_t choice = 1; choice < std::size_t{1} << open.size(); ++choice) {
    auto with = lines;
    for (std::size_t i = 0; i < open.size(); ++i)
      if (choice >> i & 1) with.push_back(open[i]);
    if (config::evaluate(*predicate, with) != holds) return std::nullopt;
  }
  return holds;
}

std::optional<bool> platform_holds(std::string_view target, const Evidence& evidence) {
  if (!target.starts_with("cfg(")) return target == evidence.cell.triple;
  return cfg_holds(target, evidence, nullptr);
}

}  // namespace tripled::diagnosis
