// The inner process of the shim: starts the program, waits, takes requests, ends every descendant, says what
// happened. Single-threaded, all signals blocked, child subreaper.
#pragma once
#include <sys/types.h>

#include <chrono>
#include <optional>

#include "workers/exec/program_start.h"
#include "workers/exec/tree_limits.h"

namespace tripled::exec {

class Supervisor {
 public:
  // guard: readable (end of file) once the outer process of the shim is dead.
  Supervisor(const ShimSpec& spec, const JobCgroup& cgroup, int guard);
  // Blocks until nothing of the program is left, or could not be ended in time.
  ExitRecord supervise();

 private:
  using Clock = std::chrono::steady_clock;
  enum class Stop { none, terminate, exceeded, kill, guard_lost };

  void start();
  void wait_for_end();
  bool is_to_be_killed() const { return stop_ > Stop::terminate; }
  void look_at_limits();
  void leave_time();
  void end_rest();
  void wait_for_event(std::optional<Clock::time_point> deadline);
  void take_requests();
  void take_start_messages();
  bool reap();  // true: no child is left
  void ask(Stop stop);
  ExitRecord record() const;
  void describe_end(ExitRecord& out) const;

  const ShimSpec& spec_;
  const JobCgroup& cgroup_;
  int guard_;
  UniqueFd child_signals_;
  StartedProgram program_;
  Clock::time_point started_at_;
  Clock::time_point ended_at_;
  Clock::time_point kill_at_;
  std::optional<int> status_;  // of the program, as wait(2) gives it
  std::optional<StartMessage> start_failure_;
  int limit_bits_ = 0;
  Stop stop_ = Stop::none;
  bool asked_before_end_ = false;
  bool tree_seen_ = false;
  TreeLimits tree_limits_;
  std::string exceeded_;
  int leftover_killed_ = 0;
  int survivors_ = 0;
};

// Time to end everything after SIGKILL, before the shim gives up and says so.
inline constexpr Millis kEndBound{10'000};

}  // namespace tripled::exec
