#include "config/expr.h"

#include "schema/base/text.h"

namespace tripled::config {
namespace {

const char* symbol(Compare compare) {
  switch (compare) {
    case Compare::equal:
      return "=";
    case Compare::not_equal:
      return "!=";
    case Compare::less:
      return "<";
    case Compare::less_equal:
      return "<=";
    case Compare::greater:
      return ">";
    case Compare::greater_equal:
      return ">=";
  }
  return "=";
}

// A glob as it can be read back: quoted where a bare word would end early.
std::string glob_text(const std::string& glob) {
  bool plain = !glob.empty() && glob.find_first_of(" \t\"'(),") == std::string::npos;
  if (plain) return glob;
  char quote = contains(glob, "\"") ? '\'' : '"';
  return quote + glob + quote;
}

std::string print(const CfgPredicate& p) {
  auto children = [&](const char* name) {
    std::string out = std::string(name) + "(";
    for (std::size_t i = 0; i < p.children.size(); ++i) out += (i ? ", " : "") + print(p.children[i]);
    return out + ")";
  };
  switch (p.kind) {
    case CfgPredicate::Kind::all:
      return children("all");
    case CfgPredicate::Kind::any:
      return children("any");
    case CfgPredicate::Kind::negation:
      return children("not");
    case CfgPredicate::Kind::name:
      return p.name;
    case CfgPredicate::Kind::name_value:
      return p.name + " = \"" + p.value + "\"";
    case CfgPredicate::Kind::constant:
      return p.truth ? "true" : "false";
  }
  return "";
}

// How tightly a form binds: or 0, and 1, not 2, the rest 3.
int strength(const ExprNode& node) {
  if (std::holds_alternative<OrExpr>(node.form)) return 0;
  if (std::holds_alternative<AndExpr>(node.form)) return 1;
  return std::holds_alternative<NotExpr>(node.form) ? 2 : 3;
}

std::string print(const ExprNode& node);

std::string print_inside(const ExprNode& node, int outer) {
  return strength(node) < outer ? "(" + print(node) + ")" : print(node);
}

std::string print_parts(const std::vector<ExprPtr>& parts, const char* word, int own) {
  std::string out;
  for (const auto& part : parts) {
    if (!out.empty()) out += word;
    out += print_inside(*part, own + 1);
  }
  return out;
}

struct Printer {
  std::string operator()(const AxisTest& t) const {
    if (!t.list) return t.axis + (t.negated ? " != " : " = ") + glob_text(t.globs.front());
    std::string out = t.axis + " in (";
    for (std::size_t i = 0; i < t.globs.size(); ++i) out += (i ? ", " : "") + glob_text(t.globs[i]);
    return out + ")";
  }
  std::string operator()(const TierTest& t) const {
    return std::string("tier ") + symbol(t.compare) + " " + std::to_string(t.tier);
  }
  std::string operator()(const VersionTest& t) const {
    std::string out = std::string("toolchain ") + symbol(t.compare) + " ";
    for (std::size_t i = 0; i < t.version.size(); ++i) out += (i ? "." : "") + std::to_string(t.version[i]);
    return out;
  }
  std::string operator()(const CfgTest& t) const { return "cfg(" + print(t.predicate) + ")"; }
  std::string operator()(Flag flag) const {
    switch (flag) {
      case Flag::std:
        return "std";
      case Flag::dist:
        return "dist";
      case Flag::emulated:
        return "emulated";
    }
    return "";
  }
  std::string operator()(const NotExpr& n) const { return "not " + print_inside(*n.inner, 2); }
  std::string operator()(const AndExpr& n) const { return print_parts(n.parts, " and ", 1); }
  std::string operator()(const OrExpr& n) const { return print_parts(n.parts, " or ", 0); }
};

std::string print(const ExprNode& node) { return std::visit(Printer{}, node.form); }

// Calls `visit` for every leaf.
template <class Visit>
void for_each_leaf(const ExprNode& node, const Visit& visit) {
  if (auto* inner = std::get_if<NotExpr>(&node.form)) {
    for_each_leaf(*inner->inner, visit);
  } else if (auto* all = std::get_if<AndExpr>(&node.form)) {
    for (const auto& part : all->parts) for_each_leaf(*part, visit);
  } else if (auto* any = std::get_if<OrExpr>(&node.form)) {
    for (const auto& part : any->parts) for_each_leaf(*part, visit);
  } else {
    visit(node);
  }
}

}  // namespace

std::string Expr::text() const { return print(*root_); }

bool Expr::uses_cfg() const {
  bool found = false;
  for_each_leaf(*root_,
                [&](const ExprNode& leaf) { found = found || std::holds_alternative<CfgTest>(leaf.form); });
  return found;
}

std::vector<AxisTest> Expr::axis_tests() const {
  std::vector<AxisTest> out;
  for_each_leaf(*root_, [&](const ExprNode& leaf) {
    if (auto* test = std::get_if<AxisTest>(&leaf.form)) out.push_back(*test);
  });
  return out;
}

}  // namespace tripled::config
