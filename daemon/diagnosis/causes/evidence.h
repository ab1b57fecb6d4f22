// Evidence of one failed job as diagnosis sees it: the JSON document that a worker kept
// (workers/agent/evidence.h), typed. Tolerant: what an older format lacks stays empty. Pure, thread-safe.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/diagnosis/causes/metadata.h"
#include "schema/base/result.h"
#include "schema/model/batch.h"
#include "schema/model/cell.h"
#include "schema/model/result.h"

namespace tripled::diagnosis {

// What cargo said on stderr that belongs to no diagnostic of rustc (format 2).
struct CargoWords {
  std::string package;       // empty: the call as a whole
  std::string message;       // one line
  std::string text;          // the whole block, bounded
  std::uint64_t offset = 0;  // in the log; 0: not known
};

struct Evidence {
  int format = 0;
  Cell cell;
  Stage stage = Stage::check;
  // Compile stages.
  std::vector<Diagnostic> diagnostics;
  std::vector<UnitResult> units;
  std::vector<Unit> graph;        // everything that was planned, dependencies included; format 2
  std::vector<CargoWords> cargo;  // format 2
  std::string said;               // last lines of stderr that belong to nothing: LLVM's, a panicking rustc's
  std::string broken_reason, broken_fix;  // format 2
  std::vector<std::string> notes;
  std::vector<std::string> cfg;              // lines of `rustc --print cfg`
  std::string configuration, lock;           // cargo's effective configuration; Cargo.lock
  std::map<std::string, std::string> files;  // by the names that spans use
  Metadata metadata;                         // no packages: not known
  std::string metadata_error;                // cargo's words where it refused
  // Execute.
  std::vector<TestResult> tests;
  std::vector<BinaryFailure> binaries;
  RunnerUsed runner;
  std::map<std::string, std::string> environment, runner_environment;
  // Both.
  ProcessRecord process;
  std::vector<std::string> command;
  std::map<std::string, std::string> versions, machine;

  const std::string* file(std::string_view name) const;
  bool emulated() const { return runner.kind == RunnerKind::emulated; }
  // 16, 32, 64: by cfg, else by the triple's name.
  int pointer_width() const;
  bool big_endian() const;
  // Value of a `key="value"` line of cfg; empty: none.
  std::string cfg_value(std::string_view key) const;
};

// protocol error: no JSON, no object, or a field of another type than any format gave it.
Result<Evidence> parse_evidence(std::string_view document);

// Of a job that kept no document: it was never tried (preflight, worker lost), or its blob is gone. What the
// attempt itself recorded is all there is.
Evidence evidence_of(const Cell& cell, Stage stage, const AttemptResult& result);
// Of a sweep that could not be prepared: what cargo said of the sources that could not be had or resolved.
Evidence evidence_of(const PrepareResult& prepare);

}  // namespace tripled::diagnosis
