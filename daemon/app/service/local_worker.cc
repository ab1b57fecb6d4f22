#include "daemon/app/service/local_worker.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "schema/base/text.h"

extern char** environ;

namespace tripled::app {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

fs::path find_worker(const fs::path& given) {
  if (!given.empty()) return given;
  std::error_code ec;
  auto beside = fs::read_symlink("/proc/self/exe", ec).parent_path() / "tripled-worker";
  if (!ec && fs::exists(beside, ec)) return beside;
  const char* path = std::getenv("PATH");
  for (const auto& dir : split(path ? path : "", ':'))
    if (fs::path candidate = fs::path(dir) / "tripled-worker"; fs::exists(candidate, ec)) return candidate;
  return {};
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return "was killed by signal " + std::to_string(WTERMSIG(status));
  return "ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

struct LocalWorker::Impl : std::enable_shared_from_this<LocalWorker::Impl> {
  explicit Impl(asio::io_context& io) : exit_watch(io), look_again(io) {}
  pid_t pid = -1;
  int pipe_end = -1;                          // its stdin; closing it ends the worker
  asio::posix::stream_descriptor exit_watch;  // a pidfd: readable when the process ended
  asio::steady_timer look_again;
  std::function<void(const std::string&)> ended;
  bool reaped = false;

  void watch() {
    exit_watch.async_wait(asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](boost::system::error_code ec) {
                            if (!ec) self->reap(WNOHANG);
                          });
  }

  // Beside the pidfd: where it wakes us a moment before the process can be waited for, or not at all, the end
  // of a worker must not go unseen.
  void poll() {
    look_again.expires_after(std::chrono::milliseconds(500));
    look_again.async_wait([self = shared_from_this()](boost::system::error_code ec) {
      if (!ec && !self->reap(WNOHANG)) self->poll();
    });
  }

  bool reap(int flags) {
    if (reaped) return true;
    int status = 0;
    if (::waitpid(pid, &status, flags) != pid) return false;
    reaped = true;
    if (ended) ended("the worker " + how_it_ended(status));
    return true;
  }
};

Result<std::unique_ptr<LocalWorker>> LocalWorker::start(asio::io_context& io, LocalWorkerOptions options,
                                                        std::function<void(const std::string&)> ended) {
  auto program = find_worker(options.program);
  if (program.empty())
    return Error(ErrorKind::tool,
                 "tripled-worker is neither beside this program nor on PATH: install both together");
  std::vector<std::string> args{program.string(),
                                "--daemon",
                                options.host + ":" + std::to_string(options.port),
                                "--name",
                                options.name,
                                "--slots",
                                std::to_string(options.slots),
                                "--cache",
                                options.cache.string(),
                                "--state",
                                options.state.string(),
                                "--exit-on-stdin-eof"};
  std::vector<std::string> env{"TRIPLED_WORKER_TOKEN=" + options.token};
  for (char** entry = environ; *entry; ++entry)
    if (std::strncmp(*entry, "TRIPLED_WORKER_TOKEN=", 21) != 0) env.emplace_back(*entry);
  auto pointers = [](std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (auto& t : texts) out.push_back(t.data());
    out.push_back(nullptr);
    return out;
  };
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return io_error("making a pipe", errno);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
  if (!options.log.empty())
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, options.log.c_str(),
                                       O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  // A group of its own: Ctrl-C reaches us alone, and we decide what the worker is told.
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  auto impl = std::make_shared<Impl>(io);
  int rc = ::posix_spawn(&impl->pid, program.c_str(), &actions, &attributes, pointers(args).data(),
                         pointers(env).data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  ::close(ends[0]);
  impl->pipe_end = ends[1];
  if (rc != 0) {
    ::close(ends[1]);
    return io_error("starting " + program.string(), rc);
  }
  impl->ended = std::move(ended);
  int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, impl->pid, 0));
  if (pidfd < 0) return io_error("watching the worker", errno);
  ::fcntl(pidfd, F_SETFD, FD_CLOEXEC);
  impl->exit_watch.assign(pidfd);
  impl->watch();
  impl->poll();
  return std::unique_ptr<LocalWorker>(new LocalWorker(std::move(impl)));
}

LocalWorker::~LocalWorker() {
  impl_->ended = nullptr;
  boost::system::error_code ignored;
  impl_->exit_watch.cancel(ignored);
  impl_->look_again.cancel();
  if (impl_->pipe_end >= 0) ::close(impl_->pipe_end);
  for (int i = 0; i < 100 && !impl_->reap(WNOHANG); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  if (!impl_->reaped) {
    ::kill(impl_->pid, SIGKILL);
    impl_->reap(0);
  }
}

pid_t LocalWorker::pid() const { return impl_->pid; }

}  // namespace tripled::app
