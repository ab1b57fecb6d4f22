#include "workers/agent/evidence.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "schema/base/file.h"
#include "schema/base/text.h"
#include "workers/agent/definitions.h"
#include "workers/agent/tool_answers.h"
#include "workers/cargo/flags.h"
#include "workers/cargo/metadata.h"
#include "workers/workdir/manifests.h"

namespace tripled::agent {

namespace fs = std::filesystem;
namespace json = wire::json;

namespace {

constexpr std::size_t max_file_bytes = 512u << 10;
constexpr std::size_t max_total_bytes = 8u << 20;
constexpr std::size_t max_lock_bytes = 8u << 20;

// Collects source files, by the names the report gives them, until the bound is reached.
class Files {
 public:
  // Where `<crate>-<version>/…` and paths of the project lie.
  Files(std::string project, const std::optional<cargo::Metadata>& metadata) : project_(std::move(project)) {
    if (!metadata) return;
    for (const auto& package : metadata->packages)
      packages_[package.name + "-" + package.version] = fs::path(package.manifest_path).parent_path();
  }

  void add(const fs::path& shown) {
    if (shown.empty() || shown.is_absolute() || !seen_.insert(shown.string()).second ||
        total_ > max_total_bytes)
      return;
    auto text = read_file(place_of(shown), max_file_bytes);
    if (!text) return;
    total_ += text->size();
    out_[shown.string()] = to_valid_utf8(*text);
  }

  // The file, the module files between it and the crate root, and its package's manifest.
  void add_with_modules(const fs::path& shown) {
    if (shown.is_absolute()) return;
    add(shown);
    for (fs::path dir = shown.parent_path(); !dir.empty(); dir = dir.parent_path()) {
      for (const char* name : {"mod.rs", "lib.rs", "main.rs", "Cargo.toml", "build.rs"}) add(dir / name);
      fs::path sibling = dir;
      sibling += ".rs";
      add(sibling);
      std::error_code ec;
      if (fs::exists(place_of(dir / "Cargo.toml"), ec)) break;
    }
  }

  // Its manifest, and its build script: what it decided can be why.
  void add_manifest_of(const cargo::Metadata& metadata, const std::string& package) {
    for (const auto& p : metadata.packages)
      if (p.name == package) {
        add(shown(p, p.manifest_path));
        for (const auto& target : p.targets)
          if (target.kind == "custom-build") add(shown(p, target.src_path));
      }
  }

  // The files of a package that define one of the words, with the modules that lead to them.
  void add_definitions(const cargo::MetadataPackage& package, const std::set<std::string>& words) {
    fs::path root = fs::path(package.manifest_path).parent_path();
    for (const auto& target : package.targets)
      if (target.kind == "lib" || target.kind == "proc-macro") root = fs::path(target.src_path).parent_path();
    for (const auto& file : files_defining(root, words)) add_with_modules(shown(package, file));
  }

  json::object take() { return std::move(out_); }

 private:
  fs::path shown(const cargo::MetadataPackage& package, const fs::path& file) const {
    if (package.source.empty()) return file.lexically_relative(project_);
    return fs::path(package.name + "-" + package.version) /
           file.lexically_relative(fs::path(package.manifest_path).parent_path());
  }

  fs::path place_of(const fs::path& shown) const {
    auto package = packages_.find(shown.begin()->string());
    if (package == packages_.end()) return fs::path(project_) / shown;
    return package->second / shown.lexically_relative(*shown.begin());
  }

