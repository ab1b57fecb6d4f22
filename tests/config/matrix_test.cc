#include "config/matrix.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "schema/base/file.h"
#include "tests/config/support.h"

namespace tripled::config {
namespace {

using testing::error_of;

std::string refused(const std::string& text) { return error_of(parse_matrix(text, "m.yaml")); }
const std::string kAxes = "axes: {triple: [x86_64-unknown-linux-gnu]}\n";

TEST(Matrix, NeedsItsVersion) {
  EXPECT_EQ(refused("axes: {}\n"), "m.yaml:1:1: not a matrix: `tripled: 1` is missing");
  EXPECT_EQ(refused("tripled: 2\n"),
            "m.yaml:1:10: matrix language `2` is not implemented in this version: it reads `tripled: 1`");
  EXPECT_EQ(refused("[a]\n"), "m.yaml:1:1: a matrix is a map that begins with `tripled: 1`, found a list");
}

TEST(Matrix, NeedsSomethingToSweep) {
  EXPECT_EQ(refused("tripled: 1\n"),
            "m.yaml:1:1: the matrix has neither `axes` nor `include`: write `axes: {triple: […]}`");
  EXPECT_EQ(refused("tripled: 1\naxes: {variant: [a]}\n"), "m.yaml:2:1: `axes` lacks `triple`");
  EXPECT_EQ(refused("tripled: 1\naxes: {triple: []}\n"), "m.yaml:2:8: axis `triple` has no values");
  EXPECT_EQ(refused("tripled: 1\ngroups: {a: {stages: [check]}}\n"),
            "m.yaml:2:10: group `a` has neither `axes` nor `include`: write `axes: {triple: […]}`");
}

TEST(Matrix, Sources) {
  auto git = parse_matrix(
      "tripled: 1\nproject: {name: d, source: {git: 'https://x/y', rev: 1.0, submodules: yes}}\n" + kAxes,
      "m.yaml");
  ASSERT_TRUE(git) << error_of(git);
  EXPECT_EQ(git->project.name, "d");
  EXPECT_EQ(git->project.source.git, "https://x/y");
  EXPECT_EQ(git->project.source.rev, "1.0");
  EXPECT_TRUE(git->project.source.submodules);
  EXPECT_TRUE(git->project.source.path.empty());
  auto crate = parse_matrix("tripled: 1\nproject: {source: {crate: c, version: 1.10}}\n" + kAxes, "m.yaml");
  ASSERT_TRUE(crate) << error_of(crate);
  EXPECT_EQ(crate->project.source.version, "1.10");
  auto none = parse_matrix("tripled: 1\n" + kAxes, "m.yaml");
  EXPECT_EQ(none->project.source.path, ".");
}

TEST(Matrix, WrongSources) {
  EXPECT_EQ(refused("tripled: 1\nproject: {source: {path: ., git: x}}\n" + kAxes),
            "m.yaml:2:19: `source` is exactly one of `path`, `git` or `crate`");
  EXPECT_EQ(refused("tripled: 1\nproject: {source: {crate: x}}\n" + kAxes),
            "m.yaml:2:19: `source` names a crate without its `version`");
  EXPECT_EQ(refused("tripled: 1\nproject: {source: {path: ., rev: x}}\n" + kAxes),
            "m.yaml:2:29: `rev` belongs to `git`");
  EXPECT_EQ(refused("tripled: 1\nproject: {source: {git: --upload-pack=x}}\n" + kAxes),
            "m.yaml:2:25: `git` cannot begin with `-`");
}

TEST(Matrix, ToolchainSpecs) {
  for (const char* good : {"stable", "beta", "nightly", "nightly-2026-08-20", "stable-2026-01-01", "1.85",
                           "1.85.1", "msrv", "system", "/opt/rust", "./rust/bin"})
    EXPECT_TRUE(is_toolchain_spec(good)) << good;
  for (const char* bad : {"", "stabel", "nightly-", "nightly-2026", "1", "1.85-nightly", "v1.85", "1.85.1.2"})
    EXPECT_FALSE(is_toolchain_spec(bad)) << bad;
}

TEST(Matrix, AxisNames) {
  EXPECT_EQ(refused("tripled: 1\naxes: {triple: [a-b], tier: [x]}\n"),
            "m.yaml:2:23: `tier` is a word of expressions, an axis needs another name");
  EXPECT_EQ(refused("tripled: 1\naxes: {triple: [a-b], lockfile: [latest]}\n"),
            "m.yaml:2:23: `lockfile` is a setting, not an axis: name the axis otherwise and write `NAME: {x: "
            "{lockfile: …}}`");
  EXPECT_EQ(refused("tripled: 1\naxes: {triple: [a-b], a/b: [x]}\n"),
            "m.yaml:2:23: `a/b` is not an axis name: letters, digits, `-` and `_`");
}

TEST(Matrix, AxisValues) {
  EXPECT_EQ(refused("tripled: 1\naxes: {triple: [a-b, a-b]}\n"),
            "m.yaml:2:22: `a-b` is twice in axis `triple`, first at m.yaml:2:17");
  EXPECT_EQ(refused("tripled: 1\naxes: {triple: ['x86_64-*']}\n"),
            "m.yaml:2:17: a glob is an expression: write `expr: triple = x86_64-*`");
  EXPECT_EQ(refused("tripled: 1\naxes: {triple: [my.json]}\n"),
            "m.yaml:2:17: target specification files (`my.json`) are not implemented in this version");
  EXPECT_EQ(refused("tripled: 1\naxes: {triple: [a-b], v: [x/y]}\n"),
            "m.yaml:2:27: a value of axis `v` cannot hold `/`: it would not be readable in a cell's id");
  EXPECT_EQ(refused("tripled: 1\naxes: {triple: [a-b], v: {x: 3}}\n"),
            "m.yaml:2:30: `x` takes a map of settings such as `{env: {QUICK: 1}}`, found `3`");
  EXPECT_EQ(refused("tripled: 1\naxes: {triple: [a-b], v: [{expr: std}]}\n"),
            "m.yaml:2:28: `expr` belongs into the axis `triple`");
  EXPECT_EQ(refused("tripled: 1\naxes: {triple: [a-b], v: {x: {were: std}}}\n"),
            "m.yaml:2:31: unknown key `were` in a value of axis `v`; did you mean `where`?");
}

TEST(Matrix, UnknownAxesInExpressions) {
  EXPECT_EQ(
      refused(
          "tripled: 1\naxes: {triple: [a-b], variant: [x]}\nrules: [{match: varient = x, timeout: 1m}]\n"),
      "m.yaml:3:17: there is no axis `varient`; did you mean `variant`?");
  EXPECT_EQ(
      refused(
          "tripled: 1\naxes: {triple: [a-b]}\nexclude: [{when: 'triple = a-b and lane = x', reason: r}]\n"),
      "m.yaml:3:36: there is no axis `lane`");
}

TEST(Matrix, RowsNeedTheirKeys) {
  EXPECT_EQ(refused("tripled: 1\n" + kAxes + "exclude: [{when: std}]\n"),
            "m.yaml:3:11: an exclude row lacks a `reason`");
  EXPECT_EQ(refused("tripled: 1\n" + kAxes + "exclude: [{reason: x}]\n"),
            "m.yaml:3:11: an exclude row lacks `when`");
  EXPECT_EQ(refused("tripled: 1\n" + kAxes + "rules: [{timeout: 1m}]\n"), "m.yaml:3:9: a rule lacks `match`");
  EXPECT_EQ(refused("tripled: 1\n" + kAxes + "rules: [{match: std}]\n"),
            "m.yaml:3:9: a rule without a setting");
  EXPECT_EQ(refused("tripled: 1\n" + kAxes + "include: [{stages: [check]}]\n"),
            "m.yaml:3:11: an include row lacks `triple`");
  EXPECT_EQ(refused("tripled: 1\n" + kAxes + "rules: {match: std}\n"),
            "m.yaml:3:8: `rules` takes a list such as `[{match: emulated, timeout: 20m}]`, found a map");
}

TEST(Matrix, ASplitExpressionSaysQuoteIt) {
  EXPECT_EQ(refused("tripled: 1\n" + kAxes + "exclude: [{when: triple in (a, b), reason: r}]\n"),
            "m.yaml:3:32: `b)` has no value; inside `{}` a comma ends plain text: if it belongs to `when`, "
            "quote it: `when: "
            "'triple in (a, b)'`");
}

TEST(Matrix, GroupsAndTheRestOfTheFile) {
  const std::string groups = "tripled: 1\ngroups: {a: {axes: {triple: [a-b]}}}\n";
  EXPECT_TRUE(parse_matrix(groups + "rules: [{match: std, timeout: 1m}]\n", "m.yaml"));
  EXPECT_EQ(refused(groups + "axes: {triple: [a-b]}\n"),
            "m.yaml:3:1: `axes` beside `groups`: it belongs into a group");
  EXPECT_EQ(refused(groups + "stages: [check]\n"),
            "m.yaml:3:1: `stages` beside `groups`: write it into `defaults` or a group");
  EXPECT_EQ(refused(groups + "ruls: []\n"),
            "m.yaml:3:1: unknown key `ruls` in the matrix; did you mean `rules`?");
  EXPECT_EQ(refused("tripled: 1\ngroups: {a b: {}}\n"),
            "m.yaml:2:10: `a b` is not a group name: letters, digits, `-` and `_`");
}

TEST(Matrix, RulesCannotMakeAxes) {
  EXPECT_EQ(refused("tripled: 1\n" + kAxes + "rules: [{match: std, scope: [-p a, -p b]}]\n"),
            "m.yaml:3:29: a rule cannot make an axis: give `scope` one value");
  EXPECT_EQ(refused("tripled: 1\n" + kAxes + "rules: [{match: std, features: each}]\n"),
            "m.yaml:3:32: a rule cannot make an axis: give `features` one value");
}

TEST(Matrix, LoadingMakesPathsRelativeToTheFile) {
  auto path = std::filesystem::path(::testing::TempDir()) / "tripled-matrix-test.yaml";
  ASSERT_TRUE(write_file_atomically(path, "tripled: 1\nproject: {source: {path: sub/..}}\n" + kAxes));
  auto matrix = load_matrix(path);
  ASSERT_TRUE(matrix) << error_of(matrix);
  EXPECT_EQ(matrix->project.source.path, path.parent_path().lexically_normal().string());
  EXPECT_EQ(error_of(load_matrix("/nonexistent/m.yaml")),
            "opening /nonexistent/m.yaml: No such file or directory");
  std::filesystem::remove(path);
}

TEST(Matrix, IncludeRowsKnowTheValuesOfTheirGroup) {
  const std::string head = "tripled: 1\naxes: {triple: [a-b], variant: {plain: {}, bare: {}}}\n";
  EXPECT_EQ(refused(head + "include: [{triple: c-d, variant: bar}]\n"),
            "m.yaml:3:34: axis `variant` has no value `bar`; did you mean `bare`? (write `bar: {…}` to "
            "define it here)");
  EXPECT_TRUE(parse_matrix(head + "include: [{triple: c-d, variant: {bear: {timeout: 1m}}}]\n", "m.yaml"));
  EXPECT_EQ(refused(head + "include: [{triple: c-d, varian: bare}]\n"),
            "m.yaml:3:25: unknown key `varian` in an include row; did you mean `variant`?");
}

TEST(Matrix, TheCommandLinesOwnMatrix) {
  auto matrix = default_matrix({"x86_64-unknown-linux-gnu", "i686-*"}, "system");
  ASSERT_TRUE(matrix) << error_of(matrix);
  auto plan = expand(*matrix, {testing::facts("system")});
  EXPECT_EQ(testing::ids(plan), (std::vector<std::string>{"x86_64-unknown-linux-gnu", "i686-unknown-freebsd",
                                                          "i686-unknown-linux-gnu"}));
  EXPECT_EQ(plan->cells.at(0).settings.toolchain, "system");
  EXPECT_EQ(plan->project.source.path, ".");
  EXPECT_EQ(error_of(default_matrix({})), "no triple is named: write --triple TRIPLE");
  EXPECT_EQ(error_of(default_matrix({"a b"})), "--triple: `a b` is not a triple");
  EXPECT_EQ(error_of(default_matrix({"a-b"}, "stabel")), "`stabel` is not a toolchain");
  auto unknown = expand(*default_matrix({"x86_64-unknown-linux-gn"}), {testing::facts()});
  EXPECT_EQ(error_of(unknown),
            "no toolchain of this matrix knows the triple `x86_64-unknown-linux-gn`; did you mean "
            "`x86_64-unknown-linux-gnu`?");
}

}  // namespace
}  // namespace tripled::config
