#include "workers/agent/project_configuration.h"

namespace tripled::agent {

namespace fs = std::filesystem;

static bool has_file(const fs::path& folder) {
  std::error_code ec;
  for (const char* name : {"config", "config.toml"})
    if (fs::exists(folder / name, ec) || ec) return true;
  return false;
}

bool has_configuration(const fs::path& directory, const cargo::Environment& environment) {
  auto value = [&](const char* name) {
    auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  fs::path home = value("CARGO_HOME");
  if (home.empty() && !value("HOME").empty()) home = fs::path(value("HOME")) / ".cargo";
  if (!home.is_absolute() || has_file(home)) return true;
  std::error_code ec;
  auto folder = fs::canonical(directory, ec);  // as cargo sees its working directory
  if (ec) return true;
  for (;; folder = folder.parent_path()) {
    if (has_file(folder / ".cargo")) return true;
    if (folder == folder.parent_path()) return false;
  }
}

std::optional<cargo::ProjectConfig> project_configuration(const cargo::CommandInput& input,
                                                          const std::string& source_dir, StageRun& run) {
  auto command = cargo::config_command(input);
  bool given = !cargo::global_arguments(input.settings.cargo_args).empty();  // --config says something too
  if (!given && !has_configuration(source_dir, command.env)) return cargo::ProjectConfig();
  auto captured = run.ask(command, source_dir);
  if (!captured || !captured->succeeded()) return std::nullopt;
  auto config = cargo::parse_config(captured->out);
  if (config) return std::move(config).value();
  run.note("the project's cargo configuration could not be read: " + config.error().message());
  return std::nullopt;
}

}  // namespace tripled::agent
