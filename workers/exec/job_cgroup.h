// A cgroup (v2) of its own for one program, so that cgroup.kill ends everything in one step. Where none can
// be made (no cgroup2 mount, read-only, no permission, kernel before 5.14) nothing of this is used, and the
// record says so. cgroups(7), Documentation/admin-guide/cgroup-v2.rst.
#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

#include "schema/base/duration.h"
#include "workers/exec/unique_fd.h"

namespace tripled::exec {

class JobCgroup {
 public:
  JobCgroup() = default;
  // Directory of the calling process's own cgroup, below which those of its jobs are made; empty: there is
  // no cgroup2. Read from /proc, which takes longer than all the rest here.
  static std::string home();
  // A child of `home`, named after `pid`. Not usable() if that cannot be.
  static JobCgroup create(int pid, const std::string& home);
  // The one that another process made for `pid`; not usable() if there is none.
  static JobCgroup existing(int pid, const std::string& home);

  bool usable() const { return !path_.empty(); }
  // For clone3(2), so that a process is born inside: moving one costs tens of milliseconds in the kernel.
  // Not open: that cannot be.
  UniqueFd open() const;
  void kill_all() const;
  bool populated() const;
  // Whether it could be removed, as nothing was in it any more. Not usable(): false.
  bool remove_if_empty() const;
  std::vector<pid_t> processes() const;  // those in it now; empty where it is not usable
  // Removes the directory; tries until it is empty or the time is over. Harmless if another process did it
  // already.
  void remove(Millis bound) const;

 private:
  std::string path_;
};

}  // namespace tripled::exec
