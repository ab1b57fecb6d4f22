#include "workers/probe/project_settings.h"

#include "schema/base/text.h"
#include "workers/cargo/project_config.h"

namespace tripled::probe {
namespace {

constexpr Millis kConfigLimit{20'000};

// A relative path with a slash in it is relative to the directory that has .cargo/ (cargo book,
// "Config-relative paths"). Which file a value is from is not asked for: the project's own directory is by
// far the most likely one.
std::string resolved(const std::string& program, const std::string& project_dir) {
  if (!contains(program, "/") || program.front() == '/') return program;
  return (std::filesystem::path(project_dir) / program).lexically_normal().string();
}

// rustc's cfg of the triple, asked for only where the configuration has a key that depends on it.
std::vector<std::string> cfg_of(const SetupSpec& spec, const cargo::ProjectConfig& config,
                                ProbeShell& shell) {
  const auto* facts = spec.toolchain.find(spec.triple);
  if (facts != nullptr && !facts->cfg.empty()) return facts->cfg;
  bool needed = false;
  for (const auto& [key, target] : config.targets) needed = needed || key.rfind("cfg(", 0) == 0;
  if (!needed) return {};
  std::vector<std::string> cfg;
  auto ran = shell.run({spec.toolchain.rustc, "--print", "cfg", "--target", spec.triple}, {}, kConfigLimit);
  for (const auto& line : split(ran.out, '\n'))
    if (!line.empty()) cfg.push_back(line);
  return cfg;
}

void note_what_applies(const SetupSpec& spec, ProjectSettings& out) {
  const char* where = "the project's cargo configuration";
  if (!out.linker.empty())
    out.notes.push_back(spec.settings.linker.empty()
                            ? std::string(where) + " names the linker `" + out.linker + "`, which is used"
                            : std::string(where) + " names the linker `" + out.linker +
                                  "`, the matrix overrides it");
  if (out.runner.empty()) return;
  auto runner = shell_join(out.runner);
  out.notes.push_back(spec.settings.runner
                          ? std::string(where) + " names the runner `" + runner + "`, the matrix overrides it"
                          : std::string(where) + " names the runner `" + runner + "`, which is used");
}

}  // namespace

ProjectSettings read_project_settings(const SetupSpec& spec, ProbeShell& shell) {
  ProjectSettings out;
  if (spec.source_dir.empty() || spec.toolchain.cargo.empty()) return out;
  auto ran = shell.run({spec.toolchain.cargo, "-Zunstable-options", "config", "get", "--format", "json"},
                       {{"RUSTC_BOOTSTRAP", "1"}}, kConfigLimit, spec.source_dir);
  if (!ran.succeeded()) return out;
  auto config = cargo::parse_config(ran.out);
  if (!config) {
    shell.note(config.error().message());
    return out;
  }
  auto cfg = cfg_of(spec, config.value(), shell);
  for (const auto& [key, target] : config.value().targets) {
    if (key != spec.triple && !cargo::cfg_matches(key, cfg).value_or(false)) continue;
    if (!target.linker.empty() && (out.linker.empty() || key == spec.triple))
      out.linker = resolved(target.linker, spec.source_dir);
    if (!target.runner.empty() && (out.runner.empty() || key == spec.triple)) {
      out.runner = target.runner;
      out.runner.front() = resolved(out.runner.front(), spec.source_dir);
    }
  }
  note_what_applies(spec, out);
  auto flags = cargo::effective_rustflags(config.value(), spec.triple, cfg);
  if (!flags.empty())
    out.notes.push_back("the project's cargo configuration gives rustflags: " + shell_join(flags));
  return out;
}

}  // namespace tripled::probe
