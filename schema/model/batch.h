// What a lease carries: batches of four kinds, and what each answers. Daemon makes the specs, a worker the
// answers.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "schema/model/catalogue.h"
#include "schema/model/cell.h"
#include "schema/model/result.h"
#include "schema/model/toolchain.h"

namespace tripled {

// --- prepare: snapshot, resolved lock, metadata, planned units; every cell uses these
// --------------------------

// One way to select and plan; cells that differ in nothing cargo's planning sees share one.
struct PlanRequest {
  std::string key;  // chosen by the daemon
  std::vector<std::string> triples;
  ToolchainFacts toolchain;  // without `triples`
  CellSettings settings;
};
BOOST_DESCRIBE_STRUCT(PlanRequest, (), (key, triples, toolchain, settings))

struct PrepareSpec {
  std::string sweep;
  Project project;
  std::vector<PlanRequest> plans;
  std::string reuse_snapshot;  // --resume: this one or fail
  bool share = false;          // other workers take part: the sources go to the daemon
};
BOOST_DESCRIBE_STRUCT(PrepareSpec, (), (sweep, project, plans, reuse_snapshot, share))

// A copy of the sources with the Cargo.lock that one lockfile policy (and its pins) gave it.
struct ResolvedSources {
  std::string key;         // of the policy: plans with equal ones share the copy
  std::string root;        // of the copy: absolute, stable from sweep to sweep
  std::string source_dir;  // where the project lies in it
  std::string state;       // of sources and lock; a batch refuses a copy that another sweep has changed since
  std::string lock_hash;   // SHA-256 of the Cargo.lock; empty: none
  std::string error;       // not empty: it could not be resolved; one line
  std::string cargo_output;  // cargo's words then, from which the verdict is concluded
  // Not empty: dev-dependencies do not resolve and were left out, so that nothing can be tested; why.
  std::string without_dev_dependencies;
  BlobRef archive;  // of everything below `root`: from it another worker makes its copy
};
BOOST_DESCRIBE_STRUCT(ResolvedSources, (),
                      (key, root, source_dir, state, lock_hash, error, cargo_output, without_dev_dependencies,
                       archive))

// The units of one plan for one triple. Unknown (cargo could not plan) is an error text, never an empty list.
struct PlannedUnits {
  std::string plan_key, triple;
  std::string sources;      // ResolvedSources::key
  std::vector<Unit> build;  // what `cargo build` would compile, dependencies included
  std::vector<Unit> test;   // what `cargo test --no-run` would compile
  std::string build_error, test_error;
  // Not empty: tests are planned that nobody can count (a published package lacks their files); which.
  std::string uncounted_tests;
};
BOOST_DESCRIBE_STRUCT(PlannedUnits, (),
                      (plan_key, triple, sources, build, test, build_error, test_error, uncounted_tests))

struct PrepareResult {
  std::string error;                     // not empty: the sweep cannot go on; the first line says why
  bool project_fault = false;            // the project is to blame for `error`, not this machine
  std::string snapshot;                  // hash of the sources
  std::vector<ResolvedSources> sources;  // by lockfile policy
  std::string project_key;               // names the project's target dirs
  std::string revision;                  // git commit, `-dirty` behind it; crate version; empty: not known
  std::vector<PlannedUnits> planned;
  std::vector<std::string>
      notes;  // dropped targets, yanked version, shipped lock, ignored rust-toolchain.toml …
  std::map<std::string, std::string> versions;
  BlobRef log;
  std::int64_t duration_ms = 0;
};
BOOST_DESCRIBE_STRUCT(PrepareResult, (),
                      (error, project_fault, snapshot, sources, project_key, revision, planned, notes,
                       versions, log, duration_ms))

// --- setup: std, linker, sysroot, runner of one triple, probed once
// -----------------------------------------------

struct SetupSpec {
  ToolchainFacts toolchain;  // `triples` holds this triple (and extra_std) only
  std::string triple;
  CatalogueEntry catalogue;
  CellSettings settings;    // linker, sysroot, std, extra_std, run, runner, qemu
  bool needs_link = false;  // something will be linked: build of a bin or any test
  bool needs_run = false;
  std::string source_dir;  // to see the project's own linker and runner settings; may be empty
  std::string key;         // names it among the setups of the sweep; abilities are told with it
  ResolvedSources sources;
  std::string project_key;
};
BOOST_DESCRIBE_STRUCT(SetupSpec, (),
                      (toolchain, triple, catalogue, settings, needs_link, needs_run, source_dir, key,
                       sources, project_key))

// What can be done for this triple, and for each no the reason and a line that can be pasted.
struct Ability {
  bool ok = false;
  std::string reason, fix;
};
BOOST_DESCRIBE_STRUCT(Ability, (), (ok, reason, fix))

struct SetupResult {
  std::string worker;  // where it was made: its paths are that worker's
  bool tried = true;   // false: not even begun (its sources could not be had); says nothing about the worker
  Ability check, link, run_native, run_emulated;
  StdSource std_source = StdSource::none;
  std::string std_hash;           // identity of the std: target dirs never meet another one
  std::string std_dir;            // directory that becomes lib/rustlib/<triple>; empty: shipped
  std::string std_mode;           // full, check, core
  std::int64_t std_build_ms = 0;  // 0: it was in the cache or shipped
  std::string view;               // directory of the toolchain view: bin/rustc, bin/rustdoc, lib/rustlib
  std::map<std::string, std::string> env;  // linker, CC/CXX/AR, pkg-config, bindgen, QEMU_LD_PREFIX …
  RunnerUsed runner;                       // chosen by `run`, `runner`, `qemu`; kind none: cannot be run
  std::map<std::string, std::string> runner_env;
  std::map<std::string, std::string> versions;  // linker, runner, …
  std::vector<std::string> notes;               // cured traps, overridden project settings
  BlobRef log;
  std::int64_t duration_ms = 0;
};
BOOST_DESCRIBE_STRUCT(SetupResult, (),
                      (worker, tried, check, link, run_native, run_emulated, std_source, std_hash, std_dir,
                       std_mode, std_build_ms, view, env, runner, runner_env, versions, notes, log,
                       duration_ms))

// --- compile and execute: the jobs of one cell
// --------------------------------------------------------------------

struct CompileSpec {
  Cell cell;
  ToolchainFacts toolchain;  // without `triples`
  SetupResult setup;         // the best one there is; another worker's is done again by `setup_spec`
  SetupSpec setup_spec;
  PlannedUnits planned;
  ResolvedSources sources;
  std::string project_key;
  std::vector<Stage> stages;  // compile stages, in order
  bool archive = false;       // another worker executes: what was linked goes to the daemon
};
BOOST_DESCRIBE_STRUCT(CompileSpec, (),
                      (cell, toolchain, setup, setup_spec, planned, sources, project_key, stages, archive))

// A binary of which a shard runs some tests: those whose names' hash, modulo `of`, is among `parts`
// (workers/agent/test_binary.h).
struct TestPart {
  std::string package, target, kind;
  std::vector<int> parts;
  int of = 1;
};
BOOST_DESCRIBE_STRUCT(TestPart, (), (package, target, kind, parts, of))

struct ExecuteSpec {
  Cell cell;
  ToolchainFacts toolchain;
  SetupResult setup;
  SetupSpec setup_spec;
  PlannedUnits planned;
  ResolvedSources sources;
  std::string project_key;
  std::vector<Executable> executables;  // of this shard
  std::vector<TestPart> parts;          // of those of them that several shards run
  bool idle = false;                    // others run everything that was built
  std::vector<std::string> doctests;    // packages whose library compiled and has doctests enabled
  std::vector<TestResult> only;         // verification: just these tests; empty: all
  std::string built_on;                 // the worker that has the executables
  std::optional<ExecutionArchive> archive;
};
BOOST_DESCRIBE_STRUCT(ExecuteSpec, (),
                      (cell, toolchain, setup, setup_spec, planned, sources, project_key, executables, parts,
                       idle, doctests, only, built_on, archive))

}  // namespace tripled
