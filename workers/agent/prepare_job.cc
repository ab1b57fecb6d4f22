#include "workers/agent/prepare_job.h"

#include <algorithm>
#include <chrono>

#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "schema/base/text.h"
#include "workers/agent/stage_run.h"
#include "workers/cargo/unit_graph.h"
#include "workers/workdir/git.h"
#include "workers/workdir/manifests.h"
#include "workers/workdir/snapshot.h"

namespace tripled::agent {
namespace {

namespace fs = std::filesystem;

std::string safe_name(const std::string& name) {
  std::string out;
  for (char c : name) out += std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' ? c : '_';
  return out.empty() ? "project" : out.substr(0, 60);
}

std::string key_of(const Project& project) {
  const auto& s = project.source;
  Sha256 hash;
  for (const auto& part : {s.path, s.git, s.crate, s.version}) hash.field(part);
  return safe_name(project.name) + "-" + hash.hex().substr(0, 8);
}

class PrepareJob {
 public:
  PrepareJob(const PrepareSpec& spec, const WorkerContext& context, BatchIo& io, const wire::GrantedJob& job)
      : spec_(spec), context_(context), io_(io), job_(job), run_(context, io), git_(context.environment) {}

  PrepareResult run() {
    auto started = std::chrono::steady_clock::now();
    if (auto status = steps(); !status) {
      result_.error = status.error().message();
      run_.note(result_.error);
    }
    AttemptResult stored;
    run_.store_log(stored, "");
    result_.log = stored.log;
    result_.duration_ms =
        std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - started).count();
    return std::move(result_);
  }

 private:
  Status steps() {
    if (spec_.plans.empty()) return usage_error("no cell of this matrix is to be run");
    result_.project_key = key_of(spec_.project);
    TRIPLED_ASSIGN(fs::path project, project_dir());
    auto work = context_.cache / "work" / result_.project_key;
    TRIPLED_TRY(make_directories(work));
    TRIPLED_ASSIGN(FileLock lock, FileLock::acquire(work / "lock", FileLock::Wait::yes));
    TRIPLED_TRY(snapshot(project, work / "src"));
    if (!spec_.reuse_snapshot.empty() && result_.snapshot != spec_.reuse_snapshot)
      return Error(ErrorKind::conflict, "the sources changed since the sweep began: start a new sweep");
    note_overrides();
    TRIPLED_TRY(resolve_lock());
    for (const auto& plan : spec_.plans) {
      if (run_.cancelled()) return Error(ErrorKind::cancelled, "cancelled");
      plan_units(plan);
    }
    return {};
  }

  Result<fs::path> project_dir() {
    const auto& source = spec_.project.source;
    if (!source.crate.empty())
      return Error(ErrorKind::usage, "crates from a registry are not implemented yet as a source");
    if (!source.git.empty()) {
      io_.progress(job_, "fetching " + source.git);
      return git_.checkout(source, context_.cache);
    }
    return fs::path(source.path);
  }

  Status snapshot(const fs::path& project, const fs::path& destination) {
    io_.progress(job_, "taking a snapshot of " + spec_.project.name);
    auto list = [this](const fs::path& dir) { return git_.list_files(dir); };
    TRIPLED_ASSIGN(workdir::Snapshot taken, workdir::take_snapshot(project, destination, list));
    result_.snapshot = taken.hash;
    result_.source_dir = taken.source_dir.string();
    result_.revision = git_.revision(project);
    for (auto& note : taken.notes) result_.notes.push_back(std::move(note));
    run_.note("snapshot " + taken.hash + ": " + std::to_string(taken.files) + " files, " +
              std::to_string(taken.changed) + " changed");
    return {};
  }

  void note_overrides() {
    std::error_code ec;
    for (const char* name : {"rust-toolchain.toml", "rust-toolchain"})
      if (fs::exists(fs::path(result_.source_dir) / name, ec))
        result_.notes.push_back(std::string(name) + " does not apply: the matrix chooses the toolchain");
  }

  cargo::CommandInput input_for(const PlanRequest& plan, bool network) const {
    cargo::CommandInput input;
    input.cargo = plan.toolchain.cargo;
    input.rustc = plan.toolchain.rustc;
    input.rustdoc = plan.toolchain.rustdoc;
    input.host = plan.toolchain.host;
    input.triples = plan.triples;
    input.target_dir = (context_.cache / "work" / result_.project_key / "plan").string();
    input.base = cargo::base_environment(context_.environment, {}, network);
    input.settings = plan.settings;
    input.offline = true;
    return input;
  }

