#include "workers/agent/execute_job.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <tuple>

#include "schema/base/text.h"
#include "schema/model/planning.h"
#include "workers/agent/compile_job.h"
#include "workers/agent/evidence.h"
#include "workers/agent/execution_archive.h"
#include "workers/agent/stage_run.h"
#include "workers/agent/test_binary.h"
#include "workers/cargo/libtest.h"
#include "workers/cargo/selection.h"
#include "workers/workdir/source_copy.h"
#include "workers/workdir/target_dir.h"

namespace tripled::agent {
namespace {

bool wants(const CellSettings& settings, const std::string& word) {
  return std::any_of(settings.units.begin(), settings.units.end(),
                     [&](const std::string& u) { return u == "default" || u == "all" || u == word; });
}

class DoctestSink : public exec::OutputSink {
 public:
  explicit DoctestSink(std::vector<cargo::TestOwner> owners) : parser(std::move(owners)) {}
  void on_stdout(std::string_view bytes) override { parser.feed(bytes); }
  void on_stderr(std::string_view bytes) override { parser.feed(bytes); }
  cargo::DoctestParser parser;
};

class ExecuteBatch {
 public:
  // `mounts`: what the executables have to be shown.
  ExecuteBatch(const ExecuteSpec& spec, const std::vector<exec::Mount>& mounts, const WorkerContext& context,
               BatchIo& io, const wire::GrantedJob& job)
      : spec_(spec), mounts_(mounts), context_(context), io_(io), job_(job), run_(context, io) {}

  AttemptResult run() {
    auto started = std::chrono::steady_clock::now();
    result_.runner = spec_.setup.runner;
    result_.versions = job_versions(spec_.setup, spec_.toolchain, context_);
    result_.process.outcome = Outcome::exited;
    auto sources = workdir::SourceCopy::use(spec_.sources.root, spec_.sources.state);
    if (!sources) {
      result_.process.outcome = Outcome::not_run;
      result_.broken_reason = sources.error().message();
    } else if (spec_.idle) {
      result_.notes.emplace_back("nothing was left for a shard: others run everything that was built");
    } else if (nothing_planned()) {
      result_.notes.emplace_back("nothing is to be executed: no selected unit has tests");
    } else if (!can_run()) {
      result_.process.outcome = Outcome::not_run;
    } else {
      run_executables();
      run_doctests();
    }
    if (run_.failure()) {
      result_.process.outcome = Outcome::could_not_start;
      result_.process.reason = run_.failure()->message();
    }
    if (run_.cancelled()) result_.process.outcome = Outcome::cancelled;
    run_.store_log(result_, went_well() ? "" : execute_evidence(spec_, result_, context_));
    result_.duration_ms =
        std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - started).count();
    return std::move(result_);
  }

 private:
  bool foreign() const { return spec_.cell.triple != spec_.toolchain.host; }

  bool went_well() const {
    bool tried = result_.process.outcome != Outcome::cancelled && result_.process.outcome != Outcome::not_run;
    return !tried || (result_.binary_failures.empty() &&
                      std::none_of(result_.tests.begin(), result_.tests.end(), [](const TestResult& t) {
                        return t.flaky || t.state == TestState::failed || t.state == TestState::crashed ||
                               t.state == TestState::timed_out;
                      }));
  }

  bool nothing_planned() const {
    auto planned = planned_units(spec_.planned, Stage::execute, !foreign());
    return planned && planned->empty() && spec_.planned.uncounted_tests.empty();
  }

  bool can_run() {
    const auto& setup = spec_.setup;
    if (setup.runner.kind == RunnerKind::none) {
      const auto& wish = spec_.cell.settings.run;
      bool native = wish == "native" || (wish != "emulated" && setup.run_emulated.reason.empty());
      const auto& missing = native ? setup.run_native : setup.run_emulated;
      result_.broken_reason = missing.reason;
      result_.broken_fix = missing.fix;
      if (result_.broken_reason.empty()) result_.broken_reason = "no runner for " + spec_.cell.triple;
      return false;
    }
    return !spec_.executables.empty() || !spec_.doctests.empty();
  }

