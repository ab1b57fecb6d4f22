#include "workers/exec/orphan_hunt.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <set>
#include <vector>

#include "workers/exec/process_tree.h"

namespace tripled::exec {
namespace {

struct KnownChildren {
  std::mutex mutex;
  std::set<pid_t> pids;
  bool adopting = false;
};

KnownChildren& known() {
  static KnownChildren children;
  return children;
}

// One round; false: there was no orphan.
bool kill_orphans_once() {
  auto& children = known();
  std::lock_guard lock(children.mutex);
  const auto all = list_processes();
  const pid_t self = ::getpid();
  const pid_t own_session = ::getsid(0);
  bool found = false;
  for (const auto& entry : all) {
    if (entry.parent != self || entry.session == own_session || children.pids.contains(entry.pid)) continue;
    found = true;
    auto tree = descendants_of(entry.pid, all);
    tree.push_back(entry);
    signal_all(self, tree, SIGKILL);
    ::waitpid(entry.pid, nullptr, WNOHANG);
  }
  return found;
}

}  // namespace

void adopt_orphans() {
  auto& children = known();
  std::lock_guard lock(children.mutex);
  children.adopting = ::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
}

pid_t spawn_known(const std::function<pid_t()>& spawn) {
  auto& children = known();
  std::lock_guard lock(children.mutex);
  const pid_t pid = spawn();
  if (pid > 0) children.pids.insert(pid);
  return pid;
}

void wait_known(pid_t pid) {
  // Both under the lock: the number may be another child's the moment it is waited for.
  auto& children = known();
  std::lock_guard lock(children.mutex);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  children.pids.erase(pid);
}

void end_orphans(Millis bound) {
  auto& children = known();
  {
    std::lock_guard lock(children.mutex);
    if (!children.adopting) return;
  }
  const auto deadline = std::chrono::steady_clock::now() + bound;
  for (int round = 0; kill_orphans_once() && std::chrono::steady_clock::now() < deadline; ++round)
    ::poll(nullptr, 0, 1 + std::min(round, 10));
}

}  // namespace tripled::exec
