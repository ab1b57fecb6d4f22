#include "daemon/app/sweep/infrastructure.h"

#include <array>
#include <string_view>

#include "schema/base/text.h"

namespace tripled::app {
namespace {

// Our own words for what another hour or another worker may cure (workers/cargo/environment_fault.cc).
bool may_pass(std::string_view reason) {
  static constexpr std::array<std::string_view, 5> kWords{"disk full", "disk quota exceeded", "out of memory",
                                                          "killed by signal 9", "No space left on device"};
  for (auto words : kWords)
    if (contains(reason, words)) return true;
  return false;
}

}  // namespace

bool is_infrastructure(Outcome outcome, BatchKind kind, const AttemptResult& result) {
  switch (outcome) {
    case Outcome::cancelled:  // by a worker that ends; of a cancelled sweep the scheduler tries nothing again
    case Outcome::worker_lost:
    case Outcome::could_not_start:
      return true;
    case Outcome::signalled:  // of an execute job it is a test's own end; with a reason, a limit of ours
                              // ended it
      if (kind != BatchKind::execute && result.process.code == 9 && result.process.reason.empty())
        return true;
      break;
    case Outcome::exited:
    case Outcome::not_run:
      break;
    case Outcome::timed_out:
    case Outcome::no_output:
      return false;
  }
  return kind != BatchKind::execute && may_pass(result.broken_reason);
}

}  // namespace tripled::app