  // Verification names tests; everything else runs whole.
  std::optional<std::vector<std::string>> wanted(const std::string& package, const std::string& target,
                                                 const std::string& kind) const {
    if (spec_.only.empty()) return std::vector<std::string>();
    std::vector<std::string> names;
    for (const auto& t : spec_.only)
      if (t.package == package && t.target == target && (t.kind == kind || t.kind == "custom"))
        names.push_back(t.test);
    if (names.empty()) return std::nullopt;
    return names;
  }

  void take(BinaryOutcome outcome) {
    for (auto& t : outcome.tests) result_.tests.push_back(std::move(t));
    result_.process.duration_ms += outcome.process.duration_ms;
    result_.process.cpu_ms += outcome.process.cpu_ms;
    result_.process.max_rss_bytes = std::max(result_.process.max_rss_bytes, outcome.process.max_rss_bytes);
    result_.process.leftover_killed += outcome.process.leftover_killed;
    result_.process.limits_enforced = outcome.process.limits_enforced;
    if (outcome.failure) result_.binary_failures.push_back(std::move(*outcome.failure));
  }

  std::optional<TestPart> part(const Executable& exe) const {
    for (const auto& p : spec_.parts)
      if (p.package == exe.package && p.target == exe.target && p.kind == exe.kind) return p;
    return std::nullopt;
  }

  cargo::Environment environment(const Executable& exe) const {
    auto env = cargo::base_environment(context_.environment);
    for (const auto& [key, value] : spec_.setup.runner_env) env[key] = value;
    for (const auto& [key, value] : exe.env) env[key] = value;
    for (const auto& [key, value] : spec_.cell.settings.env)
      if (value)
        env[key] = *value;
      else
        env.erase(key);
    return env;
  }

  void run_executables() {
    if (cargo::read_selection(spec_.cell.settings).doctests_only) return;
    for (const auto& exe : spec_.executables) {
      if (run_.cancelled()) return;
      if (exe.host && foreign()) continue;  // counts for the host only, wherever it was built
      auto only = wanted(exe.package, exe.target, exe.kind);
      if (!only) continue;
      BinaryUnderTest binary{exe.package, exe.target, exe.kind, spec_.cell.settings.tests, *only, part(exe)};
      auto env = environment(exe);
      StartTests start = [&](const std::vector<std::string>& args, exec::OutputSink& sink) {
        exec::Command command;
        if (!exe.host) command.argv = spec_.setup.runner.command;
        command.argv.push_back(exe.path);
        command.argv.insert(command.argv.end(), args.begin(), args.end());
        command.env = env;
        command.cwd = exe.manifest_dir;
        command.mounts = mounts_;
        run_.note("$ " + shell_join(command.argv));
        return run_.run(command, execute_limits(spec_.cell.settings, spec_.setup.runner.kind), &sink);
      };
      io_.progress(job_, exe.package + "/" + exe.target);
      take(exe.libtest ? run_libtest(binary, start) : run_custom(binary, start));
      if (result_.command.empty()) {
        result_.command = spec_.setup.runner.command;
        result_.command.push_back(exe.path);
        result_.cwd = exe.manifest_dir;
        result_.env = environment_difference(cargo::base_environment(context_.environment), env);
      }
    }
  }

  // cargo compiles them: its own lock on the target dir would count as running time.
  void run_doctests() {
    if (spec_.doctests.empty() || !wants(spec_.cell.settings, "doctests") || run_.cancelled()) return;
    if (!spec_.toolchain.error.empty())
      return fail_doctests(Outcome::not_run, "need a toolchain: " + spec_.toolchain.error);
    workdir::TargetDirKey key{spec_.project_key, spec_.toolchain.commit, spec_.setup.view,
                              spec_.cell.settings.env};
    auto target_dir = workdir::TargetDir::open(context_.cache, key, spec_.cell.triple, spec_.setup.std_hash);
    if (!target_dir) return fail_doctests(Outcome::could_not_start, target_dir.error().message());
    CellTools tools{spec_.cell, spec_.toolchain, spec_.setup, spec_.sources.source_dir};
    auto input = command_input(tools, target_dir->path().string(), context_, run_);
    select_packages(input.settings.scope);
    if (!spec_.only.empty() && !verifies_doctests()) return;
    io_.progress(job_, "doctests of " + std::to_string(spec_.doctests.size()) + " packages");
    auto command = cargo::doctest_command(input, doctest_arguments());
    DoctestSink sink(doctest_owners());
    auto process = run_.run(command, spec_.sources.source_dir,
                            execute_limits(spec_.cell.settings, spec_.setup.runner.kind), &sink);
    take_doctests(process, sink.parser.finish());
  }

