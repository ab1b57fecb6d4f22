#include "workers/agent/bring_here.h"

#include <gnu/libc-version.h>

#include <chrono>
#include <map>
#include <mutex>

#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "schema/base/text.h"
#include "workers/agent/setup_here.h"
#include "workers/agent/stage_run.h"
#include "workers/agent/toolbox.h"
#include "workers/cargo/command.h"
#include "workers/probe/cpu_flags.h"
#include "workers/probe/executable_file.h"
#include "workers/workdir/archive.h"
#include "workers/workdir/source_copy.h"

namespace tripled::agent {
namespace {

namespace fs = std::filesystem;

// --- toolchain

// The daemon calls a toolchain by what it is, not by its name.
std::string ability_of(const ToolchainFacts& toolchain) {
  return "toolchain " +
         (toolchain.commit.empty() ? toolchain.name : toolchain.version + "-" + toolchain.commit);
}

std::optional<Lack> find_toolchain(ToolchainFacts& toolchain, const WorkerContext& context, BatchIo& io) {
  if (toolchain.worker.empty() || toolchain.worker == context.name) return std::nullopt;
  Toolbox toolbox(context, io.cancel());
  auto here = toolbox.finder().find(toolchain.name);
  auto lack = [&](std::string why) { return Lack{ability_of(toolchain), std::move(why)}; };
  if (!here.error.empty()) return lack(here.error);
  if (here.version != toolchain.version || here.commit != toolchain.commit)
    return lack("toolchain `" + toolchain.name + "` is " + here.version + " here, " + toolchain.version +
                " in this sweep");
  if (here.host != toolchain.host)
    return lack("toolchain `" + toolchain.name + "` is for the host " + here.host + " here, for " +
                toolchain.host + " in this sweep");
  here.triples = std::move(toolchain.triples);
  here.cfg_with_flags = std::move(toolchain.cfg_with_flags);
  here.worker = context.name;
  toolchain = std::move(here);
  return std::nullopt;
}

// --- sources

void remove_others(const fs::path& root, const std::set<fs::path>& wanted) {
  std::error_code ec;
  std::vector<fs::path> doomed;
  for (auto it = fs::recursive_directory_iterator(root, ec); !ec && it != fs::end(it); it.increment(ec))
    if ((!it->is_directory() || it->is_symlink()) && !wanted.count(it->path().lexically_relative(root)))
      doomed.push_back(it->path());
  for (const auto& path : doomed) fs::remove(path, ec);
}

// Dependencies by the checksums of the lock, from the registry: once, then jobs are offline.
Status fetch_dependencies(const ResolvedSources& sources, const ToolchainFacts& toolchain,
                          const CellSettings& settings, const WorkerContext& context, BatchIo& io) {
  StageRun run(context, io);
  auto env = cargo::base_environment(context.environment, {}, true);
  env["RUSTC"] = toolchain.rustc;
  env["CARGO_TERM_COLOR"] = "never";
  std::string said;
  for (bool offline : {true, false}) {
    std::vector<std::string> argv{toolchain.cargo, "fetch", "--locked"};
    if (offline) argv.emplace_back("--offline");
    auto global = cargo::global_arguments(settings.cargo_args);
    argv.insert(argv.end(), global.begin(), global.end());
    auto captured = run.ask({argv, env, {}}, sources.source_dir);
    if (captured && captured->succeeded()) return {};
    said = captured ? captured->err : captured.error().message();
  }
  return Error(ErrorKind::tool, "fetching dependencies: " + said.substr(0, 2000));
}

// The copy lies where a prepare of this worker would have made it.
Status copy_sources(ResolvedSources& sources, const std::string& project_key, const ToolchainFacts& toolchain,
                    const CellSettings& settings, const WorkerContext& context, BatchIo& io) {
  if (sources.root.empty()) return {};
  const bool with_cargo = toolchain.error.empty();
  auto name = fs::path(sources.root).filename();
  if (!with_cargo) name += "-without-dependencies";
  const auto root = context.cache / "work" / project_key / name;
  auto below = fs::path(sources.source_dir).lexically_relative(sources.root);
  auto local = sources;
  local.root = root.string();
  local.source_dir = below == "." ? local.root : (root / below).string();
  const bool is_here = workdir::SourceCopy::use(root, sources.state).has_value();
  if (!is_here) {
    if (sources.archive.hash.empty())
      return Error(ErrorKind::tool, "the sources are not on this worker, and no archive of them is known");
    TRIPLED_TRY(make_directories(root.parent_path()));
    TRIPLED_ASSIGN(FileLock lock, workdir::SourceCopy::change(root));
    TemporaryFile archive(root.parent_path());
    TRIPLED_TRY(io.download(sources.archive, archive.path()));
    TRIPLED_ASSIGN(auto names, workdir::unpack(archive.path(), root));
    remove_others(root, names);
    if (with_cargo) TRIPLED_TRY(fetch_dependencies(local, toolchain, settings, context, io));
    TRIPLED_TRY(workdir::SourceCopy::mark(root, sources.state));
  }
  sources = std::move(local);
  return {};
}

// --- setup

// Setups of other workers' sweeps done again here, for a while: every cell of a triple asks.
class Remembered {
 public:
  std::optional<SetupResult> find(const std::string& key) {
    std::lock_guard lock(mutex_);
    auto found = known_.find(key);
    if (found == known_.end() || std::chrono::steady_clock::now() - found->second.at > lifetime)
      return std::nullopt;
    return found->second.result;
  }
  void put(const std::string& key, const SetupResult& result) {
    std::lock_guard lock(mutex_);
    if (known_.size() >= most) known_.clear();
    known_[key] = {result, std::chrono::steady_clock::now()};
  }

