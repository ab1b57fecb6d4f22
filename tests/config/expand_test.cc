#include "config/expand.h"

#include <gtest/gtest.h>

#include "tests/config/support.h"

namespace tripled::config {
namespace {

using testing::cell;
using testing::error_of;
using testing::ids;
using testing::plan;
using Ids = std::vector<std::string>;

TEST(Expand, TheLanguagesOwnExample) {
  auto p = plan(R"(tripled: 1
project: {name: demo, source: {path: .}}
toolchains: {today: stable, old: msrv}
defaults: {toolchain: today, lockfile: as-is}
axes:
  triple:
    - x86_64-unknown-linux-gnu
    - s390x-unknown-linux-gnu
    - expr: tier <= 2 and cfg(target_os = "freebsd")
  variant:
    plain: {}
    bare: {scope: --no-default-features, where: 'cfg(unix)'}
stages: [check, build, test-no-run, execute]
exclude: [{when: 'triple = s390x-* and variant = bare', reason: "#123"}]
include: [{triple: [aarch64-apple-darwin, thumbv7em-none-eabi], stages: [check]}]
rules:
  - match: emulated
    env: {QUICK: 1}
    timeout: 20m
  - match: 'cfg(target_endian = "big")'
    expect: {fail: {stage: execute, unit: demo, test: "codec::*"}, reason: "#77"}
)");
  EXPECT_EQ(ids(p),
            (Ids{"x86_64-unknown-linux-gnu/plain", "x86_64-unknown-linux-gnu/bare",
                 "s390x-unknown-linux-gnu/plain", "s390x-unknown-linux-gnu/bare",
                 "i686-unknown-freebsd/plain", "i686-unknown-freebsd/bare", "x86_64-unknown-freebsd/plain",
                 "x86_64-unknown-freebsd/bare", "aarch64-apple-darwin", "thumbv7em-none-eabi"}));
  EXPECT_TRUE(p->warnings.empty()) << p->warnings.front();
  EXPECT_EQ(p->project.name, "demo");
  auto s390x = cell(p, "s390x-unknown-linux-gnu/plain");
  EXPECT_EQ(s390x.settings.env.at("QUICK"), "1");
  EXPECT_EQ(s390x.settings.timeout_ms, 1'200'000);
  EXPECT_EQ(s390x.settings.expected.size(), 1u);
  EXPECT_EQ(s390x.axes.at("variant"), "plain");
  EXPECT_EQ(cell(p, "s390x-unknown-linux-gnu/bare").excluded_reason, "#123");
  EXPECT_TRUE(cell(p, "x86_64-unknown-linux-gnu/plain").settings.env.empty());
  EXPECT_EQ(cell(p, "aarch64-apple-darwin").settings.stages, std::vector<Stage>{Stage::check});
  EXPECT_FALSE(p->partial);
}

TEST(Expand, IdsLeaveOutAxesWithOneValue) {
  EXPECT_EQ(
      ids(plan("tripled: 1\naxes: {toolchain: [stable], triple: [i686-unknown-linux-gnu], v: [a, b]}\n")),
      (Ids{"i686-unknown-linux-gnu/a", "i686-unknown-linux-gnu/b"}));
  EXPECT_EQ(ids(plan("tripled: 1\naxes: {v: [a, b], triple: [i686-unknown-linux-gnu]}\n")),
            (Ids{"a/i686-unknown-linux-gnu", "b/i686-unknown-linux-gnu"}));
}

TEST(Expand, IdsNameTheGroup) {
  EXPECT_EQ(ids(plan("tripled: 1\ngroups:\n  a: {axes: {triple: [i686-unknown-linux-gnu]}}\n"
                     "  b: {axes: {triple: [i686-unknown-linux-gnu]}}\n")),
            (Ids{"a:i686-unknown-linux-gnu", "b:i686-unknown-linux-gnu"}));
}

TEST(Expand, IdsDoNotDependOnFacts) {
  // `where` leaves one value of two: the axis stays in the id, since the file writes two.
  EXPECT_EQ(
      ids(plan(
          "tripled: 1\naxes: {triple: [i686-unknown-linux-gnu], v: {a: {}, b: {where: cfg(windows)}}}\n")),
      Ids{"i686-unknown-linux-gnu/a"});
}

TEST(Expand, ScopesOfAListAreAnAxis) {
  auto p = plan("tripled: 1\naxes: {triple: [i686-unknown-linux-gnu]}\nscope: [-p a, '-p   b  --lib']\n");
  EXPECT_EQ(ids(p), (Ids{"i686-unknown-linux-gnu/-p a", "i686-unknown-linux-gnu/-p b --lib"}));
  EXPECT_EQ(p->cells[1].settings.scope, (Ids{"-p", "b", "--lib"}));
  EXPECT_EQ(p->cells[1].axes.at("scope"), "-p b --lib");
}

TEST(Expand, AListOfScopesInOneAxisValue) {
  auto p = plan(
      "tripled: 1\naxes: {triple: [i686-unknown-linux-gnu], v: {x: {scope: [-p a, -p b]}, y: {scope: -p "
      "c}}}\n");
  EXPECT_EQ(ids(p), (Ids{"i686-unknown-linux-gnu/x/-p a", "i686-unknown-linux-gnu/x/-p b",
                         "i686-unknown-linux-gnu/y"}));
}

TEST(Expand, ScopeAndFeatureAxes) {
  auto p = plan(R"(tripled: 1
axes:
  triple: [i686-unknown-linux-gnu]
  features: [none, [a, b], all]
  scope: {core: -p core, whole: {scope: --workspace}}
)");
  EXPECT_EQ(ids(p), (Ids{"i686-unknown-linux-gnu/none/core", "i686-unknown-linux-gnu/none/whole",
                         "i686-unknown-linux-gnu/a,b/core", "i686-unknown-linux-gnu/a,b/whole",
                         "i686-unknown-linux-gnu/all/core", "i686-unknown-linux-gnu/all/whole"}));
  EXPECT_EQ(p->cells[2].settings.scope, (Ids{"-p", "core", "--features", "a,b"}));
  EXPECT_EQ(p->cells[5].settings.scope, (Ids{"--workspace", "--all-features"}));
}

TEST(Expand, PackagesAxis) {
  auto p = plan("tripled: 1\naxes: {triple: [i686-unknown-linux-gnu], packages: [workspace, a]}\n");
  EXPECT_EQ(p->cells.at(0).settings.scope, Ids{"--workspace"});
  EXPECT_EQ(p->cells.at(1).settings.scope, (Ids{"-p", "a"}));
}

TEST(Expand, ProfileAndToolchainAxes) {
  auto p = plan(R"(tripled: 1
toolchains: {old: "1.70"}
axes:
  triple: [i686-unknown-linux-gnu]
  toolchain: [stable, old]
  profile: [dev, {name: release, lto: fat}]
)");
  EXPECT_EQ(ids(p), (Ids{"i686-unknown-linux-gnu/stable/dev", "i686-unknown-linux-gnu/stable/release",
                         "i686-unknown-linux-gnu/old/dev", "i686-unknown-linux-gnu/old/release"}));
  EXPECT_EQ(p->cells[3].settings.toolchain, "1.70");
  EXPECT_EQ(p->cells[3].settings.profile.settings.at("lto"), "fat");
}

TEST(Expand, ValuesMayCarrySettingsInListsToo) {
  auto p = plan(
      "tripled: 1\naxes:\n  triple:\n    - i686-unknown-linux-gnu\n    - s390x-unknown-linux-gnu: {timeout: "
      "1h}\n");
  EXPECT_EQ(cell(p, "s390x-unknown-linux-gnu").settings.timeout_ms, 3'600'000);
  EXPECT_EQ(cell(p, "s390x-unknown-linux-gnu").provenance.at("timeout"), "m.yaml:5:42");
}

TEST(Expand, AnExprAddsTriplesThatAreNotNamed) {
  auto p = plan(
      "tripled: 1\naxes:\n  triple:\n    - expr: triple = i686-*\n    - i686-unknown-linux-gnu\n"
      "    - {expr: 'tier = 2 and triple = i686-*', timeout: 1m}\n");
  EXPECT_EQ(ids(p), (Ids{"i686-unknown-freebsd", "i686-unknown-linux-gnu"}));
}

TEST(Expand, UnknownTriples) {
  EXPECT_EQ(
      error_of(plan("tripled: 1\naxes:\n  triple: [x86_64-unknown-linux-gun]\n")),
      "m.yaml:3:12: no toolchain of this matrix knows the triple `x86_64-unknown-linux-gun`; did you mean "
      "`x86_64-unknown-linux-gnu`?");
  auto matrix = parse_matrix(
      "tripled: 1\naxes: {triple: [i686-unknown-linux-gnu, new-cpu], toolchain: [stable, 1.70]}\n", "m.yaml");
  ASSERT_TRUE(matrix) << error_of(matrix);
  auto newer = testing::facts("stable"), old = testing::facts("1.70");
  newer.triples.push_back(testing::triple("new-cpu", "new", "linux"));
  old.version = "1.70.0";
  auto p = expand(*matrix, {newer, old});
  EXPECT_EQ(ids(p).size(), 4u);
  EXPECT_EQ(cell(p, "new-cpu/stable").excluded_reason, "");
  EXPECT_EQ(cell(p, "new-cpu/1.70").excluded_reason, "rustc 1.70.0 (1.70) does not know this triple");
}

TEST(Expand, AToolchainThatIsNotHereStillHasItsCells) {
  auto matrix = parse_matrix(
      "tripled: 1\naxes: {triple: [i686-unknown-linux-gnu], toolchain: [1.70, stable]}\n", "m.yaml");
  ToolchainFacts absent;
  absent.name = "1.70";
  absent.error = "not installed: rustup toolchain install 1.70";
  auto p = expand(*matrix, {absent, testing::facts()});
  EXPECT_EQ(ids(p), (Ids{"i686-unknown-linux-gnu/1.70", "i686-unknown-linux-gnu/stable"}));
  EXPECT_EQ(p->cells[0].excluded_reason, "");
  EXPECT_EQ(p->warnings.at(0), "toolchain `1.70`: not installed: rustup toolchain install 1.70");
  EXPECT_EQ(error_of(expand(*matrix, {absent})),
            "toolchain `1.70`: not installed: rustup toolchain install 1.70");
}

TEST(Expand, RowsThatMatchNothingAreErrors) {
  const std::string head = "tripled: 1\naxes: {triple: [i686-unknown-linux-gnu]}\n";
  EXPECT_EQ(
      error_of(plan(head + "rules: [{match: 'triple = s390x-*', timeout: 1m}]\n")),
      "m.yaml:3:9: this rule matches no cell: `triple = s390x-*` (write `optional: true` if that may be)");
  EXPECT_EQ(error_of(plan(head + "exclude: [{when: cfg(windows), reason: r}]\n")),
            "m.yaml:3:11: this exclude row matches no cell: `cfg(windows)` (write `optional: true` if that "
            "may be)");
  EXPECT_EQ(error_of(plan(head + "include: [{triple: {expr: cfg(windows)}}]\n")),
            "m.yaml:3:11: this include row makes no cell (write `optional: true` if that may be)");
  EXPECT_EQ(ids(plan(head + "rules: [{match: cfg(windows), timeout: 1m, optional: true}]\n"
                            "exclude: [{when: cfg(windows), reason: r, optional: yes}]\n"
                            "include: [{triple: {expr: cfg(windows)}, optional: true}]\n")),
            Ids{"i686-unknown-linux-gnu"});
}

TEST(Expand, IdenticalCellsAreErrors) {
  EXPECT_EQ(error_of(plan("tripled: 1\naxes:\n  triple: [i686-unknown-linux-gnu]\ninclude:\n"
                          "  - {triple: i686-unknown-linux-gnu, stages: [check]}\n")),
            "m.yaml:5:5: cell i686-unknown-linux-gnu is made twice, first at m.yaml:3:3");
  EXPECT_EQ(error_of(plan("tripled: 1\ninclude:\n  - {triple: i686-unknown-linux-gnu}\n  - {triple: "
                          "i686-unknown-linux-gnu}\n")),
            "m.yaml:4:5: cell i686-unknown-linux-gnu is made twice, first at m.yaml:3:5");
}

TEST(Expand, IncludeRowsAreSmallProducts) {
  auto p = plan(R"(tripled: 1
axes: {triple: [i686-unknown-linux-gnu], toolchain: [stable], variant: {plain: {}, bare: {scope: --no-default-features}}}
include:
  - {triple: [s390x-unknown-linux-gnu, x86_64-unknown-freebsd], variant: bare, stages: check}
  - {triple: s390x-unknown-linux-gnu, toolchain: stable}
  - {triple: s390x-unknown-linux-gnu, toolchain: beta}
  - {triple: s390x-unknown-linux-gnu, features: [a, b]}
  - {triple: s390x-unknown-linux-gnu, scope: [-p a, -p b]}
  - {triple: s390x-unknown-linux-gnu, variant: {own: {timeout: 1m}}}
)");
  EXPECT_EQ(ids(p), (Ids{"i686-unknown-linux-gnu/plain", "i686-unknown-linux-gnu/bare",
                         "s390x-unknown-linux-gnu/bare", "x86_64-unknown-freebsd/bare",
                         "s390x-unknown-linux-gnu", "s390x-unknown-linux-gnu/beta",
                         "s390x-unknown-linux-gnu/a,b", "s390x-unknown-linux-gnu/-p a",
                         "s390x-unknown-linux-gnu/-p b", "s390x-unknown-linux-gnu/own"}));
  EXPECT_EQ(cell(p, "s390x-unknown-linux-gnu/bare").settings.scope, Ids{"--no-default-features"});
  EXPECT_EQ(cell(p, "s390x-unknown-linux-gnu/a,b").settings.scope, (Ids{"--features", "a,b"}));
  EXPECT_EQ(cell(p, "s390x-unknown-linux-gnu/own").settings.timeout_ms, 60'000);
}

TEST(Expand, CoordinatesCannotBeContradicted) {
  const std::string head =
      "tripled: 1\naxes:\n  triple: [i686-unknown-linux-gnu]\n  toolchain: [stable, beta]\n";
  EXPECT_EQ(error_of(plan(head + "rules: [{match: std, toolchain: nightly}]\n")),
            "m.yaml:5:33: a rule cannot set `toolchain` of cell i686-unknown-linux-gnu/stable: `toolchain` "
            "is an axis there");
  EXPECT_EQ(error_of(plan(head + "  v: {a: {toolchain: nightly}}\n")),
            "m.yaml:5:22: `toolchain` is set here, but `toolchain` is an axis of the same cell");
}

TEST(Expand, EmulatedLooksAtHostRunAndRunner) {
  auto p = plan(R"(tripled: 1
axes:
  triple:
    x86_64-unknown-linux-gnu: {}
    i686-unknown-linux-gnu: {}
    aarch64-unknown-linux-gnu: {}
    s390x-unknown-linux-gnu: {run: native}
    x86_64-unknown-freebsd: {}
  v: {plain: {}, forced: {run: emulated, where: 'triple = i686-*'}, sde: {runner: {kind: emulated, command: sde}, where: 'triple = x86_64-*-linux-*'}}
rules: [{match: emulated, env: {E: 1}}]
)");
  auto emulated = [&](const std::string& id) { return cell(p, id).settings.env.count("E") == 1; };
  EXPECT_FALSE(emulated("x86_64-unknown-linux-gnu/plain"));
  EXPECT_FALSE(emulated("i686-unknown-linux-gnu/plain"));
  EXPECT_TRUE(emulated("i686-unknown-linux-gnu/forced"));
  EXPECT_TRUE(emulated("aarch64-unknown-linux-gnu/plain"));
  EXPECT_FALSE(emulated("s390x-unknown-linux-gnu/plain"));
  EXPECT_TRUE(emulated("x86_64-unknown-freebsd/plain"));
  EXPECT_TRUE(emulated("x86_64-unknown-linux-gnu/sde"));
}

TEST(Expand, EmulatedIsTheCallersToDecide) {
  ExpandOptions options;
  options.runs_natively = [](const ToolchainFacts&, const TripleFacts& t, const CellSettings&) {
    return t.arch == "s390x";
  };
  auto p = plan(
      "tripled: 1\naxes: {triple: [s390x-unknown-linux-gnu, i686-unknown-linux-gnu]}\nrules: [{match: "
      "emulated, env: {E: 1}}]\n",
      options);
  EXPECT_TRUE(cell(p, "s390x-unknown-linux-gnu").settings.env.empty());
  EXPECT_FALSE(cell(p, "i686-unknown-linux-gnu").settings.env.empty());
}

TEST(Expand, CfgIsAskedWithTheCellsFlags) {
  auto matrix = parse_matrix(R"(tripled: 1
axes: {triple: [i686-unknown-linux-gnu], v: {plain: {}, fast: {rustflags: --cfg fast -Dwarnings}}}
rules: [{match: cfg(fast), env: {F: 1}}]
)",
                             "m.yaml");
  ASSERT_TRUE(matrix) << error_of(matrix);
  auto f = testing::facts();
  auto lines = f.find("i686-unknown-linux-gnu")->cfg;
  lines.push_back("fast");
  f.cfg_with_flags[cfg_key("i686-unknown-linux-gnu", {"--cfg", "fast"})] = lines;
  auto p = expand(*matrix, {f});
  EXPECT_TRUE(cell(p, "i686-unknown-linux-gnu/plain").settings.env.empty());
  EXPECT_EQ(cell(p, "i686-unknown-linux-gnu/fast").settings.env.size(), 1u);
}

TEST(Expand, ATripleWhoseCfgRustcCannotTellIsSaid) {
  auto matrix = parse_matrix("tripled: 1\naxes: {triple: {expr: cfg(unix)}}\n", "m.yaml");
  auto f = testing::facts();
  for (auto& t : f.triples)
    if (t.triple == "s390x-unknown-linux-gnu") t.cfg.clear();
  auto p = expand(*matrix, {f});
  EXPECT_EQ(ids(p).size(), 6u);
  EXPECT_EQ(p->warnings.at(0),
            "toolchain `stable` could not tell the cfg of s390x-unknown-linux-gnu: conditions with cfg(…) "
            "count as false there");
  for (auto& t : f.triples) t.cfg.clear();
  EXPECT_EQ(error_of(expand(*matrix, {f})),
            "m.yaml:2:23: cfg(…) cannot be decided: the cfg of aarch64-apple-darwin is not known");
}

TEST(Expand, TheLimitStopsLargeProducts) {
  ExpandOptions options;
  options.cell_limit = 3;
  EXPECT_EQ(
      error_of(plan(
          "tripled: 1\naxes:\n  triple: [i686-unknown-linux-gnu, s390x-unknown-linux-gnu]\n  v: [a, b]\n",
          options)),
      "m.yaml:3:3: more than 3 cells (the limit)");
  options.cell_limit = 4;
  EXPECT_TRUE(
      plan("tripled: 1\naxes:\n  triple: [i686-unknown-linux-gnu, s390x-unknown-linux-gnu]\n  v: [a, b]\n",
           options));
  std::string bomb = "tripled: 1\naxes:\n  triple: {expr: not std and std}\n";
  for (int axis = 0; axis < 12; ++axis) bomb += "  a" + std::to_string(axis) + ": [a, b, c, d, e, f, g, h]\n";
  EXPECT_EQ(error_of(plan(bomb, options)), "m.yaml:3:3: more than 4 cells (the limit)");
}

TEST(Expand, ReferenceMustBeKnown) {
  const std::string head = "tripled: 1\naxes: {triple: [i686-unknown-linux-gnu]}\n";
  EXPECT_EQ(plan(head + "reference: x86_64-unknown-linux-gnu\n")->reference, "x86_64-unknown-linux-gnu");
  EXPECT_EQ(
      error_of(plan(head + "reference: x86_64-unknown-linux\n")),
      "m.yaml: `reference`: no toolchain of this matrix knows the triple `x86_64-unknown-linux`; did you "
      "mean `x86_64-unknown-linux-gnu`?");
}

TEST(Expand, ExtraStdMustBeKnown) {
  const std::string head = "tripled: 1\naxes: {triple: [i686-unknown-linux-gnu]}\n";
  EXPECT_EQ(
      cell(plan(head + "extra-std: thumbv7em-none-eabi\n"), "i686-unknown-linux-gnu").settings.extra_std,
      Ids{"thumbv7em-none-eabi"});
  EXPECT_EQ(error_of(plan(head + "extra-std: [thumbv7em-none-eab]\n")),
            "m.yaml:3:12: no toolchain of this matrix knows the triple `thumbv7em-none-eab`; did you mean "
            "`thumbv7em-none-eabi`?");
}

TEST(Expand, ToolchainAndProfileCanBeAskedWithoutBeingAxes) {
  auto p = plan(
      "tripled: 1\ntoolchains: {today: stable}\ndefaults: {toolchain: today}\naxes: {triple: "
      "[i686-unknown-linux-gnu]}\n"
      "rules: [{match: toolchain = today and profile = dev, env: {A: 1}}]\n");
  EXPECT_EQ(cell(p, "i686-unknown-linux-gnu").settings.env.size(), 1u);
}

TEST(Expand, RulesOfTheFileComeBeforeTheGroups) {
  auto p = plan(
      "tripled: 1\nrules: [{match: std, timeout: 1m, linker: x}]\ngroups:\n  a:\n    axes: {triple: "
      "[i686-unknown-linux-gnu]}\n"
      "    rules: [{match: std, timeout: 2m}]\n  b: {axes: {triple: [i686-unknown-linux-gnu]}}\n");
  EXPECT_EQ(cell(p, "a:i686-unknown-linux-gnu").settings.timeout_ms, 120'000);
  EXPECT_EQ(cell(p, "a:i686-unknown-linux-gnu").settings.linker, "x");
  EXPECT_EQ(cell(p, "b:i686-unknown-linux-gnu").settings.timeout_ms, 60'000);
}

}  // namespace
}  // namespace tripled::config
