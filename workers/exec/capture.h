// Runs a short tool (rustc -vV, qemu-s390x --version) and returns what it printed. Blocks; any thread.
#pragma once
#include "workers/exec/process.h"

namespace tripled::exec {

struct Captured {
  std::string out;  // at most kCaptureLimit bytes of each stream; the rest is read and dropped
  std::string err;
  bool truncated = false;
  ProcessResult result;

  bool succeeded() const { return result.succeeded(); }
};

inline constexpr std::size_t kCaptureLimit = 64u << 20;

// A tool that exits with another status than 0 is not an Error. Errors as run().
Result<Captured> capture(const Command& command, Millis timeout);
Result<Captured> capture(const Command& command, const Limits& limits, CancelToken& cancel,
                         const ShimPath& shim);

// For messages: "exited with status 1", "was killed by signal 11 (Segmentation fault)", "timed out", …
std::string describe(const ProcessResult& result);

}  // namespace tripled::exec
