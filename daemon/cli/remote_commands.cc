#include "daemon/cli/remote_commands.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "daemon/cli/remote_answer.h"
#include "daemon/cli/send_sources.h"
#include "daemon/web/engine.h"
#include "schema/base/text.h"

namespace tripled::cli {
namespace {

namespace json = wire::json;

constexpr auto kLookAgain = std::chrono::seconds(1);
constexpr int kPatience = 300;  // looks in a row that may fail: a daemon that is started again comes back

void print_worker(const json::value& worker) {
  std::string state = worker.at("connected").as_bool() ? "connected" : "gone";
  if (worker.at("draining").as_bool()) state += ", draining";
  if (auto why = text_of(worker.at("quarantine")); !why.empty()) state += ", in quarantine: " + why;
  if (auto why = text_of(worker.at("refuses")); !why.empty()) state += ", takes nothing for now: " + why;
  std::printf("  %-20s %s of %s slots used, %s\n", text_of(worker.at("name")).c_str(),
              text_of(worker.at("used")).c_str(), text_of(worker.at("slots")).c_str(), state.c_str());
  for (const auto& [ability, why] : worker.at("lacks").as_object())
    std::printf("  %20s cannot %s: %s\n", "", std::string(ability).c_str(), text_of(why).c_str());
}

std::string subject(const json::value& batch) {
  auto cell = text_of(batch.at("cell"));
  return "sweep " + text_of(batch.at("sweep")) + " " + text_of(batch.at("kind")) +
         (cell.empty() ? "" : " " + cell);
}

int show_status(const json::value& status, const Terminal& terminal) {
  auto unhealthy = text_of(status.at("unhealthy"));
  if (!unhealthy.empty()) std::printf("%s\n", styled(terminal, Style::bad, unhealthy).c_str());
  if (status.at("draining").as_bool()) std::printf("draining: nothing is granted\n");
  auto section = [&](const char* name, const json::array& list) {
    std::printf(
        "%s\n",
        styled(terminal, Style::bold, std::string(name) + " (" + std::to_string(list.size()) + ")").c_str());
  };
  section("Workers", status.at("workers").as_array());
  for (const auto& worker : status.at("workers").as_array()) print_worker(worker);
  section("Running", status.at("running").as_array());
  for (const auto& batch : status.at("running").as_array())
    std::printf("  %s on %s\n", subject(batch).c_str(), text_of(batch.at("worker")).c_str());
  section("Waiting", status.at("waiting").as_array());
  for (const auto& batch : status.at("waiting").as_array()) {
    auto why = text_of(batch.at("why"));
    std::printf("  %s: %s\n", subject(batch).c_str(),
                batch.at("impossible").as_bool() ? styled(terminal, Style::warn, why).c_str() : why.c_str());
  }
  return unhealthy.empty() ? 0 : 3;
}

// --- a sweep elsewhere

// `request`: of the same plan.
web::Submission submission_of(const PlanArgs& plan, const app::MatrixRequest& request) {
  web::Submission out;
  out.matrix = request.text;
  out.file = request.file;
  out.directory = std::filesystem::path(request.file).parent_path().string();
  out.triples = plan.narrowing.triples;
  out.added = plan.narrowing.added;
  for (Stage stage : plan.narrowing.stages) out.stages.push_back(to_text(stage));
  out.packages = plan.narrowing.packages;
  out.tests = plan.narrowing.tests;
  out.only = plan.narrowing.only;
  return out;
}

// What of the sweep runs and how much of it waits, in one line.
std::string progress(const json::value& status, const std::string& sweep) {
  std::vector<std::string> now;
  std::size_t waiting = 0;
  for (const auto& batch : status.at("running").as_array())
    if (text_of(batch.at("sweep")) == sweep)
      now.push_back(text_of(batch.at("kind")) + " " + text_of(batch.at("cell")));
  for (const auto& batch : status.at("waiting").as_array()) waiting += text_of(batch.at("sweep")) == sweep;
  return std::to_string(now.size()) + " running" + (now.empty() ? "" : ": " + join(now, ", ")) + "; " +
         std::to_string(waiting) + " waiting";
}

}  // namespace

std::string text_of(const json::value& value) {
  if (value.is_string()) return std::string(value.as_string());
  return value.is_null() ? "" : json::serialize(value);
}

Result<std::string> newest_sweep(const Remote& remote) {
  TRIPLED_ASSIGN(auto newest, remote.json("GET", "/api/v1/sweeps?limit=1"));
  if (newest.at("sweeps").as_array().empty()) return usage_error("no sweep is stored there yet");
  return text_of(newest.at("sweeps").at(0).at("id"));
}

Result<int> follow(const Remote& remote, std::int64_t sweep, const Terminal& terminal) {
  std::string shown;
  // The list has a row of it; its report may be large.
  const auto row = "/api/v1/sweeps?limit=1&before=" + std::to_string(sweep + 1);
  for (int failures = 0;;) {
    auto status = remote.json("GET", "/api/v1/status");
    auto list = status ? remote.json("GET", row) : status;
    if (!list && ++failures > kPatience) return list.error();
    if (list) {
      failures = 0;
      auto line = progress(*status, std::to_string(sweep));
      if (line != shown)
        std::fprintf(stderr, "%s\n", verb_line(terminal, Style::info, "Sweeping", line).c_str());
      shown = line;
      const auto& found = list->at("sweeps").at(0);
      if (!found.at("finished_at").is_null()) return found.at("exit_status").to_number<int>();
    }
    std::this_thread::sleep_for(kLookAgain);
  }
}

int run_status(const RemoteCommand& command) {
  auto terminal = describe_terminal(STDOUT_FILENO, command.colour);
  return with_answer(command, "GET", "/api/v1/status", "",
                     [&](const json::value& status) { return show_status(status, terminal); });
}

int run_cancel(const CancelCommand& command) {
  auto target =
      "/api/v1/sweeps/" + percent_encoded(command.sweep) + "/cancel" + (command.now ? "?now=true" : "");
  return with_answer(command.common, "POST", target, "", [&](const json::value&) {
    std::printf("sweep %s: %s\n", command.sweep.c_str(),
                command.now ? "what runs is killed" : "what runs ends, nothing more begins");
    return 0;
  });
}

static std::string moment_of(const std::string& text) {
  auto ago = parse_duration(text);
  return ago ? format_timestamp(unix_now_ms() - ago->count()) : text;
}

static int void_worker(const WorkerCommand& command) {
  json::object body{{"since", moment_of(command.since)}};
  if (!command.until.empty()) body["until"] = moment_of(command.until);
  const auto target = "/api/v1/workers/" + percent_encoded(command.worker) + "/void";
  return with_answer(command.common, "POST", target, json::serialize(body), [&](const json::value& answer) {
    std::printf("%s: %s more attempts are void\n", command.worker.c_str(),
                text_of(answer.at("attempts")).c_str());
    for (const auto& cell : answer.at("reopened").as_array())
      std::printf("  sweep %s %s is tried again\n", text_of(cell.at("sweep")).c_str(),
                  text_of(cell.at("cell")).c_str());
    for (const auto& cell : answer.at("left").as_array())
      std::printf("  sweep %s %s keeps its verdict: %s\n", text_of(cell.at("sweep")).c_str(),
                  text_of(cell.at("cell")).c_str(), text_of(cell.at("why")).c_str());
    return 0;
  });
}

int run_worker(const WorkerCommand& command) {
  if (command.change == "void") return void_worker(command);
  if (command.worker.empty())
    return with_answer(command.common, "GET", "/api/v1/workers", "", [](const json::value& answer) {
      for (const auto& worker : answer.at("workers").as_array()) print_worker(worker);
      return 0;
    });
  auto target = "/api/v1/workers/" + percent_encoded(command.worker) + "/" + command.change;
  return with_answer(command.common, "POST", target, "", [&](const json::value&) {
    std::printf("%s: %s\n", command.worker.c_str(), command.change.c_str());
    return 0;
  });
}

static int list_tokens(const json::value& answer) {
  for (const auto& token : answer.at("tokens").as_array())
    std::printf(
        "%-24s %-10s made %s%s\n", text_of(token.at("name")).c_str(), text_of(token.at("role")).c_str(),
        text_of(token.at("created_at")).c_str(),
        token.at("revoked_at").is_null() ? "" : (", revoked " + text_of(token.at("revoked_at"))).c_str());
  for (const auto& one : answer.at("enrolments").as_array()) {
    auto worker = text_of(one.at("worker")), used_by = text_of(one.at("used_by"));
    std::printf("%-24s %-10s made %s, %s\n", ("enrolment=" + text_of(one.at("id"))).c_str(),
                worker.empty() ? "any worker" : worker.c_str(), text_of(one.at("created_at")).c_str(),
                used_by.empty() ? text_of(one.at("state")).c_str() : ("used by " + used_by).c_str());
  }
  return 0;
}

static std::string target_to_revoke(const std::string& name) {
  constexpr std::string_view enrolment = "enrolment=";
  if (name.starts_with(enrolment))
    return "/api/v1/enrolments/" + percent_encoded(name.substr(enrolment.size()));
  return "/api/v1/tokens/" + percent_encoded(name);
}

int run_token(const TokenCommand& command) {
  const auto print_token = [](const json::value& made) {
    std::printf("%s\n", text_of(made.at("token")).c_str());  // alone, for a script to keep
    return 0;
  };
  if (command.action == "add") {
    json::object body{{"name", command.name}, {"role", command.role}};
    return with_answer(command.common, "POST", "/api/v1/tokens", json::serialize(body), print_token);
  }
  if (command.action == "enrol") {
    json::object body{{"worker", command.name}, {"pool", command.pool}, {"expires", command.expires}};
    return with_answer(command.common, "POST", "/api/v1/enrolments", json::serialize(body), print_token);
  }
  if (command.action == "revoke")
    return with_answer(command.common, "DELETE", target_to_revoke(command.name), "",
                       [](const json::value&) { return 0; });
  return with_answer(command.common, "GET", "/api/v1/tokens", "", list_tokens);
}

int run_remote_report(const RemoteCommand& command, const std::string& sweep, const std::string& format) {
  auto remote = Remote::open(command.remote);
  if (!remote) return report_error(remote.error(), command.colour);
  auto id = sweep;
  if (id.empty()) {
    auto newest = newest_sweep(*remote);
    if (!newest) return report_error(newest.error(), command.colour);
    id = *newest;
  }
  auto text =
      remote->text("GET", "/api/v1/sweeps/" + percent_encoded(id) + "?format=" + percent_encoded(format));
  if (!text) return report_error(text.error(), command.colour);
  std::fputs(text->c_str(), stdout);
  return 0;
}

int run_remote_sweep(const RemoteSweepCommand& command) {
  const auto& colour = command.common.colour;
  auto remote = Remote::open(command.common.remote);
  if (!remote) return report_error(remote.error(), colour);
  if (command.plan.matrix.empty()) return report_error(usage_error("--server needs a matrix file"), colour);
  auto request = load(command.plan);  // typos are found before anything is sent
  if (!request) return report_error(request.error(), colour);
  auto submission = submission_of(command.plan, *request);
  auto terminal = describe_terminal(STDERR_FILENO, colour);
  if (!command.in_place && !request->matrix.project.source.path.empty()) {
    auto upload = send_sources(*remote, *request, command.paths, terminal);
    if (!upload) return report_error(upload.error(), colour);
    submission.upload = std::move(upload).value();
  }
  auto created = remote->json("POST", "/api/v1/sweeps", json::serialize(wire::to_json(submission)));
  if (!created) return report_error(created.error(), colour);
  auto id = text_of(created->at("id"));
  std::fprintf(stderr, "%s\n", verb_line(terminal, Style::info, "Begun", "sweep " + id).c_str());
  if (command.detach) {
    std::printf("%s\n", id.c_str());
    return 0;
  }
  auto status = follow(*remote, std::stoll(id), terminal);
  if (!status) return report_error(status.error(), colour);
  int shown = run_remote_report(command.common, id, command.common.json ? "json" : "text");
  return shown == 0 ? *status : shown;
}

}  // namespace tripled::cli
