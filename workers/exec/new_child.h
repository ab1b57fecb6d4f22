// A new child of a single-threaded process, born in a cgroup where one is given. No atfork handlers run.
#pragma once
#include <sys/types.h>

namespace tripled::exec {

// shared: the child runs in the caller's memory, on a stack of its own, and the caller waits until it has
// become another program or is dead, as with vfork(2): no page of the shim is copied. Where the machine or
// the kernel cannot do that it is `copied`, as with fork(2).
enum class Memory { shared, copied };

// `run` must end in exec or _exit. `cgroup`: descriptor of its directory; -1: the caller's own. The child's
// number; -1 with errno.
pid_t new_child(int cgroup, Memory memory, void (*run)(void*), void* argument);

}  // namespace tripled::exec
