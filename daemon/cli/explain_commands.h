// `tripled explain` and `tripled diff`: findings told in full, and what changed between two sweeps.
#pragma once
#include <string>
#include <vector>

#include "daemon/cli/paths.h"
#include "daemon/cli/remote.h"
#include "daemon/cli/terminal.h"

namespace CLI {
class App;
}

namespace tripled::cli {

// Where sweeps are read: a daemon, or the state directory of this machine.
struct SweepsOf {
  RemoteArgs remote;
  Paths paths;
  ColourChoice colour = ColourChoice::automatic;
};

struct ExplainCommand {
  SweepsOf where;
  std::string what, sweep;  // a finding or a cell; empty: a list of the findings. Empty sweep: the newest
  bool json = false, patch = false, verbose = false;
};
// 0; 2: there is no such thing.
int run_explain(const ExplainCommand& command);

struct DiffCommand {
  SweepsOf where;
  std::string before, after;  // empty: the newest, and the one that it is compared with
  bool json = false;
};
// 0: nothing got worse; 1: something did; 2, 3: it could not be told.
int run_diff(const DiffCommand& command);

class ExplainCommands {
 public:
  // Adds the subcommands to `app`; what is run leaves its exit status in `status`.
  void define(CLI::App& app, const Paths& defaults, int& status);

 private:
  void define_explain(CLI::App& app, int& status);
  void define_diff(CLI::App& app, int& status);
  ExplainCommand explain_;
  DiffCommand diff_;
};

}  // namespace tripled::cli
