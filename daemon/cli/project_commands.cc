#include "daemon/cli/project_commands.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "daemon/cli/commands.h"
#include "daemon/cli/remote_answer.h"
#include "daemon/store/trigger_rows.h"
#include "schema/base/file.h"
#include "schema/base/text.h"

namespace tripled::cli {
namespace {

namespace json = wire::json;

Result<store::ProjectSettings> settings_of(const ProjectCommand& command) {
  store::ProjectSettings out;
  out.name = command.name;
  out.git = command.git;
  out.ref = command.ref;
  if (!command.matrix_path.empty()) out.matrix_path = command.matrix_path;
  out.submodules = command.submodules;
  if (!command.directory.empty()) {
    out.directory = std::filesystem::absolute(command.directory).lexically_normal().string();
    auto file = command.matrix_file.empty() ? command.directory + "/matrix.yaml" : command.matrix_file;
    auto text = read_file(file, 1 << 20);
    if (!text) return config_error(text.error().message());
    out.matrix = std::move(*text);
  }
  out.environment = command.environment;
  out.pools = command.pools;
  out.priority = command.priority;
  out.cells = command.cells;
  out.slots = command.slots;
  out.disk = command.disk;
  if (!command.poll_every.empty()) out.poll = store::PollSettings{command.poll_every, command.poll_refs};
  return out;
}

int add_project(const ProjectCommand& command) {
  auto settings = settings_of(command);
  if (!settings) return report_error(settings.error(), command.common.colour);
  auto target =
      command.replace ? "/api/v1/projects/" + percent_encoded(command.name) : std::string("/api/v1/projects");
  return with_answer(command.common, command.replace ? "PUT" : "POST", target,
                     json::serialize(wire::to_json(*settings)), [](const json::value&) { return 0; });
}

void print_project(const json::value& project) {
  auto git = text_of(project.at("git"));
  auto source = git.empty() ? text_of(project.at("directory")) : git + " " + text_of(project.at("ref"));
  std::printf("%-20s %s\n", text_of(project.at("name")).c_str(), source.c_str());
  const auto& state = project.at("poll_state");
  if (auto error = text_of(state.at("error")); !error.empty())
    std::printf("  polling failed %s times: %s\n", text_of(state.at("failures")).c_str(), error.c_str());
}

int show_project(const json::value& project) {
  print_project(project);
  for (const auto& ref : project.at("refs").as_array()) {
    auto sweep = text_of(ref.at("sweep"));
    std::printf("  %-24s %.12s  %s\n", text_of(ref.at("ref")).c_str(), text_of(ref.at("revision")).c_str(),
                sweep.empty() ? text_of(ref.at("note")).c_str() : ("sweep " + sweep).c_str());
  }
  return 0;
}

void print_schedule(const json::value& schedule) {
  auto next = text_of(schedule.at("next_due"));
  std::printf("%-4s %-20s %s (%s), next %s\n", text_of(schedule.at("id")).c_str(),
              text_of(schedule.at("project")).c_str(), text_of(schedule.at("cron")).c_str(),
              text_of(schedule.at("zone")).c_str(), next.empty() ? "never" : next.c_str());
  for (const auto& fire : schedule.at("fires").as_array()) {
    auto sweep = text_of(fire.at("sweep")), reason = text_of(fire.at("reason"));
    std::printf("     %s %s%s%s\n", text_of(fire.at("nominal")).c_str(), text_of(fire.at("state")).c_str(),
                sweep.empty() ? "" : (", sweep " + sweep).c_str(),
                reason.empty() ? "" : (": " + reason).c_str());
  }
}

}  // namespace

int run_project(const ProjectCommand& command) {
  const auto& common = command.common;
  if (command.action != "list" && command.name.empty())
    return report_error(usage_error("project " + command.action + " NAME: the name is missing"),
                        common.colour);
  auto target = "/api/v1/projects/" + percent_encoded(command.name);
  if (command.action == "add") return add_project(command);
  if (command.action == "show") return with_answer(common, "GET", target, "", show_project);
  if (command.action == "remove")
    return with_answer(common, "DELETE", target, "", [](const json::value&) { return 0; });
  return with_answer(common, "GET", "/api/v1/projects", "", [](const json::value& answer) {
    for (const auto& project : answer.at("projects").as_array()) print_project(project);
    return 0;
  });
}

int run_schedule(const ScheduleCommand& command) {
  const auto& common = command.common;
  if (command.action != "list" && command.what.empty())
    return report_error(usage_error("schedule " + command.action + ": which one is missing"), common.colour);
  if (command.action == "add" && command.cron.empty())
    return report_error(usage_error("schedule add PROJECT CRON: the cron expression is missing"),
                        common.colour);
  auto target = "/api/v1/schedules/" + percent_encoded(command.what);
  auto print_id = [](const json::value& answer) {
    std::printf("%s\n", text_of(answer.at("id")).c_str());  // alone, for a script to keep
    return 0;
  };
  if (command.action == "add") {
    json::object body{{"project", command.what},
                      {"cron", command.cron},
                      {"zone", command.zone},
                      {"ref", command.ref},
                      {"overlap", command.overlap},
                      {"catch_up", command.catch_up},
                      {"catch_up_age", command.catch_up_age}};
    return with_answer(common, "POST", "/api/v1/schedules", json::serialize(body), print_id);
  }
  if (command.action == "run") return with_answer(common, "POST", target + "/run", "", print_id);
  if (command.action == "remove")
    return with_answer(common, "DELETE", target, "", [](const json::value&) { return 0; });
  auto show = [](const json::value& answer) {
    print_schedule(answer);
    return 0;
  };
  if (command.action == "show") return with_answer(common, "GET", target, "", show);
  return with_answer(common, "GET", "/api/v1/schedules", "", [](const json::value& answer) {
    for (const auto& schedule : answer.at("schedules").as_array()) print_schedule(schedule);
    return 0;
  });
}

void define_options(CLI::App& app, ProjectCommand& command) {
  app.add_option("action", command.action, "list, add, show or remove")
      ->check(CLI::IsMember({"list", "add", "show", "remove"}))
      ->default_val("list");
  app.add_option("name", command.name, "of the project");
  app.add_flag("--replace", command.replace, "change a project that is there");
  app.add_option("--git", command.git, "URL of its repository");
  app.add_option("--ref", command.ref, "its main branch; default: main");
  app.add_option("--matrix-path", command.matrix_path, "its matrix in the repository; default: matrix.yaml");
  app.add_flag("--submodules", command.submodules, "check out submodules, as pinned");
  app.add_option("--directory", command.directory, "on the daemon's machine, instead of --git");
  app.add_option("--matrix", command.matrix_file, "its matrix; default: DIRECTORY/matrix.yaml");
  app.add_option("--env", command.environment, "a variable that the repository's matrix may set; repeatable");
  app.add_option("--pool", command.pools, "a label of workers that it may ask for; repeatable");
  app.add_option("--priority", command.priority, "of its sweeps: higher goes first");
  app.add_option("--cells", command.cells, "most cells of one sweep");
  app.add_option("--slots", command.slots, "most batches of it at once, over all workers");
  app.add_option("--disk", command.disk,
                 "most bytes of its sweeps' files at the daemon; the oldest go first");
  app.add_option("--poll", command.poll_every, "look for new commits this often: 5m");
  app.add_option("--poll-ref", command.poll_refs, "branches to look at: main, release/*; repeatable")
      ->needs("--poll");
}

void define_options(CLI::App& app, ScheduleCommand& command) {
  app.add_option("action", command.action, "list, add, show, remove or run")
      ->check(CLI::IsMember({"list", "add", "show", "remove", "run"}))
      ->default_val("list");
  app.add_option("what", command.what, "the project of `add`, else the number of a schedule");
  app.add_option("cron", command.cron, "minute, hour, day of month, month, day of week; or @daily …");
  app.add_option("--zone", command.zone, "time zone")->capture_default_str();
  app.add_option("--ref", command.ref, "branch or tag; default: the main branch");
  app.add_option("--overlap", command.overlap, "while its last sweep runs: skip or queue")
      ->check(CLI::IsMember({"skip", "queue"}))
      ->capture_default_str();
  app.add_option("--catch-up", command.catch_up, "what the daemon was not there for: none or once")
      ->check(CLI::IsMember({"none", "once"}))
      ->capture_default_str();
  app.add_option("--catch-up-age", command.catch_up_age, "how late at most")->capture_default_str();
}

}  // namespace tripled::cli
