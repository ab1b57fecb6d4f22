#include "workers/agent/evidence.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "schema/base/file.h"
#include "schema/base/text.h"

namespace tripled::agent {

namespace fs = std::filesystem;
namespace json = wire::json;

namespace {

constexpr std::size_t max_file_bytes = 512u << 10;
constexpr std::size_t max_total_bytes = 8u << 20;

// Collects source files below the snapshot until the bound is reached.
class Files {
 public:
  explicit Files(std::string root) : root_(std::move(root)) {}
  void add(const fs::path& relative) {
    if (!seen_.insert(relative.string()).second || total_ > max_total_bytes) return;
    auto text = read_file(fs::path(root_) / relative, max_file_bytes);
    if (!text) return;
    total_ += text->size();
    out_[relative.string()] = to_valid_utf8(*text);
  }
  json::object take() { return std::move(out_); }

 private:
  std::string root_;
  std::set<std::string> seen_;
  std::size_t total_ = 0;
  json::object out_;
};

// The manifest of a file's package, the file, and the module files between it and the crate root.
void add_with_modules(Files& files, const std::string& root, const std::string& file) {
  fs::path relative(file);
  if (relative.is_absolute()) return;
  files.add(relative);
  for (fs::path dir = relative.parent_path(); !dir.empty(); dir = dir.parent_path()) {
    for (const char* name : {"mod.rs", "lib.rs", "main.rs", "Cargo.toml", "build.rs"}) files.add(dir / name);
    fs::path sibling = dir;
    sibling += ".rs";
    files.add(sibling);
    std::error_code ec;
    if (fs::exists(fs::path(root) / dir / "Cargo.toml", ec)) break;
  }
  files.add("Cargo.toml");
}

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

std::string answer(StageRun& run, const cargo::CargoCommand& command, const std::string& cwd) {
  auto captured = run.ask(command, cwd);
  return captured ? to_valid_utf8(captured->out) : std::string();
}

}  // namespace

std::string compile_evidence(const CompileSpec& spec, const AttemptResult& result,
                             const WorkerContext& context, StageRun& run) {
  CellTools tools{spec.cell, spec.toolchain, spec.setup, spec.sources.source_dir};
  auto input = command_input(tools, "", context, run);
  json::object out;
  out["format"] = 1;
  out["cell"] = wire::to_json(spec.cell);
  out["diagnostics"] = wire::to_json(result.errors);
  out["process"] = wire::to_json(result.process);
  out["command"] = wire::to_json(result.command);
  out["versions"] = wire::to_json(result.versions);
  out["metadata"] = answer(run, cargo::metadata_command(input, spec.cell.triple), spec.sources.source_dir);
  out["configuration"] = answer(run, cargo::config_command(input), spec.sources.source_dir);
  cargo::CargoCommand cfg{{input.rustc, "--print", "cfg", "--target", spec.cell.triple}, input.base, {}};
  out["cfg"] = answer(run, cfg, spec.sources.source_dir);
  Files files(spec.sources.source_dir);
  for (const auto& error : result.errors)
    for (const auto& span : error.spans) add_with_modules(files, spec.sources.source_dir, span.file);
  files.add("Cargo.lock");
  files.add("Cargo.toml");
  out["files"] = files.take();
  out["machine"] = machine(context);
  return json::serialize(out);
}

}  // namespace tripled::agent
