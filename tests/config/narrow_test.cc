#include "config/narrow.h"

#include <gtest/gtest.h>

#include "tests/config/support.h"

namespace tripled::config {
namespace {

using testing::error_of;
using testing::ids;
using Words = std::vector<std::string>;

const std::string kMatrix = R"(tripled: 1
axes:
  triple: [x86_64-unknown-linux-gnu, s390x-unknown-linux-gnu, x86_64-unknown-freebsd]
  variant: {plain: {}, bare: {scope: -p a -p b --no-default-features}}
rules: [{match: 'cfg(target_os = "freebsd")', stages: [check]}]
)";

Result<Plan> narrowed(const Narrowing& narrowing) {
  ExpandOptions options;
  options.narrowing = narrowing;
  return testing::plan(kMatrix, options);
}

TEST(Narrow, ByTripleGlob) {
  auto p = narrowed({{"s390x-*"}, {}, {}, {}, "", {}});
  EXPECT_EQ(ids(p), (Words{"s390x-unknown-linux-gnu/plain", "s390x-unknown-linux-gnu/bare"}));
  EXPECT_TRUE(p->partial);
  EXPECT_EQ(p->narrowed_by, "--triple 's390x-*'");
}

TEST(Narrow, AnAddedTripleIsInEveryVariantUnderTheSameRules) {
  auto matrix = parse_matrix(kMatrix, "m.yaml");
  ASSERT_TRUE(matrix.has_value());
  ASSERT_TRUE(add_triples(*matrix, {"i686-unknown-freebsd"}).has_value());
  ExpandOptions options;
  options.narrowing.added = {"i686-unknown-freebsd"};
  auto p = expand(*matrix, testing::facts_for(*matrix), options);
  ASSERT_TRUE(p.has_value()) << p.error().message();
  ASSERT_EQ(p->cells.size(), 8u);
  EXPECT_EQ(p->cells.back().id, "i686-unknown-freebsd/bare");
  EXPECT_EQ(p->cells.back().settings.stages, std::vector<Stage>{Stage::check}) << "FreeBSD's rule";
  EXPECT_TRUE(p->partial) << "it is not the matrix as it is written";
  EXPECT_EQ(p->narrowed_by, "--add i686-unknown-freebsd");
  auto twice = add_triples(*matrix, {"s390x-unknown-linux-gnu"});
  ASSERT_FALSE(twice.has_value());
  EXPECT_EQ(twice.error().message(), "--add s390x-unknown-linux-gnu: the matrix has it already");
}

TEST(Narrow, IdsAreThoseOfTheWholeMatrix) {
  EXPECT_EQ(ids(narrowed({{"s390x-*"}, {}, {}, {}, "variant = bare", {}})),
            Words{"s390x-unknown-linux-gnu/bare"});
}

TEST(Narrow, ExecuteKeepsWhatBuildsItsTests) {
  auto p = narrowed({{}, {Stage::execute}, {}, {}, "", {}});
  EXPECT_EQ(ids(p).size(), 4u);  // FreeBSD is checked only
  EXPECT_EQ(p->cells.at(0).settings.stages, (std::vector<Stage>{Stage::test_no_run, Stage::execute}));
  EXPECT_EQ(narrowed({{}, {Stage::check}, {}, {}, "", {}})->cells.size(), 6u);
}

TEST(Narrow, ByOnly) {
  EXPECT_EQ(ids(narrowed({{}, {}, {}, {}, "cfg(target_endian = \"big\") and variant = plain", {}})),
            Words{"s390x-unknown-linux-gnu/plain"});
  EXPECT_EQ(error_of(narrowed({{}, {}, {}, {}, "varian = plain", {}})),
            "--only:1:1: there is no axis `varian`; did you mean `variant`?");
  EXPECT_EQ(error_of(narrowed({{}, {}, {}, {}, "std std", {}})), "--only:1:5: unexpected `std`");
}

TEST(Narrow, ByPackage) {
  auto p = narrowed({{"s390x-*"}, {}, {"a"}, {}, "", {}});
  EXPECT_EQ(p->cells.at(0).settings.scope, (Words{"-p", "a"}));
  EXPECT_EQ(p->cells.at(1).settings.scope, (Words{"-p", "a", "--no-default-features"}));
  p = narrowed({{"s390x-*"}, {}, {"c"}, {}, "", {}});
  EXPECT_EQ(ids(p), Words{"s390x-unknown-linux-gnu/plain"});
}

TEST(Narrow, PackagesWithinAScope) {
  auto narrowed_scope = [](Words scope, const Words& packages) {
    return narrow_packages(packages, scope) ? scope : Words{"(none)"};
  };
  EXPECT_EQ(narrowed_scope({"--workspace", "--exclude", "b", "--all-features"}, {"a", "b"}),
            (Words{"-p", "a", "--all-features"}));
  EXPECT_EQ(narrowed_scope({"--workspace", "--exclude=b"}, {"b"}), Words{"(none)"});
  EXPECT_EQ(narrowed_scope({"--package=ab", "-pac", "--package", "x"}, {"a*"}),
            (Words{"-p", "ab", "-p", "ac"}));
  EXPECT_EQ(narrowed_scope({}, {"a*"}), (Words{"-p", "a*"}));
}

TEST(Narrow, ByTestName) {
  ExpandOptions options;
  options.narrowing.tests = {"codec"};
  auto p = testing::plan(kMatrix + "tests: {filter: quick}\n", options);
  ASSERT_TRUE(p) << error_of(p);
  EXPECT_EQ(p->cells.at(0).settings.tests.filter, Words{"quick"});
  EXPECT_EQ(p->cells.at(0).settings.tests.only, Words{"codec"});
  EXPECT_TRUE(p->partial);
  EXPECT_EQ(p->narrowed_by, "--test codec");
}

TEST(Narrow, ByIdsOfCells) {
  EXPECT_EQ(ids(narrowed({{}, {}, {}, {}, "", std::set<std::string>{"x86_64-unknown-freebsd/bare", "gone"}})),
            Words{"x86_64-unknown-freebsd/bare"});
}

TEST(Narrow, ToNothingNamesWhatWasAsked) {
  auto p = narrowed({{"s390x-unknown-linux-gun"}, {Stage::check}, {}, {}, "std", {}});
  EXPECT_EQ(
      error_of(p),
      "nothing of m.yaml is left by --triple s390x-unknown-linux-gun --stage check --only std; did you mean "
      "`s390x-unknown-linux-gnu`?");
  EXPECT_EQ(p.error().kind(), ErrorKind::usage);
}

}  // namespace
}  // namespace tripled::config
