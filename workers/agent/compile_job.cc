#include "workers/agent/compile_job.h"

#include <algorithm>
#include <chrono>

#include "schema/base/text.h"
#include "workers/agent/evidence.h"
#include "workers/agent/execution_archive.h"
#include "workers/agent/stage_run.h"
#include "workers/agent/tool_answers.h"
#include "workers/agent/toolbox.h"
#include "workers/cargo/messages.h"
#include "workers/cargo/metadata.h"
#include "workers/cargo/stderr.h"
#include "workers/cargo/test_env.h"
#include "workers/cargo/unit_graph.h"
#include "workers/cargo/verdicts.h"
#include "workers/probe/cpu_flags.h"
#include "workers/workdir/manifests.h"
#include "workers/workdir/source_copy.h"
#include "workers/workdir/target_dir.h"

namespace tripled::agent {
namespace {

// Feeds cargo's two streams to their parsers.
class CargoSink : public exec::OutputSink {
 public:
  explicit CargoSink(cargo::SourcePaths paths) : messages(std::move(paths)) {}
  void on_stdout(std::string_view bytes) override { messages.feed(bytes); }
  void on_stderr(std::string_view bytes) override { errors.feed(bytes); }
  cargo::MessageParser messages;
  cargo::StderrParser errors;
};

// All cargo calls of one stage, joined.
struct StageOutput {
  cargo::BuildMessages messages;
  std::vector<cargo::CargoError> errors;
  std::vector<std::string> loose;  // of stderr, in no error
  ProcessRecord process;
};

class CompileBatch {
 public:
  CompileBatch(const CompileSpec& spec, const WorkerContext& context, BatchIo& io)
      : spec_(spec), context_(context), io_(io) {}

  void run(const wire::Grant& grant);
  Result<std::vector<Executable>> link_tests();

 private:
  struct Inputs {
    std::optional<FileLock> sources;
    std::shared_ptr<toolchain::StdUse> std;
  };
  Result<Inputs> hold_inputs();
  Result<workdir::TargetDir> open_target_dir() const;
  AttemptResult run_stage(Stage stage);
  AttemptResult cargo_stage(Stage stage, StageRun& run);
  StageOutput call_cargo(Stage stage, const cargo::CommandInput& input, StageRun& run);
  cargo::Conclusion conclude(Stage stage, const StageOutput& output) const;
  void one_call(const cargo::CargoCommand& command, StageRun& run, StageOutput& output);
  std::vector<int> planned(Stage stage) const;
  const std::vector<Unit>& units(Stage stage) const {
    return stage == Stage::test_no_run ? spec_.planned.test : spec_.planned.build;
  }
  void pack(AttemptResult& result, const cargo::CommandInput& input, StageRun& run);
  AttemptResult not_run(Stage stage, const Ability& missing) const;
  AttemptResult unresolved(Stage stage);
  AttemptResult concluded(Stage stage, const StageOutput& output) const;
  AttemptResult behind_gate(Stage stage) const;
  Result<std::vector<Executable>> executables(const cargo::CommandInput& input, const StageOutput& output,
                                              StageRun& run);
  bool is_host_cell() const { return spec_.cell.triple == spec_.toolchain.host; }
  cargo::SourcePaths source_paths() const;

