// The last resort: both processes of a shim were killed at once, say by their own program. The worker is then
// the next child subreaper (prctl(2)), so what they leave becomes its child; whoever is a child of the
// worker, was not started by run() and has left the worker's session is such an orphan. Any thread.
#pragma once
#include <sys/types.h>

#include <functional>

#include "schema/base/duration.h"

namespace tripled::exec {

// From here on orphans of jobs become children of this process. Called by dispatch_shim().
void adopt_orphans();

// Runs `spawn`, which returns a pid or -1, and remembers the pid as a child that is no orphan. No hunt in
// between.
pid_t spawn_known(const std::function<pid_t()>& spawn);
// Waits for a known child, which has ended or is about to, and forgets it.
void wait_known(pid_t pid);

// Kills and reaps every orphan and all below it. Does nothing unless adopt_orphans() was called.
void end_orphans(Millis bound);

}  // namespace tripled::exec
