#include "workers/exec/program_start.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "workers/exec/mounts.h"
#include "workers/exec/new_child.h"

namespace tripled::exec {
namespace {

enum LimitBit : int {
  core = 1,
  open_files = 2,
  file_size = 4,
  nice_value = 8,
  oom_score = 16,
  cgroup_kill = 32
};

constexpr std::size_t kKernelSigsetBytes = (NSIG - 1) / 8;

struct LimitName {
  int bit;
  const char* name;
};
constexpr LimitName kLimitNames[] = {{core, "core"},           {open_files, "open_files"},
                                     {file_size, "file_size"}, {nice_value, "nice"},
                                     {oom_score, "oom_score"}, {cgroup_kill, "cgroup_kill"}};

// Pointers that execve wants; made before the fork.
struct ExecArrays {
  std::vector<std::string> environment;
  std::vector<char*> argv;
  std::vector<char*> envp;

  explicit ExecArrays(const Command& command) {
    for (const auto& argument : command.argv) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    for (const auto& [name, value] : command.env) environment.push_back(name + "=" + value);
    for (auto& entry : environment) envp.push_back(entry.data());
    envp.push_back(nullptr);
  }
};

// No dump, wherever it would go: with a pipe as core_pattern the kernel ignores a limit of 0, and 1 is its
// special value for "none"; a file of fewer bytes than a page is not begun either (core(5) and
// fs/coredump.c).
constexpr rlim_t kNoCoreDump = 1;

bool limit_to(__rlimit_resource resource, rlim_t value) {
  rlimit limit{value, value};
  return ::setrlimit(resource, &limit) == 0;
}

// Jobs are what the kernel should end first when memory runs out, not the worker.
bool prefer_for_oom() {
  UniqueFd fd(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  return fd.open() && ::write(fd.get(), "500\n", 4) == 4;
}

int apply_limits(const Limits& limits, bool in_cgroup) {
  int bits = in_cgroup ? cgroup_kill : 0;
  if (limit_to(RLIMIT_CORE, kNoCoreDump)) bits |= core;
  if (limits.open_files && limit_to(RLIMIT_NOFILE, *limits.open_files)) bits |= open_files;
  if (limits.file_size && limit_to(RLIMIT_FSIZE, *limits.file_size)) bits |= file_size;
  if (prefer_for_oom()) bits |= oom_score;
  errno = 0;
  if (limits.nice && (::nice(*limits.nice) != -1 || errno == 0)) bits |= nice_value;
  return bits;
}

void send(int fd, const StartMessage& message) {
  while (::write(fd, &message, sizeof message) < 0 && errno == EINTR) {
  }
}

[[noreturn]] void fail(int fd, StartStep step, int error) {
  send(fd, {StartMessage::failed, static_cast<int>(step), error});
  ::_exit(127);
}

void default_signals() {
  // By system call: the C library refuses to touch two real-time signals, which may be ignored all the same.
  // All zero is SIG_DFL without flags in the kernel's struct, whatever its layout.
  const unsigned long zero[16] = {};
  for (int signal = 1; signal < NSIG; ++signal)
    ::syscall(SYS_rt_sigaction, signal, zero, nullptr, kKernelSigsetBytes);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// All that the child needs; made before it is. Its memory may be ours: it changes nothing of it.
struct ChildStart {
  const ShimSpec& spec;
  const ExecArrays& arrays;
  const PreparedMounts& mounts;
  pid_t parent;
  int messages;
  bool in_cgroup;
};

[[noreturn]] void become_program(const ChildStart& start) {
  const int messages = start.messages;
  if (int error = enter(start.mounts); error != 0) fail(messages, StartStep::mounts, error);
  // The tree is ended by the shim; this is for the moment in which both of its processes are killed. After
  // the namespaces: a change of credentials forgets it (prctl(2)).
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != start.parent) ::_exit(127);
  if (::setsid() < 0) fail(messages, StartStep::session, errno);
  int bits = apply_limits(start.spec.limits, start.in_cgroup);
  if (::chdir(start.spec.command.cwd.c_str()) != 0) fail(messages, StartStep::directory, errno);
  send(messages, {StartMessage::prepared, bits, 0});
  close_from(3, CloseWhen::on_exec);
  default_signals();
  const auto& arrays = start.arrays;
  ::execve(arrays.argv.front(), arrays.argv.data(), arrays.envp.data());
  fail(messages, StartStep::exec, errno);
}

void run_child(void* start) { become_program(*static_cast<const ChildStart*>(start)); }

}  // namespace

StartedProgram start_program(const ShimSpec& spec, const JobCgroup& cgroup) {
  StartedProgram program;
  auto pipe = Pipe::make();
  if (!pipe.read.open()) {
    program.fork_error = errno;
    return program;
  }
  ::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK);
  ExecArrays arrays(spec.command);
  PreparedMounts mounts(spec.command.mounts);
  // A user namespace is given to a process alone in its memory only (unshare(2)).
  const auto memory = spec.command.mounts.empty() ? Memory::shared : Memory::copied;
  ChildStart start{spec, arrays, mounts, ::getpid(), pipe.write.get(), true};
  if (auto directory = cgroup.open(); directory.open())
    program.pid = new_child(directory.get(), memory, run_child, &start);
  if (program.pid < 0) {
    start.in_cgroup = false;
    program.pid = new_child(-1, memory, run_child, &start);
  }
  if (program.pid < 0) program.fork_error = errno;
  program.messages = std::move(pipe.read);
  return program;
}

std::vector<std::string> limit_names(int bits) {
  std::vector<std::string> names;
  for (const auto& limit : kLimitNames)
    if ((bits & limit.bit) != 0) names.emplace_back(limit.name);
  return names;
}

void close_from(int first, CloseWhen when) {
  const unsigned flags = when == CloseWhen::on_exec ? CLOSE_RANGE_CLOEXEC : 0;
  if (::close_range(static_cast<unsigned>(first), ~0U, static_cast<int>(flags)) == 0) return;
  // Kernels before 5.9 (5.11 for the flag).
  DIR* directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return;
  std::vector<int> open;
  while (const dirent* item = ::readdir(directory)) {
    int fd = -1;
    std::from_chars(item->d_name, item->d_name + std::strlen(item->d_name), fd);
    if (fd >= first && fd != ::dirfd(directory)) open.push_back(fd);
  }
  ::closedir(directory);
  for (int fd : open) {
    if (when == CloseWhen::on_exec) {
      ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    } else {
      ::close(fd);
    }
  }
}

void block_all_signals() {
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
}

Pipe Pipe::make() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {};
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace tripled::exec
