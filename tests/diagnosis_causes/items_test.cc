// Items, cfg, dependencies, types: look-alikes that are another cause.
#include <gmock/gmock.h>

#include "tests/diagnosis_causes/support.h"

namespace tripled::diagnosis {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

Evidence with_source(const std::string& text) {
  auto out = sample();
  out.files["src/lib.rs"] = text;
  return out;
}

Diagnostic gated(const std::string& label, int gate_line) {
  auto out = error_at("src/lib.rs", 9, 5, "E0425", "cannot find function `f` in this scope",
                      "not found in this scope");
  out.spans.push_back({"src/lib.rs", gate_line, 7, label, false});
  out.spans.push_back({"src/lib.rs", gate_line + 1, 8, "found an item that was configured out", false});
  out.notes = {"note: found an item that was configured out"};
  return out;
}

// rustc calls the value of any `name = "value"` a feature.
TEST(ConfiguredOut, PredicateComesFromTheSourceNotFromTheLabel) {
  auto evidence = with_source("#[cfg(target_os = \"windows\")]\npub fn f() {}\n\n\n\n\n\n\nf();\n");
  EXPECT_THAT(causes_of(evidence, {gated("the item is gated behind the `windows` feature", 1)}),
              ElementsAre("E0425 configured-out, certain, project, f if target_os = \"windows\""));
}

TEST(ConfiguredOut, AttributeOverSeveralLines) {
  auto evidence =
      with_source("#[cfg(any(\n    windows,\n    target_os = \"macos\",\n))]\npub fn f() {}\n\n\n\nf();\n");
  EXPECT_THAT(
      causes_of(evidence, {gated("the item is gated here", 2)}),
      ElementsAre("E0425 configured-out, certain, project, f if any(windows, target_os = \"macos\")"));
}

TEST(ConfiguredOut, WithoutTheSourceItIsLikely) {
  EXPECT_THAT(causes_of(sample(), {gated("the item is gated here", 1)}),
              ElementsAre("E0425 configured-out, likely, project, f"));
}

TEST(ConfiguredOut, AFeatureThatNobodyDeclaresIsUnknown) {
  auto evidence = with_source("#[cfg(feature = \"fast\")]\npub fn f() {}\n\n\n\n\n\n\nf();\n");
  auto errors = std::vector{gated("the item is gated behind the `fast` feature", 1)};
  EXPECT_THAT(causes_of(evidence, errors),
              ElementsAre("E0425 unknown-cfg, likely, project, fast if feature = \"fast\""));
  evidence.metadata.packages[0].features["fast"] = {};
  EXPECT_THAT(causes_of(evidence, errors),
              ElementsAre("E0425 configured-out, certain, project, f if feature = \"fast\""));
}

TEST(ConfiguredOut, ACfgThatItsBuildScriptPrintsIsKnown) {
  auto evidence = with_source("#[cfg(has_x)]\npub fn f() {}\n\n\n\n\n\n\nf();\n");
  auto errors = std::vector{gated("the item is gated here", 1)};
  EXPECT_THAT(causes_of(evidence, errors), ElementsAre("E0425 unknown-cfg, likely, project, has_x if has_x"));
  evidence.metadata.packages[0].targets.push_back({"build-script-build", "custom-build", "/src/build.rs"});
  evidence.files["build.rs"] = "fn main() { println!(\"cargo::rustc-cfg=has_x\"); }\n";
  EXPECT_THAT(causes_of(evidence, errors), ElementsAre("E0425 configured-out, certain, project, f if has_x"));
}

TEST(Unknown, ANameThatNobodyHasStaysUnknown) {
  auto error = error_at("src/lib.rs", 1, 5, "E0425", "cannot find function `nosuch` in this scope",
                        "not found in this scope");
  auto evidence = with_source("fn g() { nosuch() }\n");
  evidence.diagnostics = {error};
  auto out = diagnose(evidence);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].cause, Cause::unknown);
  EXPECT_EQ(out[0].title, "E0425: cannot find function `nosuch` in this scope");
  EXPECT_GT(out[0].ruled_out.size(), 10u);
}

