#include "workers/exec/process_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "workers/exec/unique_fd.h"

namespace tripled::exec {
namespace {

using Clock = std::chrono::steady_clock;

std::string_view read_small(const char* path, char* buffer, std::size_t size) {
  UniqueFd fd(::open(path, O_RDONLY | O_CLOEXEC));
  if (!fd.open()) return {};
  auto n = ::read(fd.get(), buffer, size);
  return n > 0 ? std::string_view(buffer, static_cast<std::size_t>(n)) : std::string_view();
}

bool next_number(std::string_view& text, int& out) {
  auto start = text.find_first_not_of(' ');
  if (start == std::string_view::npos) return false;
  text.remove_prefix(start);
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

// "pid (comm) S ppid pgrp session …"; comm may hold anything, so look for the last parenthesis.
std::optional<ProcessEntry> read_stat(pid_t pid) {
  char path[48];
  std::snprintf(path, sizeof path, "/proc/%d/stat", static_cast<int>(pid));
  char buffer[1024];
  auto text = read_small(path, buffer, sizeof buffer);
  auto close = text.rfind(')');
  if (close == std::string_view::npos || close + 2 >= text.size()) return std::nullopt;
  ProcessEntry entry;
  entry.pid = pid;
  entry.state = text[close + 2];
  text.remove_prefix(close + 3);
  if (!next_number(text, entry.parent) || !next_number(text, entry.group) ||
      !next_number(text, entry.session))
    return std::nullopt;
  // Field 20 of the man page; the session was field 6.
  for (int skip = 0; skip < 13 && !text.empty(); ++skip)
    text.remove_prefix(std::min(text.find(' ', 1), text.size()));
  return next_number(text, entry.threads) ? std::optional(entry) : std::nullopt;
}

// Direct children from one small file: quick enough to catch a process that forks and exits in a loop. They
// cannot be mistaken for others, since nobody but the caller can reap them.
void kill_direct_children() {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/self/task/%d/children", static_cast<int>(::getpid()));
  char buffer[4096];
  auto text = read_small(path, buffer, sizeof buffer);
  pid_t pid = 0;
  // A number cut off by the buffer's end would be another process.
  if (text.size() == sizeof buffer) text = text.substr(0, text.rfind(' ') + 1);
  while (next_number(text, pid)) ::kill(pid, SIGKILL);
}

void note_alive(const std::vector<ProcessEntry>& processes, std::set<pid_t>& found) {
  for (const auto& entry : processes)
    if (!entry.zombie()) found.insert(entry.pid);
}

int count_alive(const std::vector<ProcessEntry>& processes) {
  return static_cast<int>(
      std::count_if(processes.begin(), processes.end(), [](const ProcessEntry& e) { return !e.zombie(); }));
}

void pause_for(Millis time) { ::poll(nullptr, 0, static_cast<int>(time.count())); }

}  // namespace

std::vector<ProcessEntry> list_processes() {
  std::vector<ProcessEntry> out;
  std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc"), ::closedir);
  if (!directory) return out;
  while (const dirent* item = ::readdir(directory.get())) {
    std::string_view name = item->d_name;
    pid_t pid = 0;
    auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || end != name.data() + name.size()) continue;
    if (auto entry = read_stat(pid)) out.push_back(*entry);
  }
  return out;
}

std::vector<ProcessEntry> descendants_of(pid_t root, const std::vector<ProcessEntry>& all) {
  std::unordered_multimap<pid_t, const ProcessEntry*> children;
  for (const auto& entry : all) children.emplace(entry.parent, &entry);
  std::vector<ProcessEntry> out;
  std::set<pid_t> seen{root};
  std::vector<pid_t> open{root};
  while (!open.empty()) {
    auto [first, last] = children.equal_range(open.back());
    open.pop_back();
    for (auto it = first; it != last; ++it) {
      if (!seen.insert(it->second->pid).second) continue;
      out.push_back(*it->second);
      open.push_back(it->second->pid);
    }
  }
  return out;
}

void signal_all(pid_t root, const std::vector<ProcessEntry>& processes, int signal) {
  const pid_t own_session = ::getsid(root);
  std::set<pid_t> groups;
  for (const auto& entry : processes) {
    // The program starts a session of its own; what is still in root's is the shim, or the program before its
    // exec.
    if (entry.session == own_session || entry.group <= 1) {
      ::kill(entry.pid, signal);
    } else if (groups.insert(entry.group).second) {
      ::kill(-entry.group, signal);
    }
  }
}

Ended end_own_descendants(Millis bound, const std::function<bool()>& reap,
                          const std::function<void()>& kill_more) {
  Ended ended;
  const auto deadline = Clock::now() + bound;
  const pid_t self = ::getpid();
  for (int round = 0;; ++round) {
    if (reap()) return ended;
    auto descendants = descendants_of(self, list_processes());
    note_alive(descendants, ended.found_alive);
    if (Clock::now() >= deadline) {
      ended.survivors = std::max(1, count_alive(descendants));
      return ended;
    }
    kill_more();
    signal_all(self, descendants, SIGKILL);
    for (int i = 0; i < 20; ++i) {
      kill_direct_children();
      if (reap()) return ended;
    }
    pause_for(Millis(std::min(round, 10)));
  }
}

Ended end_tree(pid_t root, Millis bound) {
  Ended ended;
  const auto deadline = Clock::now() + bound;
  for (int round = 0;; ++round) {
    auto descendants = descendants_of(root, list_processes());
    note_alive(descendants, ended.found_alive);
    ended.survivors = count_alive(descendants);
    if (ended.survivors == 0 || Clock::now() >= deadline) break;
    signal_all(root, descendants, SIGKILL);
    pause_for(Millis(1 + std::min(round, 10)));
  }
  ::kill(root, SIGKILL);
  return ended;
}

}  // namespace tripled::exec
