// Commands that speak to a daemon (`--server`): begin a sweep there and follow it, look, cancel, tokens,
// workers. Each returns the process's exit status.
#pragma once
#include <string>
#include <vector>

#include "daemon/cli/paths.h"
#include "daemon/cli/plan_source.h"
#include "daemon/cli/remote.h"
#include "daemon/cli/terminal.h"

namespace tripled::cli {

struct RemoteCommand {
  RemoteArgs remote;
  bool json = false;  // the daemon's own answer
  ColourChoice colour = ColourChoice::automatic;
};

int run_status(const RemoteCommand& command);

struct CancelCommand {
  RemoteCommand common;
  std::string sweep;
  bool now = false;
};
int run_cancel(const CancelCommand& command);

struct WorkerCommand {
  RemoteCommand common;
  std::string worker, change;  // drain, undrain, release, void
  std::string since, until;    // of void: a moment in UTC, or how long ago (`2h`)
};
int run_worker(const WorkerCommand& command);

struct TokenCommand {
  RemoteCommand common;
  std::string action, name, role;    // add NAME ROLE, revoke NAME, enrol [NAME], list
  std::string pool, expires = "1h";  // of enrol
};
int run_token(const TokenCommand& command);

// `sweep MATRIX --server`: follows it to its end unless `detach`, prints the report, and ends as the sweep
// does.
struct RemoteSweepCommand {
  RemoteCommand common;
  PlanArgs plan;
  Paths paths;  // the local worker that packs what is sent has its cache there
  bool detach = false;
  bool in_place = false;  // nothing is sent: the project lies on the daemon's machine
};
int run_remote_sweep(const RemoteSweepCommand& command);

// `rerun SWEEP [CELL…]`. With `follow` it ends as the sweep does then.
struct RerunCommand {
  RemoteCommand common;
  std::string sweep;
  std::vector<std::string> cells, triples, stages;
  bool failed = false, broken = false, follow = false;
};
int run_rerun(const RerunCommand& command);

// `logs [CELL] [STAGE] --server`; without a cell: prepare and setup. `follow`: until the cell is over.
struct RemoteLogsCommand {
  RemoteCommand common;
  std::string sweep, cell, stage;
  bool follow = false;
  bool raw = false;  // escape sequences and control characters too
};
int run_remote_logs(const RemoteLogsCommand& command);

// `report [SWEEP] --server`.
int run_remote_report(const RemoteCommand& command, const std::string& sweep, const std::string& format);

}  // namespace tripled::cli