// --- cfg!()

TEST(CfgMacro, TheBranchForThisPlatformIsAnotherMatter) {
  auto error = error_at("src/lib.rs", 2, 9, "E0425", "cannot find function `g` in this scope",
                        "not found in this scope");
  EXPECT_THAT(causes_of(with_source("fn f() { if cfg!(windows) {\n        g();\n    } }\n"), {error}),
              ElementsAre("E0425 cfg-macro-for-attribute, likely, project, g if windows"));
  EXPECT_THAT(causes_of(with_source("fn f() { if cfg!(unix) {\n        g();\n    } }\n"), {error}),
              ElementsAre(StartsWith("E0425 unknown")));
}

TEST(CfgMacro, ElseOfAConditionThatHolds) {
  auto error = error_at("src/lib.rs", 2, 9, "E0425", "cannot find function `g` in this scope",
                        "not found in this scope");
  EXPECT_THAT(
      causes_of(with_source("fn f() { if cfg!(unix) { 1; } else {\n        g();\n    } }\n"), {error}),
      ElementsAre("E0425 cfg-macro-for-attribute, likely, project, g if not(unix)"));
}

// --- no body

TEST(NoBody, OneVariantThatIsOnElsewhereIsConfiguredOut) {
  auto error = error_at("src/lib.rs", 3, 9, "E0432", "unresolved import `imp`",
                        "use of unresolved module or unlinked crate `imp`");
  EXPECT_THAT(
      causes_of(with_source("#[cfg(windows)]\nmod imp { pub fn f() {} }\npub use imp::f;\n"), {error}),
      ElementsAre("E0432 configured-out, certain, project, imp if windows"));
}

TEST(NoBody, AModuleThatIsThereIsNotBlamed) {
  auto error = error_at("src/lib.rs", 2, 9, "E0432", "unresolved import `imp::f`", "no `f` in `imp`");
  EXPECT_THAT(causes_of(with_source("#[cfg(unix)]\nmod imp { }\npub use imp::f;\n"), {error}),
              ElementsAre(StartsWith("E0432 unknown")));
}

TEST(NoBody, AFunctionThatForgotItsTailIsNotBlamed) {
  auto error = error_at("src/lib.rs", 1, 15, "E0308", "mismatched types", "expected `usize`, found `()`");
  error.spans.push_back(
      {"src/lib.rs", 1, 4, "implicitly returns `()` as its body has no tail or `return` expression", false});
  EXPECT_THAT(causes_of(with_source("fn f() -> usize { 1; }\n"), {error}),
              ElementsAre(StartsWith("E0308 unknown")));
  EXPECT_THAT(causes_of(with_source("fn f() -> usize { #[cfg(unix)] { 1; } }\n"), {error}),
              ElementsAre(StartsWith("E0308 unknown")));
  EXPECT_THAT(causes_of(with_source("fn f() -> usize { #[cfg(windows)] { 1 } }\n"), {error}),
              ElementsAre("E0308 no-body-for-platform, certain, project, f if windows"));
}

// --- dependencies

Evidence with_dependency(const Dependency& dependency, bool resolved) {
  auto out = with_source("use foo::x;\n");
  out.metadata.packages[0].dependencies = {dependency};
  Package foo;
  foo.id = "foo 1.2.0";
  foo.name = "foo";
  foo.version = "1.2.0";
  foo.source = "registry";
  foo.manifest_path = "/registry/foo-1.2.0/Cargo.toml";
  foo.reached = resolved;
  if (resolved) out.metadata.packages[0].resolved["foo"] = foo.id;
  out.metadata.packages.push_back(foo);
  return out;
}

Dependency on_foo() {
  Dependency out;
  out.name = "foo";
  out.requirement = "^1";
  out.kind = "normal";
  out.source = "registry";
  return out;
}

