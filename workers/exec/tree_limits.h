// How many processes a program has with all its descendants, and how much memory, against what it may have.
// Looked at from outside, so it needs no privilege and no cgroup controller; what grows faster than the next
// look comes is above its limit for that long.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "workers/exec/job_cgroup.h"
#include "workers/exec/process.h"

namespace tripled::exec {

class TreeLimits {
 public:
  using Clock = std::chrono::steady_clock;

  // Of the descendants of the calling process; a cgroup tells sooner who they are. Both outlive this.
  TreeLimits(const Limits& limits, const JobCgroup& cgroup);
  // None: nothing is limited, or /proc cannot be read.
  std::optional<Clock::time_point> next_look() const;
  // Which limit is exceeded, for people; nothing before the time of the next look.
  std::optional<std::string> look();
  std::vector<std::string> enforced() const;

 private:
  std::optional<std::string> excess() const;
  std::vector<pid_t> processes() const;

  const Limits& limits_;
  const JobCgroup& cgroup_;
  bool looks_ = false;
  Clock::time_point next_;
};

}  // namespace tripled::exec
