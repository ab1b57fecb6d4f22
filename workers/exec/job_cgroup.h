// A cgroup (v2) of its own for one program, so that cgroup.kill ends everything in one step. Where none can
// be made (no cgroup2 mount, read-only, no permission, kernel before 5.14) nothing of this is used, and the
// record says so. cgroups(7), Documentation/admin-guide/cgroup-v2.rst.
#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

#include "schema/base/duration.h"

namespace tripled::exec {

class JobCgroup {
 public:
  JobCgroup() = default;
  // A child of the caller's own cgroup, named after `pid`. Not usable() if that cannot be.
  static JobCgroup create(int pid);
  // The one that another process made for `pid`; not usable() if there is none.
  static JobCgroup existing(int pid);

  bool usable() const { return !path_.empty(); }
  // A new child of the calling process in it, like fork(2): 0 in the child. -1 where that cannot be. Born
  // inside: moving a process costs tens of milliseconds in the kernel. Single-threaded callers only (no
  // atfork handlers).
  pid_t fork_into() const;
  void kill_all() const;
  bool populated() const;
  std::vector<pid_t> processes() const;  // those in it now; empty where it is not usable
  // Removes the directory; tries until it is empty or the time is over. Harmless if another process did it
  // already.
  void remove(Millis bound) const;

 private:
  std::string path_;
};

}  // namespace tripled::exec
