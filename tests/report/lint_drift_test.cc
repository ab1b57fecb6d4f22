#include "daemon/report/lint_drift.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/report/fixture.h"

namespace tripled::report {
namespace {

using namespace fixture;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Unit lib = unit("core", "core", "lib");

UnitResult denied() {
  return failed(lib, "invalid_reference_casting", "casting `&T` to `&mut T`", "src/lib.rs", 9);
}

TEST(LintDrift, ALintDeniedOnEveryTripleIsTheToolchains) {
  SweepMaker sweep;
  for (const auto& triple : {host, i686})
    sweep.cell(triple, triple).compiled(Stage::check, {denied()}).compiled(Stage::build, {denied()});
  sweep.cell(s390x, s390x).blocked(Stage::check, "prepare");  // says nothing of the lint
  auto report = sweep.report();
  EXPECT_THAT(report.sweep.notes, Contains(HasSubstr("toolchain drift, not portability")));
  EXPECT_THAT(lint_drift(report.cells),
              ElementsAre(HasSubstr("core/core: the lint `invalid_reference_casting` is an error")));
}

TEST(LintDrift, OneThatFiresOnSomeTriplesOnlyIsAFinding) {
  SweepMaker sweep;
  sweep.cell(host, host).compiled(Stage::check, {unit_result(lib)});
  sweep.cell(i686, i686).compiled(Stage::check, {denied()});
  sweep.cell(s390x, s390x).compiled(Stage::check, {denied()});
  EXPECT_THAT(lint_drift(sweep.report().cells), IsEmpty());
}

TEST(LintDrift, OneTripleTellsNothing) {
  SweepMaker sweep;
  sweep.cell(i686, i686).compiled(Stage::check, {denied()});
  EXPECT_THAT(lint_drift(sweep.report().cells), IsEmpty());
}

TEST(LintDrift, ErrorsWithACodeAreNoLints) {
  SweepMaker sweep;
  auto error = failed(lib, "E0432", "unresolved import `x`", "src/lib.rs", 9);
  sweep.cell(host, host).compiled(Stage::check, {error});
  sweep.cell(i686, i686).compiled(Stage::check, {error});
  EXPECT_THAT(lint_drift(sweep.report().cells), IsEmpty());
}

}  // namespace
}  // namespace tripled::report
