// The smaller commands. Each returns the process's exit status.
#pragma once
#include <string>
#include <vector>

#include "daemon/cli/paths.h"
#include "daemon/cli/plan_source.h"
#include "daemon/cli/terminal.h"
#include "daemon/store/reader.h"

namespace tripled::cli {

struct PlanCommand {
  PlanArgs plan;
  Paths paths;
  std::string explain;  // a cell's id
  bool json = false;
  ColourChoice colour = ColourChoice::automatic;
};
int run_plan(const PlanCommand& command);

struct ReportCommand {
  Paths paths;
  std::string sweep;  // empty: the newest
  std::string format = "text";
  ColourChoice colour = ColourChoice::automatic;
};
int run_report(const ReportCommand& command);

struct DoctorCommand {
  Paths paths;
  std::vector<std::string> triples;  // empty: every triple that something here could link for
  std::string toolchain = "stable";
  bool deep = false, json = false;
  ColourChoice colour = ColourChoice::automatic;
};
int run_doctor(const DoctorCommand& command);

struct TargetsCommand {
  Paths paths;
  std::string toolchain = "stable", where;
  bool json = false;
  ColourChoice colour = ColourChoice::automatic;
};
int run_targets(const TargetsCommand& command);

struct InitCommand {
  std::string directory = ".", file = "matrix.yaml";
  bool force = false;
  ColourChoice colour = ColourChoice::automatic;
};
int run_init(const InitCommand& command);

struct LogsCommand {
  Paths paths;
  std::string sweep, cell, stage;
  ColourChoice colour = ColourChoice::automatic;
  bool raw = false;  // escape sequences and control characters too
};
int run_logs(const LogsCommand& command);

// The sweep of this number; empty: the newest. usage error: no number, or there is none.
Result<store::SweepId> find_sweep(store::Reader& reader, const std::string& wanted);

// "error: …" on stderr; 2 for usage and configuration, else 3.
int report_error(const Error& error, ColourChoice colour);

struct ReproCommand {
  Paths paths;
  std::string cell, sweep, stage, test;  // empty sweep: the newest
  ColourChoice colour = ColourChoice::automatic;
};
// Prints a shell script.
int run_repro(const ReproCommand& command);

}  // namespace tripled::cli
