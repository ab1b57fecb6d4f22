#include "config/settings.h"

#include <gtest/gtest.h>

#include "tests/config/support.h"

namespace tripled::config {
namespace {

using testing::cell;
using testing::error_of;
using testing::plan;

const std::string kHead = "tripled: 1\naxes: {triple: [x86_64-unknown-linux-gnu]}\n";
const std::string kHost = "x86_64-unknown-linux-gnu";

// The one cell of a matrix with these lines behind the axes.
CellSettings settings(const std::string& lines) { return cell(plan(kHead + lines), kHost).settings; }
std::string refused(const std::string& line) { return error_of(parse_matrix(kHead + line, "m.yaml")); }
using Words = std::vector<std::string>;

TEST(Settings, Defaults) {
  auto s = settings("");
  EXPECT_EQ(s.toolchain, "stable");
  EXPECT_EQ(s.stages.size(), 4u);
  EXPECT_EQ(s.units, Words{"default"});
  EXPECT_EQ(s.lockfile, "as-is");
  EXPECT_TRUE(s.scope.empty());
  EXPECT_EQ(s.profile.name, "dev");
}

TEST(Settings, ScopeIsCargosWords) {
  EXPECT_EQ(settings("scope: -p X --no-default-features --features a,b --lib\n").scope,
            (Words{"-p", "X", "--no-default-features", "--features", "a,b", "--lib"}));
  EXPECT_EQ(settings("scope: \"--features 'a b'\"\n").scope, (Words{"--features", "a b"}));
  EXPECT_EQ(settings("scope: --package=X -Fa\n").scope, (Words{"--package=X", "-Fa"}));
}

TEST(Settings, ScopeRefusesOtherOptions) {
  EXPECT_EQ(
      refused("scope: --all-feature\n"),
      "m.yaml:3:8: `--all-feature` is none of cargo's words for packages, features or targets; did you mean "
      "`--all-features`?");
  EXPECT_EQ(refused("scope: -p\n"),
            "m.yaml:3:8: `-p` lacks its value (a list is a list of scopes: write one scope as one text)");
  EXPECT_EQ(refused("scope: --release\n"),
            "m.yaml:3:8: `--release` does not belong into `scope`: use `profile: release`");
  EXPECT_EQ(refused("scope: --target=x\n"),
            "m.yaml:3:8: `--target=x` does not belong into `scope`: use the `triple` axis");
  EXPECT_EQ(refused("scope: --lib=x\n"), "m.yaml:3:8: `--lib` takes no value");
  EXPECT_EQ(refused("scope: '\"x'\n"), "m.yaml:3:8: `scope` has a quote that is not closed");
  EXPECT_EQ(refused("scope: [-p, x]\n").substr(0, 10), "m.yaml:3:9");
}

TEST(Settings, SelectionBecomesCargosWords) {
  EXPECT_EQ(settings("packages: [a, b]\nfeatures: [x, y]\ndefault-features: no\n").scope,
            (Words{"-p", "a", "-p", "b", "--no-default-features", "--features", "x,y"}));
  EXPECT_EQ(settings("packages: workspace\nexclude-packages: c\nfeatures: all\n").scope,
            (Words{"--workspace", "--exclude", "c", "--all-features"}));
  EXPECT_EQ(settings("exclude-packages: [c]\nfeatures: none\n").scope,
            (Words{"--workspace", "--exclude", "c"}));
  EXPECT_EQ(settings("features: 'x, y z'\n").scope, (Words{"--features", "x,y,z"}));
}

TEST(Settings, ALaterScopeReplacesAnEarlierSelection) {
  auto p = plan(
      "tripled: 1\ndefaults: {features: all}\naxes:\n  triple: [x86_64-unknown-linux-gnu]\n"
      "  variant:\n    plain: {}\n    bare: {scope: --no-default-features}\n");
  EXPECT_EQ(cell(p, kHost + "/plain").settings.scope, Words{"--all-features"});
  EXPECT_EQ(cell(p, kHost + "/bare").settings.scope, Words{"--no-default-features"});
}

TEST(Settings, PackagesBesideScopeIsRefused) {
  EXPECT_EQ(refused("scope: -p a\npackages: b\n"),
            "m.yaml:4:1: `packages` beside `scope`: both select packages, write one of them");
}

TEST(Settings, UnknownKeysSuggestTheNearest) {
  EXPECT_EQ(refused("stage: [check]\n"),
            "m.yaml:3:1: unknown key `stage` in the matrix; did you mean `stages`?");
  EXPECT_EQ(refused("rules:\n  - {match: std, timeut: 1m}\n"),
            "m.yaml:4:18: unknown key `timeut` in a rule; did you mean `timeout`?");
  EXPECT_EQ(refused("tests: {skp: a}\n"), "m.yaml:3:9: unknown key `skp` in `tests`; did you mean `skip`?");
  EXPECT_EQ(refused("qemu: {model: x}\n"),
            "m.yaml:3:8: unknown key `model` in `qemu`; known here: cpu, version, args");
}

TEST(Settings, WrongValuesListWhatIsAllowed) {
  EXPECT_EQ(refused("lints: off\n"), "m.yaml:3:8: `lints` cannot be `off`: it is as-is, cap or deny");
  EXPECT_EQ(refused("lockfile: lastest\n"),
            "m.yaml:3:11: `lockfile` cannot be `lastest`: it is as-is, locked, latest, minimal, "
            "direct-minimal, msrv or "
            "shipped; did you mean `latest`?");
  EXPECT_EQ(refused("stages: [check, tests]\n"),
            "m.yaml:3:9: `stages` cannot be `tests`: it is check, build, test-no-run or execute");
  EXPECT_EQ(
      refused("timeout: 20\n"),
      "m.yaml:3:10: `timeout` takes a duration with its unit, such as `45s`, `20m` or `1h30m`, found `20`");
  EXPECT_EQ(refused("run: [native]\n"), "m.yaml:3:6: `run` takes native, emulated, any or no, found a list");
  EXPECT_EQ(refused("default-features: maybe\n"),
            "m.yaml:3:19: `default-features` cannot be `maybe`: it is true, false, yes or no");
  EXPECT_EQ(refused("linker: #gcc\n"),
            "m.yaml:3:1: `linker` takes text, found nothing (text that begins with `#` must be quoted)");
  EXPECT_EQ(refused("tests: {threads: 0}\n"),
            "m.yaml:3:18: `threads` takes a whole number from 1 on, found `0`");
  EXPECT_EQ(refused("units: [lib, bin]\n").substr(0, 50),
            "m.yaml:3:8: `units` cannot be `bin`: it is default");
  EXPECT_EQ(
      refused("toolchain: tody\ntoolchains: {today: stable}\n"),
      "m.yaml:3:12: unknown toolchain `tody`; did you mean `today`? (a name of `toolchains:`, stable, 1.85, "
      "nightly-2026-08-20, msrv, system, a path)");
  EXPECT_EQ(refused("toolchains: {x: 1.70x}\n"),
            "m.yaml:3:17: `1.70x` is not a toolchain: stable, beta, nightly, nightly-2026-08-20, 1.85, msrv, "
            "system, or a "
            "path");
}

TEST(Settings, ReservedStagesAreNotImplementedYet) {
  EXPECT_EQ(refused("stages: [doc]\n"), "m.yaml:3:9: the stage `doc` is not implemented in this version");
  EXPECT_EQ(refused("stages: clippy\n"), "m.yaml:3:9: the stage `clippy` is not implemented in this version");
}

TEST(Settings, ExecuteNeedsWhatItRuns) {
  EXPECT_EQ(refused("stages: [execute]\n"),
            "m.yaml:3:9: `execute` runs what `test-no-run` builds: add `test-no-run` to `stages`");
  EXPECT_EQ(settings("stages: [execute, test-no-run]\n").stages,
            (std::vector<Stage>{Stage::test_no_run, Stage::execute}));
}

TEST(Settings, EnvMergesByKeyAndNullUnsets) {
  auto p = plan(kHead +
                "defaults: {env: {A: 1, B: 2, C: 1.70}}\nenv: {B: null, D: yes}\nrules:\n  - {match: std, "
                "env: {A: ''}}\n");
  auto env = cell(p, kHost).settings.env;
  EXPECT_EQ(env.at("A"), "");
  EXPECT_EQ(env.at("B"), std::nullopt);
  EXPECT_EQ(env.at("C"), "1.70");
  EXPECT_EQ(env.at("D"), "yes");
  EXPECT_EQ(refused("env: {A=B: 1}\n"), "m.yaml:3:7: `A=B` is not the name of an environment variable");
  EXPECT_EQ(refused("env: {A: [1]}\n"), "m.yaml:3:10: `env.A` takes text, or null to unset it, found a list");
}

TEST(Settings, FlagsAppendAndSetReplaces) {
  auto s = settings(
      "defaults: {rustflags: -Dwarnings, cargo-args: [-v]}\nrustflags: [--cfg, x]\ncargo-args: -v\n");
  EXPECT_EQ(s.rustflags.values, (Words{"-Dwarnings", "--cfg", "x"}));
  EXPECT_FALSE(s.rustflags.replace);
  EXPECT_EQ(s.cargo_args, (Words{"-v", "-v"}));
  s = settings(
      "defaults: {rustflags: -Dwarnings}\nrustflags: {set: [-Ca=b]}\nrules: [{match: std, rustflags: -g}]\n");
  EXPECT_EQ(s.rustflags.values, (Words{"-Ca=b", "-g"}));
  EXPECT_TRUE(s.rustflags.replace);
  EXPECT_EQ(refused("rustflags: {add: x}\n"),
            "m.yaml:3:13: unknown key `add` in `rustflags`; known here: set");
}

TEST(Settings, TestsAndQemuMergeByKey) {
  auto s = settings(
      "defaults: {tests: {skip: [a], threads: 2}, qemu: {cpu: max}}\ntests: {skip: b, ignored: no}\nqemu: "
      "{args: -d x}\n");
  EXPECT_EQ(s.tests.skip, Words{"b"});
  EXPECT_EQ(s.tests.threads, 2);
  EXPECT_EQ(s.tests.ignored, "no");
  EXPECT_EQ(s.qemu.cpu, "max");
  EXPECT_EQ(s.qemu.args, (Words{"-d", "x"}));
}

TEST(Settings, ProfileIsANameOrAMap) {
  EXPECT_EQ(settings("profile: release\n").profile.name, "release");
  auto profile = settings("profile: {name: release, lto: fat, opt-level: 3}\n").profile;
  EXPECT_EQ(profile.settings.at("lto"), "fat");
  EXPECT_EQ(profile.settings.at("opt-level"), "3");
  EXPECT_EQ(refused("profile: {optlevel: 3}\n"),
            "m.yaml:3:11: unknown key `optlevel` in `profile`; did you mean `opt-level`?");
}

TEST(Settings, Runner) {
  auto s = settings("runner: {name: SDE, kind: emulated, command: /opt/sde64 -future --}\n");
  ASSERT_TRUE(s.runner);
  EXPECT_EQ(s.runner->kind, RunnerKind::emulated);
  EXPECT_EQ(s.runner->command, (Words{"/opt/sde64", "-future", "--"}));
  EXPECT_EQ(settings("runner: {kind: native, command: [/usr/bin/env]}\n").runner->name, "env");
  EXPECT_EQ(refused("runner: {command: x}\n"), "m.yaml:3:9: `runner` lacks `kind`: native or emulated");
  EXPECT_EQ(refused("runner: {kind: native}\n"), "m.yaml:3:9: `runner` lacks `command`");
}

TEST(Settings, Durations) {
  auto s = settings("timeout: 1h30m\nno-output-timeout: 45s\n");
  EXPECT_EQ(s.timeout_ms, 5'400'000);
  EXPECT_EQ(s.no_output_timeout_ms, 45'000);
}

TEST(Settings, Expectations) {
  auto s = settings(
      "expect: {fail: {stage: execute, unit: demo, test: [\"a::*\", b]}, reason: \"#77\"}\n"
      "allow-failure:\n  - {stage: build, error: E0432, reason: flaky}\n  - {timeout: {unit: x}, reason: "
      "slow}\n");
  ASSERT_EQ(s.expected.size(), 6u);
  EXPECT_TRUE(s.expected[0].required);
  EXPECT_EQ(s.expected[0].stage, Stage::execute);
  EXPECT_EQ(s.expected[0].test, "a::*");
  EXPECT_EQ(s.expected[1].test, "b");
  EXPECT_EQ(s.expected[0].where, "m.yaml:3:9");
  EXPECT_FALSE(s.expected[2].required);
  EXPECT_EQ(s.expected[2].error, "E0432");
  EXPECT_EQ(s.expected[2].verdict, Verdict::fail);
  // Without a verdict: whatever goes wrong with the code.
  EXPECT_EQ(s.expected[3].verdict, Verdict::timeout);
  EXPECT_EQ(s.expected[4].verdict, Verdict::suspect);
  EXPECT_EQ(s.expected[4].error, "E0432");
  EXPECT_EQ(s.expected[5].verdict, Verdict::timeout);
  EXPECT_EQ(s.expected[5].reason, "slow");
  EXPECT_EQ(
      setting_text(s, "expect"),
      "must fail at execute in demo test a::* (#77); must fail at execute in demo test b (#77); may fail "
      "or timeout or suspect at build with E0432 (flaky); may timeout in x (slow)");
}

TEST(Settings, ExpectationsSayWhatIsMissing) {
  EXPECT_EQ(refused("expect: {fail: {stage: execute}}\n"), "m.yaml:3:9: `expect` lacks a `reason`");
  EXPECT_EQ(refused("expect: {reason: x}\n"),
            "m.yaml:3:9: `expect` names nothing: write what fails, such as `{fail: {stage: execute}, reason: "
            "\"#77\"}`");
  EXPECT_EQ(refused("expect: {fail: {stage: run}, reason: x}\n"),
            "m.yaml:3:24: `stage` cannot be `run`: it is check, build, test-no-run or execute");
  EXPECT_EQ(refused("expect: {pass: {}, reason: x}\n").substr(0, 45),
            "m.yaml:3:10: unknown key `pass` in `expect`; ");
  EXPECT_EQ(
      refused("allow-failure: {stage: check, fail: {}, reason: x}\n"),
      "m.yaml:3:16: `allow-failure` takes either `stage`, `unit`, `test`, `error` or a verdict, not both");
  EXPECT_EQ(
      refused("expect: {fail: {}, reason: #77}\n"),
      "m.yaml:3:9: not valid YAML: end of map flow not found (`reason` has no value: text that begins with "
      "`#` must be quoted)");
}

TEST(Settings, ExpectationsOfAllLevelsAddUp) {
  auto p = plan(kHead +
                "expect: {fail: {unit: a}, reason: r}\nrules:\n"
                "  - {match: std, expect: {fail: {unit: b}, reason: r}}\n"
                "  - {match: std, allow-failure: {unit: c, reason: r}}\n");
  auto c = cell(p, kHost);
  ASSERT_EQ(c.settings.expected.size(), 5u);
  EXPECT_EQ(c.provenance.at("expect"), "m.yaml:3:9, m.yaml:5:26, m.yaml:6:33");
}

TEST(Settings, WorkerAndRequiresAreStored) {
  auto s = settings("worker: [fast, arm]\nrequires: {cpu-flags: [avx2]}\nif-impossible: excluded\n");
  EXPECT_EQ(s.worker_labels, (Words{"fast", "arm"}));
  EXPECT_EQ(s.required_cpu_flags, Words{"avx2"});
  EXPECT_EQ(s.if_impossible, "excluded");
}

TEST(Settings, WhenIsReadStoredAndWithoutEffect) {
  auto matrix = parse_matrix(kHead + "when: {paths: [a/**], message: '*x*', event: push}\n", "m.yaml");
  ASSERT_TRUE(matrix) << error_of(matrix);
  ASSERT_TRUE(matrix->groups.at(0).settings.when);
  EXPECT_EQ(matrix->groups.at(0).settings.when->paths, Words{"a/**"});
  EXPECT_EQ(testing::ids(plan(kHead + "when: full\n")), Words{kHost});
  EXPECT_EQ(refused("when: often\n"), "m.yaml:3:7: `when` cannot be `often`: it is full");
  EXPECT_EQ(refused("when: {path: x}\n"), "m.yaml:3:8: unknown key `path` in `when`; did you mean `paths`?");
}

TEST(Settings, ShippedLockIsForPublishedCrates) {
  EXPECT_EQ(refused("lockfile: shipped\n"),
            "m.yaml:3:11: `lockfile: shipped` is for a project whose source is a `crate`");
  EXPECT_TRUE(
      parse_matrix(kHead + "lockfile: shipped\nproject: {source: {crate: x, version: 1.0}}\n", "m.yaml"));
}

TEST(Settings, WhatHasAKeyOfItsOwnIsNoArgument) {
  auto no = [](const std::string& word, const std::string& instead) {
    return "m.yaml:3:13: `" + word + "` does not belong into `cargo-args`: use " + instead;
  };
  EXPECT_EQ(refused("cargo-args: --release\n"), no("--release", "`profile: release`"));
  EXPECT_EQ(refused("cargo-args: [-v, --target=x]\n"), no("--target=x", "the `triple` axis"));
  EXPECT_EQ(refused("cargo-args: -pdemo\n"), no("-pdemo", "`packages`"));
  EXPECT_EQ(refused("cargo-args: --features a\n"), no("--features", "`features`"));
  EXPECT_EQ(refused("cargo-args: --manifest-path x\n"),
            no("--manifest-path", "`project: {source: {path: …}}`"));
  EXPECT_EQ(settings("cargo-args: -v -j 2 -Zunstable-options\n").cargo_args.size(), 4u);
  EXPECT_EQ(refused("scope: --doc\n"),
            "m.yaml:3:8: `--doc` does not belong into `scope`: use `units: doctests`");
  auto args = [](const std::string& word, const std::string& instead) {
    return "m.yaml:3:15: `" + word + "` does not belong into `args`: use `tests: {" + instead + "}`";
  };
  EXPECT_EQ(refused("tests: {args: --skip x}\n"), args("--skip", "skip: …"));
  EXPECT_EQ(refused("tests: {args: [--test-threads=1]}\n"), args("--test-threads=1", "threads: …"));
  EXPECT_EQ(refused("tests: {args: --include-ignored}\n"), args("--include-ignored", "ignored: both"));
  EXPECT_EQ(refused("tests: {args: codec}\n"), args("codec", "filter: …") + " for names of tests");
  EXPECT_EQ(refused("tests: {args: --nocapture codec}\n"),
            args("codec", "filter: …") + " for names of tests");
  EXPECT_EQ(settings("tests: {args: --nocapture --logfile x}\n").tests.args.size(), 3u);
}

TEST(Settings, PinsMerge) {
  auto s = settings("defaults: {pins: {a: 1.0, b: 2.0}}\npins: {b: 2.10}\n");
  EXPECT_EQ(s.pins.at("a"), "1.0");
  EXPECT_EQ(s.pins.at("b"), "2.10");
}

TEST(Settings, LevelsWinInTheOrderOfTheLanguage) {
  const std::string row =
      "include:\n  - {triple: x86_64-unknown-linux-gnu, variant: {row: {linker: value}}, linker: row}\n";
  auto p = plan(
      "tripled: 1\ndefaults: {linker: defaults, sysroot: defaults, std: core, lints: cap}\nsysroot: "
      "group\nstd: build\n"
      "axes:\n  triple: {x86_64-unknown-linux-gnu: {std: auto}}\n  variant: {a: {linker: value}, b: {}}\n"
      "rules: [{match: variant = a, linker: first}, {match: variant = a, linker: rule}]\n" +
      row);
  auto a = cell(p, kHost + "/a");
  EXPECT_EQ(a.settings.linker, "rule");
  EXPECT_EQ(a.settings.sysroot, "group");
  EXPECT_EQ(a.settings.std, "auto");
  EXPECT_EQ(a.settings.lints, "cap");
  EXPECT_EQ(cell(p, kHost + "/b").settings.linker, "defaults");
  EXPECT_EQ(cell(p, kHost + "/row").settings.linker, "row");
}

TEST(Settings, EveryKeyHasADescriptionAndAPlaceInExplain) {
  auto p = plan(kHead + "timeout: 5m\nenv: {A: 1}\n");
  auto rows = explain(*p, kHost);
  ASSERT_TRUE(rows) << error_of(rows);
  std::map<std::string, Explained> by_key;
  for (const auto& row : *rows) by_key[row.key] = row;
  EXPECT_EQ(by_key["timeout"].value, "5m00s");
  EXPECT_EQ(by_key["timeout"].place, "m.yaml:3:10");
  EXPECT_EQ(by_key["env.A"].value, "1");
  EXPECT_EQ(by_key["env.A"].place, "m.yaml:4:10");
  EXPECT_EQ(by_key["lockfile"].value, "as-is");
  EXPECT_EQ(by_key["lockfile"].place, "default");
  EXPECT_EQ(by_key["axis triple"].place, "m.yaml:2:17");
  for (const auto& key : setting_keys()) EXPECT_FALSE(key.description.empty()) << key.name;
  EXPECT_EQ(error_of(explain(*p, "x86_64-unknown-linux-gun")),
            "there is no cell `x86_64-unknown-linux-gun`; did you mean `x86_64-unknown-linux-gnu`? (`tripled "
            "plan` lists "
            "them)");
}

TEST(Settings, ScopesPlaceNamesEveryKeyThatMadeIt) {
  auto c = cell(plan(kHead + "packages: a\nfeatures: [x]\n"), kHost);
  EXPECT_EQ(c.provenance.at("scope"), "m.yaml:3:11, m.yaml:4:11");
}

}  // namespace
}  // namespace tripled::config