  const CompileSpec& spec_;
  const WorkerContext& context_;
  BatchIo& io_;
  std::optional<workdir::TargetDir> target_dir_;
  std::string gate_;                              // `gate: strict`: the stage that stopped the cell
  CargoSaid said_;                                // by the newest stage's cargo, beside the diagnostics
  std::optional<std::vector<UnitResult>> built_;  // units of `build`, from which `check` is implied
};

cargo::SourcePaths CompileBatch::source_paths() const {
  cargo::SourcePaths paths;
  paths.source_dir = spec_.sources.source_dir;
  paths.workspace_root = workdir::workspace_root(spec_.sources.source_dir).string();
  paths.target_dir = target_dir_->path().string();
  paths.triple = spec_.cell.triple;
  return paths;
}

std::vector<int> CompileBatch::planned(Stage stage) const {
  return stage == Stage::test_no_run ? cargo::planned_tests(units(stage), is_host_cell())
                                     : cargo::planned_compile(units(stage), is_host_cell());
}

AttemptResult CompileBatch::not_run(Stage stage, const Ability& missing) const {
  AttemptResult result;
  result.process.outcome = Outcome::not_run;
  result.broken_reason = missing.reason;
  result.broken_fix = missing.fix;
  for (int index : planned(stage)) {
    const auto& u = units(stage)[static_cast<std::size_t>(index)];
    UnitResult unit;
    unit.package = u.package;
    unit.target = u.target;
    unit.kind = u.kind;
    unit.harness = u.harness;
    unit.verdict = Verdict::broken;
    result.units.push_back(std::move(unit));
  }
  return result;
}

// There is no Cargo.lock to compile with: concluded from what cargo said when it refused to make one.
AttemptResult CompileBatch::unresolved(Stage stage) {
  cargo::StderrParser parser(source_paths());
  parser.feed(spec_.sources.cargo_output);
  parser.finish();
  StageOutput output;
  output.errors = parser.errors();
  if (output.errors.empty()) {
    cargo::CargoError said;
    said.message = said.text = spec_.sources.error;
    output.errors.push_back(std::move(said));
  }
  output.process.outcome = Outcome::exited;
  output.process.code = 101;
  said_ = {output.errors, parser.loose_lines()};
  return concluded(stage, output);
}

AttemptResult CompileBatch::concluded(Stage stage, const StageOutput& output) const {
  auto conclusion = conclude(stage, output);
  AttemptResult result;
  result.process = output.process;
  result.units = std::move(conclusion.units);
  result.errors = std::move(conclusion.errors);
  result.error_count = static_cast<int>(conclusion.error_count);
  result.worst = conclusion.verdict;
  result.uncounted_failure = conclusion.uncounted_failure;
  result.broken_reason = conclusion.broken_reason;
  result.broken_fix = conclusion.broken_fix;
  return result;
}

void CompileBatch::one_call(const cargo::CargoCommand& command, StageRun& run, StageOutput& output) {
  CargoSink sink(source_paths());
  output.process = run.run(command, spec_.sources.source_dir, compile_limits(spec_.cell.settings), &sink);
  sink.messages.finish();
  sink.errors.finish();
  output.messages.merge(sink.messages.take());
  cargo::merge_cargo_errors(output.errors, sink.errors.errors());
  const auto& loose = sink.errors.loose_lines();
  output.loose.insert(output.loose.end(), loose.begin(), loose.end());
}

cargo::Conclusion CompileBatch::conclude(Stage stage, const StageOutput& output) const {
  cargo::ConcludeInput input;
  input.units = &units(stage);
  input.planned = planned(stage);
  input.messages = &output.messages;
  input.cargo_errors = output.errors;
  input.process = output.process;
  input.fault.triple = spec_.cell.triple;
  input.fault.host = spec_.toolchain.host;
  // `std: core` is there to find out who needs std: that is no fault of the machine.
  if (auto* facts = spec_.toolchain.find(spec_.cell.triple))
    input.fault.triple_has_std = facts->std && spec_.setup.std_mode != "core";
  return cargo::conclude_units(input);
}

StageOutput CompileBatch::call_cargo(Stage stage, const cargo::CommandInput& input, StageRun& run) {
  StageOutput output;
  one_call(cargo::compile_command(stage, input), run, output);
  bool failed = output.process.outcome != Outcome::exited || output.process.code != 0;
  if (stage != Stage::test_no_run || !failed || run.cancelled()) return output;
  auto decisive = output.process;  // the exit status that counts is the first one's
  for (const auto& command : cargo::remaining_test_commands(input, conclude(stage, output).units)) {
    if (run.cancelled() || conclude(stage, output).all_reached) break;
    run.note("`cargo test` stops at the first error: reaching the units it left out");
    one_call(command, run, output);
    decisive.duration_ms += output.process.duration_ms;
    decisive.cpu_ms += output.process.cpu_ms;
    if (output.process.outcome !=
        Outcome::exited) {  // a limit or a kill says more than the first one's status
      decisive.outcome = output.process.outcome;
      decisive.code = output.process.code;
      decisive.reason = output.process.reason;
      break;
    }
  }
  output.process = decisive;
  return output;
}

Result<std::vector<Executable>> CompileBatch::executables(const cargo::CommandInput& input,
                                                          const StageOutput& output, StageRun& run) {
  TRIPLED_ASSIGN(exec::Captured captured,
                 run.ask(cargo::metadata_command(input, ""), spec_.sources.source_dir));
  if (!captured.succeeded())
    return Error(ErrorKind::tool, "cargo metadata " + exec::describe(captured.result) +
                                      ": the test executables are not known");
  auto metadata = cargo::parse_metadata(captured.out);
  if (!metadata) return metadata.error();
  cargo::TestEnvInput tests;
  tests.metadata = &*metadata;
  tests.messages = &output.messages;
  tests.cargo = spec_.toolchain.cargo;
  tests.target_dir = input.target_dir;
  tests.triple = spec_.cell.triple;
  tests.profile_dir = cargo::profile_directory(spec_.cell.settings.profile.name);
  auto view = spec_.setup.view.empty() ? spec_.toolchain.sysroot : spec_.setup.view;
  tests.rustlib = view + "/lib/rustlib/" + spec_.cell.triple + "/lib";
  tests.rustlib_host = view + "/lib/rustlib/" + spec_.toolchain.host + "/lib";
  tests.libtest_like = spec_.cell.settings.tests.libtest_like;
  if (input.project) tests.config_env = input.project->env;
  for (const auto& package : metadata->packages)
    if (auto text = read_file(package.manifest_path, 4 << 20)) tests.manifests[package.manifest_path] = *text;
  return cargo::test_executables(tests);
}

AttemptResult CompileBatch::cargo_stage(Stage stage, StageRun& run) {
  CellTools tools{spec_.cell, spec_.toolchain, spec_.setup, spec_.sources.source_dir};
  auto input = command_input(tools, target_dir_->path().string(), context_, run);
  auto command = cargo::compile_command(stage, input);
  auto output = call_cargo(stage, input, run);

  auto result = concluded(stage, output);
  said_ = {output.errors, output.loose};
  result.command = command.argv;
  result.cwd = spec_.sources.source_dir;
  result.env = environment_difference(input.base, command.env);
  result.notes = command.notes;
  if (stage == Stage::test_no_run && !run.cancelled()) {
    auto found = executables(input, output, run);
    if (found) {
      result.executables = std::move(found).value();
      if (spec_.archive && !result.executables.empty()) pack(result, input, run);
    } else {
      result.process.outcome = Outcome::could_not_start;
      result.process.reason = found.error().message();
    }
  }
  if (stage == Stage::build) built_ = result.units;
  return result;
}

// The verdict stands without an archive; execute says what it misses.
void CompileBatch::pack(AttemptResult& result, const cargo::CommandInput& input, StageRun& run) {
  auto packed =
      pack_for_execution(result.executables, spec_.sources, target_dir_->path().string(), context_, io_);
  if (!packed)
    return run.note("what was linked could not be sent to the daemon: " + packed.error().message());
  packed->features = probe::target_features(cfg_of(spec_, input, run));
  result.archive = std::move(*packed);
}

// `gate: strict`: a cell stops at its first failing stage.
AttemptResult CompileBatch::behind_gate(Stage stage) const {
  auto result = not_run(stage, Ability{});
  for (auto& unit : result.units) {
    unit.verdict = Verdict::blocked;
    unit.blocked_by = gate_;
  }
  result.notes.push_back("gate: strict: stopped at " + gate_);
  return result;
}

// `check` after `build`: what was built need not be checked again (DESIGN.md, implied unit by unit).
std::optional<AttemptResult> implied_result(const std::vector<UnitResult>& built) {
  AttemptResult result;
  result.units = cargo::implied_check(built);
  if (result.units.size() != built.size()) return std::nullopt;
  result.process.outcome = Outcome::exited;
  result.notes.push_back("implied by build");
  return result;
}

AttemptResult CompileBatch::run_stage(Stage stage) {
  StageRun run(context_, io_);
  auto started = std::chrono::steady_clock::now();
  AttemptResult result;
  if (run.cancelled()) {
    result.process.outcome = Outcome::cancelled;
    return result;
  }
  if (!spec_.setup.check.ok) {
    result = not_run(stage, spec_.setup.check);
  } else if (!spec_.sources.error.empty()) {
    result = unresolved(stage);
  } else if (stage == Stage::test_no_run && !spec_.sources.without_dev_dependencies.empty()) {
    result = not_run(stage, Ability{false, spec_.sources.without_dev_dependencies, ""});
  } else if (stage == Stage::test_no_run && !spec_.setup.link.ok) {
    result = not_run(stage, spec_.setup.link);
  } else if (!gate_.empty()) {
    result = behind_gate(stage);
  } else if (stage == Stage::check && built_ && implied_result(*built_)) {
    result = *implied_result(*built_);
  } else {
    if (target_dir_->std_changed())
      run.note("the std of " + spec_.cell.triple +
               " is another one than before: its part of the target dir was removed");
    result = cargo_stage(stage, run);
    if (stage == Stage::check && built_)  // units that `build` compiled keep their implied verdict
      for (const auto& implied : cargo::implied_check(*built_))
        for (auto& unit : result.units)
          if (unit.package == implied.package && unit.target == implied.target && unit.kind == implied.kind &&
              unit.verdict == Verdict::pass)
            unit.implied = true;
  }
  result.versions = job_versions(spec_.setup, spec_.toolchain, context_);
  // What was never tried has nothing to diagnose: the setup's log says why.
  bool tried = result.process.outcome != Outcome::cancelled && result.process.outcome != Outcome::not_run;
  bool failed =
      result.process.outcome != Outcome::exited || result.process.code != 0 || result.worst != Verdict::pass;
  std::string evidence = tried && failed ? compile_evidence(spec_, stage, result, said_,
                                                            target_dir_->path().string(), context_, run)
                                         : std::string();
  run.store_log(result, evidence);
  result.duration_ms = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - started).count();
  return result;
}

// Sources and std stay as they are while the batch runs.
Result<CompileBatch::Inputs> CompileBatch::hold_inputs() {
  Inputs out;
  if (!spec_.setup.check.ok) return out;  // nothing will be compiled
  TRIPLED_ASSIGN(FileLock sources, workdir::SourceCopy::use(spec_.sources.root, spec_.sources.state));
  out.sources.emplace(std::move(sources));
  TRIPLED_ASSIGN(out.std,
                 Toolbox(context_, io_.cancel())
                     .stds()
                     .reuse(spec_.setup.view, spec_.cell.triple, spec_.setup.std_dir, spec_.setup.std_hash));
  return out;
}

Result<workdir::TargetDir> CompileBatch::open_target_dir() const {
  workdir::TargetDirKey key{spec_.project_key, spec_.toolchain.commit, spec_.setup.view,
                            spec_.cell.settings.env};
  return workdir::TargetDir::open(context_.cache, key, spec_.cell.triple, spec_.setup.std_hash);
}

Result<std::vector<Executable>> CompileBatch::link_tests() {
  TRIPLED_ASSIGN(workdir::TargetDir opened, open_target_dir());
  target_dir_.emplace(std::move(opened));
  auto inputs = hold_inputs();
  if (!inputs) return inputs.error();
  auto result = run_stage(Stage::test_no_run);
  if (!result.broken_reason.empty()) return Error(ErrorKind::tool, result.broken_reason);
  if (result.process.outcome != Outcome::exited) return Error(ErrorKind::tool, result.process.reason);
  return std::move(result.executables);
}

void CompileBatch::run(const wire::Grant& grant) {
  auto opened = open_target_dir();
  // build before check: what build compiled need not be checked. A strict gate goes by the order of the
  // stages.
  auto jobs = grant.jobs;
  bool strict = spec_.cell.settings.strict_gate;
  std::stable_sort(jobs.begin(), jobs.end(), [strict](const auto& a, const auto& b) {
    auto order = [strict](const wire::GrantedJob& j) {
      return j.stage == Stage::build && !strict ? -1 : static_cast<int>(*j.stage);
    };
    return order(a) < order(b);
  });
  if (opened) target_dir_.emplace(std::move(opened).value());
  auto inputs = hold_inputs();
  for (const auto& job : jobs) {
    io_.started(job);
    AttemptResult result;
    if (!target_dir_)
      result = not_run(*job.stage, Ability{false, opened.error().message(), ""});
    else if (!inputs)
      result = not_run(*job.stage, Ability{false, inputs.error().message(), ""});
    else
      result = run_stage(*job.stage);
    bool passed = result.process.outcome == Outcome::exited && result.worst == Verdict::pass &&
                  (result.process.code == 0 || !result.uncounted_failure.empty());
    if (spec_.cell.settings.strict_gate && !passed && gate_.empty()) gate_ = to_text(*job.stage);
    io_.finished(job, result.process.outcome, wire::to_json(result));
  }
}

}  // namespace

void run_compile_batch(const wire::Grant& grant, const CompileSpec& spec, const WorkerContext& context,
                       BatchIo& io) {
  CompileBatch(spec, context, io).run(grant);
}

Result<std::vector<Executable>> link_tests_here(const CompileSpec& spec, const WorkerContext& context,
                                                BatchIo& io) {
  return CompileBatch(spec, context, io).link_tests();
}

}  // namespace tripled::agent
