#include "workers/exec/tree_limits.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "schema/base/file.h"
#include "schema/base/size.h"
#include "workers/exec/process_tree.h"

namespace tripled::exec {
namespace {

// Between two looks, and at least so many times as long as one takes: watching costs two hundredths at most.
constexpr auto kOften = std::chrono::milliseconds(200), kSeldom = std::chrono::milliseconds(2000);
constexpr int kCostShare = 50;

std::string of(pid_t pid, const char* file) {
  auto text = read_file("/proc/" + std::to_string(pid) + "/" + file, 1 << 16);
  return text ? *text : std::string();  // it has ended
}

std::uint64_t number_at(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  std::uint64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

// Quick, and too much: pages of files, and what several share for each of them.
std::uint64_t resident_bytes(pid_t pid) {
  auto text = of(pid, "statm");
  const auto second = text.find(' ');
  if (second == std::string::npos) return 0;
  return number_at(std::string_view(text).substr(second)) * static_cast<std::uint64_t>(::getpagesize());
}

// Its share of what is in memory alone (proc_pid_smaps(5)); takes milliseconds for a large process.
std::uint64_t own_bytes(pid_t pid) {
  const auto text = of(pid, "smaps_rollup");
  std::uint64_t kibibytes = 0;
  for (std::string_view name : {"\nPss_Anon:", "\nPss_Shmem:"})
    if (auto at = text.find(name); at != std::string::npos)
      kibibytes += number_at(std::string_view(text).substr(at + name.size()));
  return kibibytes << 10;
}

template <class Bytes>
std::uint64_t sum(const std::vector<pid_t>& processes, Bytes bytes) {
  std::uint64_t out = 0;
  for (auto pid : processes) out += bytes(pid);
  return out;
}

}  // namespace

TreeLimits::TreeLimits(const Limits& limits, const JobCgroup& cgroup)
    : limits_(limits),
      cgroup_(cgroup),
      looks_((limits.processes || limits.memory) && ::access("/proc/self/smaps_rollup", R_OK) == 0),
      next_(Clock::now() + kOften) {}

std::optional<TreeLimits::Clock::time_point> TreeLimits::next_look() const {
  return looks_ ? std::optional(next_) : std::nullopt;
}

std::optional<std::string> TreeLimits::look() {
  const auto begun = Clock::now();
  if (!looks_ || begun < next_) return std::nullopt;
  auto found = excess();
  const auto now = Clock::now();
  next_ = now + std::clamp<Clock::duration>((now - begun) * kCostShare, kOften, kSeldom);
  return found;
}

std::optional<std::string> TreeLimits::excess() const {
  const auto all = processes();
  if (limits_.processes && all.size() > *limits_.processes)
    return "it had more than " + std::to_string(*limits_.processes) + " processes at once";
  if (!limits_.memory || sum(all, resident_bytes) <= *limits_.memory) return std::nullopt;
  if (sum(all, own_bytes) <= *limits_.memory) return std::nullopt;
  return "it took more than " + format_size(*limits_.memory) + " of memory";
}

std::vector<pid_t> TreeLimits::processes() const {
  auto out = cgroup_.processes();
  if (out.empty())
    for (const auto& entry : descendants_of(::getpid(), list_processes())) out.push_back(entry.pid);
  return out;
}

std::vector<std::string> TreeLimits::enforced() const {
  std::vector<std::string> out;
  if (looks_ && limits_.processes) out.emplace_back("processes");
  if (looks_ && limits_.memory) out.emplace_back("memory");
  return out;
}

}  // namespace tripled::exec
