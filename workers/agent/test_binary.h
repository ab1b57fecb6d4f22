// Running one test executable to a verdict for each of its tests, through hangs and crashes: the guilty test
// is found, recorded and left out, and the rest is run again (bounded).
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "workers/agent/stage_run.h"

namespace tripled::agent {

// Starts the program with these arguments; sees stdout and stderr.
using StartTests = std::function<ProcessRecord(const std::vector<std::string>& args, exec::OutputSink& sink)>;

struct BinaryUnderTest {
  std::string package, target, kind;
  TestSettings settings;
  std::vector<std::string> only;  // just these tests; empty: all that the settings select
  std::optional<TestPart> part;   // the others are another shard's, as if it did not have them
};

struct BinaryOutcome {
  std::vector<TestResult> tests;
  ProcessRecord process;  // the first that did not end well, else the last; costs are those of all
  std::optional<BinaryFailure> failure;  // it was not listed, or ended badly and no test is to blame
};

// Do filter and skip of the matrix want this test?
bool selected(const TestSettings& settings, const std::string& name);

// Which part of a binary that is cut into so many this test belongs to; the same for every worker and
// version.
int part_of(const std::string& test, int parts);

// A binary that speaks libtest.
BinaryOutcome run_libtest(const BinaryUnderTest& binary, const StartTests& start);
// A custom harness: one test, judged by its exit status.
BinaryOutcome run_custom(const BinaryUnderTest& binary, const StartTests& start);

}  // namespace tripled::agent
