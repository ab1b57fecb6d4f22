// What every stage of a cell has in common: cargo's command line inputs, running processes into one log, the
// record of how they ended. One object per job, on the slot's thread.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "schema/model/batch.h"
#include "workers/agent/batch.h"
#include "workers/cargo/command.h"
#include "workers/cargo/project_config.h"
#include "workers/exec/capture.h"
#include "workers/exec/log_store.h"

namespace tripled::agent {

ProcessRecord to_record(const exec::ProcessResult& result);
// When the process could not be run at all (an error of ours, not an outcome of it).
ProcessRecord failed_record(const Error& error);

// The log of one attempt and how its processes are run.
class StageRun {
 public:
  StageRun(const WorkerContext& context, BatchIo& io);

  // Runs into the log; `sink` sees all of stdout and stderr. Never fails: a process that could not be run has
  // a record.
  ProcessRecord run(const exec::Command& command, const exec::Limits& limits, exec::OutputSink* sink);
  // For cargo's commands: working directory and environment as given, the command line noted in the log.
  ProcessRecord run(const cargo::CargoCommand& command, const std::string& cwd, const exec::Limits& limits,
                    exec::OutputSink* sink);
  // A short question whose output is wanted, not logged.
  Result<exec::Captured> ask(const cargo::CargoCommand& command, const std::string& cwd);
  void note(const std::string& line);
  bool cancelled() const { return io_.cancel().cancelled(); }
  // Why a process of it has no outcome, by our own fault: its shim was killed, say. Nothing is concluded
  // then.
  const std::optional<Error>& failure() const { return failure_; }
  // Log (and evidence, unless empty) to the daemon, their references into the result.
  void store_log(AttemptResult& result, const std::string& evidence);
  std::string log_text() const { return log_.text(); }

 private:
  const WorkerContext& context_;
  BatchIo& io_;
  exec::BoundedLog log_;
  std::optional<Error> failure_;
};

// Inputs of cargo's command lines that do not depend on the stage.
struct CellTools {
  const Cell& cell;
  const ToolchainFacts& toolchain;
  const SetupResult& setup;
  std::string source_dir;
};

// Asks cargo for the project's own configuration; notes what could not be asked.
cargo::CommandInput command_input(const CellTools& tools, const std::string& target_dir,
                                  const WorkerContext& context, StageRun& run);

// rustc, cargo, linker, runner, kernel, libc …: what a job was made with.
std::map<std::string, std::string> job_versions(const SetupResult& setup, const ToolchainFacts& toolchain,
                                                const WorkerContext& context);

// What the cell's environment adds to or takes from the base, for the record.
std::map<std::string, std::string> environment_difference(const cargo::Environment& base,
                                                          const cargo::Environment& full);

// Defaults where the matrix says nothing; scaled for emulation (poudriere's factors: x4 total, x3 without
// output).
exec::Limits compile_limits(const CellSettings& settings);
exec::Limits execute_limits(const CellSettings& settings, RunnerKind runner);

}  // namespace tripled::agent
