#include "workers/cargo/test_env.h"

#include <algorithm>
#include <set>

#include "schema/base/text.h"

namespace tripled::cargo {

namespace {

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

// 1.2.3-beta.4+build -> 1, 2, 3, beta.4
void add_version(const std::string& version, std::map<std::string, std::string>& env) {
  auto plain = version.substr(0, version.find('+'));
  auto dash = plain.find('-');
  auto numbers = split(plain.substr(0, dash), '.');
  numbers.resize(3);
  env["CARGO_PKG_VERSION"] = version;
  env["CARGO_PKG_VERSION_MAJOR"] = numbers[0];
  env["CARGO_PKG_VERSION_MINOR"] = numbers[1];
  env["CARGO_PKG_VERSION_PATCH"] = numbers[2];
  env["CARGO_PKG_VERSION_PRE"] = dash == std::string::npos ? "" : plain.substr(dash + 1);
}

void add_package(const MetadataPackage& package, std::map<std::string, std::string>& env) {
  env["CARGO_MANIFEST_DIR"] = directory_of(package.manifest_path);
  env["CARGO_MANIFEST_PATH"] = package.manifest_path;
  env["CARGO_PKG_NAME"] = package.name;
  env["CARGO_PKG_AUTHORS"] = join(package.authors, ":");
  env["CARGO_PKG_DESCRIPTION"] = package.description;
  env["CARGO_PKG_HOMEPAGE"] = package.homepage;
  env["CARGO_PKG_REPOSITORY"] = package.repository;
  env["CARGO_PKG_LICENSE"] = package.license;
  env["CARGO_PKG_LICENSE_FILE"] = package.license_file;
  env["CARGO_PKG_README"] = package.readme;
  env["CARGO_PKG_RUST_VERSION"] = package.rust_version;
  if (!package.links.empty()) env["CARGO_MANIFEST_LINKS"] = package.links;
  add_version(package.version, env);
}

class Executables {
 public:
  explicit Executables(const TestEnvInput& input) : input_(input) {}

  std::vector<Executable> run() {
    std::vector<Executable> out;
    std::set<std::string> seen;
    for (const auto& artifact : input_.messages->artifacts)
      if (artifact.harness && !artifact.executable.empty() && seen.insert(artifact.executable).second)
        out.push_back(make(artifact));
    return out;
  }

 private:
  Executable make(const Artifact& artifact) const {
    const auto& unit = artifact.unit;
    Executable out;
    out.package = unit.package;
    out.version = unit.version;
    out.target = unit.target;
    out.kind = unit.kind;
    out.path = artifact.executable;
    out.host = artifact.host;
    out.manifest_dir = directory_of(unit.manifest_path);
    out.libtest = speaks_libtest(unit);
    out.env = input_.config_env;
    out.env["CARGO"] = input_.cargo;
    if (const auto* package = input_.metadata ? input_.metadata->find(unit.package, unit.version) : nullptr) {
      add_package(*package, out.env);
    } else {
      out.env["CARGO_MANIFEST_DIR"] = out.manifest_dir;
      out.env["CARGO_MANIFEST_PATH"] = unit.manifest_path;
      out.env["CARGO_PKG_NAME"] = unit.package;
      add_version(unit.version, out.env);
    }
    if (unit.kind == "test" || unit.kind == "bench") add_binaries(unit, out.env);
    add_build_script(artifact, out.env);
    out.env["LD_LIBRARY_PATH"] = library_path(artifact);
    return out;
  }

  bool speaks_libtest(const TargetName& unit) const {
    const auto& like = input_.libtest_like;
    if (std::find(like.begin(), like.end(), unit.target) != like.end()) return true;
    auto manifest = input_.manifests.find(unit.manifest_path);
    if (manifest == input_.manifests.end()) return true;
    auto off = targets_without_harness(manifest->second);
    return std::none_of(off.begin(), off.end(), [&](const HarnessOff& target) {
      auto kind = unit.kind == "proc-macro" ? std::string("lib") : unit.kind;
      return target.kind == kind && target.name == unit.target;
    });
  }

  void add_binaries(const TargetName& unit, std::map<std::string, std::string>& env) const {
    for (const auto& artifact : input_.messages->artifacts)
      if (!artifact.harness && artifact.unit.kind == "bin" && !artifact.executable.empty() &&
          artifact.unit.package == unit.package && artifact.unit.version == unit.version)
        env["CARGO_BIN_EXE_" + artifact.unit.target] = artifact.executable;
  }

  void add_build_script(const Artifact& artifact, std::map<std::string, std::string>& env) const {
    const BuildScriptRun* best = nullptr;  // a package that is also a build-dependency has two
    for (const auto& run : input_.messages->build_scripts) {
      if (run.package != artifact.unit.package || run.version != artifact.unit.version) continue;
      if (!best || run.host == artifact.host) best = &run;
    }
    if (!best) return;
    env["OUT_DIR"] = best->out_dir;
    for (const auto& [key, value] : best->env) env[key] = value;
  }

  // Directories build scripts name below the output directory, the output directory, its deps, the std's.
  std::string library_path(const Artifact& artifact) const {
    auto root = input_.target_dir + (artifact.host ? "" : "/" + input_.triple) + "/" + input_.profile_dir;
    std::set<std::string> native;
    for (const auto& run : input_.messages->build_scripts)
      for (const auto& path : run.linked_paths) {
        auto equals = path.find('=');
        auto directory = equals == std::string::npos ? path : path.substr(equals + 1);
        if (directory.starts_with(root + "/")) native.insert(directory);
      }
    std::vector<std::string> out(native.begin(), native.end());
    out.push_back(root);
    out.push_back(root + "/deps");
    const auto& rustlib = artifact.host ? input_.rustlib_host : input_.rustlib;
    if (!rustlib.empty()) out.push_back(rustlib);
    return join(out, ":");
  }

  const TestEnvInput& input_;
};

}  // namespace

std::vector<Executable> test_executables(const TestEnvInput& input) { return Executables(input).run(); }

}  // namespace tripled::cargo