Diagnostic unlinked() {
  return error_at("src/lib.rs", 1, 5, "E0432", "unresolved import `foo`",
                  "use of unresolved module or unlinked crate `foo`");
}

TEST(Dependency, ForAnotherPlatform) {
  auto foo = on_foo();
  foo.target = "cfg(windows)";
  EXPECT_THAT(causes_of(with_dependency(foo, false), {unlinked()}),
              ElementsAre("E0432 dependency-not-declared, certain, project, foo if windows"));
  foo.target = "x86_64-pc-windows-gnu";
  EXPECT_THAT(causes_of(with_dependency(foo, false), {unlinked()}),
              ElementsAre("E0432 dependency-not-declared, certain, project, foo if x86_64-pc-windows-gnu"));
}

TEST(Dependency, DeclaredForThisPlatformIsNotUndeclared) {
  auto foo = on_foo();
  foo.target = "cfg(unix)";
  EXPECT_THAT(causes_of(with_dependency(foo, true), {unlinked()}),
              ElementsAre(StartsWith("E0432 item-absent-in-version")));
}

TEST(Dependency, WordsOfOlderRustc) {
  auto foo = on_foo();
  foo.target = "cfg(windows)";
  for (const char* label : {"use of undeclared crate or module `foo`", "maybe a missing crate `foo`?",
                            "you might be missing crate `foo`"}) {
    auto error = unlinked();
    error.spans[0].label = label;
    EXPECT_THAT(causes_of(with_dependency(foo, false), {error}),
                ElementsAre("E0432 dependency-not-declared, certain, project, foo if windows"));
  }
}

TEST(Dependency, OfATestIsDeclaredForTests) {
  auto foo = on_foo();
  foo.kind = "dev";
  auto evidence = with_dependency(foo, true);
  EXPECT_THAT(causes_of(evidence, {unlinked()}),
              ElementsAre("E0432 dependency-not-declared, certain, project, foo"));
  UnitResult harness;
  harness.package = "sample";
  harness.target = "sample";
  harness.kind = "lib";
  harness.harness = true;
  harness.verdict = Verdict::fail;
  evidence.units = {harness};
  EXPECT_THAT(causes_of(evidence, {unlinked()}), ElementsAre(StartsWith("E0432 item-absent-in-version")));
}

TEST(Dependency, AbsentItemOfARegistrysCrateIsLikely) {
  auto error = error_at("src/lib.rs", 1, 5, "E0432", "unresolved import `foo::x`", "no `x` in the root");
  EXPECT_THAT(causes_of(with_dependency(on_foo(), true), {error}),
              ElementsAre("E0432 item-absent-in-version, likely, project, foo::x"));
}

TEST(Dependency, DefinedInItsSourcesBehindACfg) {
  auto error = error_at("src/lib.rs", 1, 5, "E0432", "unresolved import `foo::x`", "no `x` in the root");
  auto evidence = with_dependency(on_foo(), true);
  evidence.files["foo-1.2.0/src/lib.rs"] = "#[cfg(windows)]\nmod win;\n";
  evidence.files["foo-1.2.0/src/win.rs"] = "pub fn x() {}\n";
  EXPECT_THAT(causes_of(evidence, {error}),
              ElementsAre("E0432 configured-out, likely, project, foo::x if windows"));
  evidence.files["foo-1.2.0/src/lib.rs"] = "#[cfg(feature = \"more\")]\nmod win;\n";
  EXPECT_THAT(
      causes_of(evidence, {error}),
      ElementsAre("E0432 dependency-feature-missing, likely, project, foo/more if feature = \"more\""));
}

