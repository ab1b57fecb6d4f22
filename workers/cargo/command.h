// cargo's command lines and environments for every stage. Pure: nothing is looked up, nothing is started.
//
// Tried with cargo 1.95 and 1.96: `test` has no --keep-going and `--no-fail-fast` does not make it build on;
// `build --tests
// --examples --profile test --keep-going` has the same unit graph and the same fingerprints, so what `test
// --no-run` compiled stays fresh. Exceptions: with `panic = "abort"` an example is another unit there, and an
// example with `test = true` is built plain as well.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "schema/model/cell.h"
#include "schema/model/result.h"
#include "workers/cargo/project_config.h"

namespace tripled::cargo {

using Environment = std::map<std::string, std::string>;

struct CargoCommand {
  std::vector<std::string> argv;
  Environment env;                 // complete: base, ours, setup's, the cell's
  std::vector<std::string> notes;  // said in the report: dropped flags, overridden settings
};

struct CommandInput {
  std::string cargo;           // real path
  std::string rustc, rustdoc;  // the view's wrappers; empty: cargo finds them
  std::string host;
  std::vector<std::string> triples;  // one for jobs, several for plans
  std::string target_dir;
  Environment base;   // base_environment()
  Environment setup;  // SetupResult::env: linker, CC, pkg-config …
  CellSettings settings;
  bool offline = true;
  bool keep_going = true;           // check and build
  std::vector<std::string> runner;  // execute: doctests; empty: none
  // To append to the project's own flags; without it build.rustflags are assumed to be the only ones.
  std::optional<ProjectConfig> project;
  std::vector<std::string> cfg;  // `rustc --print cfg` of the triple
};

// The job's environment from the host's, by an allow-list: HOME, USER, LOGNAME, TMPDIR, TZ, CARGO_HOME as
// they are; LANG and LC_ALL are C.UTF-8 (we read what linkers say); PATH is `extra_path` and the system
// directories; proxies, CA files and the ssh agent only with a network. Never RUSTFLAGS, CARGO_*, RUSTC_*,
// wrappers.
Environment base_environment(const Environment& host, const std::vector<std::string>& extra_path = {},
                             bool network = false);

// check, build, test_no_run; execute gives doctest_command() without arguments.
CargoCommand compile_command(Stage stage, const CommandInput& input);
// After a `test --no-run` that failed: calls that reach the units it did not reach (the `cancelled` ones of
// `missing`; others are passed over), with --keep-going where cargo has it; at most 20, to be run in order
// while units are missing. They may compile more than was planned (conclude_units passes over it). Merge what
// they say with the first call's.
std::vector<CargoCommand> remaining_test_commands(const CommandInput& input,
                                                  const std::vector<UnitResult>& missing);
// `cargo test --doc --no-fail-fast` of everything selected, under the cell's runner. args: after `--`
// (libtest's and filters). One call, because `-p` of a single package would change feature unification;
// DoctestParser (libtest.h) splits its output. cargo before 1.89 passes over the doctests of a triple that is
// not the host.
CargoCommand doctest_command(const CommandInput& input, const std::vector<std::string>& args);

// --- planning; these alone carry RUSTC_BOOTSTRAP=1
// ------------------------------------------------------------- stage: build or test_no_run; several triples
// in one call.
CargoCommand unit_graph_command(Stage stage, const CommandInput& input);
CargoCommand config_command(const CommandInput& input);
// Those of `cargo-args` that every cargo command takes and that change what it sees: --config and -Z (cargo
// book, "cargo", Common Options). For metadata, the lock and the configuration, which take no flags of
// builds.
std::vector<std::string> global_arguments(const std::vector<std::string>& cargo_args);
// `cargo metadata` (stable); filter_triple empty: all platforms.
CargoCommand metadata_command(const CommandInput& input, const std::string& filter_triple);
// The same with the features that the scope selects: optional dependencies stand in the graph with them
// alone. cargo refuses features that no package of the workspace has; then the other one answers.
CargoCommand metadata_with_features_command(const CommandInput& input, const std::string& filter_triple);

// `--keep-going` is stable since cargo 1.74. `version`: 1.96.0; one that cannot be read has it.
bool has_keep_going(const std::string& version);

// CARGO_TARGET_<TRIPLE>_<key>: s390x-unknown-linux-gnu, LINKER.
std::string target_variable(const std::string& triple, const std::string& key);
// The name of the directory below `<target dir>/<triple>/` of a profile: dev and test -> debug, bench ->
// release.
std::string profile_directory(const std::string& profile);

}  // namespace tripled::cargo