  std::string project_;
  std::map<std::string, fs::path> packages_;
  std::set<std::string> seen_;
  std::size_t total_ = 0;
  json::object out_;
};

json::object machine(const WorkerContext& context) {
  json::object out;
  for (const auto& [key, value] : context.host) out[key] = value;
  struct statvfs disk {};
  if (::statvfs(context.cache.c_str(), &disk) == 0)
    out["disk_free_bytes"] = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  out["memory_free_bytes"] = static_cast<std::uint64_t>(::sysconf(_SC_AVPHYS_PAGES)) *
                             static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return out;
}

// Definitions are looked for in the failing package and in the crates that the error mentions.
void add_what_is_missing(const Diagnostic& error, const cargo::Metadata& metadata, Files& files) {
  auto names = missing_names(error);
  if (names.words.empty()) return;
  for (const auto& package : metadata.packages) {
    bool mentioned = names.crates.count(replace_all(package.name, "-", "_")) != 0;
    for (const auto& span : error.spans)
      mentioned = mentioned || span.file.starts_with(package.name + "-" + package.version + "/");
    if (package.name == error.package || mentioned) files.add_definitions(package, names.words);
  }
}

// With the place of each block in the log, by its first line; paths in it were made shorter, so it may have
// none.
json::array words_of(const CargoSaid& said, const std::string& log) {
  json::array out;
  for (const auto& error : said.errors) {
    if (error.kind == cargo::CargoErrorKind::unit_failed) continue;  // its diagnostics say why
    auto at = log.find(error.text.substr(0, error.text.find('\n')));
    out.push_back({{"package", error.package},
                   {"message", error.message},
                   {"text", error.text},
                   {"offset", at == std::string::npos ? 0 : static_cast<std::uint64_t>(at)}});
  }
  return out;
}

json::object sources_of(const CompileSpec& spec, const AttemptResult& result,
                        const std::string& metadata_text) {
  std::optional<cargo::Metadata> metadata;
  if (auto parsed = cargo::parse_metadata(metadata_text)) metadata = std::move(parsed).value();
  Files files(spec.sources.source_dir, metadata);
  std::set<std::string> failing;
  for (const auto& error : result.errors) {
    failing.insert(error.package);
    files.add_with_modules(error.file);
    for (const auto& span : error.spans) files.add_with_modules(span.file);
  }
  for (const auto& unit : result.units)
    if (unit.verdict != Verdict::pass) failing.insert(unit.package);
  for (const auto& package : failing)
    if (metadata) files.add_manifest_of(*metadata, package);
  files.add("Cargo.toml");
  constexpr std::size_t most_searched = 40;  // errors; each is a walk through sources
  if (metadata)
    for (std::size_t i = 0; i < result.errors.size() && i < most_searched; ++i)
      add_what_is_missing(result.errors[i], *metadata, files);
  return files.take();
}

}  // namespace

std::string compile_evidence(const CompileSpec& spec, Stage stage, const AttemptResult& result,
                             const CargoSaid& said, const std::string& target_dir,
                             const WorkerContext& context, StageRun& run) {
  CellTools tools{spec.cell, spec.toolchain, spec.setup, spec.sources.source_dir};
  auto input = command_input(tools, target_dir, context, run);
  json::object out;
  out["format"] = 2;
  out["cell"] = wire::to_json(spec.cell);
  out["stage"] = wire::to_json(stage);
  out["graph"] = wire::to_json(stage == Stage::test_no_run ? spec.planned.test : spec.planned.build);
  out["cargo"] = words_of(said, run.log_text());
  out["said"] = to_valid_utf8(join(said.loose, "\n"));
  out["broken_reason"] = result.broken_reason;
  out["broken_fix"] = result.broken_fix;
  out["notes"] = wire::to_json(result.notes);
  out["diagnostics"] = wire::to_json(result.errors);
  out["units"] = wire::to_json(result.units);
  out["process"] = wire::to_json(result.process);
  out["command"] = wire::to_json(result.command);
  out["versions"] = wire::to_json(result.versions);
  auto metadata =
      answer(run, cargo::metadata_with_features_command(input, spec.cell.triple), spec.sources.source_dir);
  if (metadata.starts_with("error: "))
    metadata = answer(run, cargo::metadata_command(input, spec.cell.triple), spec.sources.source_dir);
  out["configuration"] = answer(run, cargo::config_command(input), spec.sources.source_dir);
  out["cfg"] = cfg_of(spec, input, run);
  auto lock = read_file(workdir::workspace_root(spec.sources.source_dir) / "Cargo.lock", max_lock_bytes);
  out["lock"] = lock ? to_valid_utf8(*lock) : std::string();
  out["files"] = sources_of(spec, result, metadata);
  out["metadata"] = std::move(metadata);
  out["machine"] = machine(context);
  return json::serialize(out);
}

std::string execute_evidence(const ExecuteSpec& spec, const AttemptResult& result,
                             const WorkerContext& context) {
  json::array failed;
  for (const auto& test : result.tests)
    if (test.state == TestState::failed || test.state == TestState::crashed ||
        test.state == TestState::timed_out || test.flaky)
      failed.push_back(wire::to_json(test));
  json::object out;
  out["format"] = 2;
  out["cell"] = wire::to_json(spec.cell);
  out["stage"] = wire::to_json(Stage::execute);
  if (const auto* facts = spec.setup_spec.toolchain.find(spec.cell.triple))
    out["cfg"] = join(facts->cfg, "\n");
  out["broken_reason"] = result.broken_reason;
  out["broken_fix"] = result.broken_fix;
  out["tests"] = std::move(failed);
  out["binaries"] = wire::to_json(result.binary_failures);
  out["process"] = wire::to_json(result.process);
  out["command"] = wire::to_json(result.command);
  out["environment"] = wire::to_json(result.env);
  out["runner"] = wire::to_json(result.runner);
  out["runner_environment"] = wire::to_json(spec.setup.runner_env);
  out["versions"] = wire::to_json(result.versions);
  out["machine"] = machine(context);
  return json::serialize(out);
}

}  // namespace tripled::agent
