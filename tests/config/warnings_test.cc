#include <gtest/gtest.h>

#include "tests/config/support.h"

namespace tripled::config {
namespace {

using Words = std::vector<std::string>;

Words warnings(const std::string& text) {
  auto p = testing::plan("tripled: 1\n" + text);
  EXPECT_TRUE(p) << testing::error_of(p);
  return p ? p->warnings : Words{};
}
const std::string kAxes = "axes: {triple: [x86_64-unknown-linux-gnu, s390x-unknown-linux-gnu]}\n";

TEST(Warnings, WhatEveryCellSetsAgain) {
  EXPECT_EQ(warnings(kAxes + "defaults: {lints: cap}\nlints: deny\n"),
            Words{"m.yaml:3:19: `lints: cap` changes nothing: every cell that it applies to sets it again"});
  EXPECT_EQ(warnings(kAxes + "lints: cap\nrules: [{match: 'triple = s390x-*', lints: deny}]\n"), Words{});
}

TEST(Warnings, RulesThatSayWhatIsSoAlready) {
  EXPECT_EQ(warnings(kAxes + "rules: [{match: std, lints: as-is}]\n"),
            Words{"m.yaml:3:29: `lints: as-is` changes nothing: every cell that it applies to has that value "
                  "already"});
  EXPECT_EQ(warnings(kAxes + "timeout: 5m\ninclude: [{triple: i686-unknown-linux-gnu, timeout: 300s}]\n"),
            Words{"m.yaml:4:53: `timeout: 300s` changes nothing: every cell that it applies to has that "
                  "value already"});
}

TEST(Warnings, DefaultsWrittenOutAreNot) {
  EXPECT_EQ(warnings(kAxes + "defaults: {lockfile: as-is}\nstages: [check, build, test-no-run, execute]\n"),
            Words{});
}

TEST(Warnings, ExecutionWithoutExecute) {
  EXPECT_EQ(warnings(kAxes + "stages: [check]\ntests: {skip: x}\n"),
            Words{"m.yaml:4:15: `tests.skip: x` changes nothing: no cell that it applies to has the stage "
                  "`execute`"});
}

TEST(Warnings, ExecutionThatIsSwitchedOff) {
  EXPECT_EQ(
      warnings(kAxes + "run: no\ntests: {skip: x}\n"),
      Words{"m.yaml:4:15: `tests.skip: x` changes nothing: every cell that it applies to has `run: no`"});
}

TEST(Warnings, QemuBesideARunner) {
  EXPECT_EQ(
      warnings(kAxes + "runner: {kind: emulated, command: box}\nqemu: {cpu: max}\n"),
      Words{"m.yaml:4:13: `qemu.cpu: max` changes nothing: every cell that it applies to has a `runner` of "
            "its own"});
}

TEST(Warnings, LinkersOfWhatIsOnlyChecked) {
  const std::string rule = "rules: [{match: 'triple = s390x-*', linker: x}]\n";
  EXPECT_EQ(
      warnings(kAxes + "stages: [check]\n" + rule),
      Words{"m.yaml:4:45: `linker: x` changes nothing: in no cell that it applies to anything is linked"});
  EXPECT_EQ(warnings(kAxes + rule), Words{});
  EXPECT_EQ(warnings(kAxes + "stages: [check]\nlinker: x\n"), Words{});  // build scripts of the host
}

TEST(Warnings, WhatAppendsIsNotOverwritten) {
  EXPECT_EQ(warnings(kAxes + "defaults: {rustflags: -g}\nrustflags: -O\n"), Words{});
}

}  // namespace
}  // namespace tripled::config
