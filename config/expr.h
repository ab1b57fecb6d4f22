// EXPR of MATRIX.md: the one language of `where`, `match`, `exclude`, axis `expr` and `--only`.
//   EXPR := EXPR or EXPR | EXPR and EXPR | not EXPR | ( EXPR )
//         | AXIS = GLOB | AXIS != GLOB | AXIS in ( GLOB, ... )          AXIS may be `group`, `channel`
//         | cfg( PRED ) with rustc's any/all/not/name/name = "value"
//         | tier OP NUMBER | toolchain OP VERSION | std | dist | emulated      OP: = != < <= > >=
// `toolchain = X` compares the coordinate as written; the ordering operators compare versions, as far as
// written. Pure values, shared and immutable; any thread.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/located.h"
#include "schema/model/toolchain.h"

namespace tripled::config {

enum class Compare { equal, not_equal, less, less_equal, greater, greater_equal };

struct CfgPredicate {
  enum class Kind { all, any, negation, name, name_value, constant };
  Kind kind = Kind::name;
  std::string name, value;
  bool truth = false;                  // of constant
  std::vector<CfgPredicate> children;  // of all, any, negation
};

struct ExprNode;
using ExprPtr = std::shared_ptr<const ExprNode>;

struct AxisTest {
  std::string axis;
  std::vector<std::string> globs;  // one of them matches
  bool negated = false;            // !=
  bool list = false;               // written with `in`
  Place place;
};
struct TierTest {
  Compare compare;
  int tier;
};
struct VersionTest {
  Compare compare;
  std::vector<int> version;
};
struct CfgTest {
  CfgPredicate predicate;
};
enum class Flag { std, dist, emulated };
struct NotExpr {
  ExprPtr inner;
};
struct AndExpr {
  std::vector<ExprPtr> parts;
};
struct OrExpr {
  std::vector<ExprPtr> parts;
};

struct ExprNode {
  std::variant<AxisTest, TierTest, VersionTest, CfgTest, Flag, NotExpr, AndExpr, OrExpr> form;
};

class Expr {
 public:
  Expr(ExprPtr root, Place place) : root_(std::move(root)), place_(std::move(place)) {}
  const ExprNode& root() const { return *root_; }
  const Place& place() const { return place_; }
  // Canonical text; parsing it again gives the same expression.
  std::string text() const;
  bool uses_cfg() const;
  std::vector<AxisTest> axis_tests() const;

 private:
  ExprPtr root_;
  Place place_;
};

// config error with the place inside the file.
Result<Expr> parse_expr(const Node& node);
// For the command line: usage error `--only:1:14: …`.
Result<Expr> parse_expr(std::string_view text, const std::string& name);

// What an expression is asked about. Null pointers: not known.
struct EvalContext {
  const std::map<std::string, std::string>* axes = nullptr;
  std::string group;
  const ToolchainFacts* toolchain = nullptr;
  const TripleFacts* triple = nullptr;            // null: every test of its facts is false, cfg is an error
  const std::vector<std::string>* cfg = nullptr;  // lines of `rustc --print cfg`
  std::function<bool()> emulated;                 // asked only where the expression does; empty: no
};

// config error when cfg is asked and its lines are not known; an axis that a cell does not have equals
// nothing.
Result<bool> evaluate(const Expr& expr, const EvalContext& context);
bool evaluate(const CfgPredicate& predicate, const std::vector<std::string>& cfg_lines);

// "1.96.0-nightly" -> {1, 96, 0}; empty when it is not a version.
std::vector<int> parse_version(std::string_view text);

}  // namespace tripled::config
