#include "workers/exec/process.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "schema/base/failpoint.h"
#include "schema/base/size.h"
#include "workers/exec/shim_process.h"

namespace tripled::exec {
namespace {

using Clock = std::chrono::steady_clock;

// After the program's end its output may still be in the pipes: this long without a byte is enough, and so is
// the other in all. Usually end of file comes at once, since every writer is dead.
constexpr Millis kDrainSilence{200};
constexpr Millis kDrainBound{5000};
// What the shim may need to end everything once it has been asked to kill; more than kEndBound of
// supervisor.h.
constexpr Millis kShimBound{30'000};

bool has(std::string_view text, char c) { return text.find(c) != std::string_view::npos; }

Status check(const Command& command) {
  if (command.argv.empty() || !command.argv.front().starts_with('/'))
    return usage_error("running a program: argv[0] has to be an absolute path, not `" +
                       (command.argv.empty() ? std::string() : command.argv.front()) + "`");
  for (const auto& argument : command.argv)
    if (has(argument, '\0')) return usage_error("running " + command.argv.front() + ": NUL in an argument");
  for (const auto& [name, value] : command.env)
    if (name.empty() || has(name, '=') || has(name, '\0') || has(value, '\0'))
      return usage_error("running " + command.argv.front() + ": impossible environment variable `" + name +
                         "`");
  if (!command.cwd.empty() && (!command.cwd.is_absolute() || has(command.cwd.native(), '\0')))
    return usage_error("running " + command.argv.front() +
                       ": the working directory has to be absolute, not `" + command.cwd.string() + "`");
  return {};
}

// A century given for "never" must not overflow a time point.
Limits bounded(Limits limits) {
  static constexpr Millis kYear = std::chrono::hours(24 * 365);
  auto bound = [](Millis time) { return std::clamp(time, Millis(0), kYear); };
  if (limits.timeout) limits.timeout = bound(*limits.timeout);
  if (limits.no_output_timeout) limits.no_output_timeout = bound(*limits.no_output_timeout);
  limits.grace = bound(limits.grace);
  return limits;
}

// One run(), from the shim's start to its record.
class Watch {
 public:
  Watch(ShimProcess shim, const Command& command, const Limits& limits, OutputSink& sink, CancelToken& cancel)
      : shim_(std::move(shim)), command_(command), limits_(limits), sink_(sink), cancel_(cancel) {}

  Result<ProcessResult> until_end() {
    started_at_ = last_output_ = Clock::now();
    while (!done()) {
      if (report_ended_ && !record_) {
        shim_.destroy();
        return shim_gone("both its processes were killed");
      }
      if (stuck_at_ && !record_ && Clock::now() >= *stuck_at_) {
        shim_.destroy();
        return shim_gone("it did not answer any more");
      }
      apply_cancel();
      apply_deadlines();
      wait_and_read();
    }
    if (record_->kind == RecordKind::lost) {
      shim_.destroy();
      return shim_gone(record_->text);
    }
    shim_.finish();
    return result();
  }

 private:
  bool done() const {
    if (!record_) return false;
    if (!shim_.out().open() && !shim_.err().open()) return true;
    const auto now = Clock::now();
    return now >= std::max(record_at_, last_output_) + kDrainSilence || now >= record_at_ + kDrainBound;
  }

  Error shim_gone(const std::string& how) const {
    return Error(ErrorKind::tool, "the shim of " + command_.argv.front() + " was lost: " + how);
  }

  void stop(OutcomeKind why, bool now) {
    if (record_) return;
    if (!stopped_as_) stopped_as_ = why;
    if (now ? kill_sent_ : term_sent_) return;
    shim_.request(now ? kKill : kTerminate);
    term_sent_ = true;
    kill_sent_ = kill_sent_ || now;
    stuck_at_ = Clock::now() + kShimBound + (now ? Millis(0) : limits_.grace);
  }

  void apply_cancel() {
    if (cancel_.cancelled_now() && !kill_sent_) stop(OutcomeKind::cancelled, true);
    if (cancel_.cancelled() && !term_sent_) stop(OutcomeKind::cancelled, false);
  }

  void apply_deadlines() {
    if (stopped_as_) return;
    const auto now = Clock::now();
    if (limits_.timeout && now >= started_at_ + *limits_.timeout) {
      stop(OutcomeKind::timed_out, false);
    } else if (limits_.no_output_timeout && now >= last_output_ + *limits_.no_output_timeout) {
      stop(OutcomeKind::no_output, false);
    }
  }

  // Until the next thing that may have to be done; at most a while, since a CancelToken may have no
  // descriptor.
  int poll_timeout() const {
    const auto now = Clock::now();
    auto next = now + Millis(cancel_.now_fd() >= 0 && cancel_.asked_fd() >= 0 ? 60'000 : 100);
    auto earlier = [&next](Clock::time_point time) { next = std::min(next, time); };
    if (record_)
      earlier(std::min(std::max(record_at_, last_output_) + kDrainSilence, record_at_ + kDrainBound));
    if (stuck_at_ && !record_) earlier(*stuck_at_);
    if (!stopped_as_ && !record_ && limits_.timeout) earlier(started_at_ + *limits_.timeout);
    if (!stopped_as_ && !record_ && limits_.no_output_timeout)
      earlier(last_output_ + *limits_.no_output_timeout);
    return static_cast<int>(std::max<Millis::rep>(std::chrono::ceil<Millis>(next - now).count(), 0));
  }

  void wait_and_read() {
    pollfd fds[] = {{shim_.out().get(), POLLIN, 0},
                    {shim_.err().get(), POLLIN, 0},
                    {report_ended_ ? -1 : shim_.report().get(), POLLIN, 0},
                    {kill_sent_ || record_ ? -1 : cancel_.now_fd(), POLLIN, 0},
                    {term_sent_ || record_ ? -1 : cancel_.asked_fd(), POLLIN, 0}};
    if (::poll(fds, std::size(fds), poll_timeout()) < 0) return;  // EINTR
    if (fds[0].revents != 0) read_output(shim_.out(), &OutputSink::on_stdout);
    if (fds[1].revents != 0) read_output(shim_.err(), &OutputSink::on_stderr);
    if (fds[2].revents != 0) read_report();
  }

  // One buffer a turn, so that a flood keeps neither the other stream nor a deadline waiting.
  void read_output(UniqueFd& fd, void (OutputSink::*deliver)(std::string_view)) {
    auto n = ::read(fd.get(), buffer_.data(), buffer_.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (n <= 0) {
      fd.reset();
      return;
    }
    last_output_ = Clock::now();
    (sink_.*deliver)(std::string_view(buffer_.data(), static_cast<std::size_t>(n)));
  }

  void read_report() {
    char bytes[4096];
    auto n = ::read(shim_.report().get(), bytes, sizeof bytes);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (n <= 0) {
      report_ended_ = true;
      return;
    }
    if (record_) return;
    report_.append(bytes, static_cast<std::size_t>(n));
    auto end = report_.find('\n');
    if (end == std::string::npos) return;
    auto record = parse_record(std::string_view(report_).substr(0, end));
    if (!record) {
      record_.emplace().text = record.error().message();
    } else {
      record_ = std::move(*record);
    }
    record_at_ = Clock::now();
  }

  ProcessResult result() const {
    ProcessResult out;
    out.code = record_->code;
    switch (record_->kind) {
      case RecordKind::exited:
        out.kind = OutcomeKind::exited;
        break;
      case RecordKind::signalled:
        out.kind = OutcomeKind::signalled;
        break;
      case RecordKind::could_not_start:
        out.kind = OutcomeKind::could_not_start;
        break;
      case RecordKind::lost:
        break;
    }
    // A program that had ended before our request reached it was not ended by us.
    if (stopped_as_ && record_->asked && out.kind != OutcomeKind::could_not_start) {
      if (out.kind == OutcomeKind::exited) out.code = 0;
      out.kind = *stopped_as_;
    }
    out.start_failure = record_->start_failure;
    out.start_error = record_->text;
    out.exceeded = record_->exceeded;
    if (out.kind == OutcomeKind::signalled && out.code == SIGXFSZ && limits_.file_size)
      out.exceeded = "it wrote a file larger than " + format_size(*limits_.file_size);
    out.duration = std::chrono::duration_cast<Millis>(std::chrono::microseconds(record_->duration_us));
    out.cpu = std::chrono::duration_cast<Millis>(std::chrono::microseconds(record_->cpu_us));
    out.max_rss_bytes = record_->max_rss_bytes;
    out.leftover_killed = record_->leftover_killed;
    out.survivors = record_->survivors;
    out.limits_enforced = record_->enforced;
    if (limits_.timeout) out.limits_enforced.emplace_back("timeout");
    if (limits_.no_output_timeout) out.limits_enforced.emplace_back("no_output_timeout");
    return out;
  }

  ShimProcess shim_;
  const Command& command_;
  const Limits limits_;
  OutputSink& sink_;
  CancelToken& cancel_;
  std::vector<char> buffer_ = std::vector<char>(1 << 16);
  std::string report_;
  std::optional<ExitRecord> record_;
  std::optional<OutcomeKind> stopped_as_;
  std::optional<Clock::time_point> stuck_at_;
  Clock::time_point started_at_;
  Clock::time_point last_output_;
  Clock::time_point record_at_;
  bool report_ended_ = false;
  bool term_sent_ = false;
  bool kill_sent_ = false;
};

}  // namespace

Result<ProcessResult> run(const Command& command, const Limits& limits, OutputSink& sink, CancelToken& cancel,
                          const ShimPath& shim) {
  TRIPLED_TRY(check(command));
  if (cancel.cancelled()) {
    ProcessResult result;
    result.kind = OutcomeKind::cancelled;
    return result;
  }
  const auto used = bounded(limits);
  failpoint("worker.before_spawn");
  TRIPLED_ASSIGN(auto process, ShimProcess::start(ShimSpec{::getpid(), command, used}, shim));
  failpoint("worker.spawned");
  return Watch(std::move(process), command, used, sink, cancel).until_end();
}

}  // namespace tripled::exec
