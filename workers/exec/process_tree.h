// The descendants of a process, as /proc shows them, and ending all of them (proc_pid_stat(5)). A snapshot of
// /proc is never complete while processes fork, so everything here repeats until nothing is left, within a
// bound.
#pragma once
#include <sys/types.h>

#include <functional>
#include <set>
#include <vector>

#include "schema/base/duration.h"

namespace tripled::exec {

struct ProcessEntry {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  int threads = 0;
  char state = '?';

  // Dead for all but its parent, who has not waited for it yet. (One whose first thread ended alone looks
  // dead too.)
  bool zombie() const { return (state == 'Z' || state == 'X') && threads <= 1; }
};

// Every process of the system; empty if /proc cannot be read.
std::vector<ProcessEntry> list_processes();
// Without `root` itself; zombies included.
std::vector<ProcessEntry> descendants_of(pid_t root, const std::vector<ProcessEntry>& all);

// One signal to each: by process group, which no fork can outrun, except for members of `root`'s own session.
void signal_all(pid_t root, const std::vector<ProcessEntry>& processes, int signal);

struct Ended {
  std::set<pid_t> found_alive;  // each process that was there to be killed
  int survivors = 0;            // still there when the time was over
};

// SIGKILL to the calling process's descendants until `reap` says that none is left. `reap` waits for what has
// died, without blocking, and returns true when there is no child any more. The caller must be a child
// subreaper. `kill_more` is called in each round (cgroup.kill).
Ended end_own_descendants(Millis bound, const std::function<bool()>& reap,
                          const std::function<void()>& kill_more);

// The same for another process and its descendants, which somebody else has to reap. Root is killed last.
Ended end_tree(pid_t root, Millis bound);

}  // namespace tripled::exec
