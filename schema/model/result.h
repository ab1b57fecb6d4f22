// What came out of an attempt. Made by the worker (facts only), judged by daemon/diagnosis.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "schema/model/enums.h"

namespace tripled {

struct Span {
  std::string file;  // relative to the project, or `<crate>-<version>/…`
  int line = 0, column = 0;
  std::string label;
  bool primary = false;
};
BOOST_DESCRIBE_STRUCT(Span, (), (file, line, column, label, primary))

// A rustc error (cargo's compiler-message), bounded. Levels other than error are not kept.
struct Diagnostic {
  std::string code;  // E0432; empty: none (linker errors, compile_error!)
  std::string message;
  std::string file;  // of the primary span
  int line = 0, column = 0;
  std::string package;   // name of the package being compiled
  std::string rendered;  // rustc's own text
  std::vector<Span> spans;
  std::vector<std::string> notes;  // children's messages, "note: …", "help: …"
};
BOOST_DESCRIBE_STRUCT(Diagnostic, (), (code, message, file, line, column, package, rendered, spans, notes))

// A crate target of a package as cargo plans to compile it for one platform.
struct Unit {
  std::string package;  // name
  std::string version;
  std::string target;      // cargo's target name
  std::string kind;        // lib, proc-macro, bin, test, example, bench, custom-build
  bool harness = false;    // compiled with --test
  bool host = false;       // for the host although the cell is another triple
  bool member = true;      // of a selected package; dependencies are reasons, not units
  std::vector<int> needs;  // indexes of the units it depends on, in the same list
};
BOOST_DESCRIBE_STRUCT(Unit, (), (package, version, target, kind, harness, host, member, needs))

inline bool same_unit(const Unit& a, const Unit& b) {
  return a.package == b.package && a.version == b.version && a.target == b.target && a.kind == b.kind &&
         a.harness == b.harness && a.host == b.host;
}

struct UnitResult {
  std::string package, target, kind;
  bool harness = false;
  Verdict verdict = Verdict::pass;
  std::optional<Diagnostic> first_error;
  int errors = 0;
  std::string blocked_by;  // package/target
  bool implied = false;    // concluded from `build` of the same unit
};
BOOST_DESCRIBE_STRUCT(UnitResult, (),
                      (package, target, kind, harness, verdict, first_error, errors, blocked_by, implied))

// A test executable that cargo linked.
struct Executable {
  std::string package, version, target, kind;
  std::string path;                        // absolute, on the worker that built it
  std::string manifest_dir;                // cwd and CARGO_MANIFEST_DIR
  std::map<std::string, std::string> env;  // CARGO_PKG_*, CARGO_BIN_EXE_*, OUT_DIR …: what cargo would set
  bool libtest = true;                     // false: custom harness, judged by its exit status
  bool host = false;                       // built for the host in a foreign cell
};
BOOST_DESCRIBE_STRUCT(Executable, (),
                      (package, version, target, kind, path, manifest_dir, env, libtest, host))

struct TestResult {
  std::string package, target, kind;  // kind: lib, bin, test, doctest, custom
  std::string test;                   // libtest's name; of a custom harness: the target's name
  TestState state = TestState::passed;
  std::optional<TestFailureKind> failure;
  std::string message;  // what it printed, bounded
  std::int64_t duration_ms = 0;
  bool flaky = false;    // failed first, passed with equal inputs
  bool suspect = false;  // matches an emulation gap; `message` says which
};
BOOST_DESCRIBE_STRUCT(TestResult, (),
                      (package, target, kind, test, state, failure, message, duration_ms, flaky, suspect))

// A test executable, or a library's doctests (kind doctest), that went wrong as a whole: no test of it can be
// blamed.
struct BinaryFailure {
  std::string package, target, kind;
  bool listed = true;  // false: how many tests it has is not known
  Outcome outcome = Outcome::exited;
  std::string text;  // one line
};
BOOST_DESCRIBE_STRUCT(BinaryFailure, (), (package, target, kind, listed, outcome, text))

struct RunnerUsed {
  RunnerKind kind = RunnerKind::none;
  std::string name;  // qemu-s390x, native, ld-linux.so.2
  std::string version;
  std::vector<std::string> command;  // what stands before the executable; empty: nothing
};
BOOST_DESCRIBE_STRUCT(RunnerUsed, (), (kind, name, version, command))

// A stored file, named by its hash.
struct BlobRef {
  std::string hash;  // SHA-256 of the stored bytes
  std::uint64_t size = 0;
};
BOOST_DESCRIBE_STRUCT(BlobRef, (), (hash, size))

// What another worker needs to execute what was linked here: executables, the binaries and dynamic libraries
// beside them, OUT_DIRs and the sources of their packages, to be found there at the same absolute paths.
struct ExecutionArchive {
  BlobRef blob;                       // tar, zstd
  std::vector<std::string> dirs;      // absolute; everything in it lies below one of them
  std::string glibc;                  // the newest version that one of them asks for (2.34); empty: none
  std::vector<std::string> features;  // of the processor, as rustc names them, that they were compiled for
};
BOOST_DESCRIBE_STRUCT(ExecutionArchive, (), (blob, dirs, glibc, features))

// How one process ended and what it cost.
struct ProcessRecord {
  Outcome outcome = Outcome::exited;
  int code = 0;        // exit status or signal number
  std::string reason;  // why it could not start, which limit ended it
  std::int64_t duration_ms = 0, cpu_ms = 0;
  std::uint64_t max_rss_bytes = 0;
  int leftover_killed = 0;
  std::vector<std::string> limits_enforced;
};
BOOST_DESCRIBE_STRUCT(ProcessRecord, (),
                      (outcome, code, reason, duration_ms, cpu_ms, max_rss_bytes, leftover_killed,
                       limits_enforced))

// Everything an attempt at one stage of one cell found out.
struct AttemptResult {
  ProcessRecord process;                       // the decisive one (several processes may have run)
  std::vector<UnitResult> units;               // compile stages: every planned unit
  std::vector<Diagnostic> errors;              // in dependency order, then rustc's; bounded
  int error_count = 0;                         // before the bound
  std::vector<Executable> executables;         // test-no-run
  std::optional<ExecutionArchive> archive;     // test-no-run, where it was asked for
  std::vector<TestResult> tests;               // execute: every test that was to run
  std::vector<BinaryFailure> binary_failures;  // execute
  RunnerUsed runner;
  // Compile stages: the worst of everything that the planned units need; a dependency's error stands in no
  // unit of its own.
  Verdict worst = Verdict::pass;
  // Not empty: cargo failed for a unit alone that does not count here (a host unit in a foreign cell); which.
  std::string uncounted_failure;
  std::string broken_reason;         // environment's fault, in one line; empty: none seen
  std::string broken_fix;            // a command or YAML line that can be pasted
  std::vector<std::string> command;  // the exact command line
  std::string cwd;
  std::map<std::string, std::string> env;       // difference to the job's base environment
  std::map<std::string, std::string> versions;  // rustc, cargo, linker, runner, kernel …
  BlobRef log, evidence;                        // zstd; empty hash: none
  std::uint64_t log_bytes = 0;                  // before the cut
  bool log_truncated = false;                   // the middle was left out
  std::int64_t duration_ms = 0;
  std::vector<std::string> notes;  // said in the report: dropped targets, overridden settings
};
BOOST_DESCRIBE_STRUCT(AttemptResult, (),
                      (process, units, errors, error_count, executables, archive, tests, binary_failures,
                       runner, worst, uncounted_failure, broken_reason, broken_fix, command, cwd, env,
                       versions, log, evidence, log_bytes, log_truncated, duration_ms, notes))

}  // namespace tripled
