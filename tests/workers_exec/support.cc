#include "tests/workers_exec/support.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

#include "schema/base/hash.h"

namespace tripled::test {
namespace {

// /proc files say nothing about their size.
std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace

exec::Command shell(const std::string& script, const std::string& marker) {
  exec::Command command;
  command.argv = {"/bin/sh", "-c", script};
  command.env = {{"PATH", "/usr/bin:/bin"}};
  if (!marker.empty()) command.env["TRIPLED_TEST_MARKER"] = marker;
  command.cwd = "/";
  return command;
}

exec::Command helper(const std::vector<std::string>& arguments, const std::string& marker) {
  exec::Command command;
  command.argv = {own_path()};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  command.env = {{"TRIPLED_TEST_MARKER", marker}};
  return command;
}

std::string own_path() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

std::string unique_marker() { return "marker-" + random_hex(); }

std::vector<pid_t> processes_with(const std::string& marker) {
  std::vector<pid_t> found;
  for (const auto& entry : exec::list_processes()) {
    if (entry.zombie() || entry.pid == ::getpid()) continue;
    auto directory = "/proc/" + std::to_string(entry.pid);
    if (slurp(directory + "/environ").find(marker) != std::string::npos ||
        slurp(directory + "/cmdline").find(marker) != std::string::npos)
      found.push_back(entry.pid);
  }
  return found;
}

std::vector<exec::ProcessEntry> children_of(pid_t pid) {
  auto all = exec::list_processes();
  std::erase_if(all, [pid](const exec::ProcessEntry& e) { return e.parent != pid || e.zombie(); });
  return all;
}

bool eventually(const std::function<bool()>& condition, Millis bound) {
  const auto deadline = std::chrono::steady_clock::now() + bound;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(Millis(10));
  }
  return true;
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

std::uint64_t own_rss_bytes() {
  std::uint64_t size = 0, resident = 0;
  std::istringstream(slurp("/proc/self/statm")) >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

exec::Captured must_capture(const exec::Command& command, const exec::Limits& limits) {
  exec::Limits bounded = limits;
  if (!bounded.timeout) bounded.timeout = Millis(60'000);
  exec::CancelToken cancel;
  auto captured = exec::capture(command, bounded, cancel, exec::ShimPath::self());
  EXPECT_TRUE(captured) << captured.error().message();
  return captured ? *captured : exec::Captured{};
}

TemporaryDirectory::TemporaryDirectory()
    : path_(std::filesystem::temp_directory_path() / ("tripled-test-" + random_hex())) {
  std::filesystem::create_directories(path_);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace tripled::test
