// The worker's end of one shim. Belongs to the thread that started it.
#pragma once
#include <sys/types.h>

#include <string>

#include "workers/exec/shim_protocol.h"
#include "workers/exec/unique_fd.h"

namespace tripled::exec {

class ShimProcess {
 public:
  static Result<ShimProcess> start(ShimSpec spec, const ShimPath& shim);
  ShimProcess(ShimProcess&& other) noexcept;
  ShimProcess& operator=(ShimProcess&&) = delete;
  // Ends the program if it still runs: no way out of a scope leaves anything behind.
  ~ShimProcess();

  // Read ends, non-blocking.
  UniqueFd& out() { return out_; }
  const UniqueFd& out() const { return out_; }
  UniqueFd& err() { return err_; }
  const UniqueFd& err() const { return err_; }
  UniqueFd& report() { return report_; }

  void request(char letter);
  // The shim does not answer any more, or both its processes were killed: what can still be found is killed
  // from here.
  void destroy();
  // Waits for the shim itself, which has nothing left to do; within a bound.
  void finish();

 private:
  ShimProcess() = default;
  // A program may have stopped the outer process of the shim, which in turn looks after the inner one.
  void wake();

  pid_t pid_ = -1;
  UniqueFd control_;
  UniqueFd out_;
  UniqueFd err_;
  UniqueFd report_;
};

}  // namespace tripled::exec
