#include "config/expr.h"
#include "schema/base/text.h"

namespace tripled::config {
namespace {

template <class T>
bool holds(Compare compare, const T& left, const T& right) {
  switch (compare) {
    case Compare::equal:
      return left == right;
    case Compare::not_equal:
      return left != right;
    case Compare::less:
      return left < right;
    case Compare::less_equal:
      return left <= right;
    case Compare::greater:
      return left > right;
    case Compare::greater_equal:
      return left >= right;
  }
  return false;
}

struct Evaluator {
  const EvalContext& context;

  const std::string* coordinate(const std::string& axis) const {
    if (axis == "group") return &context.group;
    if (axis == "channel") return context.toolchain ? &context.toolchain->channel : nullptr;
    if (!context.axes) return nullptr;
    auto found = context.axes->find(axis);
    return found == context.axes->end() ? nullptr : &found->second;
  }

  Result<bool> operator()(const AxisTest& test) const {
    const std::string* value = coordinate(test.axis);
    bool hit = false;
    for (const auto& glob : test.globs) hit = hit || (value && glob_match(glob, *value));
    return hit != test.negated;
  }
  Result<bool> operator()(const TierTest& test) const {
    return context.triple && context.triple->tier && holds(test.compare, *context.triple->tier, test.tier);
  }
  Result<bool> operator()(const VersionTest& test) const {
    if (!context.toolchain) return false;
    auto own = parse_version(context.toolchain->version);
    if (own.empty()) return false;
    own.resize(test.version.size());  // compared as far as written: 1.70.1 is not > 1.70
    return holds(test.compare, own, test.version);
  }
  Result<bool> operator()(const CfgTest& test) const {
    if (context.cfg) return evaluate(test.predicate, *context.cfg);
    std::string triple = context.triple ? context.triple->triple : "this triple";
    return config_error("cfg(…) cannot be decided: the cfg of " + triple + " is not known");
  }
  Result<bool> operator()(Flag flag) const {
    switch (flag) {
      case Flag::std:
        return context.triple && context.triple->std;
      case Flag::dist:
        return context.triple && context.triple->dist;
      case Flag::emulated:
        return context.emulated && context.emulated();
    }
    return false;
  }
  Result<bool> operator()(const NotExpr& node) const {
    TRIPLED_ASSIGN(bool inner, visit(*node.inner));
    return !inner;
  }
  Result<bool> operator()(const AndExpr& node) const {
    for (const auto& part : node.parts) {
      TRIPLED_ASSIGN(bool holds_here, visit(*part));
      if (!holds_here) return false;
    }
    return true;
  }
  Result<bool> operator()(const OrExpr& node) const {
    for (const auto& part : node.parts) {
      TRIPLED_ASSIGN(bool holds_here, visit(*part));
      if (holds_here) return true;
    }
    return false;
  }
  Result<bool> visit(const ExprNode& node) const { return std::visit(*this, node.form); }
};

}  // namespace

bool evaluate(const CfgPredicate& p, const std::vector<std::string>& lines) {
  auto has = [&](const std::string& line) {
    for (const auto& l : lines)
      if (l == line) return true;
    return false;
  };
  switch (p.kind) {
    case CfgPredicate::Kind::all:
      for (const auto& child : p.children)
        if (!evaluate(child, lines)) return false;
      return true;
    case CfgPredicate::Kind::any:
      for (const auto& child : p.children)
        if (evaluate(child, lines)) return true;
      return false;
    case CfgPredicate::Kind::negation:
      return !evaluate(p.children.front(), lines);
    case CfgPredicate::Kind::name:
      return has(p.name);
    case CfgPredicate::Kind::name_value:
      return has(p.name + "=\"" + p.value + "\"");
    case CfgPredicate::Kind::constant:
      return p.truth;
  }
  return false;
}

Result<bool> evaluate(const Expr& expr, const EvalContext& context) {
  auto result = Evaluator{context}.visit(expr.root());
  if (!result) return error_at(expr.place(), result.error().message());
  return result;
}

}  // namespace tripled::config
