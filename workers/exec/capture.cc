#include "workers/exec/capture.h"

#include <fmt/format.h>
#include <string.h>

#include <algorithm>

namespace tripled::exec {
namespace {

class CaptureSink : public OutputSink {
 public:
  explicit CaptureSink(Captured& captured) : captured_(captured) {}
  void on_stdout(std::string_view bytes) override { take(captured_.out, bytes); }
  void on_stderr(std::string_view bytes) override { take(captured_.err, bytes); }

 private:
  void take(std::string& to, std::string_view bytes) {
    auto room = kCaptureLimit - to.size();
    if (bytes.size() > room) captured_.truncated = true;
    to.append(bytes.substr(0, room));
  }

  Captured& captured_;
};

std::string signal_text(int signal) {
  const char* name = ::sigdescr_np(signal);
  return name == nullptr ? fmt::format("signal {}", signal) : fmt::format("signal {} ({})", signal, name);
}

}  // namespace

Result<Captured> capture(const Command& command, Millis timeout) {
  Limits limits;
  limits.timeout = timeout;
  limits.grace = std::min(limits.grace, timeout);
  CancelToken never;
  return capture(command, limits, never, ShimPath::self());
}

Result<Captured> capture(const Command& command, const Limits& limits, CancelToken& cancel,
                         const ShimPath& shim) {
  Captured captured;
  CaptureSink sink(captured);
  TRIPLED_ASSIGN(captured.result, run(command, limits, sink, cancel, shim));
  return captured;
}

std::string describe(const ProcessResult& result) {
  switch (result.kind) {
    case OutcomeKind::exited:
      return fmt::format("exited with status {}", result.code);
    case OutcomeKind::signalled:
      if (!result.exceeded.empty()) return "was killed: " + result.exceeded;
      return "was killed by " + signal_text(result.code);
    case OutcomeKind::timed_out:
      return "timed out";
    case OutcomeKind::no_output:
      return "printed nothing for too long and was stopped";
    case OutcomeKind::could_not_start:
      return result.start_error;
    case OutcomeKind::cancelled:
      return "was cancelled";
  }
  return "ended";
}

}  // namespace tripled::exec
