// Projects and schedules of a daemon elsewhere. Each command returns the process's exit status.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "daemon/cli/remote_commands.h"

namespace CLI {
class App;
}

namespace tripled::cli {

struct ProjectCommand {
  RemoteCommand common;
  std::string action, name;
  bool replace = false;
  std::string git, ref, matrix_path, directory, matrix_file;
  bool submodules = false;
  std::vector<std::string> environment, pools, poll_refs;
  std::string poll_every;
  int priority = 0;
  std::optional<int> cells, slots;
  std::optional<std::int64_t> disk;
};
int run_project(const ProjectCommand& command);  // add NAME, list, show NAME, remove NAME

struct ScheduleCommand {
  RemoteCommand common;
  std::string action, what, cron;  // what: the project of `add`, else the number of a schedule
  std::string zone = "UTC", ref, overlap = "skip", catch_up = "none", catch_up_age = "24h";
};
int run_schedule(const ScheduleCommand& command);  // add PROJECT CRON, list, show ID, remove ID, run ID

void define_options(CLI::App& app, ProjectCommand& command);
void define_options(CLI::App& app, ScheduleCommand& command);

}  // namespace tripled::cli