 private:
  struct Item {
    SetupResult result;
    std::chrono::steady_clock::time_point at;
  };
  static constexpr auto lifetime = std::chrono::minutes(15);
  static constexpr std::size_t most = 1000;
  std::mutex mutex_;
  std::map<std::string, Item> known_;
};

Remembered& remembered() {
  static Remembered all;
  return all;
}

SetupResult set_up_again(const SetupSpec& spec, const WorkerContext& context, BatchIo& io,
                         const wire::GrantedJob& job) {
  auto key = sha256_hex(wire::to_text_json(spec));
  if (auto known = remembered().find(key)) return *known;
  auto done = set_up_here(spec, context, io, job).result;
  if (!io.cancel().cancelled()) remembered().put(key, done);
  return done;
}

std::string or_else(const std::string& text, const char* otherwise) {
  return text.empty() ? std::string(otherwise) : text;
}

// What the best worker can and this one cannot.
std::optional<Lack> lack_of_link(const SetupResult& best, const SetupResult& own, const std::string& key) {
  if (best.check.ok && !own.check.ok)
    return Lack{"check " + key, or_else(own.check.reason, "the triple cannot be checked here")};
  if (best.link.ok && !own.link.ok)
    return Lack{"link " + key, or_else(own.link.reason, "nothing can be linked here")};
  return std::nullopt;
}

std::optional<Lack> lack_of_runner(const SetupResult& best, const SetupResult& own, const std::string& key) {
  if (best.runner.kind == RunnerKind::none || own.runner.kind != RunnerKind::none) return std::nullopt;
  const auto& reason = own.run_native.reason.empty() ? own.run_emulated.reason : own.run_native.reason;
  return Lack{"run " + key, or_else(reason, "nothing can be run here")};
}

// The setup of another worker becomes one of this worker's; the old one is returned.
template <class Spec>
SetupResult replace_setup(Spec& spec, const WorkerContext& context, BatchIo& io,
                          const wire::GrantedJob& job) {
  auto best = spec.setup;
  if (best.worker.empty() || best.worker == context.name) return best;
  spec.setup_spec.toolchain = [&] {
    auto facts = spec.toolchain;
    facts.triples = spec.setup_spec.toolchain.triples;
    return facts;
  }();
  spec.setup_spec.sources = spec.sources;
  spec.setup_spec.source_dir = spec.sources.source_dir;
  spec.setup = set_up_again(spec.setup_spec, context, io, job);
  return best;
}

}  // namespace

// A toolchain that is nowhere: nothing of the batch is tried, and its jobs say why.
static bool is_hopeless(const ToolchainFacts& toolchain) { return !toolchain.error.empty(); }

std::optional<Lack> bring_toolchains_here(PrepareSpec& spec, const WorkerContext& context, BatchIo& io) {
  for (auto& plan : spec.plans)
    if (auto lack = find_toolchain(plan.toolchain, context, io)) return lack;
  return std::nullopt;
}

Result<std::optional<Lack>> bring_here(SetupSpec& spec, const WorkerContext& context, BatchIo& io) {
  if (is_hopeless(spec.toolchain)) return std::optional<Lack>();
  if (auto lack = find_toolchain(spec.toolchain, context, io)) return lack;
  TRIPLED_TRY(copy_sources(spec.sources, spec.project_key, spec.toolchain, spec.settings, context, io));
  spec.source_dir = spec.sources.source_dir;
  return std::optional<Lack>();
}

Result<std::optional<Lack>> bring_here(CompileSpec& spec, const WorkerContext& context, BatchIo& io,
                                       const wire::GrantedJob& job) {
  if (is_hopeless(spec.toolchain)) return std::optional<Lack>();
  if (auto lack = find_toolchain(spec.toolchain, context, io)) return lack;
  if (!spec.sources.error.empty()) return std::optional<Lack>();  // nothing will be compiled
  TRIPLED_TRY(copy_sources(spec.sources, spec.project_key, spec.toolchain, spec.cell.settings, context, io));
  auto best = replace_setup(spec, context, io, job);
  return lack_of_link(best, spec.setup, spec.setup_spec.key);
}

Result<std::optional<Lack>> bring_here(ExecuteSpec& spec, const WorkerContext& context, BatchIo& io,
                                       const wire::GrantedJob& job) {
  if (is_hopeless(spec.toolchain)) return std::optional<Lack>();
  auto lack = find_toolchain(spec.toolchain, context, io);
  if (lack && !spec.archive) return lack;
  if (lack) spec.toolchain.error = lack->why;
  TRIPLED_TRY(copy_sources(spec.sources, spec.project_key, spec.toolchain, spec.cell.settings, context, io));
  auto best = replace_setup(spec, context, io, job);
  if (auto without = lack_of_runner(best, spec.setup, spec.setup_spec.key)) return without;
  const bool moved = spec.archive && spec.built_on != context.name;
  const char* own_libc = ::gnu_get_libc_version();
  if (moved && spec.setup.runner.kind == RunnerKind::native &&
      !probe::glibc_suffices(own_libc, spec.archive->glibc))
    return std::optional<Lack>(
        {"run " + spec.setup_spec.key,
         "the executables ask for glibc " + spec.archive->glibc + ", this worker has " + own_libc});
  // A crash by SIGILL would be blamed on the tests. An emulator has a processor of its own.
  if (moved && spec.setup.runner.kind == RunnerKind::native)
    if (auto missing = probe::missing_cpu_flags(probe::kernel_flags(spec.archive->features));
        !missing.empty())
      return std::optional<Lack>(
          {"run " + spec.setup_spec.key, "the executables were compiled for a processor with " +
                                             join(missing, ", ") + ", which this worker's lacks"});
  return std::optional<Lack>();
}

}  // namespace tripled::agent