TEST(Dependency, AFaultInItIsNotTheProjects) {
  auto evidence = sample();
  Package foo;
  foo.id = "foo 1.2.0";
  foo.name = "foo";
  foo.version = "1.2.0";
  foo.source = "registry";
  foo.manifest_path = "/registry/foo-1.2.0/Cargo.toml";
  evidence.metadata.packages.push_back(foo);
  evidence.metadata.packages[0].dependencies = {on_foo()};
  auto error = error_at("foo-1.2.0/src/lib.rs", 3, 1, "", "only for Windows");
  error.package = "foo";
  error.rendered = "error: only for Windows\n3 | compile_error!(\"only for Windows\");\n";
  evidence.diagnostics = {error};
  auto out = diagnose(evidence);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(in_short(out[0]), "unsupported-on-purpose, likely, dependency, compile_error!");
  std::vector<MendKind> ways;
  for (const auto& m : out[0].mends) ways.push_back(m.kind);
  EXPECT_THAT(ways, ElementsAre(MendKind::matrix, MendKind::pin, MendKind::manifest, MendKind::manifest));
}

// --- platform

// What a build script printed is not among rustc's own cfg.
TEST(Dependency, ACfgOfItsBuildScriptIsNotKnown) {
  auto error = error_at("src/lib.rs", 1, 5, "E0432", "unresolved import `foo::x`", "no `x` in the root");
  auto evidence = with_dependency(on_foo(), true);
  evidence.files["foo-1.2.0/src/lib.rs"] = "#[cfg(has_x)]\npub fn x() {}\n";
  EXPECT_THAT(causes_of(evidence, {error}),
              ElementsAre("E0432 configured-out, likely, project, foo::x if has_x"));
  evidence.metadata.packages[1].targets = {
      {"build-script-build", "custom-build", "/registry/foo-1.2.0/build.rs"}};
  EXPECT_THAT(causes_of(evidence, {error}),
              ElementsAre("E0432 configured-out, guess, project, foo::x if has_x"));
  evidence.files["foo-1.2.0/src/lib.rs"] = "#[cfg(any(has_x, unix))]\npub fn x() {}\n";
  EXPECT_THAT(causes_of(evidence, {error}), ElementsAre(StartsWith("E0432 item-absent-in-version, likely")));
}

TEST(Libc, NamesOfAGlobImport) {
  auto error = error_at("src/lib.rs", 2, 10, "E0425", "cannot find value `SIGPWR` in this scope",
                        "not found in this scope");
  auto evidence = with_source("use libc::*;\nfn f() { SIGPWR }\n");
  EXPECT_THAT(causes_of(evidence, {error}), ElementsAre(StartsWith("E0425 unknown")));
  Package libc;
  libc.id = "libc 0.2.0";
  libc.name = "libc";
  evidence.metadata.packages.push_back(libc);
  evidence.metadata.packages[0].resolved["libc"] = libc.id;
  EXPECT_THAT(causes_of(evidence, {error}),
              ElementsAre("E0425 item-absent-on-platform, guess, project, libc::SIGPWR"));
}

TEST(Libc, AbsentWhereItIsADependency) {
  auto error = error_at("src/lib.rs", 1, 5, "E0425", "cannot find function `epoll_create1` in crate `libc`",
                        "not found in `libc`");
  auto evidence = with_source("fn f() { libc::epoll_create1(0) }\n");
  EXPECT_THAT(causes_of(evidence, {error}), ElementsAre(StartsWith("E0425 unknown")));
  Package libc;
  libc.id = "libc 0.2.0";
  libc.name = "libc";
  evidence.metadata.packages.push_back(libc);
  evidence.metadata.packages[0].resolved["libc"] = libc.id;
  EXPECT_THAT(causes_of(evidence, {error}),
              ElementsAre("E0425 item-absent-on-platform, likely, project, libc::epoll_create1"));
}

TEST(PlatformType, OnlyIntegersThatTheTypeCanBe) {
  auto error = error_at("src/lib.rs", 1, 40, "E0308", "mismatched types", "expected `i32`, found `u32`");
  EXPECT_THAT(causes_of(with_source("pub fn f(a: c_long, n: u32) -> i32 { n }\n"), {error}),
              ElementsAre(StartsWith("E0308 unknown")));
  error.spans[0].label = "expected `i32`, found `i64`";
  EXPECT_THAT(causes_of(with_source("pub fn f(a: c_long) -> i32 { a }\n"), {error}),
              ElementsAre("E0308 platform-type-differs, certain, project, c_long"));
  EXPECT_THAT(causes_of(with_source("pub fn f(a: i64) -> i32 { a }\n"), {error}),
              ElementsAre(StartsWith("E0308 unknown")));
}

