#include "daemon/diagnosis/explain/cfg_evidence.h"

#include <algorithm>
#include <map>

#include "config/expr.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

using config::CfgPredicate;

// The predicate inside the first `cfg(…)` or `cfg_attr(PRED, …)`; the whole text where there is none.
std::string inner(const std::string& source) {
  auto start = source.find("cfg(");
  bool attribute = false;
  if (start == std::string::npos) {
    start = source.find("cfg_attr(");
    attribute = start != std::string::npos;
  }
  if (start == std::string::npos) return std::string(trim(source));
  auto from = source.find('(', start) + 1;
  int depth = 0;
  bool quoted = false;
  for (auto i = from; i < source.size(); ++i) {
    char c = source[i];
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '(') ++depth;
    if ((c == ')' && depth-- == 0) || (attribute && c == ',' && depth == 0))
      return std::string(trim(std::string_view(source).substr(from, i - from)));
  }
  return source.substr(from);
}

bool names_feature(const CfgPredicate& p) {
  return p.name == "feature" || std::any_of(p.children.begin(), p.children.end(), names_feature);
}

// Words of rustc's that name what it sets for no triple by itself: `test`, `loom`, `--cfg` of a build script.
bool is_of_rustc(const CfgPredicate& p, const std::vector<std::string>& seen) {
  if (!p.children.empty())
    return std::all_of(p.children.begin(), p.children.end(),
                       [&](const auto& c) { return is_of_rustc(c, seen); });
  if (p.kind != CfgPredicate::Kind::name && p.kind != CfgPredicate::Kind::name_value) return true;
  if (p.name.rfind("target_", 0) == 0 || p.name == "unix" || p.name == "windows" || p.name == "panic" ||
      p.name == "feature" || p.name == "debug_assertions")
    return true;
  return std::find(seen.begin(), seen.end(), p.name) != seen.end();
}

Truth truth_of(const Universe& u, const CfgPredicate& p, bool negated) {
  Truth out;
  std::map<std::vector<std::string>, Bits> of_features;
  for (const auto& context : u.contexts) {
    std::vector<std::string> features;
    for (std::size_t a = 0; a < u.attributes.size(); ++a)
      if (!u.attributes[a].of_triple && u.attributes[a].kind == Attribute::Kind::cfg_flag &&
          !context[a].empty())
        features.push_back(u.attributes[a].name);
    auto [entry, is_new] = of_features.try_emplace(features, u.known.size());
    for (std::size_t k = 0; is_new && k < u.known.size(); ++k) {
      auto lines = u.known[k]->cfg;
      lines.insert(lines.end(), features.begin(), features.end());
      if (evaluate(p, lines) != negated) entry->second.add(k);
    }
    out.push_back(entry->second);
  }
  return out;
}

void decide(const Universe& u, const std::string& text, const CfgPredicate& predicate, JudgedCfg& out) {
  auto& j = out.judgement;
  Bits on(u.cells.size());
  for (std::size_t i = 0; i < u.cells.size(); ++i)
    if (evaluate(predicate, u.cells[i]->cfg)) on.add(i);
  if (on.none() || (~on).none()) {
    j.why = u.cells.empty() ? "no cell passes or fails"
            : on.none()     ? "it is off on every cell"
                            : "it is on on every cell";
    return;
  }
  bool negated = on == u.passing;
  if (negated || on == u.failing) {
    j.answer = CfgAnswer::confirms;
    bool is_negation = predicate.kind == CfgPredicate::Kind::negation;
    j.predicate = !negated      ? "cfg(" + text + ")"
                  : is_negation ? "cfg(" + inner("cfg" + text.substr(text.find('('))) + ")"
                                : "cfg(not(" + text + "))";
    out.truth = truth_of(u, predicate, negated);
    return;
  }
  j.answer = CfgAnswer::contradicts;
  // Read the way that more cells agree with.
  auto wrong = [&](const Bits& fails) { return (fails & u.passing) | (~fails & u.failing); };
  auto exceptions = wrong(on).count() <= wrong(~on).count() ? wrong(on) : wrong(~on);
  std::size_t one = 0;
  while (!exceptions.at(one)) ++one;
  j.why = u.cells[one]->id + (u.failing.at(one) ? " fails" : " passes") + " against it";
}

}  // namespace

std::vector<JudgedCfg> judge_cfgs(const Universe& u, const std::vector<CfgInEvidence>& evidence) {
  std::vector<std::string> seen;
  bool features = false;
  for (const auto* c : u.cells)
    for (const auto& line : c->cfg) {
      seen.push_back(line.substr(0, line.find('=')));
      features = features || line.rfind("feature=", 0) == 0;
    }
  std::vector<JudgedCfg> out;
  for (const auto& e : evidence) {
    JudgedCfg judged{{e, CfgAnswer::untestable, "", ""}, std::nullopt};
    auto text = inner(e.source);
    auto parsed = config::parse_expr("cfg(" + text + ")", "cfg");
    const config::CfgTest* test = parsed ? std::get_if<config::CfgTest>(&parsed->root().form) : nullptr;
    if (!test)
      judged.judgement.why = "it cannot be read" + (parsed ? std::string() : ": " + parsed.error().message());
    else if (names_feature(test->predicate) && !features)
      judged.judgement.why = "the features of the cells are not known";
    else if (!is_of_rustc(test->predicate, seen))
      judged.judgement.why = "it asks for a cfg that rustc sets for no triple";
    else
      decide(u, text, test->predicate, judged);
    out.push_back(std::move(judged));
  }
  return out;
}

}  // namespace tripled::diagnosis