  void take_doctests(const ProcessRecord& process, std::vector<cargo::DoctestSection> sections) {
    BinaryOutcome outcome;
    outcome.process = process;
    bool timed_out = process.outcome == Outcome::timed_out || process.outcome == Outcome::no_output;
    std::set<std::string> complete;
    for (auto& section : sections) {
      if (section.run.complete) complete.insert(section.library);
      bool blamed = !section.run.unfinished.empty();
      for (auto& t : section.run.tests) outcome.tests.push_back(std::move(t));
      for (const auto& name : section.run.unfinished)
        outcome.tests.push_back(unfinished(section.library, name, timed_out));
      if (blamed) complete.insert(section.library);  // told test by test
    }
    keep_asked(outcome.tests);
    take(std::move(outcome));
    if (process.outcome == Outcome::cancelled || !spec_.only.empty()) return;
    for (const auto& owner : doctest_owners()) {
      bool asked =
          std::find(spec_.doctests.begin(), spec_.doctests.end(), owner.package) != spec_.doctests.end();
      if (asked && !complete.count(owner.target))
        fail_doctests_of(owner, process.outcome, why_no_doctests(process));
    }
  }

  std::string why_no_doctests(const ProcessRecord& process) const {
    if (process.outcome == Outcome::exited && process.code == 0 && foreign())
      return "cargo passed over them (before 1.89 it runs those of the host alone)";
    if (process.outcome == Outcome::exited) return "did not run to their end: see the log";
    return process.reason.empty() ? "were ended before they were done" : process.reason;
  }

  void fail_doctests(Outcome outcome, const std::string& why) {
    for (const auto& owner : doctest_owners()) fail_doctests_of(owner, outcome, why);
  }

  void fail_doctests_of(const cargo::TestOwner& owner, Outcome outcome, const std::string& why) {
    // What cargo did not even try is the toolchain's gap, no failure of the code.
    bool passed_over = outcome == Outcome::exited && why.rfind("cargo passed over", 0) == 0;
    result_.binary_failures.push_back({owner.package, owner.target, "doctest", false,
                                       passed_over ? Outcome::not_run : outcome,
                                       owner.package + ": its doctests " + why});
  }

  // rustdoc splits its test arguments at spaces, and every doctest's name has some: names cannot be passed.
  // All are run, and what was not asked for is left out here.
  void keep_asked(std::vector<TestResult>& tests) const {
    auto name_of = [](const TestResult& t) { return cargo::listed_name(t.test); };
    if (!spec_.only.empty())
      return void(std::erase_if(tests, [&](const TestResult& t) {
        return std::none_of(spec_.only.begin(), spec_.only.end(), [&](const TestResult& wanted) {
          return wanted.kind == "doctest" && wanted.package == t.package && name_of(wanted) == name_of(t);
        });
      }));
    for (auto& t : tests) {
      if (selected(spec_.cell.settings.tests, name_of(t))) continue;
      t.state = TestState::skipped;
      t.failure.reset();
      t.message.clear();
    }
  }

  // Those that count here: of a proc-macro in the host's cell alone.
  std::vector<cargo::TestOwner> doctest_owners() const {
    std::vector<cargo::TestOwner> owners;
    for (const auto& u : spec_.planned.test)
      if (u.kind == "doctest" && u.member && !(u.host && foreign()))
        owners.push_back({u.package, u.target, "doctest"});
    return owners;
  }