TEST(PlatformType, NamedInTheSignatureAloneIsLikely) {
  auto error = error_at("src/lib.rs", 2, 5, "E0308", "mismatched types", "expected `i32`, found `i64`");
  EXPECT_THAT(causes_of(with_source("pub fn f(a: c_long) -> i32 {\n    a\n}\n"), {error}),
              ElementsAre("E0308 platform-type-differs, likely, project, c_long"));
}

TEST(PlatformType, WordsOfOldRustc) {
  auto error = error_at("src/lib.rs", 1, 40, "E0308", "mismatched types", "expected i32, found u64");
  EXPECT_THAT(causes_of(with_source("let r = unsafe { libc::ioctl(fd, TIOCGWINSZ, &mut size) };\n"), {error}),
              ElementsAre("E0308 platform-type-differs, certain, project, ioctl's request"));
}

TEST(PlatformType, SumsOfTwoTypes) {
  auto error = error_at("src/lib.rs", 1, 30, "E0277", "cannot add `i64` to `i32`",
                        "no implementation for `i32 + i64`");
  EXPECT_THAT(causes_of(with_source("let t: time_t = a + b;\n"), {error}),
              ElementsAre("E0277 platform-type-differs, certain, project, time_t"));
}

TEST(Layout, AGenericTransmuteIsNoMatterOfPlatforms) {
  auto error = error_at("src/lib.rs", 1, 30, "E0512", "cannot transmute between types of different sizes");
  error.notes = {"note: source type: `T` (this type does not have a fixed size)",
                 "note: target type: `u64` (64 bits)"};
  EXPECT_THAT(causes_of(sample(), {error}), ElementsAre(StartsWith("E0512 unknown")));
}

TEST(Layout, LiteralsOfUsizeOn32Bits) {
  auto error = error_at("src/lib.rs", 1, 20, "overflowing_literals", "literal out of range for `usize`");
  auto evidence = with_source("pub const BIG: usize = 0x1_0000_0000;\n");
  EXPECT_THAT(causes_of(evidence, {error}),
              ElementsAre("overflowing_literals lint-everywhere, guess, project, overflowing_literals"));
  for (auto& line : evidence.cfg)
    if (line.starts_with("target_pointer_width")) line = "target_pointer_width=\"32\"";
  EXPECT_THAT(causes_of(evidence, {error}),
              ElementsAre("overflowing_literals layout-differs, certain, project, overflowing_literals if "
                          "target_pointer_width = \"64\""));
  error.message = "literal out of range for `u8`";
  evidence.files["src/lib.rs"] = "pub const BIG: u8 = 256;\n";
  EXPECT_THAT(causes_of(evidence, {error}),
              ElementsAre("overflowing_literals lint-everywhere, guess, project, overflowing_literals"));
}

TEST(Atomics, OfAnotherCrateOrAPlatformThatHasThem) {
  auto error = error_at("src/lib.rs", 1, 5, "E0432", "unresolved import `std::sync::atomic::AtomicU64`",
                        "no `AtomicU64` in `sync::atomic`");
  auto evidence = with_source("use std::sync::atomic::AtomicU64;\n");
  EXPECT_THAT(causes_of(evidence, {error}), ElementsAre(StartsWith("E0432 toolchain-too-old, guess")));
  std::erase(evidence.cfg, "target_has_atomic=\"64\"");
  EXPECT_THAT(
      causes_of(evidence, {error}),
      ElementsAre("E0432 atomics-missing, certain, project, AtomicU64 if target_has_atomic = \"64\""));
  auto other = error_at("src/lib.rs", 1, 5, "E0432", "unresolved import `portable::AtomicU64`",
                        "no `AtomicU64` in the root");
  evidence.files["src/lib.rs"] = "use portable::AtomicU64;\n";
  EXPECT_THAT(causes_of(evidence, {other}), ElementsAre(StartsWith("E0432 unknown")));
}

