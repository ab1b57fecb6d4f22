// Commands about the daemon's disk: `tripled backup`, `restore` and `gc`.
#pragma once
#include <string>

#include "daemon/cli/paths.h"
#include "daemon/cli/terminal.h"

namespace CLI {
class App;
}

namespace tripled::cli {

// Where the state is: what the settings say, else `state`.
struct StateChoice {
  std::string settings;  // tripled.yaml; empty: none
  std::filesystem::path state;
};

struct BackupCommand {
  StateChoice where;
  std::string to;
};
int run_backup(const BackupCommand& command);

struct RestoreCommand {
  StateChoice where;
  std::string from;
  bool replace = false;
};
int run_restore(const RestoreCommand& command);

struct GcCommand {
  StateChoice where;
  bool dry_run = false, json = false;
};
int run_gc(const GcCommand& command);

class StorageCommands {
 public:
  // Adds the subcommands to `app`; what is run leaves its exit status in `status`.
  void define(CLI::App& app, const Paths& defaults, int& status);

 private:
  void define_backup(CLI::App& app, int& status);
  void define_restore(CLI::App& app, int& status);
  void define_gc(CLI::App& app, int& status);
  BackupCommand backup_;
  RestoreCommand restore_;
  GcCommand gc_;
};

}  // namespace tripled::cli
