// The report as JUnit XML: the subset that Jenkins, GitLab and Surefire's readers share. Pure.
//
// A suite per cell and stage; a testcase per unit (compile stages) or test (execute). Our verdicts:
//   pass                     testcase without a child
//   flaky                    the same with <flakyFailure> (Surefire), so it counts as passed
//   fail, timeout, suspect   <failure type="VERDICT">
//   broken                   <error>: the environment's fault is no failure of the project
//   expected, any of these   <skipped message="expected fail: REASON">: a CI that reads this file is red
//   exactly where the
//                            exit status is; the failure's own text follows in <system-out>
//   blocked, cancelled, excluded, #[ignore], not run   <skipped message="…">
//   unmet expectation        a testcase of its own with <failure type="unmet">
// A cell that executes nothing but plans tests has an `execute` suite with one skipped testcase that says how
// many. A job of which no unit or test tells the failure (no linker, a dependency's error) is one testcase
// named after its stage.
#pragma once
#include <string>

#include "daemon/report/report.h"

namespace tripled::report {

std::string to_junit(const Report& report);

}  // namespace tripled::report
