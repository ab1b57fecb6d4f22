// What cargo says on stderr alone: which unit could not be compiled, failed build scripts with their output,
// resolver, manifest, lock, network and disk errors. Texts of cargo 1.85-1.96 in English without colour
// (command.h sets that). One thread at a time per parser; bounded: 200 errors of 16 KiB.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/model/result.h"
#include "workers/cargo/line_splitter.h"
#include "workers/cargo/package_id.h"

namespace tripled::cargo {

enum class CargoErrorKind {
  unit_failed,          // could not compile `x` (lib test) due to 2 previous errors
  unit_crashed,         // rustc was killed, aborted or panicked: no `due to`
  build_script_failed,  // failed to run custom build command for `x v1`
  unknown_feature,      // does not have that feature, does not contain this feature
  no_matching_package,  // not in the registry, or not among the packages
  resolution,           // other failures to select versions: links conflicts, yanked, requirements
  missing_target_file,  // can't find `x` example at path …
  selection,            // no bin target named …, package ID did not match, unknown profile
  manifest,             // a Cargo.toml, workspace or configuration cannot be read
  rust_version,         // rustc is not supported by the following packages
  lock_outdated,        // --locked and the lock needs updating
  network,              // download, index, git fetch; also "offline and not in the cache"
  disk_full,
  toolchain,  // rustc cannot be run or does not know the triple
  other,
};

struct CargoError {
  CargoErrorKind kind = CargoErrorKind::other;
  std::string package, version;  // where said
  // unit_failed, unit_crashed only: target's name (empty: the package's own library), kind and whether with
  // --test.
  std::string target, unit_kind;
  bool harness = false;
  std::int64_t errors = 0;  // "due to N previous errors"
  int signal = 0;           // the compiler's; 0: none
  std::string message;      // one line
  std::string text;         // the whole block, bounded; a build script's stderr is in it
};

class StderrParser {
 public:
  // Paths below `paths.source_dir` become relative in messages.
  explicit StderrParser(SourcePaths paths = {}) : paths_(std::move(paths)) {}
  void feed(std::string_view bytes);
  void finish();
  const std::vector<CargoError>& errors() const { return errors_; }
  // Last lines that belong to no error and no status line (LLVM's and a panicking rustc's words), bounded.
  const std::vector<std::string>& loose_lines() const { return loose_; }

 private:
  void line(std::string_view text);
  void end_block();
  void add(CargoError error);

  enum class Inside { nothing, error, warning };

  SourcePaths paths_;
  LineSplitter lines_{1u << 20};
  std::string block_;
  Inside inside_ = Inside::nothing;
  std::vector<std::string> loose_;
  std::vector<CargoError> errors_;
};

// One block from its `error: ` on to a typed error. nullopt: a summary of others ("due to 1 previous target
// resolution error", "build failed").
std::optional<CargoError> classify_cargo_error(const std::string& block);

bool same_label(const CargoError& a, const CargoError& b);
// Joins what a later call of the same stage said: an error that is already there is not added twice.
void merge_cargo_errors(std::vector<CargoError>& errors, const std::vector<CargoError>& later);

// An error of the whole call (resolver, manifest, network …) rather than of one unit.
bool is_global(CargoErrorKind kind);
// So that a stage that failed without any compiler-message still has a first error.
Diagnostic to_diagnostic(const CargoError& error);
// The `--- stderr` part of a build script's block, without cargo's indentation; empty: none.
std::string build_script_stderr(const CargoError& error);

}  // namespace tripled::cargo
