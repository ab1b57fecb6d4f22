#include "schema/base/failpoint.h"

#ifdef TRIPLED_FAILPOINTS
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>

namespace tripled {
namespace {

struct Armed {
  std::string name;
  long pass = 1;
};

// The environment is read once: a worker's jobs and threads come later.
const Armed& armed() {
  static const Armed once = [] {
    Armed out;
    const char* set = std::getenv("TRIPLED_FAILPOINT");
    out.name = set ? set : "";
    if (auto colon = out.name.find(':'); colon != std::string::npos) {
      out.pass = std::atol(out.name.c_str() + colon + 1);
      out.name.resize(colon);
    }
    return out;
  }();
  return once;
}

}  // namespace

void failpoint(FailpointName name) {
  static std::atomic<long> passes{0};
  if (armed().name != name.text() || ++passes != armed().pass) return;
  const std::string line = "failpoint " + armed().name + ": this process is killed\n";
  if (::write(STDERR_FILENO, line.data(), line.size()) < 0) {  // it is killed all the same
  }
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

}  // namespace tripled
#endif
