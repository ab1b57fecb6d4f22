// Between fork and exec: how the shim turns a child of its own into the program of a job, and hears whether
// that worked (a pipe that closes on exec). Single-threaded callers only.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "workers/exec/job_cgroup.h"
#include "workers/exec/shim_protocol.h"
#include "workers/exec/start_failure.h"
#include "workers/exec/unique_fd.h"

namespace tripled::exec {

// What the child says before its exec. The first message always comes unless the child was killed.
struct StartMessage {
  enum Kind : int { prepared, failed };
  int kind = prepared;
  int value = 0;  // prepared: bits of the limits that took effect; failed: StartStep
  int error = 0;
};

struct StartedProgram {
  pid_t pid = -1;
  int fork_error = 0;
  UniqueFd messages;  // read end, non-blocking; end of file once the program runs or is dead
};

// Forks and execs. Standard streams are the caller's 0, 1 and 2; no other descriptor goes along.
StartedProgram start_program(const ShimSpec& spec, const JobCgroup& cgroup);

// Names of the limits in `bits`, as in ProcessResult::limits_enforced.
std::vector<std::string> limit_names(int bits);

// Closes every descriptor from `first` on, at once or at the next exec.
enum class CloseWhen { now, on_exec };
void close_from(int first, CloseWhen when);

// Signals: blocks all in the calling thread, so that only SIGKILL and SIGSTOP can touch the shim.
void block_all_signals();
// A pipe with both ends closing on exec; not open on failure.
struct Pipe {
  UniqueFd read;
  UniqueFd write;
  static Pipe make();
};

}  // namespace tripled::exec
