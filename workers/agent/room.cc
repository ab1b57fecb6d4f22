#include "workers/agent/room.h"

#include "schema/base/size.h"

namespace tripled::agent {

namespace fs = std::filesystem;

std::string Room::missing() {
  std::error_code ec;
  auto at = cache_;
  while (!fs::exists(at, ec) && at.has_relative_path()) at = at.parent_path();
  const auto space = fs::space(at, ec);
  // What cannot be looked at is no reason: the jobs will say what is wrong with it.
  low_ = !ec && space.available < (low_ ? least_ + least_ / 8 : least_);
  if (!low_) return {};
  return "no room on the disk of " + cache_.string() + ": " + format_size(space.available) + " are free, " +
         format_size(least_) + " are wanted";
}

}  // namespace tripled::agent
