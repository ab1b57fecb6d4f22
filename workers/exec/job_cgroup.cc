#include "workers/exec/job_cgroup.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <optional>

#include "schema/base/file.h"
#include "schema/base/text.h"
#include "workers/exec/unique_fd.h"

namespace tripled::exec {
namespace {

bool write_text(const char* path, std::string_view text) {
  UniqueFd fd(::open(path, O_WRONLY | O_CLOEXEC));
  return fd.open() && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// The v2 line of /proc/self/cgroup: "0::/path".
std::optional<std::string> own_path() {
  auto text = read_file("/proc/self/cgroup", 1 << 20);
  if (!text) return std::nullopt;
  for (const auto& line : split(*text, '\n'))
    if (line.starts_with("0::/")) return line.substr(3);
  return std::nullopt;
}

struct Mount {
  std::string root;
  std::string point;
};

// "36 35 98:0 /root /mount/point options … - cgroup2 source options"
std::optional<Mount> cgroup2_mount() {
  auto text = read_file("/proc/self/mountinfo", 16 << 20);
  if (!text) return std::nullopt;
  for (const auto& line : split(*text, '\n')) {
    if (!contains(line, " - cgroup2 ")) continue;
    auto fields = split(line, ' ');
    if (fields.size() > 5) return Mount{fields[3], fields[4]};
  }
  return std::nullopt;
}

std::string directory_for(int pid, const std::string& home) {
  return home.empty() ? home : home + "/tripled-job-" + std::to_string(pid);
}

}  // namespace

std::string JobCgroup::home() {
  auto path = own_path();
  auto mount = cgroup2_mount();
  if (!path || !mount || path->starts_with("/..")) return {};
  if (mount->root != "/") {
    if (!path->starts_with(mount->root)) return {};
    path->erase(0, mount->root.size());
  }
  if (path->ends_with('/')) path->pop_back();
  return mount->point + *path;
}

JobCgroup JobCgroup::existing(int pid, const std::string& home) {
  JobCgroup group;
  auto directory = directory_for(pid, home);
  if (!directory.empty() && ::access((directory + "/cgroup.kill").c_str(), W_OK) == 0)
    group.path_ = directory;
  return group;
}

JobCgroup JobCgroup::create(int pid, const std::string& home) {
  JobCgroup group;
  auto directory = directory_for(pid, home);
  if (directory.empty()) return group;
  // One of an earlier process with this number, whose shim was killed twice over; empty, else rmdir refuses.
  if (::mkdir(directory.c_str(), 0755) != 0 &&
      (errno != EEXIST || ::rmdir(directory.c_str()) != 0 || ::mkdir(directory.c_str(), 0755) != 0))
    return group;
  if (::access((directory + "/cgroup.kill").c_str(), W_OK) != 0) {
    ::rmdir(directory.c_str());
    return group;
  }
  group.path_ = std::move(directory);
  return group;
}

UniqueFd JobCgroup::open() const {
  return UniqueFd(usable() ? ::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC) : -1);
}

bool JobCgroup::remove_if_empty() const { return usable() && ::rmdir(path_.c_str()) == 0; }

void JobCgroup::kill_all() const {
  if (usable()) write_text((path_ + "/cgroup.kill").c_str(), "1\n");
}

bool JobCgroup::populated() const {
  if (!usable()) return false;
  auto events = read_file(path_ + "/cgroup.events", 4096);
  return events && contains(*events, "populated 1");
}

std::vector<pid_t> JobCgroup::processes() const {
  std::vector<pid_t> out;
  auto text = usable() ? read_file(path_ + "/cgroup.procs", 4 << 20) : Result<std::string>("");
  if (!text) return out;
  for (const auto& line : split(*text, '\n'))
    if (!line.empty()) out.push_back(std::atoi(line.c_str()));
  return out;
}

void JobCgroup::remove(Millis bound) const {
  if (!usable()) return;
  const auto deadline = std::chrono::steady_clock::now() + bound;
  while (::rmdir(path_.c_str()) != 0 && errno == EBUSY && std::chrono::steady_clock::now() < deadline)
    ::poll(nullptr, 0, 5);
}

}  // namespace tripled::exec
