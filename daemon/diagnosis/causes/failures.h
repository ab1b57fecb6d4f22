// From the messages of a job to its failing units. Internal to daemon/diagnosis/causes. Pure, thread-safe.
#pragma once
#include <deque>
#include <vector>

#include "daemon/diagnosis/causes/failure.h"

namespace tripled::diagnosis {

// Errors that are made up from words of cargo, of a setup or of a process; failures point into it.
using Words = std::deque<Diagnostic>;

// Failing units in dependency order, deepest first; those that only wait for one of the others are left out.
// The job itself (package empty) stands before all.
std::vector<Failure> collect_failures(const Evidence& evidence, Words& words);

// Errors that keep others from being found come first: 0 unresolved names … 4 lints.
int error_rank(const Diagnostic& error);

}  // namespace tripled::diagnosis
