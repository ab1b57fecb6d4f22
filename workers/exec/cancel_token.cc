#include "workers/exec/cancel_token.h"

#include <sys/eventfd.h>

#include <cstdint>

namespace tripled::exec {
namespace {

void wake(const UniqueFd& fd) {
  if (!fd.open()) return;
  const std::uint64_t one = 1;
  // Full only after 2^64 calls; the value is not used.
  [[maybe_unused]] auto n = ::write(fd.get(), &one, sizeof one);
}

}  // namespace

CancelToken::CancelToken()
    : asked_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      now_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void CancelToken::cancel(bool now) {
  if (now && !now_.exchange(true)) wake(now_fd_);
  if (!asked_.exchange(true)) wake(asked_fd_);
}

}  // namespace tripled::exec