TEST(Atomics, CompareAndSwapWhereOnlyLoadsExist) {
  auto error =
      error_at("src/lib.rs", 1, 5, "E0599",
               "no method named `compare_exchange` found for struct `AtomicU32` in the current scope");
  auto evidence = sample();
  EXPECT_THAT(causes_of(evidence, {error}), ElementsAre(StartsWith("E0599 unknown")));
  std::erase_if(evidence.cfg, [](const std::string& line) { return line.starts_with("target_has_atomic"); });
  EXPECT_THAT(causes_of(evidence, {error}),
              ElementsAre("E0599 atomics-missing, certain, project, AtomicU32::compare_exchange if "
                          "target_has_atomic = \"32\""));
}

TEST(ForeignArch, CodeThatIsMeantForThisArchitectureIsASlip) {
  auto error = error_at("src/lib.rs", 2, 30, "", "invalid register `rxx`: unknown register");
  EXPECT_THAT(
      causes_of(
          with_source("#[cfg(target_arch = \"x86_64\")]\nfn f() { unsafe { asm!(\"\", in(\"rxx\") 1) } }\n"),
          {error}),
      ElementsAre(StartsWith("unknown")));
  EXPECT_THAT(
      causes_of(with_source("#[cfg(unix)]\nfn f() { unsafe { asm!(\"\", in(\"rxx\") 1) } }\n"), {error}),
      ElementsAre("foreign-arch-code, certain, project, asm! rxx"));
}

TEST(Lint, UsedWhereACfgIsOffIsThePlatforms) {
  auto error = error_at("src/lib.rs", 1, 1, "dead_code", "function `helper` is never used");
  EXPECT_THAT(causes_of(with_source("fn helper() {}\n#[cfg(windows)]\npub fn f() { helper() }\n"), {error}),
              ElementsAre("dead_code lint-on-platform, likely, project, dead_code"));
  EXPECT_THAT(causes_of(with_source("fn helper() {}\n#[cfg(unix)]\npub fn f() { helper2() }\n"), {error}),
              ElementsAre("dead_code lint-everywhere, guess, project, dead_code"));
}

TEST(Purpose, FeaturesThatDoNotGoTogether) {
  auto error = error_at("src/lib.rs", 2, 1, "", "choose one backend");
  auto evidence =
      with_source("#[cfg(all(feature = \"a\", feature = \"b\"))]\ncompile_error!(\"choose one backend\");\n");
  evidence.metadata.packages[0].enabled = {"a", "b"};
  EXPECT_THAT(
      causes_of(evidence, {error}),
      ElementsAre(
          "feature-combination, certain, project, compile_error! if all(feature = \"a\", feature = \"b\")"));
}

TEST(MixedVersions, WordsOfBothForms) {
  auto error =
      error_at("src/lib.rs", 1, 5, "E0308", "mismatched types", "expected `T`, found a different `T`");
  error.notes = {"note: perhaps two different versions of crate `fam` are being used?"};
  EXPECT_THAT(causes_of(sample(), {error}), ElementsAre("E0308 mixed-versions, certain, project, fam"));
}

TEST(Followers, WhatIsGuessedBesideSomethingKnownIsLeftOut) {
  auto evidence = with_source("#[cfg(windows)]\npub fn f() {}\n\n\n\n\n\n\nf();\n");
  auto follower = error_at("src/lib.rs", 9, 9, "E0282", "type annotations needed");
  EXPECT_THAT(causes_of(evidence, {follower, gated("the item is gated here", 1)}),
              ElementsAre("E0425 configured-out, certain, project, f if windows"));
}

}  // namespace
}  // namespace tripled::diagnosis
