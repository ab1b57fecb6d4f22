// libtest's `--list --format terse` and its normal output, as they come out of real binaries: torn lines,
// other processes' words in between, no summary after a crash. Text of rustc 1.85-1.97. Pure; one thread at a
// time per parser.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/model/result.h"
#include "workers/cargo/line_splitter.h"

namespace tripled::cargo {

struct TestList {
  std::vector<std::string> tests, benches;
  bool understood =
      false;  // at least one line had libtest's form, or the list was empty and nothing else was said
};
TestList parse_test_list(std::string_view output);

// Who the tests belong to; copied into every TestResult.
struct TestOwner {
  std::string package, target, kind;
};

struct TestCounts {
  std::int64_t passed = 0, failed = 0, ignored = 0, measured = 0, filtered_out = 0;
};

struct TestRun {
  std::vector<TestResult> tests;        // in the order of their results
  bool complete = false;                // every `running N tests` has its `test result:` line
  std::vector<std::string> unfinished;  // started (announced or named by "has been running for"), no result
  std::optional<std::string> last_started;  // with --test-threads=1: the guilty one of a hang or crash
  std::string last_words;      // what came after last_started's name, bounded: qemu's and the test's own
  std::int64_t announced = 0;  // sum of `running N tests`
  TestCounts counts;           // summed over the summary lines
};

// Tests that print to the same stream can say anything. With `expected` (what --list gave) only those names
// count as tests, and after a complete run a test whose line was torn is found by the summary. Lines of more
// than 1 MiB are cut.
class LibtestParser {
 public:
  explicit LibtestParser(TestOwner owner, std::vector<std::string> expected = {});
  ~LibtestParser();
  LibtestParser(LibtestParser&&) noexcept;
  LibtestParser& operator=(LibtestParser&&) noexcept;
  void feed(std::string_view bytes);  // stdout, or stdout and stderr together
  TestRun finish();                   // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// `cargo test --doc`: stdout and stderr in one stream. cargo announces each library by `   Doc-tests <name>`.
struct DoctestSection {
  std::string library;  // its target's name
  TestRun run;
};
class DoctestParser {
 public:
  // owners: the doctest units of the plan (kind doctest); a library that is not among them becomes its own
  // package.
  explicit DoctestParser(std::vector<TestOwner> owners);
  void feed(std::string_view bytes);
  std::vector<DoctestSection> finish();

 private:
  void line(std::string_view text);

  std::vector<TestOwner> owners_;
  LineSplitter lines_{1u << 20};
  std::vector<std::pair<std::string, LibtestParser>> sections_;
};
// The same for `cargo test --doc -- --list --format terse`: library and its tests.
std::vector<std::pair<std::string, TestList>> parse_doctest_list(std::string_view output);

// A doctest's name as libtest prints it: `src/lib.rs - f (line 12) - compile fail`.
struct DoctestName {
  std::string file, item;
  int line = 0;
  std::string mode;  // "", "compile fail", "compile", "should panic" (as libtest says it)
};
std::optional<DoctestName> parse_doctest_name(std::string_view name);
// The name as --list gives it: without ` - should panic`, ` - compile fail`, ` - compile`.
std::string listed_name(std::string_view name);

// assertion: `assertion failed`, `assertion `left == right` failed`; else panic.
TestFailureKind failure_kind(std::string_view message);

// One more run of the same binary after a hang or crash.
struct Rerun {
  std::vector<std::string> args;   // libtest arguments
  std::vector<std::string> tests;  // what it will run
};

struct RerunPlan {
  std::vector<Rerun> runs;
  bool given_up = false;  // the bound on guilty tests was reached; `remaining` stay not_run
};

// `listed`: everything that was to run; `done`: what has a result; `guilty`: tests never to be run again in
// this attempt. Every rerun has a command line below 100 kB; at most `max_guilty` culprits (then given_up).
// single: one thread, so that the next culprit is known.
RerunPlan plan_rerun(const std::vector<std::string>& listed, const std::vector<std::string>& done,
                     const std::vector<std::string>& guilty, bool single, std::size_t max_guilty = 20);

}  // namespace tripled::cargo
