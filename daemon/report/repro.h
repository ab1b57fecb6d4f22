// A cell as a shell script that repeats it by hand: the exact command lines, environment and directories of
// the sweep, in a target dir of its own. Pure.
#pragma once
#include <optional>
#include <string>

#include "daemon/store/rows.h"
#include "schema/base/result.h"

namespace tripled::report {

struct ReproRequest {
  std::string cell;            // id
  std::optional<Stage> stage;  // this one alone (and what `execute` needs); none: all that ran
  std::string test;            // execute: this test alone; empty: whole executables
};

// The script's exit status is that of the first command that fails (cargo's 101; 124 when the time limit
// ended it), else 0. usage error: the sweep has no such cell, or nothing of it was run (the message says
// why).
Result<std::string> repro_script(const store::SweepRecord& record, const ReproRequest& request);

}  // namespace tripled::report
