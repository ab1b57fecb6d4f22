#include "daemon/cli/paths.h"

#include <cstdlib>

namespace tripled::cli {

static std::filesystem::path base(const char* variable, const char* below_home) {
  if (const char* set = std::getenv(variable); set && *set == '/') return set;
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home && *home ? home : "/") / below_home;
}

Paths default_paths() {
  return {base("XDG_STATE_HOME", ".local/state") / "tripled", base("XDG_CACHE_HOME", ".cache") / "tripled"};
}

}  // namespace tripled::cli
