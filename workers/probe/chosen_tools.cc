#include "workers/probe/chosen_tools.h"

#include <sys/utsname.h>

#include <algorithm>
#include <set>

#include "schema/base/text.h"
#include "workers/cargo/command.h"

namespace tripled::probe {
namespace {

namespace fs = std::filesystem;

bool present(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

ChosenTool first_found(const std::vector<std::string>& names, ToolOrigin origin, const ProbeShell& shell) {
  ChosenTool tool;
  if (names.empty()) return tool;
  tool.origin = origin;
  for (const auto& name : names) {
    auto path = shell.find(name);
    if (path.empty()) continue;
    tool.name = name;
    tool.path = path;
    return tool;
  }
  tool.name = names.front();
  return tool;
}

// rustup ships rust-lld outside PATH.
std::string shipped_lld(const ToolchainFacts& toolchain) {
  fs::path path = fs::path(toolchain.sysroot) / "lib/rustlib" / toolchain.host / "bin/rust-lld";
  return present(path) ? path.string() : "";
}

// One name that somebody wrote down.
ChosenTool written_linker(const std::string& name, ToolOrigin origin, const ToolchainFacts& toolchain,
                          const ProbeShell& shell) {
  auto tool = first_found({name}, origin, shell);
  if (tool.found() || name != "rust-lld") return tool;
  auto path = shipped_lld(toolchain);
  return path.empty() ? tool : ChosenTool{path, path, origin};
}

ChosenTool choose_linker(const SetupSpec& spec, const ProjectSettings& project, const ProbeShell& shell) {
  if (!spec.settings.linker.empty())
    return written_linker(spec.settings.linker, ToolOrigin::matrix, spec.toolchain, shell);
  if (!project.linker.empty())
    return written_linker(project.linker, ToolOrigin::project, spec.toolchain, shell);
  if (spec.triple == spec.toolchain.host) return first_found({"cc"}, ToolOrigin::cargo_default, shell);
  const auto& names = spec.catalogue.linkers;
  if (auto lld = std::find(names.begin(), names.end(), "rust-lld"); lld != names.end()) {
    std::vector<std::string> before(names.begin(), lld);
    if (auto tool = first_found(before, ToolOrigin::catalogue, shell); tool.found()) return tool;
    if (auto path = shipped_lld(spec.toolchain); !path.empty()) return {path, path, ToolOrigin::catalogue};
  }
  return first_found(names, ToolOrigin::catalogue, shell);
}

void choose_sysroot(const SetupSpec& spec, ChosenTools& tools) {
  const auto& entry = spec.catalogue;
  if (!spec.settings.sysroot.empty()) {
    tools.sysroot = spec.settings.sysroot;
    tools.own_sysroot = true;
  } else {
    // A directory without the loader is what a compiler package alone leaves there.
    for (const auto& dir : entry.sysroots)
      if (tools.sysroot.empty() && present(dir) &&
          (entry.loader.empty() || present(fs::path(dir) / entry.loader)))
        tools.sysroot = dir;
  }
  if (tools.sysroot.empty()) return;
  fs::path root(tools.sysroot);
  for (const auto& dir : entry.library_dirs)
    if (present(root / dir)) tools.library_dirs.push_back((root / dir).string());
  if (!entry.loader.empty() && present(root / entry.loader)) tools.loader = (root / entry.loader).string();
}

// PATH of a job is the system's directories, whatever the worker's is (cargo::base_environment).
bool on_job_path(const ChosenTool& tool) {
  auto dirs = split(cargo::base_environment({})["PATH"], ':');
  return std::find(dirs.begin(), dirs.end(), fs::path(tool.path).parent_path().string()) != dirs.end();
}

std::string word_of(const ChosenTool& tool) {
  if (!tool.found()) return "";
  return on_job_path(tool) ? tool.name : tool.path;
}

std::string snake(std::string text) {
  std::replace(text.begin(), text.end(), '-', '_');
  std::replace(text.begin(), text.end(), '.', '_');
  return text;
}

void add_pkg_config(const SetupSpec& spec, const ChosenTools& tools, const std::string& suffix,
                    std::map<std::string, std::string>& env) {
  auto dirs = spec.catalogue.pkg_config_dirs;
  if (tools.own_sysroot) {
    dirs.clear();
    for (const char* dir : {"usr/lib/pkgconfig", "usr/share/pkgconfig", "lib/pkgconfig"})
      dirs.push_back((fs::path(tools.sysroot) / dir).string());
    if (!spec.catalogue.cross_prefix.empty())
      dirs.insert(dirs.begin(),
                  (fs::path(tools.sysroot) / "usr/lib" / spec.catalogue.cross_prefix / "pkgconfig").string());
  }
  if (dirs.empty()) return;
  env["PKG_CONFIG_LIBDIR_" + suffix] = join(dirs, ":");
  // Debian's multiarch .pc files name paths from the root; those of a sysroot name them from the sysroot.
  env["PKG_CONFIG_SYSROOT_DIR_" + suffix] = tools.own_sysroot ? tools.sysroot : "/";
  env["PKG_CONFIG_ALLOW_CROSS"] = "1";
}

}  // namespace

ChosenTools choose_tools(const SetupSpec& spec, const ProjectSettings& project, const ProbeShell& shell) {
  ChosenTools tools;
  const auto& entry = spec.catalogue;
  tools.host = spec.triple == spec.toolchain.host;
  tools.linker = choose_linker(spec, project, shell);
  if (tools.host) {
    tools.cc = first_found({"cc"}, ToolOrigin::cargo_default, shell);
  } else {
    tools.cc = first_found(entry.cc, ToolOrigin::catalogue, shell);
    tools.cxx = first_found(entry.cxx, ToolOrigin::catalogue, shell);
    tools.ar = first_found(entry.ar, ToolOrigin::catalogue, shell);
    tools.ranlib = first_found(entry.ranlib, ToolOrigin::catalogue, shell);
  }
  choose_sysroot(spec, tools);
  tools.qemu = first_found(entry.qemu, ToolOrigin::catalogue, shell);
  tools.runner_program = first_found(entry.runner.programs, ToolOrigin::catalogue, shell);
  return tools;
}

bool may_run_natively(const SetupSpec& spec) {
  if (spec.triple == spec.toolchain.host) return true;
  utsname system{};
  if (::uname(&system) != 0) return false;
  const auto& machines = spec.catalogue.native_on;
  return std::find(machines.begin(), machines.end(), system.machine) != machines.end();
}

std::string linker_word(const ChosenTools& tools) {
  switch (tools.linker.origin) {
    case ToolOrigin::matrix:
    case ToolOrigin::catalogue:
      return word_of(tools.linker);
    case ToolOrigin::cargo_default:
      return on_job_path(tools.linker) ? "" : tools.linker.path;
    case ToolOrigin::project:
    case ToolOrigin::none:
      break;
  }
  return "";
}

std::map<std::string, std::string> job_environment(const SetupSpec& spec, const ChosenTools& tools) {
  std::map<std::string, std::string> env;
  auto lower = snake(spec.triple), upper = snake(to_upper(spec.triple));
  if (auto linker = linker_word(tools); !linker.empty()) env["CARGO_TARGET_" + upper + "_LINKER"] = linker;
  if (tools.host && !tools.own_sysroot) return env;
  if (tools.cc.found()) env["CC_" + lower] = word_of(tools.cc);
  if (tools.cxx.found()) env["CXX_" + lower] = word_of(tools.cxx);
  if (tools.ar.found()) env["AR_" + lower] = word_of(tools.ar);
  if (tools.ranlib.found()) env["RANLIB_" + lower] = word_of(tools.ranlib);
  add_pkg_config(spec, tools, lower, env);
  auto bindgen = join(spec.catalogue.bindgen_arguments, " ");
  if (!bindgen.empty() && (!tools.sysroot.empty() || !contains(bindgen, "<sysroot>")))
    env["BINDGEN_EXTRA_CLANG_ARGS_" + lower] = replace_all(bindgen, "<sysroot>", tools.sysroot);
  if (!tools.sysroot.empty() && !spec.catalogue.qemu.empty()) env["QEMU_LD_PREFIX"] = tools.sysroot;
  return env;
}

std::string install_line(const std::vector<PackageChoices>& parts) {
  std::vector<std::string> packages;
  for (const auto& part : parts) {
    if (part.empty()) continue;
    for (const auto& package : part.front())
      if (std::find(packages.begin(), packages.end(), package) == packages.end()) packages.push_back(package);
  }
  std::string line = packages.empty() ? "" : "apt-get install " + join(packages, " ");
  // A foreign architecture's packages are not known to apt before it is added.
  std::set<std::string> foreign;
  for (const auto& package : packages)
    if (auto colon = package.find(':'); colon != std::string::npos) foreign.insert(package.substr(colon + 1));
  for (const auto& architecture : foreign)
    line = "dpkg --add-architecture " + architecture + " && apt-get update && " + line;
  return line;
}

std::string matrix_line(const std::string& triple, const std::string& setting) {
  return "rules: [{match: \"triple = " + triple + "\", " + setting + "}]";
}

}  // namespace tripled::probe