  // Resolved once per sweep; dependencies are fetched here and jobs run offline.
  Status resolve_lock() {
    const auto& plan = spec_.plans.front();
    for (const auto& other : spec_.plans)
      if (other.settings.lockfile != plan.settings.lockfile || other.settings.pins != plan.settings.pins)
        return usage_error("several lockfile policies in one sweep are not implemented yet");
    if (plan.settings.lockfile != "as-is" && plan.settings.lockfile != "locked")
      return usage_error("lockfile: " + plan.settings.lockfile + " is not implemented yet");
    auto root = workdir::workspace_root(result_.source_dir);
    auto before = sha256_file(root / "Cargo.lock");
    io_.progress(job_, "resolving and fetching dependencies");
    std::vector<std::string> argv{plan.toolchain.cargo, "fetch"};
    if (plan.settings.lockfile == "locked") argv.push_back("--locked");
    auto offline = argv;
    offline.push_back("--offline");
    auto input = input_for(plan, true);
    auto env = input.base;
    env["RUSTC"] = plan.toolchain.rustc;
    exec::Limits limits;
    limits.timeout = std::chrono::minutes(30);
    auto quick = run_.ask({offline, env, {}}, result_.source_dir);
    if (!quick) return quick.error();
    if (!quick->succeeded()) {
      auto record = run_.run({argv, env, {}}, result_.source_dir, limits, nullptr);
      if (record.outcome != Outcome::exited || record.code != 0)
        return Error(ErrorKind::tool, "cargo fetch failed: " + last_error(run_.log_text()));
    }
    auto after = sha256_file(root / "Cargo.lock");
    if (after) result_.lock_hash = *after;
    if (!before && after)
      result_.notes.push_back("the sources have no Cargo.lock: versions were resolved for this sweep");
    if (before && after && *before != *after)
      result_.notes.push_back(
          "Cargo.lock was out of date and was updated for this sweep (lockfile: locked refuses that)");
    result_.versions["cargo"] = plan.toolchain.cargo_version;
    return {};
  }

  // cargo's own last `error:` block, in one line.
  static std::string last_error(const std::string& log) {
    std::string out;
    for (const auto& line : split(log, '\n'))
      if (line.rfind("error", 0) == 0) out = line;
    return out.empty() ? "see its log" : out;
  }

  Result<std::map<std::string, std::vector<Unit>>> graph(Stage stage, const cargo::CommandInput& input) {
    auto command = cargo::unit_graph_command(stage, input);
    TRIPLED_ASSIGN(exec::Captured captured, run_.ask(command, result_.source_dir));
    if (!captured.succeeded()) {
      auto text = last_error(captured.err);
      return Error(ErrorKind::tool, text == "see its log" ? exec::describe(captured.result) : text);
    }
    return cargo::parse_unit_graph(captured.out, input.triples);
  }

  // One call for all triples; where it fails, one per triple, so that one triple's error is not everybody's.
  void plan_units(const PlanRequest& plan) {
    io_.progress(job_, "planning units for " + std::to_string(plan.triples.size()) + " triples");
    auto input = input_for(plan, false);
    std::map<std::string, PlannedUnits> planned;
    for (const auto& triple : plan.triples) {
      planned[triple].plan_key = plan.key;
      planned[triple].triple = triple;
    }
    for (Stage stage : {Stage::build, Stage::test_no_run}) {
      auto all = graph(stage, input);
      for (const auto& triple : plan.triples) {
        auto& entry = planned[triple];
        auto one = input;
        one.triples = {triple};
        auto units = all || plan.triples.size() == 1 ? all : graph(stage, one);
        (stage == Stage::build ? entry.build : entry.test) = units ? (*units)[triple] : std::vector<Unit>();
        if (!units) (stage == Stage::build ? entry.build_error : entry.test_error) = units.error().message();
      }
    }
    for (auto& [triple, entry] : planned) result_.planned.push_back(std::move(entry));
  }

  const PrepareSpec& spec_;
  const WorkerContext& context_;
  BatchIo& io_;
  const wire::GrantedJob& job_;
  StageRun run_;
  workdir::Git git_;
  PrepareResult result_;
};

}  // namespace

void run_prepare_batch(const wire::Grant& grant, const PrepareSpec& spec, const WorkerContext& context,
                       BatchIo& io) {
  for (const auto& job : grant.jobs) {
    io.started(job);
    auto result = PrepareJob(spec, context, io, job).run();
    auto outcome = result.error.empty() ? Outcome::exited : Outcome::not_run;
    io.finished(job, outcome, wire::to_json(result));
  }
}

}  // namespace tripled::agent
