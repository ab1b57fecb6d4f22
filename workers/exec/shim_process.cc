#include "workers/exec/shim_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string_view>

#include "workers/exec/job_cgroup.h"
#include "workers/exec/orphan_hunt.h"
#include "workers/exec/process_tree.h"
#include "workers/exec/program_start.h"
#include "workers/exec/shim.h"

namespace tripled::exec {
namespace {

using Clock = std::chrono::steady_clock;
constexpr const char* kSelf = "/proc/self/exe";

// Above the shim's fixed descriptors, so that dup2 in the child never overwrites one that is still to be
// moved.
Status move_up(UniqueFd& fd) {
  if (fd.get() > kSpecFd) return {};
  int moved = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, kSpecFd + 1);
  if (moved < 0) return io_error("shim: fcntl", errno);
  fd.reset(moved);
  return {};
}

Result<UniqueFd> spec_file(const ShimSpec& spec) {
  UniqueFd fd(::memfd_create("tripled-shim", MFD_CLOEXEC));
  if (!fd.open()) return io_error("shim: memfd_create", errno);
  auto bytes = encode_spec(spec);
  std::string_view left = bytes;
  while (!left.empty()) {
    auto n = ::write(fd.get(), left.data(), left.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("shim: writing the spec", errno);
    left.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::lseek(fd.get(), 0, SEEK_SET) != 0) return io_error("shim: lseek", errno);
  return fd;
}

// What the child gets; closed in the worker as soon as the shim runs.
struct ChildEnds {
  UniqueFd out, err, control, report, spec;

  Status move_all_up() {
    for (auto* fd : {&out, &err, &control, &report, &spec}) TRIPLED_TRY(move_up(*fd));
    return {};
  }
};

class SpawnSettings {
 public:
  explicit SpawnSettings(const ChildEnds& ends) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, ends.out.get(), 1);
    ::posix_spawn_file_actions_adddup2(&actions_, ends.err.get(), 2);
    ::posix_spawn_file_actions_adddup2(&actions_, ends.control.get(), kControlFd);
    ::posix_spawn_file_actions_adddup2(&actions_, ends.report.get(), kReportFd);
    ::posix_spawn_file_actions_adddup2(&actions_, ends.spec.get(), kSpecFd);
    // Own session, every signal blocked from the first instruction: a Ctrl-C at the terminal must not hit the
    // shim.
    sigset_t all;
    sigfillset(&all);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setsigmask(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_,
                               POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  int spawn(pid_t& pid, const ShimPath& shim, const std::string& program) const {
    std::string name = shim.name.string();
    std::string word = "shim";
    auto label = program;
    char* argv[] = {name.data(), word.data(), label.data(), nullptr};
    // The job's environment (LD_LIBRARY_PATH …) is for the job, not for the shim.
    char* envp[] = {nullptr};
    return ::posix_spawn(&pid, shim.executable.c_str(), &actions_, &attributes_, argv, envp);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// Looked up once: a worker is not moved to another cgroup while jobs run.
const std::string& cgroup_home() {
  static const std::string home = JobCgroup::home();
  return home;
}

void set_nonblocking(const UniqueFd& fd) { ::fcntl(fd.get(), F_SETFL, O_NONBLOCK); }

}  // namespace

ShimPath ShimPath::self() {
  std::error_code error;
  auto target = std::filesystem::read_symlink(kSelf, error);
  return {kSelf, error ? std::filesystem::path(kSelf) : target};
}

ShimPath ShimPath::small() {
  static UniqueFd held;
  static const ShimPath found = [] {
    auto whole = self();
    for (const char* place :
         {"tripled-shim", "../workers/exec/tripled-shim", "../libexec/tripled/tripled-shim"}) {
      auto file = whole.name.parent_path() / place;
      UniqueFd fd(::open(file.c_str(), O_PATH | O_CLOEXEC));
      if (!fd.open() || ::access(file.c_str(), X_OK) != 0 || !move_up(fd)) continue;
      held = std::move(fd);
      return ShimPath{"/proc/self/fd/" + std::to_string(held.get()), file.lexically_normal()};
    }
    return whole;
  }();
  return found;
}

Result<ShimProcess> ShimProcess::start(ShimSpec spec, const ShimPath& shim) {
  if (shim.executable == kSelf && !can_be_shim())
    return Error(ErrorKind::internal, "shim: main() of this program does not call dispatch_shim()");
  auto out = Pipe::make();
  auto err = Pipe::make();
  auto report = Pipe::make();
  int sockets[2] = {-1, -1};
  if (!out.read.open() || !err.read.open() || !report.read.open() ||
      ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
    return io_error("shim: creating pipes", errno);
  ShimProcess process;
  process.control_.reset(sockets[0]);
  ChildEnds ends{
      std::move(out.write), std::move(err.write), UniqueFd(sockets[1]), std::move(report.write), {}};
  spec.cgroups = cgroup_home();
  TRIPLED_ASSIGN(ends.spec, spec_file(spec));
  TRIPLED_TRY(ends.move_all_up());
  process.out_ = std::move(out.read);
  process.err_ = std::move(err.read);
  process.report_ = std::move(report.read);
  for (auto* fd : {&process.out_, &process.err_, &process.report_}) set_nonblocking(*fd);
  int error = 0;
  process.pid_ = spawn_known([&] {
    pid_t pid = -1;
    error = SpawnSettings(ends).spawn(pid, shim, spec.command.argv.front());
    return error == 0 ? pid : -1;
  });
  if (process.pid_ < 0)
    return Error(ErrorKind::tool, io_error("starting the shim " + shim.executable.string(), error).message());
  return process;
}

ShimProcess::ShimProcess(ShimProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      control_(std::move(other.control_)),
      out_(std::move(other.out_)),
      err_(std::move(other.err_)),
      report_(std::move(other.report_)) {}

ShimProcess::~ShimProcess() {
  if (pid_ <= 0) return;
  request(kKill);
  finish();
}

void ShimProcess::request(char letter) {
  // A shim that is gone needs no request; its report says so.
  if (control_.open()) ::send(control_.get(), &letter, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  wake();
}

void ShimProcess::wake() {
  if (pid_ > 0) ::kill(pid_, SIGCONT);
}

void ShimProcess::destroy() {
  if (pid_ <= 0) return;
  const auto cgroup = JobCgroup::existing(pid_, cgroup_home());
  cgroup.kill_all();
  end_tree(pid_, Millis(10'000));
  finish();
  end_orphans(Millis(10'000));
  cgroup.remove(Millis(1000));
}

void ShimProcess::finish() {
  if (pid_ <= 0) return;
  out_.reset();
  err_.reset();
  wake();
  // Both processes of the shim hold the other end: end of file means that they are gone. Longer than they may
  // need.
  const auto deadline = Clock::now() + Millis(40'000);
  while (report_.open() && Clock::now() < deadline) {
    pollfd fd{report_.get(), POLLIN, 0};
    if (::poll(&fd, 1, 1000) <= 0) continue;
    char buffer[4096];
    auto n = ::read(report_.get(), buffer, sizeof buffer);
    if (n == 0) report_.reset();
  }
  if (report_.open()) end_tree(pid_, Millis(5000));
  control_.reset();
  wait_known(pid_);
  pid_ = -1;
}

}  // namespace tripled::exec
