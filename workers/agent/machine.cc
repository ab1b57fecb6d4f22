#include "workers/agent/machine.h"

#include <unistd.h>

#include "schema/base/text.h"
#include "workers/probe/cpu_flags.h"

namespace tripled::agent {

namespace fs = std::filesystem;

std::map<std::string, std::string> machine_facts(const fs::path& cache) {
  std::map<std::string, std::string> out;
  if (auto flags = join(probe::cpu_flags(), " "); !flags.empty()) out["cpu_flags"] = flags;
  const long pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
  if (pages > 0 && page > 0)
    out["memory"] = std::to_string(static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page));
  std::error_code ec;
  auto there = cache;  // it is made when it is needed
  while (!fs::exists(there, ec) && there.has_relative_path()) there = there.parent_path();
  if (auto room = fs::space(there, ec); !ec) out["disk_free"] = std::to_string(room.available);
  return out;
}

}  // namespace tripled::agent
