// Recursive descent over the text of an expression; every error carries the offset of the character it is
// about.
#include <cctype>
#include <optional>

#include "config/expr.h"
#include "schema/base/text.h"

namespace tripled::config {
namespace {

constexpr int kDepth = 64;
constexpr std::size_t kLength = 8192;

struct SyntaxError {
  std::size_t offset;
  std::string message;
};
template <class T>
using Parsed = boost::system::result<T, SyntaxError>;

[[noreturn]] void throw_exception_from_error(const SyntaxError& e, const boost::source_location&) {
  throw std::runtime_error(e.message);
}

bool word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-'; }

class Parser {
 public:
  // `where` turns an offset into a place for AxisTest.
  Parser(std::string_view text, const Node& node) : text_(text), node_(node) {}

  Parsed<ExprPtr> whole() {
    if (text_.size() > kLength) return fail(0, "longer than " + std::to_string(kLength) + " characters");
    TRIPLED_ASSIGN(auto expr, disjunction(0));
    skip_space();
    if (at_ < text_.size()) return fail(at_, "unexpected " + here() + after_hint());
    return expr;
  }

 private:
  static SyntaxError fail(std::size_t offset, std::string message) { return {offset, std::move(message)}; }

  void skip_space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  // What stands here, for messages.
  std::string here() const {
    if (at_ >= text_.size()) return "end of the expression";
    auto end = at_;
    while (end < text_.size() && word_char(text_[end])) ++end;
    return "`" + std::string(text_.substr(at_, std::max<std::size_t>(end - at_, 1))) + "`";
  }
  std::string after_hint() const {
    if (text_.substr(at_, 2) == "&&") return ": write `and`";
    if (text_.substr(at_, 2) == "||") return ": write `or`";
    return "";
  }
  bool take(std::string_view symbol) {
    skip_space();
    if (text_.substr(at_, symbol.size()) != symbol) return false;
    at_ += symbol.size();
    return true;
  }
  std::string_view peek_word() {
    skip_space();
    auto end = at_;
    while (end < text_.size() && word_char(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }
  bool take_word(std::string_view word) {
    if (peek_word() != word) return false;
    at_ += word.size();
    return true;
  }
  Parsed<void> expect(std::string_view symbol) {
    if (!take(symbol))
      return fail(at_, "expected `" + std::string(symbol) + "`, found " + here() + comma_hint());
    return {};
  }
  // Plain text inside [] or {} ends at a comma; the reader sees only the first half.
  std::string comma_hint() const {
    if (at_ < text_.size() || !node_.in_flow || node_.quoted) return "";
    return "; inside `[]` and `{}` a comma ends plain text: quote the expression";
  }
  template <class T>
  static ExprPtr make(T form) {
    return std::make_shared<const ExprNode>(ExprNode{std::move(form)});
  }

  Parsed<ExprPtr> disjunction(int depth) {
    OrExpr any;
    do {
      TRIPLED_ASSIGN(auto part, conjunction(depth));
      any.parts.push_back(std::move(part));
    } while (take_word("or"));
    return any.parts.size() == 1 ? any.parts.front() : make(std::move(any));
  }

  Parsed<ExprPtr> conjunction(int depth) {
    AndExpr all;
    do {
      TRIPLED_ASSIGN(auto part, unary(depth));
      all.parts.push_back(std::move(part));
    } while (take_word("and"));
    return all.parts.size() == 1 ? all.parts.front() : make(std::move(all));
  }

  Parsed<ExprPtr> unary(int depth) {
    skip_space();
    if (depth > kDepth) return fail(at_, "nested deeper than " + std::to_string(kDepth) + " levels");
    if (take_word("not")) {
      TRIPLED_ASSIGN(auto inner, unary(depth + 1));
      return make(NotExpr{std::move(inner)});
    }
    if (take("(")) {
      TRIPLED_ASSIGN(auto inner, disjunction(depth + 1));
      TRIPLED_TRY(expect(")"));
      return inner;
    }
    if (at_ < text_.size() && text_[at_] == '!') return fail(at_, "unexpected `!`: write `not`");
    return test();
  }

  Parsed<ExprPtr> test() {
    auto start = at_;
    auto word = peek_word();
    if (word.empty())
      return fail(at_, "expected a test such as `triple = s390x-*`, found " + here() + comma_hint());
    if (word == "and" || word == "or" || word == "in") return fail(at_, "expected a test, found " + here());
    at_ += word.size();
    if (word == "cfg") {
      TRIPLED_TRY(expect("("));
      TRIPLED_ASSIGN(auto predicate, cfg_predicate(0));
      take(",");
      TRIPLED_TRY(expect(")"));
      return make(CfgTest{std::move(predicate)});
    }
    if (word == "std") return make(Flag::std);
    if (word == "dist") return make(Flag::dist);
    if (word == "emulated") return make(Flag::emulated);
    if (word == "tier") return tier_test();
    return axis_test(std::string(word), start);
  }

  std::optional<Compare> take_compare() {
    if (take("!=")) return Compare::not_equal;
    if (take("<=")) return Compare::less_equal;
    if (take(">=")) return Compare::greater_equal;
    if (take("<")) return Compare::less;
    if (take(">")) return Compare::greater;
    if (take("=")) return Compare::equal;
    return std::nullopt;
  }

  Parsed<ExprPtr> tier_test() {
    auto compare = take_compare();
    if (!compare) return fail(at_, "expected a comparison such as `tier <= 2`, found " + here());
    auto number = peek_word();
    if (number != "1" && number != "2" && number != "3")
      return fail(at_, "a tier is 1, 2 or 3, not " + here());
    at_ += 1;
    return make(TierTest{*compare, number[0] - '0'});
  }

  Parsed<ExprPtr> axis_test(std::string axis, std::size_t start) {
    AxisTest test{std::move(axis), {}, false, false, node_.place_of(start)};
    if (take_word("in")) {
      test.list = true;
      TRIPLED_TRY(expect("("));
      do {
        TRIPLED_ASSIGN(auto one, glob());
        test.globs.push_back(std::move(one));
      } while (take(","));
      TRIPLED_TRY(expect(")"));
      return make(std::move(test));
    }
    auto compare = take_compare();
    if (!compare)
      return fail(at_,
                  "expected `=`, `!=` or `in` after `" + test.axis + "`, found " + here() + after_hint());
    if (*compare != Compare::equal && *compare != Compare::not_equal) {
      if (test.axis == "toolchain") return version_test(*compare);
      return fail(start,
                  "only `tier` and `toolchain` can be compared with < and >; `" + test.axis + "` takes `=`");
    }
    if (text_.substr(at_, 1) == "=") return fail(at_ - 1, "unexpected `==`: write `=`");
    test.negated = *compare == Compare::not_equal;
    TRIPLED_ASSIGN(auto one, glob());
    test.globs.push_back(std::move(one));
    return make(std::move(test));
  }

  Parsed<ExprPtr> version_test(Compare compare) {
    skip_space();
    auto start = at_;
    while (at_ < text_.size() && (word_char(text_[at_]) || text_[at_] == '.')) ++at_;
    auto version = parse_version(text_.substr(start, at_ - start));
    if (version.empty()) return fail(start, "expected a version such as 1.70");
    return make(VersionTest{compare, std::move(version)});
  }

  // A bare word up to white space, a comma or a parenthesis (commas inside `{}` belong to it), or quoted
  // text.
  Parsed<std::string> glob() {
    skip_space();
    if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) return quoted();
    auto start = at_;
    int braces = 0;
    while (at_ < text_.size()) {
      char c = text_[at_];
      if (std::isspace(static_cast<unsigned char>(c)) || c == '(' || c == ')' || (c == ',' && braces == 0))
        break;
      if (c == '{') ++braces;
      if (c == '}') --braces;
      ++at_;
    }
    if (at_ == start) return fail(at_, "expected a name or glob, found " + here() + comma_hint());
    return std::string(text_.substr(start, at_ - start));
  }

  Parsed<std::string> quoted() {
    char quote = text_[at_];
    auto end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) return fail(at_, "this quote is not closed" + comma_hint());
    std::string out(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return out;
  }

  Parsed<CfgPredicate> cfg_predicate(int depth) {
    auto word = std::string(peek_word());
    if (depth > kDepth) return fail(at_, "nested deeper than " + std::to_string(kDepth) + " levels");
    if (word.empty() || contains(word, "-"))
      return fail(at_, "expected a cfg name, found " + here() + comma_hint());
    auto start = at_;
    at_ += word.size();
    CfgPredicate out;
    out.name = word;
    if (word == "all" || word == "any" || word == "not") {
      out.kind = word == "all"   ? CfgPredicate::Kind::all
                 : word == "any" ? CfgPredicate::Kind::any
                                 : CfgPredicate::Kind::negation;
      out.name.clear();
      TRIPLED_TRY(cfg_children(out, depth));
      if (word == "not" && out.children.size() != 1)
        return fail(start, "cfg's `not` takes exactly one predicate");
      return out;
    }
    if (word == "true" || word == "false") {
      out.kind = CfgPredicate::Kind::constant;
      out.truth = word == "true";
      return out;
    }
    if (!take("=")) return out;
    out.kind = CfgPredicate::Kind::name_value;
    skip_space();
    if (at_ >= text_.size() || text_[at_] != '"')
      return fail(at_, "a cfg value is quoted: " + word + " = \"…\"" + comma_hint());
    TRIPLED_ASSIGN(out.value, quoted());
    return out;
  }

  Parsed<void> cfg_children(CfgPredicate& out, int depth) {
    TRIPLED_TRY(expect("("));
    while (!take(")")) {
      TRIPLED_ASSIGN(auto child, cfg_predicate(depth + 1));
      out.children.push_back(std::move(child));
      if (take(",")) continue;
      TRIPLED_TRY(expect(")"));
      break;
    }
    return {};
  }

  std::string_view text_;
  const Node& node_;
  std::size_t at_ = 0;
};

}  // namespace

Result<Expr> parse_expr(const Node& node) {
  if (!node.is_scalar())
    return error_at(node.place, "expected an expression such as `triple = s390x-*`, found " + describe(node));
  auto parsed = Parser(node.scalar, node).whole();
  if (!parsed) {
    const auto& e = parsed.error();
    std::string message = e.message;
    if (!node.verbatim) message += " (at character " + std::to_string(e.offset + 1) + " of the expression)";
    return error_at(node.place_of(e.offset), message);
  }
  return Expr(parsed.value(), node.place);
}

Result<Expr> parse_expr(std::string_view text, const std::string& name) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.scalar = std::string(text);
  node.verbatim = true;
  node.place = Place{std::make_shared<const std::string>(name), 1, 1};
  auto parsed = parse_expr(node);
  if (!parsed) return usage_error(parsed.error().message());
  return parsed;
}

std::vector<int> parse_version(std::string_view text) {
  std::vector<int> out;
  text = text.substr(0, text.find_first_of("-+ "));
  if (text.empty()) return {};
  for (const auto& part : split(text, '.')) {
    if (part.empty() || part.size() > 6 || part.find_first_not_of("0123456789") != std::string::npos)
      return {};
    out.push_back(std::stoi(part));
  }
  return out.size() <= 3 ? out : std::vector<int>{};
}

}  // namespace tripled::config
