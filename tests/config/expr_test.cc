#include "config/expr.h"

#include <gtest/gtest.h>

#include "tests/config/support.h"

namespace tripled::config {
namespace {

using testing::error_of;

struct World {
  std::map<std::string, std::string> axes{
      {"triple", "s390x-unknown-linux-gnu"}, {"variant", "bare"}, {"scope", "-p a"}};
  ToolchainFacts toolchain = testing::facts();
  EvalContext context;
  World() {
    context.axes = &axes;
    context.group = "main";
    context.toolchain = &toolchain;
    context.triple = toolchain.find("s390x-unknown-linux-gnu");
    context.cfg = &context.triple->cfg;
    context.emulated = [] { return true; };
  }
};

bool holds(const std::string& text) {
  World world;
  auto expr = parse_expr(text, "e");
  EXPECT_TRUE(expr) << text << ": " << error_of(expr);
  if (!expr) return false;
  auto result = evaluate(*expr, world.context);
  EXPECT_TRUE(result) << text << ": " << error_of(result);
  return result && *result;
}

std::string refused(const std::string& text) { return error_of(parse_expr(text, "e")); }

TEST(Expr, AxisComparesWithAGlob) {
  EXPECT_TRUE(holds("triple = s390x-*"));
  EXPECT_TRUE(holds("triple=s390x-unknown-linux-gnu"));
  EXPECT_FALSE(holds("triple = i686-*"));
  EXPECT_TRUE(holds("triple != i686-*"));
  EXPECT_TRUE(holds("triple = {s390x,i686}-*"));
  EXPECT_TRUE(holds("scope = '-p a'"));
  EXPECT_TRUE(holds("group = main"));
}

TEST(Expr, InTakesSeveralGlobs) {
  EXPECT_TRUE(holds("variant in (plain, bare)"));
  EXPECT_TRUE(holds("variant in (b*)"));
  EXPECT_FALSE(holds("variant in (plain, full)"));
}

TEST(Expr, AnAbsentAxisEqualsNothing) {
  EXPECT_FALSE(holds("profile = *"));
  EXPECT_TRUE(holds("profile != release"));
}

TEST(Expr, CfgIsRustcs) {
  EXPECT_TRUE(holds("cfg(unix)"));
  EXPECT_TRUE(holds("cfg(target_endian = \"big\")"));
  EXPECT_FALSE(holds("cfg(windows)"));
  EXPECT_TRUE(holds("cfg(any(windows, all(unix, not(target_arch = \"x86\"))))"));
  EXPECT_TRUE(holds("cfg(all())"));
  EXPECT_FALSE(holds("cfg(any())"));
  EXPECT_TRUE(holds("cfg(not(false))"));
  EXPECT_TRUE(holds("cfg(any(unix, windows,),)"));
}

TEST(Expr, FactsOfTheTriple) {
  EXPECT_TRUE(holds("tier <= 2"));
  EXPECT_TRUE(holds("tier = 2"));
  EXPECT_FALSE(holds("tier < 2"));
  EXPECT_TRUE(holds("tier > 1"));
  EXPECT_TRUE(holds("tier >= 2"));
  EXPECT_TRUE(holds("tier != 3"));
  EXPECT_TRUE(holds("std"));
  EXPECT_FALSE(holds("dist"));
  EXPECT_TRUE(holds("emulated"));
}

TEST(Expr, VersionsCompareAsNumbersAndAsFarAsWritten) {
  EXPECT_TRUE(holds("toolchain >= 1.70"));
  EXPECT_TRUE(holds("toolchain > 1.9"));
  EXPECT_TRUE(holds("toolchain <= 1.96"));
  EXPECT_FALSE(holds("toolchain > 1.96"));
  EXPECT_TRUE(holds("toolchain < 2.0.0"));
  EXPECT_TRUE(holds("channel = stable"));
  EXPECT_FALSE(holds("channel = nightly"));
}

TEST(Expr, NotBindsTighterThanAndThanOr) {
  EXPECT_TRUE(holds("std or dist and dist"));
  EXPECT_FALSE(holds("(std or dist) and dist"));
  EXPECT_FALSE(holds("not std or dist"));
  EXPECT_TRUE(holds("not (dist or not std)"));
  EXPECT_TRUE(holds("not not std"));
}

TEST(Expr, ATierThatIsNotKnownIsNeverEqual) {
  World world;
  TripleFacts unknown = *world.context.triple;
  unknown.tier.reset();
  world.context.triple = &unknown;
  EXPECT_FALSE(*evaluate(*parse_expr("tier <= 3", "e"), world.context));
}

TEST(Expr, CfgThatIsNotKnownIsAnError) {
  World world;
  world.context.cfg = nullptr;
  EXPECT_EQ(error_of(evaluate(*parse_expr("cfg(unix)", "e"), world.context)),
            "e:1:1: cfg(…) cannot be decided: the cfg of s390x-unknown-linux-gnu is not known");
  EXPECT_FALSE(*evaluate(*parse_expr("dist and cfg(unix)", "e"), world.context));
}

TEST(Expr, ErrorsPointAtTheCharacter) {
  EXPECT_EQ(refused("triple ="), "e:1:9: expected a name or glob, found end of the expression");
  EXPECT_EQ(refused("triple s390x"), "e:1:8: expected `=`, `!=` or `in` after `triple`, found `s390x`");
  EXPECT_EQ(refused("std and"),
            "e:1:8: expected a test such as `triple = s390x-*`, found end of the expression");
  EXPECT_EQ(refused("std && dist"), "e:1:5: unexpected `&`: write `and`");
  EXPECT_EQ(refused("std || dist"), "e:1:5: unexpected `|`: write `or`");
  EXPECT_EQ(refused("!std"), "e:1:1: unexpected `!`: write `not`");
  EXPECT_EQ(refused("variant == x"), "e:1:9: unexpected `==`: write `=`");
  EXPECT_EQ(refused("(std"), "e:1:5: expected `)`, found end of the expression");
  EXPECT_EQ(refused("std)"), "e:1:4: unexpected `)`");
  EXPECT_EQ(refused("tier <= 4"), "e:1:9: a tier is 1, 2 or 3, not `4`");
  EXPECT_EQ(refused("tier"), "e:1:5: expected a comparison such as `tier <= 2`, found end of the expression");
  EXPECT_EQ(refused("variant < 3"),
            "e:1:1: only `tier` and `toolchain` can be compared with < and >; `variant` takes `=`");
  EXPECT_EQ(refused("toolchain >= new"), "e:1:14: expected a version such as 1.70");
  EXPECT_EQ(refused("cfg(target_os = linux)"), "e:1:17: a cfg value is quoted: target_os = \"…\"");
  EXPECT_EQ(refused("cfg(target_os = \"linux)"), "e:1:17: this quote is not closed");
  EXPECT_EQ(refused("cfg(not(unix, windows))"), "e:1:5: cfg's `not` takes exactly one predicate");
  EXPECT_EQ(refused("cfg()"), "e:1:5: expected a cfg name, found `)`");
  EXPECT_EQ(refused(""), "e:1:1: expected a test such as `triple = s390x-*`, found end of the expression");
}

TEST(Expr, NestingAndLengthAreLimited) {
  EXPECT_NE(refused(std::string(3000, '(')).find("nested deeper than 64 levels"), std::string::npos);
  std::string nots;
  for (int i = 0; i < 1000; ++i) nots += "not ";
  EXPECT_NE(refused(nots + "std").find("nested deeper"), std::string::npos);
  std::string cfgs = "cfg(";
  for (int i = 0; i < 1000; ++i) cfgs += "not(";
  EXPECT_NE(refused(cfgs).find("nested deeper"), std::string::npos);
  EXPECT_NE(refused(std::string(9000, 'a')).find("longer than 8192"), std::string::npos);
}

TEST(Expr, PrintingAndParsingAgain) {
  for (const char* text :
       {"triple = s390x-*", "variant in (a, \"b c\")", "not (std or dist)", "(std or dist) and not emulated",
        "tier <= 2 and cfg(any(unix, target_os = \"windows\"))", "toolchain >= 1.70",
        "a != b or c = d and e = f", "channel = nightly", "cfg(not(true))", "not not std"}) {
    auto expr = parse_expr(text, "e");
    ASSERT_TRUE(expr) << text;
    EXPECT_EQ(expr->text(), text);
    auto again = parse_expr(expr->text(), "e");
    ASSERT_TRUE(again) << expr->text();
    EXPECT_EQ(again->text(), expr->text());
  }
  EXPECT_EQ(parse_expr("((std))and((dist or emulated))", "e")->text(), "std and (dist or emulated)");
}

TEST(Expr, InYamlErrorsHaveThePlaceInTheFile) {
  auto root = read_yaml("a: 'std &&'\nb: {w: tier <= 2 ) }\nc: >\n  std\n  and\n", "m.yaml");
  ASSERT_TRUE(root) << error_of(root);
  EXPECT_EQ(error_of(parse_expr(root->find("a")->value)), "m.yaml:1:9: unexpected `&`: write `and`");
  EXPECT_EQ(error_of(parse_expr(root->find("b")->value.find("w")->value)), "m.yaml:2:18: unexpected `)`");
  EXPECT_EQ(error_of(parse_expr(root->find("c")->value)),
            "m.yaml:3:4: expected a test such as `triple = s390x-*`, found end of the expression (at "
            "character 9 of the "
            "expression)");
}

TEST(Expr, AListThatSplitAnExpressionSaysQuoteIt) {
  auto root = read_yaml("[triple in (a, b)]\n", "m.yaml");
  ASSERT_TRUE(root);
  EXPECT_EQ(error_of(parse_expr(root->items.at(0))),
            "m.yaml:1:14: expected `)`, found end of the expression; inside `[]` and `{}` a comma ends plain "
            "text: quote "
            "the expression");
}

}  // namespace
}  // namespace tripled::config
