// The command line of `tripled`: its sub-commands, each with the arguments that it fills and the command that
// it then runs. Private to daemon/cli; one object is good for one run.
#pragma once
#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

#include "daemon/cli/commands.h"
#include "daemon/cli/describe_commands.h"
#include "daemon/cli/explain_commands.h"
#include "daemon/cli/project_commands.h"
#include "daemon/cli/remote_commands.h"
#include "daemon/cli/serve_command.h"
#include "daemon/cli/storage_commands.h"
#include "daemon/cli/sweep_command.h"

namespace tripled::cli {

inline const std::map<std::string, ColourChoice> colour_words{
    {"auto", ColourChoice::automatic}, {"always", ColourChoice::always}, {"never", ColourChoice::never}};

struct Common {
  Paths paths = default_paths();
  ColourChoice colour = ColourChoice::automatic;
};

struct NarrowingWords {
  std::vector<std::string> stages;
};

// One value each time it is given: what follows is not its own, such as the matrix.
void add_list(CLI::App& app, const std::string& name, std::vector<std::string>& values,
              const std::string& description);

// --state, --cache, --color.
void add_common(CLI::App& app, Common& common);

class CommandLine {
 public:
  CommandLine();
  // The exit status. Errors are said on stderr.
  int run(int argc, char** argv);

 private:
  // sweep_options.cc
  void define_sweep();
  void define_plan();
  void define_report();
  void define_logs();
  void define_repro();

  // machine_options.cc
  void define_doctor();
  void define_targets();
  void define_init();
  void define_serve();

  // remote_options.cc
  void add_remote(CLI::App& app);
  CLI::App* remote_subcommand(const std::string& name, const std::string& what, const std::string& examples);
  RemoteCommand remote_command() const;
  void define_remote();
  void define_token();
  void define_projects();

  // cli.cc
  Error unknown(const std::string& word) const;
  void define_descriptions();
  void refuse(const Error& error);

  CLI::App app_{"tripled: on which triples does it compile, and on which was it run?"};
  Common common_;
  NarrowingWords words_;
  SweepArgs sweep_;
  PlanCommand plan_;
  ReportCommand report_;
  LogsCommand logs_;
  ReproCommand repro_;
  DoctorCommand doctor_;
  TargetsCommand targets_;
  InitCommand init_;
  ServeArgs serve_;
  ExplainCommands explain_;
  StorageCommands storage_;
  RemoteCommand remote_;
  RemoteSweepCommand remote_sweep_;
  CancelCommand cancel_;
  WorkerCommand worker_;
  TokenCommand token_;
  std::string resume_, shell_;
  ManCommand man_;
  RerunCommand rerun_;
  bool follow_ = false;
  ProjectCommand project_;
  ScheduleCommand schedule_;
  std::vector<std::string> reports_;
  int status_ = 0;
};

}  // namespace tripled::cli
