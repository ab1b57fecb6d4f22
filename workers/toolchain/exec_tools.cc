#include "workers/toolchain/exec_tools.h"

#include "workers/exec/log_store.h"

namespace tripled::toolchain {
namespace {

class TwoLogs : public exec::OutputSink {
 public:
  explicit TwoLogs(std::size_t bound) : out(bound), err(bound) {}
  void on_stdout(std::string_view bytes) override { out.append(bytes); }
  void on_stderr(std::string_view bytes) override { err.append(bytes); }
  exec::BoundedLog out, err;
};

ToolOutput from_result(const exec::ProcessResult& result) {
  ToolOutput output;
  output.wall = result.duration;
  output.cpu = result.cpu;
  switch (result.kind) {
    case exec::OutcomeKind::exited:
      output.exit_code = result.code;
      break;
    case exec::OutcomeKind::signalled:
      output.signal = result.code;
      break;
    case exec::OutcomeKind::timed_out:
    case exec::OutcomeKind::no_output:
      output.timed_out = true;
      output.signal = result.code;
      break;
    case exec::OutcomeKind::could_not_start:
      output.start_error = result.start_error.empty() ? "unknown reason" : result.start_error;
      break;
    case exec::OutcomeKind::cancelled:
      output.cancelled = true;
      output.signal = result.code;
      break;
  }
  return output;
}

}  // namespace

RunTool tools_from_exec(exec::ShimPath shim, exec::CancelToken& cancel, std::size_t max_output) {
  return [shim = std::move(shim), &cancel, max_output](const ToolCommand& command) -> Result<ToolOutput> {
    exec::Limits limits;
    limits.timeout = command.timeout;
    limits.max_stored_log = max_output;
    TwoLogs logs(max_output);
    TRIPLED_ASSIGN(auto result,
                   exec::run({command.argv, command.env, command.cwd}, limits, logs, cancel, shim));
    ToolOutput output = from_result(result);
    output.out = logs.out.text();
    output.err = logs.err.text();
    return output;
  };
}

}  // namespace tripled::toolchain
