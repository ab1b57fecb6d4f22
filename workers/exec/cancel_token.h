// Stops a run() from another thread. One token may serve several run() calls, at once or in turn; it stays
// cancelled. Any thread.
#pragma once
#include <atomic>

#include "workers/exec/unique_fd.h"

namespace tripled::exec {

class CancelToken {
 public:
  CancelToken();
  CancelToken(const CancelToken&) = delete;
  CancelToken& operator=(const CancelToken&) = delete;

  // now = false: SIGTERM, the grace of the limits, SIGKILL. now = true: SIGKILL at once; may follow the
  // other.
  void cancel(bool now);
  bool cancelled() const { return asked_.load() || now_.load(); }
  bool cancelled_now() const { return now_.load(); }

  // Readable once cancel(false or true), respectively cancel(true), was called; nobody reads them, so every
  // waiter wakes. -1 where the system had no descriptor left: waiters then have to look from time to time.
  int asked_fd() const { return asked_fd_.get(); }
  int now_fd() const { return now_fd_.get(); }

 private:
  std::atomic<bool> asked_ = false;
  std::atomic<bool> now_ = false;
  UniqueFd asked_fd_;
  UniqueFd now_fd_;
};

}  // namespace tripled::exec
