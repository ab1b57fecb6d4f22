#include "daemon/metrics/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace tripled::metrics {
namespace {

namespace fs = std::filesystem;

std::string text_of(const char* file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// proc(5): the fields of /proc/self/stat, counted from the state, which is the first behind the name.
struct Stat {
  std::uint64_t user_ticks = 0, system_ticks = 0, threads = 0, start_ticks = 0, virtual_bytes = 0;
  std::uint64_t resident_pages = 0;
};

Stat stat_of_self() {
  Stat out;
  auto text = text_of("/proc/self/stat");
  auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return out;
  std::istringstream in(text.substr(name_end + 1));
  std::string word;
  for (int field = 3; in >> word; ++field) {
    auto number = std::strtoull(word.c_str(), nullptr, 10);
    if (field == 14) out.user_ticks = number;
    if (field == 15) out.system_ticks = number;
    if (field == 20) out.threads = number;
    if (field == 22) out.start_ticks = number;
    if (field == 23) out.virtual_bytes = number;
    if (field == 24) out.resident_pages = number;
  }
  return out;
}

double boot_time() {
  std::istringstream in(text_of("/proc/stat"));
  for (std::string word; in >> word;)
    if (double at = 0; word == "btime" && in >> at) return at;
  return 0;
}

}  // namespace

ProcessState process_state() {
  static const double booted_at = boot_time();
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto stat = stat_of_self();
  ProcessState out;
  out.cpu_seconds = static_cast<double>(stat.user_ticks + stat.system_ticks) / ticks;
  out.started_at = booted_at + static_cast<double>(stat.start_ticks) / ticks;
  out.virtual_bytes = stat.virtual_bytes;
  out.resident_bytes = stat.resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  out.threads = stat.threads;
  std::error_code ec;
  for (fs::directory_iterator it("/proc/self/fd", ec), end; !ec && it != end; it.increment(ec))
    ++out.open_files;
  struct rlimit limit {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) out.most_files = limit.rlim_cur;
  return out;
}

}  // namespace tripled::metrics
