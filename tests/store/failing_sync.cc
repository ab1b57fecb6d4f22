#include "tests/store/failing_sync.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <string>

namespace tripled::test {
namespace {

struct Failing {
  std::mutex mutex;
  std::string below;  // empty: nothing fails
  int error = 0, met = 0;
};

Failing& failing() {
  static Failing one;
  return one;
}

}  // namespace

FailingSync::FailingSync(const std::filesystem::path& below, int errno_value) {
  std::lock_guard guard(failing().mutex);
  failing().below = std::filesystem::canonical(below).string();
  failing().error = errno_value;
  failing().met = 0;
}

FailingSync::~FailingSync() {
  std::lock_guard guard(failing().mutex);
  failing().below.clear();
}

int FailingSync::met() const {
  std::lock_guard guard(failing().mutex);
  return failing().met;
}

}  // namespace tripled::test

// Stands before the C library's in this program.
extern "C" int fsync(int fd) {
  auto& failing = tripled::test::failing();
  {
    std::lock_guard guard(failing.mutex);
    char path[4096];
    const auto length = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path, sizeof path);
    const std::string name(path, length > 0 ? static_cast<std::size_t>(length) : 0);
    if (!failing.below.empty() && name.starts_with(failing.below)) {
      ++failing.met;
      errno = failing.error;
      return -1;
    }
  }
  return static_cast<int>(::syscall(SYS_fsync, fd));
}