  // One package that did not compile would keep cargo from running any doctest: then the others are named one
  // by one.
  void select_packages(std::vector<std::string>& scope) const {
    std::set<std::string> planned;
    for (const auto& owner : doctest_owners()) planned.insert(owner.package);
    if (planned.size() == spec_.doctests.size()) return;
    std::vector<std::string> kept;
    for (std::size_t i = 0; i < scope.size(); ++i) {
      bool takes_value = scope[i] == "-p" || scope[i] == "--package" || scope[i] == "--exclude";
      if (takes_value)
        ++i;
      else if (scope[i] != "--workspace" && scope[i] != "--all")
        kept.push_back(scope[i]);
    }
    for (const auto& package : spec_.doctests) kept.insert(kept.end(), {"-p", package});
    scope = std::move(kept);
  }

  bool verifies_doctests() const {
    return std::any_of(spec_.only.begin(), spec_.only.end(),
                       [](const TestResult& t) { return t.kind == "doctest"; });
  }

  std::vector<std::string> doctest_arguments() const {
    const auto& tests = spec_.cell.settings.tests;
    auto args = tests.args;
    if (tests.threads) args.push_back("--test-threads=" + std::to_string(*tests.threads));
    if (tests.ignored == "only") args.emplace_back("--ignored");
    if (tests.ignored == "both") args.emplace_back("--include-ignored");
    return args;
  }

  TestResult unfinished(const std::string& library, const std::string& name, bool timed_out) const {
    TestResult result;
    result.package = result.target = library;
    for (const auto& owner : doctest_owners())
      if (owner.target == library) result.package = owner.package;
    result.kind = "doctest";
    result.test = name;
    result.state = timed_out ? TestState::timed_out : TestState::crashed;
    result.failure = timed_out ? TestFailureKind::timeout : TestFailureKind::crash;
    return result;
  }

  const ExecuteSpec& spec_;
  const std::vector<exec::Mount>& mounts_;
  const WorkerContext& context_;
  BatchIo& io_;
  const wire::GrantedJob& job_;
  StageRun run_;
  AttemptResult result_;
};

bool are_here(const ExecuteSpec& spec, const WorkerContext& context) {
  std::error_code ec;
  return (spec.built_on.empty() || spec.built_on == context.name) &&
         std::all_of(spec.executables.begin(), spec.executables.end(),
                     [&](const Executable& exe) { return std::filesystem::exists(exe.path, ec); });
}

CompileSpec linking_again(const ExecuteSpec& spec) {
  CompileSpec out;
  out.cell = spec.cell;
  out.toolchain = spec.toolchain;
  out.setup = spec.setup;
  out.setup_spec = spec.setup_spec;
  out.planned = spec.planned;
  out.sources = spec.sources;
  out.project_key = spec.project_key;
  out.stages = {Stage::test_no_run};
  return out;
}

// Executables that were linked on another worker: from their archive, else linked once more. Errors: why not.
Result<UnpackedArchive> bring_executables(ExecuteSpec& spec, const WorkerContext& context, BatchIo& io) {
  if (spec.executables.empty() || are_here(spec, context)) return UnpackedArchive();
  if (spec.archive) return unpack_for_execution(*spec.archive, context, io);
  const auto wanted = std::move(spec.executables);
  TRIPLED_ASSIGN(spec.executables, link_tests_here(linking_again(spec), context, io));
  std::erase_if(spec.executables, [&](const Executable& exe) {  // those of other shards
    return std::none_of(wanted.begin(), wanted.end(), [&](const Executable& w) {
      return std::tie(w.package, w.target, w.kind) == std::tie(exe.package, exe.target, exe.kind);
    });
  });
  return UnpackedArchive();
}

}  // namespace

void run_execute_batch(const wire::Grant& grant, ExecuteSpec spec, const WorkerContext& context,
                       BatchIo& io) {
  auto brought = bring_executables(spec, context, io);
  for (const auto& job : grant.jobs) {
    io.started(job);
    AttemptResult result;
    if (brought) {
      result = ExecuteBatch(spec, brought->mounts, context, io, job).run();
    } else {
      result.process.outcome = Outcome::not_run;
      result.broken_reason = "the executables were linked on worker " + spec.built_on +
                             " and are not to be had here: " + brought.error().message();
    }
    io.finished(job, result.process.outcome, wire::to_json(result));
  }
}

}  // namespace tripled::agent
