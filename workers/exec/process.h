// Running one process of a job so that nothing of it survives: neither its descendants (double forks, new
// sessions) nor itself when the worker dies. Every process runs under the shim (shim.h). run() blocks its
// caller; several threads may run at once. Environment, arguments and descriptors of the worker never reach
// the process.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/duration.h"
#include "schema/base/result.h"
#include "workers/exec/cancel_token.h"

namespace tripled::exec {

struct Limits {
  std::optional<Millis> timeout;            // from the start; on the monotonic clock
  std::optional<Millis> no_output_timeout;  // since the last byte on stdout or stderr; for `execute` alone
  Millis grace{5000};                       // from SIGTERM to SIGKILL
  std::uint64_t max_stored_log =
      8u << 20;  // bytes; for the caller's BoundedLog: the sink always gets everything
  // Resource limits, per process. Core dumps are always off; the address space is never limited (32-bit
  // guests of qemu reserve 4 GiB).
  std::optional<std::uint64_t> open_files;
  std::optional<std::uint64_t> file_size;  // bytes
  std::optional<int> nice;                 // added to the worker's
  // Of the program with all its descendants: looked at a few times a second, and what is above is killed.
  std::optional<std::uint64_t> processes;
  std::optional<std::uint64_t> memory;  // bytes; what they share counts once
};

// A directory that the program sees at another path, which exists too.
struct Mount {
  std::filesystem::path from, at;
};

struct Command {
  std::vector<std::string> argv;           // argv[0] is an absolute path; PATH is not searched
  std::map<std::string, std::string> env;  // the complete environment, nothing is inherited
  std::filesystem::path cwd;               // absolute; empty: /
  std::vector<Mount> mounts = {};          // for this program alone; in this order, absolute
};

enum class OutcomeKind { exited, signalled, timed_out, no_output, could_not_start, cancelled };
std::string_view to_string(OutcomeKind kind);

// Why a program could not start. no_interpreter: the file is there, the loader or `#!` program it names is
// not.
enum class StartFailure {
  none,
  no_program,
  no_interpreter,
  wrong_format,
  no_permission,
  no_directory,
  other
};
std::string_view to_string(StartFailure failure);

struct ProcessResult {
  OutcomeKind kind = OutcomeKind::exited;
  // exited: exit code. signalled: signal. could_not_start: errno. Else the signal that ended it, 0 if it
  // ended itself.
  int code = 0;
  StartFailure start_failure = StartFailure::none;
  std::string start_error;          // could_not_start: for people
  std::string exceeded;             // which limit it was killed for, for people; empty: none
  Millis duration{0};               // of the program itself, without the shim's start
  Millis cpu{0};                    // user + system, with all descendants
  std::uint64_t max_rss_bytes = 0;  // largest single process; never less than the shim's own few MiB
  int leftover_killed = 0;  // descendants still alive a moment after the program had ended (or was ended)
  int survivors = 0;        // descendants that could not be ended (setuid, stuck in the kernel); normally 0
  // What was really in force: process_tree, cgroup_kill, core, open_files, file_size, nice, oom_score,
  // processes, memory, timeout, no_output_timeout.
  std::vector<std::string> limits_enforced;

  bool succeeded() const { return kind == OutcomeKind::exited && code == 0; }
};

// Called from the thread that calls run(), in the order of arrival within each stream; chunks are not lines.
class OutputSink {
 public:
  virtual ~OutputSink() = default;
  virtual void on_stdout(std::string_view bytes) = 0;
  virtual void on_stderr(std::string_view bytes) = 0;
};

// The executable that becomes the shim when started as `<executable> shim …`.
struct ShimPath {
  std::filesystem::path executable;
  std::filesystem::path name = executable;  // what it is called in a list of processes
  // This very program, even if its file was replaced meanwhile. Its main() must call dispatch_shim() first.
  static ShimPath self();
  // The small program tripled-shim that was installed with this one: it starts several times faster. It is
  // held open from here on, so that an upgrade of its file changes nothing for this process. self() where
  // there is none.
  static ShimPath small();
};

// Errors: usage (argv[0] or cwd not absolute, NUL or `=` where it cannot be), tool (the shim could not be
// started, or was killed by somebody: the process has no outcome of its own then, and nothing of it is left).
Result<ProcessResult> run(const Command& command, const Limits& limits, OutputSink& sink, CancelToken& cancel,
                          const ShimPath& shim);

}  // namespace tripled::exec
