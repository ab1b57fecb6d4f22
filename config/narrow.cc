#include "config/narrow.h"

#include <algorithm>

#include "config/check.h"
#include "schema/base/text.h"

namespace tripled::config {
namespace {

// The value of an option with a package: `-p X`, `-pX`, `--package X`, `--package=X`; moves `i` over its
// words.
bool take_option(const std::vector<std::string>& words, std::size_t& i, const std::string& brief,
                 const std::string& full, std::string& value) {
  const auto& word = words[i];
  if ((word == full || (!brief.empty() && word == brief)) && i + 1 < words.size()) {
    value = words[++i];
    return true;
  }
  if (word.rfind(full + "=", 0) == 0) {
    value = word.substr(full.size() + 1);
    return true;
  }
  if (!brief.empty() && word.size() > brief.size() && word.rfind(brief, 0) == 0 && word[1] != '-') {
    value = word.substr(brief.size());
    return true;
  }
  return false;
}

bool narrow_stages(const std::vector<Stage>& wanted, std::vector<Stage>& stages) {
  auto asked = [&](Stage s) { return std::find(wanted.begin(), wanted.end(), s) != wanted.end(); };
  bool executes =
      asked(Stage::execute) && std::find(stages.begin(), stages.end(), Stage::execute) != stages.end();
  std::vector<Stage> left;
  for (Stage s : stages)
    if (asked(s) || (executes && s == Stage::test_no_run)) left.push_back(s);
  stages = left;
  return !stages.empty();
}

std::string asked_text(const Narrowing& n) {
  std::string out;
  auto add = [&](const char* option, const std::vector<std::string>& values) {
    for (const auto& v : values) out += std::string(out.empty() ? "" : " ") + option + " " + shell_quote(v);
  };
  std::vector<std::string> stages;
  for (Stage s : n.stages) stages.push_back(to_text(s));
  add("--add", n.added);
  add("--triple", n.triples);
  add("--stage", stages);
  add("--package", n.packages);
  add("--test", n.tests);
  if (!n.only.empty()) add("--only", {n.only});
  if (n.cells)
    out += std::string(out.empty() ? "" : " ") + "--failed (" + counted(n.cells->size(), "cell") + ")";
  return out;
}

// The triple that was probably meant, when a `--triple` fits no cell.
std::string triple_hint(const Narrowing& n, const std::vector<std::string>& triples) {
  for (const auto& glob : n.triples) {
    if (std::any_of(triples.begin(), triples.end(), [&](const auto& t) { return glob_match(glob, t); }))
      continue;
    if (auto near = nearest(glob, triples)) return "; did you mean `" + *near + "`?";
  }
  return "";
}

}  // namespace

Status add_triples(Matrix& matrix, const std::vector<std::string>& triples) {
  for (const auto& triple : triples) {
    bool added = false;
    for (auto& group : matrix.groups)
      for (auto& axis : group.axes) {
        if (axis.name != "triple") continue;
        if (std::any_of(axis.values.begin(), axis.values.end(),
                        [&](const AxisValue& v) { return !v.expr && v.name == triple; }))
          return usage_error("--add " + triple + ": the matrix has it already");
        AxisValue value;
        value.name = triple;
        value.place = axis.place;
        axis.values.push_back(std::move(value));
        added = true;
      }
    if (!added) return usage_error("--add " + triple + ": no group of the matrix has a triple axis");
  }
  return {};
}

bool matches_any(const std::vector<std::string>& globs, const std::string& text) {
  return std::any_of(globs.begin(), globs.end(), [&](const auto& glob) { return glob_match(glob, text); });
}

ScopePackages packages_of_scope(const std::vector<std::string>& scope) {
  ScopePackages out;
  for (std::size_t i = 0; i < scope.size(); ++i) {
    std::string value;
    if (take_option(scope, i, "-p", "--package", value))
      out.named.push_back(value);
    else if (take_option(scope, i, "", "--exclude", value))
      out.excluded.push_back(value);
    else if (scope[i] == "--workspace" || scope[i] == "--all")
      out.workspace = true;
    else
      out.rest.push_back(scope[i]);
  }
  return out;
}

Status check_packages(const Narrowing& narrowing, const std::vector<PackageFacts>& packages,
                      const std::vector<MadeCell>& cells) {
  std::vector<std::string> known;
  for (const auto& p : packages) known.push_back(p.name);
  for (const auto& made : cells)  // cargo selects dependencies by name, too
    for (auto& name : packages_of_scope(made.cell.settings.scope).named) known.push_back(std::move(name));
  for (const auto& wanted : narrowing.packages) {
    if (wanted.find_first_of("@:/") != std::string::npos) continue;  // one of cargo's longer package ids
    bool any = std::any_of(known.begin(), known.end(), [&](const auto& k) { return glob_match(wanted, k); });
    if (any) continue;
    std::string message = "--package " + wanted + ": the project has no such package";
    if (auto near = nearest(wanted, known)) message += "; did you mean `" + *near + "`?";
    return usage_error(message);
  }
  return {};
}

bool narrow_packages(const std::vector<std::string>& packages, std::vector<std::string>& scope) {
  auto [named, excluded, rest, workspace] = packages_of_scope(scope);
  std::vector<std::string> chosen;
  for (const auto& name : named)
    if (matches_any(packages, name)) chosen.push_back(name);
  if (named.empty())  // the workspace or its default members: cargo resolves globs itself
    for (const auto& p : packages)
      if (std::find(excluded.begin(), excluded.end(), p) == excluded.end()) chosen.push_back(p);
  if (chosen.empty()) return false;
  std::vector<std::string> out;
  for (const auto& name : chosen) out.insert(out.end(), {"-p", name});
  out.insert(out.end(), rest.begin(), rest.end());
  scope = std::move(out);
  return true;
}

Status narrow(const Matrix& matrix, const CellMaker& maker, const Narrowing& n, std::vector<MadeCell>& cells,
              Plan& plan) {
  std::optional<Expr> only;
  if (!n.only.empty()) {
    TRIPLED_ASSIGN(auto parsed, parse_expr(n.only, "--only"));
    auto checked = check_axes(parsed, matrix);
    if (!checked) return usage_error(checked.error().message());
    only = std::move(parsed);
  }
  std::vector<std::string> triples;
  for (auto& made : cells) {
    Cell& cell = made.cell;
    triples.push_back(cell.triple);
    if (n.cells && !n.cells->count(cell.id)) continue;
    if (!n.triples.empty() && !matches_any(n.triples, cell.triple)) continue;
    if (only) {
      TRIPLED_ASSIGN(bool wanted, maker.holds(*only, made, cell.group));
      if (!wanted) continue;
    }
    if (!n.stages.empty() && !narrow_stages(n.stages, cell.settings.stages)) continue;
    if (!n.packages.empty() && !narrow_packages(n.packages, cell.settings.scope)) continue;
    if (!n.tests.empty()) {
      cell.settings.tests.only = n.tests;
      cell.provenance["tests.only"] = "--test";
    }
    if (!n.stages.empty()) cell.provenance["stages"] = "--stage";
    if (!n.packages.empty()) cell.provenance["scope"] = "--package";
    plan.cells.push_back(std::move(cell));
  }
  plan.partial = !n.empty();
  plan.narrowed_by = asked_text(n);
  if (plan.cells.empty())
    return usage_error("nothing of " + matrix.file + " is left by " + asked_text(n) +
                       triple_hint(n, triples));
  return {};
}

}  // namespace tripled::config
