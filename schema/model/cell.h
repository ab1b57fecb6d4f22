// A cell and its resolved settings (MATRIX.md). Made by config/expand, pure data afterwards.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "schema/model/enums.h"

namespace tripled {

// A list of flags: appended to the project's own, or replacing them (`{set: [...]}`).
struct Flags {
  std::vector<std::string> values;
  bool replace = false;
};
BOOST_DESCRIBE_STRUCT(Flags, (), (values, replace))

struct Profile {
  std::string name = "dev";                     // as written; `dev` unless said
  std::map<std::string, std::string> settings;  // cargo's profile keys: opt-level, lto, …
};
BOOST_DESCRIBE_STRUCT(Profile, (), (name, settings))

struct RunnerSetting {
  std::string name;
  RunnerKind kind = RunnerKind::none;
  std::vector<std::string> command;
};
BOOST_DESCRIBE_STRUCT(RunnerSetting, (), (name, kind, command))

struct QemuSetting {
  std::string cpu, version;
  std::vector<std::string> args;
};
BOOST_DESCRIBE_STRUCT(QemuSetting, (), (cpu, version, args))

struct TestSettings {
  std::vector<std::string> filter, skip, args, libtest_like;
  std::vector<std::string> only;  // `--test`: what the filter leaves must match one of these too
  std::string ignored = "no";     // no, only, both
  std::optional<int> threads;
};
BOOST_DESCRIBE_STRUCT(TestSettings, (), (filter, skip, args, libtest_like, only, ignored, threads))

// `expect` and `allow-failure`: what is known to go wrong. Empty globs match everything at that level.
struct ExpectedFailure {
  bool required = true;             // expect: it must fail; allow-failure: it may
  Verdict verdict = Verdict::fail;  // fail, timeout, broken or suspect
  std::optional<Stage> stage;       // none: any
  std::string unit;                 // glob over `package` or `package/target`
  std::string test;                 // glob over a test's name
  std::string error;                // an error code: E0432
  std::string reason;
  std::string where;  // matrix.yaml:17:5
};
BOOST_DESCRIBE_STRUCT(ExpectedFailure, (), (required, verdict, stage, unit, test, error, reason, where))

struct CellSettings {
  std::vector<std::string> scope;  // packages and features in cargo's own words, ready for its command line
  std::vector<std::string> units{
      "default"};  // default, all, or of lib bins tests examples benches doctests test:NAME
  std::vector<Stage> stages{Stage::check, Stage::build, Stage::test_no_run, Stage::execute};
  bool strict_gate = false;
  std::string toolchain = "stable";  // as written, after `toolchains:` names were looked up
  Profile profile;
  std::string lockfile = "as-is";  // as-is, locked, latest, minimal, direct-minimal, msrv, shipped
  std::map<std::string, std::string> pins;
  std::string lints = "as-is";                            // as-is, cap, deny
  std::map<std::string, std::optional<std::string>> env;  // no value: unset
  Flags rustflags, rustdocflags;
  std::vector<std::string> cargo_args;
  std::string linker, sysroot;  // empty: the catalogue's
  std::string std = "auto";     // auto, core, build
  std::vector<std::string> extra_std;
  std::string run = "any";  // native, emulated, any, no
  std::optional<RunnerSetting> runner;
  QemuSetting qemu;
  TestSettings tests;
  std::int64_t timeout_ms = 0;  // per process; 0: our default (scaled for emulation)
  std::int64_t no_output_timeout_ms = 0;
  std::vector<ExpectedFailure> expected;
  std::string if_impossible = "broken";
  std::vector<std::string> worker_labels, required_cpu_flags;
};
BOOST_DESCRIBE_STRUCT(CellSettings, (),
                      (scope, units, stages, strict_gate, toolchain, profile, lockfile, pins, lints, env,
                       rustflags, rustdocflags, cargo_args, linker, sysroot, std, extra_std, run, runner,
                       qemu, tests, timeout_ms, no_output_timeout_ms, expected, if_impossible, worker_labels,
                       required_cpu_flags))

struct Cell {
  std::string id;     // readable, stable: coordinates as written, e.g. "s390x-unknown-linux-gnu/bare"
  std::string group;  // empty without `groups:`
  std::string triple;
  std::map<std::string, std::string> axes;  // every coordinate as written, triple included
  std::string excluded_reason;              // not empty: planned, never run
  CellSettings settings;
  std::map<std::string, std::string> provenance;  // setting key -> matrix.yaml:17:5 (catalogue, default …)
};
BOOST_DESCRIBE_STRUCT(Cell, (), (id, group, triple, axes, excluded_reason, settings, provenance))

// Sources that a person sent to the daemon, packed where they lie (schema/model/upload.h).
struct SentSources {
  std::string hash;  // of the archive
  std::uint64_t size = 0;
  std::string directory, snapshot, revision;
  std::string host, path, by;  // where they lie; whose token sent them
};
BOOST_DESCRIBE_STRUCT(SentSources, (), (hash, size, directory, snapshot, revision, host, path, by))

// Where the sources come from. Exactly one of path, git, crate, sent is set.
struct ProjectSource {
  std::string path;
  std::string git, rev;
  bool submodules = false;
  std::string crate, version;
  std::optional<SentSources> sent;
};
BOOST_DESCRIBE_STRUCT(ProjectSource, (), (path, git, rev, submodules, crate, version, sent))

struct Project {
  std::string name;
  ProjectSource source;
};
BOOST_DESCRIBE_STRUCT(Project, (), (name, source))

// A matrix after expansion: what a sweep is made of.
struct Plan {
  Project project;
  std::string reference;  // `reference:` triple; empty: the host
  std::vector<Cell> cells;
  std::vector<std::string> warnings;
  bool partial = false;     // narrowed on the command line
  std::string narrowed_by;  // the options that did it: --triple 's390x-*' --stage check
};
BOOST_DESCRIBE_STRUCT(Plan, (), (project, reference, cells, warnings, partial, narrowed_by))

// What a sweep's options document holds.
struct SweepOptions {
  std::string narrowed_by;  // of its plan; empty: the whole matrix
};
BOOST_DESCRIBE_STRUCT(SweepOptions, (), (narrowed_by))

}  // namespace tripled
