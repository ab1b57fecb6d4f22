// `tripled logs --server`: the stored logs of a cell, and with -f what it does until they are there.
#include <unistd.h>

#include <chrono>
#include <set>
#include <thread>

#include "daemon/cli/log_text.h"
#include "daemon/cli/remote_answer.h"
#include "schema/base/text.h"

namespace tripled::cli {
namespace {

namespace json = wire::json;

constexpr auto kLookAgain = std::chrono::seconds(1);

bool is_over(const json::value& job) {
  auto state = text_of(job.at("state"));
  return state == "done" || state == "skipped" || state == "cancelled";
}

class RemoteLogs {
 public:
  RemoteLogs(const Remote& remote, const RemoteLogsCommand& command, std::string sweep)
      : remote_(remote), command_(command), number_(std::move(sweep)) {}

  // Prints what is there and was not printed yet; whether everything is over.
  Result<bool> look() {
    bool over = true;
    TRIPLED_ASSIGN(json::array jobs, this->jobs());
    for (const auto& job : jobs) {
      over = over && is_over(job);
      TRIPLED_ASSIGN(json::value known, remote_.json("GET", "/api/v1/jobs/" + text_of(job.at("id"))));
      for (const auto& attempt : known.at("attempts").as_array()) TRIPLED_TRY(print(job, attempt));
    }
    return over;
  }
  // What a worker last said of the cell's running jobs, on standard error.
  Status progress(const Terminal& terminal) {
    TRIPLED_ASSIGN(json::value status, remote_.json("GET", "/api/v1/status"));
    for (const auto& batch : status.at("running").as_array()) {
      if (text_of(batch.at("cell")) != command_.cell || text_of(batch.at("sweep")) != number_) continue;
      auto line = text_of(batch.at("kind")) + ": " + text_of(batch.at("progress"));
      if (std::exchange(said_, line) == line || text_of(batch.at("progress")).empty()) continue;
      std::fprintf(stderr, "%s\n", verb_line(terminal, Style::info, "Running", line).c_str());
    }
    return {};
  }
  bool printed_any() const { return !printed_.empty(); }
  json::array take() { return std::move(logs_); }

 private:
  Result<json::array> jobs() const {
    auto target = "/api/v1/sweeps/" + percent_encoded(number_) +
                  (command_.cell.empty() ? "/preparation" : "/cells/" + percent_encoded(command_.cell));
    TRIPLED_ASSIGN(json::value answer, remote_.json("GET", target));
    json::array out;
    for (const auto& job : answer.at("jobs").as_array())
      if (command_.stage.empty() || text_of(job.at("stage")) == command_.stage) out.push_back(job);
    if (out.empty()) return usage_error("there is no job of that stage");
    return out;
  }
  Status print(const json::value& job, const json::value& attempt) {
    auto id = text_of(attempt.at("id"));
    if (!attempt.at("log").as_bool() || !printed_.insert(id).second) return {};
    TRIPLED_ASSIGN(std::string frame, remote_.text("GET", "/api/v1/attempts/" + id + "/log?raw=true"));
    TRIPLED_ASSIGN(std::string text, unpack_log(frame));
    const bool of_cell = !job.at("cell").is_null();
    const auto subject = text_of(job.at(of_cell ? "cell" : "kind"));
    const auto stage = text_of(job.at(of_cell ? "stage" : "setup_key"));
    if (command_.common.json) {
      logs_.push_back(
          {{"subject", subject}, {"stage", stage}, {"attempt", attempt}, {"text", to_valid_utf8(text)}});
      return {};
    }
    auto heading = log_heading(subject, stage, attempt.at("shard").to_number<std::int64_t>(),
                               attempt.at("n").to_number<std::int64_t>(), text_of(attempt.at("reason")));
    std::fputs(heading.c_str(), stdout);
    print_log(text, command_.raw);
    std::fflush(stdout);
    return {};
  }

  const Remote& remote_;
  const RemoteLogsCommand& command_;
  const std::string number_;
  std::set<std::string> printed_;  // attempts
  std::string said_;
  json::array logs_;
};

Status show(const RemoteLogsCommand& command) {
  TRIPLED_ASSIGN(Remote remote, Remote::open(command.common.remote));
  auto sweep = command.sweep;
  if (sweep.empty()) {
    TRIPLED_ASSIGN(sweep, newest_sweep(remote));
  }
  RemoteLogs logs(remote, command, sweep);
  auto terminal = describe_terminal(STDERR_FILENO, command.common.colour);
  for (;;) {
    TRIPLED_ASSIGN(bool over, logs.look());
    if (over || !command.follow) break;
    TRIPLED_TRY(logs.progress(terminal));
    std::this_thread::sleep_for(kLookAgain);
  }
  if (!logs.printed_any()) return usage_error("no log is stored for that");
  if (command.common.json) std::fputs(wire::pretty(logs.take()).c_str(), stdout);
  return {};
}

}  // namespace

int run_remote_logs(const RemoteLogsCommand& command) {
  auto shown = show(command);
  return shown ? 0 : report_error(shown.error(), command.common.colour);
}

}  // namespace tripled::cli
