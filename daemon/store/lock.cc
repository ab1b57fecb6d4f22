#include "daemon/store/lock.h"

#include <fcntl.h>
#include <unistd.h>

#include "schema/base/duration.h"
#include "schema/base/text.h"

namespace tripled::store {
namespace {

std::string own_command_line() {
  auto bytes = read_file("/proc/self/cmdline", 64u << 10);
  if (!bytes) return {};
  auto words = split(*bytes, '\0');
  while (!words.empty() && words.back().empty()) words.pop_back();
  return to_valid_utf8(shell_join(words)).substr(0, 1000);
}

std::string holder(const std::filesystem::path& lock) {
  auto text = read_file(lock, 64u << 10);
  auto line = text ? std::string(trim(*text)) : "";
  return line.empty() ? "another process" : line;
}

// In place: a rename would put another file under the lock.
Status write_holder(const std::filesystem::path& lock, const std::string& who) {
  const std::string line = who + " (pid " + std::to_string(::getpid()) + ", since " +
                           format_timestamp(unix_now_ms()) + "): " + own_command_line() + "\n";
  int fd = ::open(lock.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (fd < 0) return io_error("opening " + lock.string(), errno);
  auto written = ::write(fd, line.data(), line.size());
  ::close(fd);
  // Only a courtesy to the next opener: on a full disk it is missing, and the lock holds all the same.
  static_cast<void>(written);
  return {};
}

}  // namespace

Result<FileLock> lock_database(const std::filesystem::path& database, const std::string& who) {
  auto path = database;
  path += ".lock";
  auto lock = FileLock::acquire(path, FileLock::Wait::no);
  if (!lock && lock.error().kind() == ErrorKind::conflict)
    return Error(ErrorKind::conflict, database.string() + " is in use by " + holder(path) +
                                          "; wait for it, stop it, or use another --state");
  if (!lock) return lock.error();
  TRIPLED_TRY(write_holder(path, who));
  return lock;
}

}  // namespace tripled::store
