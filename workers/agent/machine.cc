#include "workers/agent/machine.h"

#include <gnu/libc-version.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "schema/base/text.h"
#include "workers/probe/cpu_flags.h"

extern char** environ;

namespace tripled::agent {

namespace fs = std::filesystem;

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> out;
  for (char** entry = environ; *entry; ++entry) {
    std::string text = *entry;
    if (auto at = text.find('='); at != std::string::npos)
      out.emplace(text.substr(0, at), text.substr(at + 1));
  }
  return out;
}

std::map<std::string, std::string> host_facts() {
  std::map<std::string, std::string> out;
  utsname name{};
  if (::uname(&name) == 0) {
    out["kernel"] = std::string(name.sysname) + " " + name.release;
    out["machine"] = name.machine;
  }
  out["libc"] = std::string("glibc ") + ::gnu_get_libc_version();
  out["uid"] = std::to_string(::getuid());
  out["cores"] = std::to_string(::sysconf(_SC_NPROCESSORS_ONLN));
  return out;
}

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
