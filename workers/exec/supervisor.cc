#include "workers/exec/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "workers/exec/process_tree.h"

namespace tripled::exec {
namespace {

// Descendants may need a moment after the program itself to end in the ordinary way.
constexpr Millis kLeaveTime{100};

std::int64_t microseconds(const timeval& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000 + time.tv_usec;
}

UniqueFd child_signal_fd() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  return UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

void drain(int fd) {
  char buffer[sizeof(signalfd_siginfo) * 8];
  while (::read(fd, buffer, sizeof buffer) > 0) {
  }
}

}  // namespace

Supervisor::Supervisor(const ShimSpec& spec, const JobCgroup& cgroup, int guard)
    : spec_(spec),
      cgroup_(cgroup),
      guard_(guard),
      child_signals_(child_signal_fd()),
      tree_limits_(spec.limits, cgroup) {}

ExitRecord Supervisor::supervise() {
  start();
  if (program_.pid > 0) {
    wait_for_end();
    leave_time();
    end_rest();
  }
  return record();
}

void Supervisor::start() {
  started_at_ = ended_at_ = Clock::now();
  program_ = start_program(spec_, cgroup_);
  // The program has its own copies; ours would keep the pipes from ending.
  ::dup2(0, 1);
  ::dup2(0, 2);
}

void Supervisor::wait_for_end() {
  while (!status_ && !is_to_be_killed()) {
    auto next = tree_limits_.next_look();
    if (stop_ == Stop::terminate) {
      if (Clock::now() >= kill_at_) return;
      next = next ? std::min(*next, kill_at_) : kill_at_;
    }
    wait_for_event(next);
    look_at_limits();
  }
}

void Supervisor::look_at_limits() {
  auto excess = status_ ? std::nullopt : tree_limits_.look();
  if (!excess) return;
  exceeded_ = std::move(*excess);
  stop_ = std::max(stop_, Stop::exceeded);
}

void Supervisor::leave_time() {
  const auto short_deadline = Clock::now() + kLeaveTime;
  while (status_ && !is_to_be_killed()) {
    if (reap()) return;
    // Who was sent SIGTERM has the whole grace to clean up.
    const auto deadline = stop_ == Stop::terminate ? kill_at_ : short_deadline;
    if (Clock::now() >= deadline) return;
    wait_for_event(deadline);
  }
}

void Supervisor::end_rest() {
  tree_seen_ = ::access("/proc/self/stat", R_OK) == 0;
  // So that a tree full of busy processes does not win; refused to ordinary users, which is no harm.
  ::setpriority(PRIO_PROCESS, 0, -10);
  const bool program_alive = !status_;
  const bool something_left = !reap();
  if (!tree_seen_ && something_left) ::kill(-program_.pid, SIGKILL);
  auto ended = end_own_descendants(
      kEndBound, [this] { return reap(); }, [this] { cgroup_.kill_all(); });
  if (program_alive) ended.found_alive.erase(program_.pid);
  leftover_killed_ = static_cast<int>(ended.found_alive.size());
  // A process that forks and exits all the time may die without having been seen in /proc.
  if (something_left && !program_alive) leftover_killed_ = std::max(leftover_killed_, 1);
  survivors_ = ended.survivors;
  // Whoever got out of the tree is still in the cgroup.
  const auto deadline = Clock::now() + Millis(2000);
  while (!cgroup_.remove_if_empty() && cgroup_.populated() && Clock::now() < deadline) {
    cgroup_.kill_all();
    ::poll(nullptr, 0, 2);
  }
  cgroup_.remove(Millis(500));
  take_start_messages();
}

void Supervisor::wait_for_event(std::optional<Clock::time_point> deadline) {
  int timeout = -1;
  if (deadline) {
    auto left = std::chrono::ceil<Millis>(*deadline - Clock::now());
    timeout = static_cast<int>(std::clamp<Millis::rep>(left.count(), 0, 3'600'000));
  }
  pollfd fds[] = {{child_signals_.get(), POLLIN, 0},
                  {kControlFd, POLLIN, 0},
                  {guard_, POLLIN, 0},
                  {program_.messages.get(), POLLIN, 0}};
  ::poll(fds, std::size(fds), timeout);
  if (fds[0].revents != 0) drain(child_signals_.get());
  if (fds[3].revents != 0) take_start_messages();
  reap();
  if (fds[1].revents != 0) take_requests();
  if (fds[2].revents != 0) ask(Stop::guard_lost);
}

void Supervisor::take_requests() {
  char request = 0;
  auto n = ::recv(kControlFd, &request, 1, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  ask(n == 1 && request == kTerminate ? Stop::terminate : Stop::kill);
}

void Supervisor::ask(Stop stop) {
  if (stop <= stop_) return;
  if (!status_) asked_before_end_ = true;
  stop_ = stop;
  if (stop != Stop::terminate) return;
  kill_at_ = Clock::now() + spec_.limits.grace;
  auto descendants = descendants_of(::getpid(), list_processes());
  signal_all(::getpid(), descendants, SIGTERM);
  // A stopped process takes its SIGTERM only when it goes on.
  signal_all(::getpid(), descendants, SIGCONT);
}

void Supervisor::take_start_messages() {
  if (!program_.messages.open()) return;
  StartMessage message;
  for (;;) {
    auto n = ::read(program_.messages.get(), &message, sizeof message);
    if (n == static_cast<ssize_t>(sizeof message)) {
      if (message.kind == StartMessage::failed) {
        start_failure_ = message;
      } else {
        limit_bits_ = message.value;
      }
    } else if (n == 0) {
      program_.messages.reset();
      return;
    } else {
      return;
    }
  }
}

bool Supervisor::reap() {
  for (;;) {
    int status = 0;
    pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid < 0) return errno == ECHILD;
    if (pid == 0) return false;
    if (pid != program_.pid) continue;
    status_ = status;
    ended_at_ = Clock::now();
  }
}

void Supervisor::describe_end(ExitRecord& out) const {
  if (program_.pid < 0 || start_failure_) {
    auto step = start_failure_ ? static_cast<StartStep>(start_failure_->value) : StartStep::fork;
    out.kind = RecordKind::could_not_start;
    out.code = start_failure_ ? start_failure_->error : program_.fork_error;
    auto problem = explain_start_failure(step, out.code, spec_.command);
    out.start_failure = problem.failure;
    out.text = std::move(problem.text);
  } else if (stop_ == Stop::guard_lost && asked_before_end_) {
    out.text = "the outer process of the shim was killed";
  } else if (!status_) {
    out.text = "the program could not be ended";
  } else if (WIFSIGNALED(*status_)) {
    out.kind = RecordKind::signalled;
    out.code = WTERMSIG(*status_);
  } else {
    out.kind = RecordKind::exited;
    out.code = WEXITSTATUS(*status_);
  }
}

ExitRecord Supervisor::record() const {
  ExitRecord out;
  describe_end(out);
  out.exceeded = exceeded_;
  out.asked = asked_before_end_;
  out.duration_us = std::chrono::duration_cast<std::chrono::microseconds>(ended_at_ - started_at_).count();
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  out.cpu_us = microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
  out.max_rss_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  out.leftover_killed = leftover_killed_;
  out.survivors = survivors_;
  out.enforced = limit_names(limit_bits_);
  if (tree_seen_) out.enforced.emplace_back("process_tree");
  for (const auto& name : tree_limits_.enforced()) out.enforced.push_back(name);
  return out;
}

}  // namespace tripled::exec
