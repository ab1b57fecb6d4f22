#include "workers/agent/stage_run.h"

#include <cstring>

#include "schema/base/text.h"
#include "workers/agent/project_configuration.h"

namespace tripled::agent {

namespace {

constexpr std::uint64_t stored_log_bytes = 8u << 20;
constexpr Millis tool_timeout = std::chrono::minutes(5);

Outcome to_outcome(exec::OutcomeKind kind) {
  switch (kind) {
    case exec::OutcomeKind::exited:
      return Outcome::exited;
    case exec::OutcomeKind::signalled:
      return Outcome::signalled;
    case exec::OutcomeKind::timed_out:
      return Outcome::timed_out;
    case exec::OutcomeKind::no_output:
      return Outcome::no_output;
    case exec::OutcomeKind::could_not_start:
      return Outcome::could_not_start;
    case exec::OutcomeKind::cancelled:
      return Outcome::cancelled;
  }
  return Outcome::not_run;
}

class CaptureSink : public exec::OutputSink {
 public:
  void on_stdout(std::string_view bytes) override { out.append(bytes); }
  void on_stderr(std::string_view bytes) override { err.append(bytes); }
  std::string out, err;
};

}  // namespace

ProcessRecord to_record(const exec::ProcessResult& result) {
  ProcessRecord record;
  record.outcome = to_outcome(result.kind);
  record.code = result.code;
  record.reason = result.kind == exec::OutcomeKind::could_not_start ? result.start_error : "";
  if (result.kind == exec::OutcomeKind::timed_out || result.kind == exec::OutcomeKind::no_output ||
      (result.kind == exec::OutcomeKind::signalled && !result.exceeded.empty()))
    record.reason = exec::describe(result);
  record.duration_ms = result.duration.count();
  record.cpu_ms = result.cpu.count();
  record.max_rss_bytes = result.max_rss_bytes;
  record.leftover_killed = result.leftover_killed;
  record.limits_enforced = result.limits_enforced;
  return record;
}

ProcessRecord failed_record(const Error& error) {
  ProcessRecord record;
  record.outcome = Outcome::could_not_start;
  record.reason = error.message();
  return record;
}

StageRun::StageRun(const WorkerContext& context, BatchIo& io)
    : context_(context), io_(io), log_(stored_log_bytes) {}

ProcessRecord StageRun::run(const exec::Command& command, const exec::Limits& limits,
                            exec::OutputSink* sink) {
  exec::LogSink log_sink(log_, sink);
  auto all = limits;
  all.processes = context_.limits.processes;
  all.memory = context_.limits.memory;
  all.file_size = context_.limits.file_size;
  auto result = exec::run(command, all, log_sink, io_.cancel(), context_.shim);
  if (!result) {
    note(result.error().message());
    failure_ = result.error();
    return failed_record(result.error());
  }
  if (!result->succeeded()) note(exec::describe(*result));
  return to_record(*result);
}

ProcessRecord StageRun::run(const cargo::CargoCommand& command, const std::string& cwd,
                            const exec::Limits& limits, exec::OutputSink* sink) {
  note("$ " + shell_join(command.argv));
  return run(exec::Command{command.argv, command.env, cwd}, limits, sink);
}

Result<exec::Captured> StageRun::ask(const cargo::CargoCommand& command, const std::string& cwd) {
  exec::Limits limits;
  limits.timeout = tool_timeout;
  TRIPLED_ASSIGN(exec::Captured captured, exec::capture(exec::Command{command.argv, command.env, cwd}, limits,
                                                        io_.cancel(), context_.shim));
  if (!captured.succeeded())
    note("$ " + shell_join(command.argv) + "\n" + captured.err + exec::describe(captured.result));
  return captured;
}

void StageRun::note(const std::string& line) {
  log_.append("[tripled] " + line + (line.ends_with("\n") ? "" : "\n"));
}

void StageRun::store_log(AttemptResult& result, const std::string& evidence) {
  result.log_bytes = log_.total_bytes();
  result.log_truncated = log_.truncated();
  if (log_.total_bytes() > 0) result.log = io_.upload(log_.text());
  if (!evidence.empty()) result.evidence = io_.upload(evidence);
}

cargo::CommandInput command_input(const CellTools& tools, const std::string& target_dir,
                                  const WorkerContext& context, StageRun& run) {
  cargo::CommandInput input;
  input.cargo = tools.toolchain.cargo;
  input.rustc = tools.setup.view.empty() ? tools.toolchain.rustc : tools.setup.view + "/bin/rustc";
  input.rustdoc = tools.setup.view.empty() ? tools.toolchain.rustdoc : tools.setup.view + "/bin/rustdoc";
  input.host = tools.toolchain.host;
  input.keep_going = cargo::has_keep_going(tools.toolchain.version);
  input.triples = {tools.cell.triple};
  input.target_dir = target_dir;
  input.base = cargo::base_environment(context.environment);
  input.setup = tools.setup.env;
  input.settings = tools.cell.settings;
  input.runner = tools.setup.runner.command;
  if (auto* facts = tools.toolchain.find(tools.cell.triple)) input.cfg = facts->cfg;
  input.project = project_configuration(input, tools.source_dir, run);
  return input;
}

std::map<std::string, std::string> job_versions(const SetupResult& setup, const ToolchainFacts& toolchain,
                                                const WorkerContext& context) {
  auto out = setup.versions;
  out["rustc"] = toolchain.rustc_verbose.substr(0, toolchain.rustc_verbose.find('\n'));
  out["cargo"] = toolchain.cargo_version;
  for (const auto& [name, value] : context.host) out["host." + name] = value;
  return out;
}

std::map<std::string, std::string> environment_difference(const cargo::Environment& base,
                                                          const cargo::Environment& full) {
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : full)
    if (auto found = base.find(key); found == base.end() || found->second != value) out[key] = value;
  return out;
}

static Millis or_default(std::int64_t configured_ms, Millis fallback) {
  return configured_ms > 0 ? Millis(configured_ms) : fallback;
}

exec::Limits compile_limits(const CellSettings& settings) {
  exec::Limits limits;
  limits.timeout = or_default(settings.timeout_ms, std::chrono::hours(1));
  return limits;
}

exec::Limits execute_limits(const CellSettings& settings, RunnerKind runner) {
  bool emulated = runner == RunnerKind::emulated;
  exec::Limits limits;
  limits.timeout = or_default(settings.timeout_ms, std::chrono::minutes(emulated ? 80 : 20));
  limits.no_output_timeout =
      or_default(settings.no_output_timeout_ms, std::chrono::minutes(emulated ? 15 : 5));
  return limits;
}

}  // namespace tripled::agent
