// Whether the daemon gets on, as its service manager's watchdog wants to know: a daemon that only looks alive
// is to be started again. Asked on the io thread, so being asked shows that its loop turns. Pure.
#pragma once
#include <cstddef>
#include <cstdint>

namespace tripled::app {

struct Progress {
  bool failed = false;        // the store has, for good
  bool disk_full = false;     // what waits has to wait
  std::size_t waiting = 0;    // to be committed, or said after a commit
  std::uint64_t commits = 0;  // so far
};

// Between two looks, which are much further apart than a commit takes.
bool gets_on(const Progress& before, const Progress& now);

}  // namespace tripled::app
