#include "workers/agent/patience.h"

#include <algorithm>
#include <thread>

#include "schema/base/text.h"

namespace tripled::agent {

using namespace std::chrono_literals;

namespace {
constexpr int kTries = 5;
constexpr std::chrono::milliseconds kFirstPause = 200ms, kLongestPause = 5s, kPauseWhenFull = 1s;
constexpr auto kPatienceWhenFull = 10min;
}  // namespace

Failure refused(const std::string& doing, const HttpReply& reply) {
  auto kind = reply.status == 507 ? ErrorKind::store : ErrorKind::io;
  auto said = std::string(trim(reply.body));
  return {Error(kind, doing + ": the daemon answered " + std::to_string(reply.status) + " " + said),
          reply.status / 100 == 4};
}

Error nobody_waits(const BlobRef& ref) {
  return Error(ErrorKind::cancelled, "blob " + ref.hash + ": nobody waits for it any more");
}

bool Patience::lasts(const Failure& failure) {
  if (failure.final) return false;
  if (failure.error.kind() != ErrorKind::store) {
    if (++failures_ == kTries) return false;
    return wait(std::min(kFirstPause * (1 << failures_), kLongestPause), false);
  }
  const auto now = std::chrono::steady_clock::now();
  if (!full_since_) full_since_ = now;
  return now - *full_since_ < kPatienceWhenFull && wait(kPauseWhenFull, true);
}

bool Patience::wait(std::chrono::milliseconds pause, bool may_give_up) const {
  const auto until = std::chrono::steady_clock::now() + pause;
  while (std::chrono::steady_clock::now() < until) {
    if (may_give_up && give_up_()) return false;
    std::this_thread::sleep_for(std::min(pause, 100ms));
  }
  return true;
}

}  // namespace tripled::agent
