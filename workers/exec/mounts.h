// A private view of the file system for one program: directories that appear at other paths, for it and its
// descendants alone (mount_namespaces(7), user_namespaces(7)). Called between fork and exec.
#pragma once
#include <string>
#include <vector>

#include "workers/exec/process.h"

namespace tripled::exec {

// What needs memory, made before the fork.
struct PreparedMounts {
  explicit PreparedMounts(const std::vector<Mount>& mounts);
  std::vector<Mount> mounts;
  std::string uid_map, gid_map;  // for a user namespace, where the caller may not mount
};

// In the child, which is single-threaded. 0, or errno of what failed.
int enter(const PreparedMounts& prepared);

}  // namespace tripled::exec
