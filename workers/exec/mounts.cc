#include "workers/exec/mounts.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>

#include "workers/exec/unique_fd.h"

namespace tripled::exec {

PreparedMounts::PreparedMounts(const std::vector<Mount>& wanted) : mounts(wanted) {
  auto own = [](unsigned id) { return std::to_string(id) + " " + std::to_string(id) + " 1\n"; };
  uid_map = own(::getuid());
  gid_map = own(::getgid());
}

static bool write_text(const char* path, const std::string& text) {
  UniqueFd fd(::open(path, O_WRONLY | O_CLOEXEC));
  return fd.open() && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// Without the right to mount, a user namespace of one's own gives it; user and group stay what they were.
static int unshare_mounts(const PreparedMounts& prepared) {
  if (::unshare(CLONE_NEWNS) == 0) return 0;
  if (errno != EPERM) return errno;
  static const std::string deny = "deny";
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return errno;
  if (!write_text("/proc/self/setgroups", deny) || !write_text("/proc/self/uid_map", prepared.uid_map) ||
      !write_text("/proc/self/gid_map", prepared.gid_map))
    return errno;
  return 0;
}

int enter(const PreparedMounts& prepared) {
  if (prepared.mounts.empty()) return 0;
  if (int error = unshare_mounts(prepared); error != 0) return error;
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return errno;
  for (const auto& mount : prepared.mounts)
    if (::mount(mount.from.c_str(), mount.at.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0) return errno;
  return 0;
}

}  // namespace tripled::exec
