#include "workers/agent/prepare_job.h"

#include <algorithm>
#include <chrono>

#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "schema/base/text.h"
#include "workers/agent/bring_here.h"
#include "workers/agent/project_configuration.h"
#include "workers/agent/resolve_lock.h"
#include "workers/agent/stage_run.h"
#include "workers/cargo/selection.h"
#include "workers/cargo/unit_graph.h"
#include "workers/toolchain/toolchain_name.h"
#include "workers/workdir/archive.h"
#include "workers/workdir/cache_use.h"
#include "workers/workdir/crate_source.h"
#include "workers/workdir/git.h"
#include "workers/workdir/pack_sources.h"
#include "workers/workdir/snapshot.h"
#include "workers/workdir/source_copy.h"

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
  // What was sent is the same project wherever it was sent from.
  for (const auto& part : {s.sent ? "sent" : s.path, s.git, s.crate, s.version}) hash.field(part);
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
    if (spec_.plans.empty())
      return usage_error("no cell of this matrix can be run: none of its toolchains can be used");
    result_.project_key = key_of(spec_.project);
    TRIPLED_TRY(find_project());
    std::optional<FileLock> fetched;  // a git mirror or a crate of ours
    if (auto entry = workdir::cache_entry(context_.cache, (project_ / "").string())) {
      TRIPLED_ASSIGN(fetched, workdir::use_entry(context_.cache, *entry));
    }
    TRIPLED_ASSIGN(FileLock use, workdir::use_entry(context_.cache, {"work", result_.project_key}));
    auto work = context_.cache / "work" / result_.project_key;
    TRIPLED_TRY(make_directories(work));
    TRIPLED_ASSIGN(FileLock lock, FileLock::acquire(work / "lock", FileLock::Wait::yes));
    if (spec_.project.source.sent) TRIPLED_TRY(fetch_sent(work));
    TRIPLED_TRY(copy_sources(work));
    remove_sent();
    note_overrides();
    for (const auto& plan : spec_.plans) {
      if (run_.cancelled()) return Error(ErrorKind::cancelled, "cancelled");
      plan_units(plan, *sources_of(plan));
    }
    if (run_.cancelled()) return Error(ErrorKind::cancelled, "cancelled");  // what was planned last may lack
    return {};
  }

  Status find_project() {
    const auto& source = spec_.project.source;
    if (!source.crate.empty()) {
      io_.progress(job_, "fetching " + source.crate + " " + source.version);
      TRIPLED_ASSIGN(crate_, published_crate(source));
      project_ = crate_->dir;
      result_.revision = crate_->revision;
      result_.notes = crate_->notes;
      return {};
    }
    if (source.sent) {  // fetched when its place is ours
      result_.revision = source.sent->revision;
      add_note("sources sent by `" + source.sent->by + "` from " + source.sent->host + ":" +
               source.sent->path + " (" + source.sent->hash.substr(0, 12) + ")");
      return {};
    }
    project_ = source.path;
    if (!source.git.empty()) {
      io_.progress(job_, "fetching " + source.git);
      TRIPLED_ASSIGN(project_, git_.checkout(source, context_.cache));
    }
    result_.revision = git_.revision(project_);
    return {};
  }

  Status fetch_sent(const fs::path& work) {
    const auto& sent = *spec_.project.source.sent;
    io_.progress(job_, "fetching the sources that were sent");
    TemporaryFile archive(work);
    TRIPLED_TRY(io_.download({sent.hash, sent.size}, archive.path()));
    sent_ = work / "sent";
    TRIPLED_ASSIGN(project_, workdir::unpack_sources(archive.path(), sent.directory, sent_));
    return {};
  }

  // Their copy is made; the next sweep brings its own.
  void remove_sent() const {
    std::error_code ec;
    if (!sent_.empty()) fs::remove_all(sent_, ec);
  }

  static Result<std::vector<std::string>> every_file(const fs::path& dir) {
    TRIPLED_ASSIGN(auto entries, workdir::entries_below(dir));
    std::vector<std::string> out;
    for (auto& entry : entries) out.push_back(std::move(entry.name));
    std::sort(out.begin(), out.end());
    return out;
  }

  Result<workdir::CrateSource> published_crate(const ProjectSource& source) {
    auto env = cargo::base_environment(context_.environment, {}, true);
    env["RUSTC"] = spec_.plans.front().toolchain.rustc;
    auto home = env.count("CARGO_HOME") ? fs::path(env["CARGO_HOME"]) : fs::path(env["HOME"]) / ".cargo";
    auto ask = [&](const std::vector<std::string>& args, const fs::path& cwd) {
      std::vector<std::string> argv{spec_.plans.front().toolchain.cargo};
      argv.insert(argv.end(), args.begin(), args.end());
      return run_.ask({argv, env, {}}, cwd.string());
    };
    return workdir::crate_source(source.crate, source.version, context_.cache, home, ask);
  }

  const ResolvedSources* sources_of(const PlanRequest& plan) const {
    auto key = sources_key(plan.settings);
    for (const auto& sources : result_.sources)
      if (sources.key == key) return &sources;
    return nullptr;
  }

  // Of the plans that share a copy, the one with the newest toolchain: an old cargo may not read a lock (or
  // know a resolver) that the others do, and that is to be the old one's verdict alone.
  const PlanRequest& newest_like(const PlanRequest& plan) const {
    auto version = [](const PlanRequest& p) {
      return toolchain::parse_version(p.toolchain.version).value_or(toolchain::RustVersion{});
    };
    const auto* newest = &plan;
    for (const auto& other : spec_.plans)
      if (sources_key(other.settings) == sources_key(plan.settings) && version(*newest) < version(other))
        newest = &other;
    return *newest;
  }

  // One copy for each lockfile policy. Only when none of them resolves is there nothing to go on with.
  Status copy_sources(const fs::path& work) {
    bool any = false, project_fault = false;
    std::vector<std::string> notes;
    for (const auto& plan : spec_.plans) {
      if (sources_of(plan)) continue;
      if (run_.cancelled()) return Error(ErrorKind::cancelled, "cancelled");
      TRIPLED_ASSIGN(ResolvedSources sources, copy_and_resolve(newest_like(plan), work, project_fault));
      any = any || sources.error.empty();
      result_.sources.push_back(std::move(sources));
    }
    if (any) {  // else it is the error of the whole
      for (const auto& sources : result_.sources)
        if (!sources.error.empty()) add_note("lockfile: " + sources.key + ": " + sources.error);
      return {};
    }
    result_.project_fault = project_fault;
    return Error(ErrorKind::tool, result_.sources.front().error);
  }

  Result<ResolvedSources> copy_and_resolve(const PlanRequest& plan, const fs::path& work,
                                           bool& project_fault) {
    ResolvedSources out;
    out.key = sources_key(plan.settings);
    auto root = work / (out.key == "as-is" ? "src" : "src-" + out.key);
    out.root = root.string();
    // Waits for batches of another sweep that compile from this copy.
    TRIPLED_ASSIGN(FileLock in_use, workdir::SourceCopy::change(root));
    TRIPLED_TRY(snapshot(root, out));
    io_.progress(job_, "resolving and fetching dependencies");
    (void)make_directories(plan_dir());  // cargo remembers there what it asked rustc
    auto lock = resolve_lock({plan, out.source_dir, plan_dir(), crate_.has_value()}, context_, run_);
    for (auto& note : lock.notes) add_note(std::move(note));
    out.lock_hash = lock.hash;
    out.error = lock.error;
    out.cargo_output = lock.cargo_output;
    out.without_dev_dependencies = lock.without_dev_dependencies;
    project_fault = project_fault || (!lock.error.empty() && lock.project_fault);
    result_.versions["cargo"] = plan.toolchain.cargo_version;
    out.state = sha256_hex(result_.snapshot + out.lock_hash);
    if (spec_.share && out.error.empty()) {
      TRIPLED_ASSIGN(out.archive, share(root));
    }
    TRIPLED_TRY(workdir::SourceCopy::mark(root, out.state));
    return out;
  }

  // For workers that prepared nothing. What the daemon has is not sent again: equal sources, equal bytes.
  Result<BlobRef> share(const fs::path& root) {
    io_.progress(job_, "sending the sources to the daemon");
    TemporaryFile archive(root.parent_path());
    TRIPLED_ASSIGN(auto entries, workdir::entries_below(root));
    TRIPLED_TRY(workdir::pack(archive.path(), std::move(entries)));
    return io_.upload_file(archive.path());
  }

  Status snapshot(const fs::path& root, ResolvedSources& out) {
    io_.progress(job_, "taking a snapshot of " + spec_.project.name);
    const auto& sent = spec_.project.source.sent;
    auto list = [&](const fs::path& dir) {
      if (sent) return every_file(dir);
      return crate_ ? workdir::walk_files(dir) : git_.list_files(dir);
    };
    TRIPLED_ASSIGN(workdir::Snapshot taken, workdir::take_snapshot(project_, root, list));
    if (sent && taken.hash != sent->snapshot)
      return Error(ErrorKind::protocol,
                   "the sources that were sent are not those that were packed: a path dependency by an "
                   "absolute path does not come with them");
    if (!spec_.reuse_snapshot.empty() && taken.hash != spec_.reuse_snapshot)
      return Error(ErrorKind::conflict, "the sources changed since the sweep began: start a new sweep");
    if (!result_.snapshot.empty() && taken.hash != result_.snapshot)
      return Error(ErrorKind::conflict, "the sources changed while they were copied: start the sweep again");
    result_.snapshot = taken.hash;
    out.source_dir = taken.source_dir.string();
    for (auto& note : taken.notes) add_note(std::move(note));
    run_.note("snapshot " + taken.hash + ": " + std::to_string(taken.files) + " files, " +
              std::to_string(taken.changed) + " changed");
    return {};
  }

  void add_note(std::string note) {
    if (std::find(result_.notes.begin(), result_.notes.end(), note) == result_.notes.end())
      result_.notes.push_back(std::move(note));
  }

  void note_overrides() {
    std::error_code ec;
    for (const char* name : {"rust-toolchain.toml", "rust-toolchain"})
      if (fs::exists(fs::path(result_.sources.front().source_dir) / name, ec))
        add_note(std::string(name) + " does not apply: the matrix chooses the toolchain");
  }

  std::string plan_dir() const { return (context_.cache / "work" / result_.project_key / "plan").string(); }

  cargo::CommandInput input_for(const PlanRequest& plan) const {
    cargo::CommandInput input;
    input.cargo = plan.toolchain.cargo;
    input.rustc = plan.toolchain.rustc;
    input.rustdoc = plan.toolchain.rustdoc;
    input.host = plan.toolchain.host;
    input.triples = plan.triples;
    input.target_dir = plan_dir();
    input.base = cargo::base_environment(context_.environment);
    input.settings = plan.settings;
    input.offline = true;
    return input;
  }

  // cargo's own last `error:` block, in one line.
  static std::string last_error(const std::string& log) {
    std::string out;
    for (const auto& line : split(log, '\n'))
      if (line.rfind("error", 0) == 0) out = line;
    return out.empty() ? "see its log" : out;
  }

  Result<std::map<std::string, std::vector<Unit>>> graph(Stage stage, const cargo::CommandInput& input,
                                                         const ResolvedSources& sources) {
    if (!sources.error.empty()) return Error(ErrorKind::tool, sources.error);
    if (stage == Stage::test_no_run && !sources.without_dev_dependencies.empty())
      return Error(ErrorKind::tool, sources.without_dev_dependencies);
    auto command = cargo::unit_graph_command(stage, input);
    TRIPLED_ASSIGN(exec::Captured captured, run_.ask(command, sources.source_dir));
    if (!captured.succeeded()) {
      auto text = last_error(captured.err);
      return Error(ErrorKind::tool, text == "see its log" ? exec::describe(captured.result) : text);
    }
    return cargo::parse_unit_graph(captured.out, input.triples);
  }

  // One call for all triples; where it fails, one per triple, so that one triple's error is not everybody's.
  void plan_units(const PlanRequest& plan, const ResolvedSources& sources) {
    io_.progress(job_, "planning units for " + std::to_string(plan.triples.size()) + " triples");
    auto input = input_for(plan);
    if (sources.error.empty()) input.project = project_configuration(input, sources.source_dir, run_);
    std::map<std::string, PlannedUnits> planned;
    for (const auto& triple : plan.triples) {
      planned[triple].plan_key = plan.key;
      planned[triple].triple = triple;
      planned[triple].sources = sources.key;
      planned[triple].uncounted_tests = uncounted_tests();
    }
    for (Stage stage : {Stage::build, Stage::test_no_run}) {
      auto all = graph(stage, input, sources);
      for (const auto& triple : plan.triples) {
        auto& entry = planned[triple];
        auto one = input;
        one.triples = {triple};
        auto units = all || plan.triples.size() == 1 ? all : graph(stage, one, sources);
        (stage == Stage::build ? entry.build : entry.test) = units ? (*units)[triple] : std::vector<Unit>();
        if (!units) (stage == Stage::build ? entry.build_error : entry.test_error) = units.error().message();
      }
    }
    if (cargo::wants_doctests_apart(plan.settings)) plan_doctests(input, sources, planned);
    for (auto& [triple, entry] : planned) result_.planned.push_back(std::move(entry));
  }

  // cargo plans doctests only where no target is named: those of `units: [lib, doctests]` are asked for
  // apart.
  void plan_doctests(cargo::CommandInput input, const ResolvedSources& sources,
                     std::map<std::string, PlannedUnits>& planned) {
    input.settings.units = {"default"};
    auto all = graph(Stage::test_no_run, input, sources);
    if (!all) return;
    for (auto& [triple, entry] : planned)
      for (auto& unit : (*all)[triple])
        if (unit.kind == "doctest") {
          unit.needs.clear();
          entry.test.push_back(std::move(unit));
        }
  }

  std::string uncounted_tests() const {
    std::vector<std::string> names;
    if (crate_)
      for (const auto& target : crate_->missing)
        if (target.kind == "test") names.push_back(target.name);
    return join(names, ", ");
  }

  const PrepareSpec& spec_;
  const WorkerContext& context_;
  BatchIo& io_;
  const wire::GrantedJob& job_;
  StageRun run_;
  workdir::Git git_;
  std::filesystem::path project_;
  std::filesystem::path sent_;  // unpacked; empty: nothing was sent
  std::optional<workdir::CrateSource> crate_;
  PrepareResult result_;
};

}  // namespace

void run_prepare_batch(const wire::Grant& grant, PrepareSpec spec, const WorkerContext& context,
                       BatchIo& io) {
  const auto lack = bring_toolchains_here(spec, context, io);
  for (const auto& job : grant.jobs) {
    io.started(job);
    PrepareResult result;
    if (lack)
      result.error = lack->why;
    else
      result = PrepareJob(spec, context, io, job).run();
    // Whatever failed while it was told to stop says nothing about the project.
    auto outcome = result.error.empty()      ? Outcome::exited
                   : io.cancel().cancelled() ? Outcome::cancelled
                                             : Outcome::not_run;
    io.finished(job, outcome, wire::to_json(result));
  }
}

}  // namespace tripled::agent
