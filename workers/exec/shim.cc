#include "workers/exec/shim.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "workers/exec/orphan_hunt.h"
#include "workers/exec/process_tree.h"
#include "workers/exec/supervisor.h"

namespace tripled::exec {
namespace {

using Clock = std::chrono::steady_clock;

std::atomic<bool> dispatch_seen = false;

// The inner process gets this long to end everything after the worker's death before the outer one does it.
constexpr Millis kInnerBound = kEndBound + Millis(5000);

void write_record(const ExitRecord& record) {
  auto line = to_json_line(record);
  std::string_view left = line;
  while (!left.empty()) {
    auto n = ::write(kReportFd, left.data(), left.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;  // the worker is gone
    left.remove_prefix(static_cast<std::size_t>(n));
  }
}

// Not an EOF loop on a socket: the spec is a memfd.
Result<ShimSpec> read_spec() {
  std::string bytes;
  char buffer[1 << 16];
  for (;;) {
    auto n = ::read(kSpecFd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("shim: reading the spec", errno);
    if (n == 0) break;
    bytes.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(kSpecFd);
  return decode_spec(bytes);
}

ExitRecord lost(std::string text) {
  ExitRecord record;
  record.kind = RecordKind::lost;
  record.text = std::move(text);
  return record;
}

// The outer process: all it does is to notice that the inner one or the worker is dead.
class Guard {
 public:
  Guard(pid_t inner, int worker, UniqueFd link) : inner_(inner), worker_(worker), link_(std::move(link)) {}

  // Wait status of the inner process, or -1 if it did not end in time after the worker's death.
  int wait() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);  // our parent-death signal
    UniqueFd signals(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    for (;;) {
      int status = 0;
      if (::waitpid(inner_, &status, WNOHANG | WUNTRACED) == inner_) {
        if (!WIFSTOPPED(status)) return status;
        ::kill(inner_, SIGCONT);  // a program stopped its guard
      }
      if (deadline_ && Clock::now() >= *deadline_) return -1;
      // Hang-up of the worker's end is all we look for; the requests are for the inner process.
      pollfd fds[] = {{signals.get(), POLLIN, 0}, {deadline_ ? -1 : kControlFd, 0, 0}};
      ::poll(fds, 2, deadline_ ? 100 : -1);
      char buffer[sizeof(signalfd_siginfo) * 4];
      while (::read(signals.get(), buffer, sizeof buffer) > 0) {
      }
      if ((fds[1].revents & (POLLHUP | POLLERR)) != 0 || ::getppid() != worker_) worker_died();
    }
  }

 private:
  void worker_died() {
    if (deadline_) return;
    deadline_ = Clock::now() + kInnerBound;
    // Normally the inner process has seen it too. It has not if another process still holds the worker's end.
    link_.reset();
  }

  pid_t inner_;
  int worker_;
  UniqueFd link_;
  std::optional<Clock::time_point> deadline_;
};

[[noreturn]] void run_inner(const ShimSpec& spec, const JobCgroup& cgroup, int guard) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  write_record(Supervisor(spec, cgroup, guard).supervise());
  ::_exit(0);
}

void end_what_is_left(const JobCgroup& cgroup, int& status) {
  auto reap = [&status] {
    for (;;) {
      int one = 0;
      pid_t pid = ::waitpid(-1, &one, WNOHANG);
      if (pid < 0) return errno == ECHILD;
      if (pid == 0) return false;
      if (status == -1) status = one;
    }
  };
  end_own_descendants(kEndBound, reap, [&cgroup] { cgroup.kill_all(); });
  cgroup.remove(Millis(500));
}

std::string describe_status(int status) {
  if (WIFSIGNALED(status)) return "was killed by signal " + std::to_string(WTERMSIG(status));
  return "ended with status " + std::to_string(WEXITSTATUS(status));
}

int guard_main(const ShimSpec& spec) {
  auto cgroup = JobCgroup::create(::getpid(), spec.cgroups);
  auto link = Pipe::make();
  const pid_t inner = link.read.open() ? ::fork() : -1;
  if (inner == 0) {
    link.write.reset();
    run_inner(spec, cgroup, link.read.get());
  }
  if (inner < 0) {
    write_record(lost(std::string("the shim could not fork: ") + io_error("fork", errno).message()));
    cgroup.remove(Millis(0));
    return 1;
  }
  ::dup2(0, 1);
  ::dup2(0, 2);
  link.read.reset();
  int status = Guard(inner, spec.worker_pid, std::move(link.write)).wait();
  end_what_is_left(cgroup, status);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    write_record(lost("the inner process of the shim " + describe_status(status)));
  return 0;
}

}  // namespace

bool can_be_shim() { return dispatch_seen.load(); }

std::optional<int> dispatch_shim(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "shim") return shim_main(argc, argv);
  adopt_orphans();
  dispatch_seen = true;
  return std::nullopt;
}

int shim_main(int, char**) {
  if (::fcntl(kControlFd, F_GETFD) < 0 || ::fcntl(kReportFd, F_GETFD) < 0 || ::fcntl(kSpecFd, F_GETFD) < 0) {
    std::fputs("tripled: the shim is started by the worker only\n", stderr);
    return 2;
  }
  block_all_signals();
  close_from(kSpecFd + 1, CloseWhen::now);
  for (int fd : {kControlFd, kReportFd, kSpecFd}) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  auto spec = read_spec();
  if (!spec) {
    write_record(lost(spec.error().message()));
    ::_exit(1);
  }
  // A second way to notice the worker's death, blocked and read from a signalfd. It comes when the *thread*
  // that started us ends, so it only makes us look who our parent is.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  // No destructors and exit handlers of the program whose executable we borrow.
  ::_exit(guard_main(*spec));
}

}  // namespace tripled::exec
