#include "daemon/app/triggers/triggers.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "daemon/app/triggers/project_request.h"

namespace tripled::app {

namespace {

constexpr std::chrono::milliseconds kLongestWait{30'000}, kShortestWait{50};
constexpr Millis kDefaultCatchUpAge = std::chrono::hours(24);

wire::json::object detail_of(const store::ScheduleRow& schedule) {
  wire::json::object out;
  if (schedule.id != 0) out["schedule"] = std::to_string(schedule.id);
  out["project"] = schedule.project;
  out["cron"] = schedule.cron;
  out["zone"] = schedule.zone;
  out["enabled"] = schedule.enabled;
  return out;
}

}  // namespace

Triggers::Triggers(boost::asio::io_context& io, Core& core, const config::ServiceSettings& settings,
                   TriggerHooks hooks)
    : io_(io), core_(core), settings_(settings), hooks_(std::move(hooks)), timer_(io) {}

void Triggers::start() { arm(kShortestWait); }
void Triggers::look_soon() { arm(kShortestWait); }

void Triggers::stop() {
  stopped_ = true;
  timer_.cancel();
}

void Triggers::arm(std::chrono::milliseconds wait) {
  if (stopped_) return;
  timer_.expires_after(std::clamp(wait, kShortestWait, kLongestWait));
  timer_.async_wait([this](boost::system::error_code ec) {
    if (!ec && !stopped_) look();
  });
}

void Triggers::look() {
  auto wait = kLongestWait;
  auto reader = store::Reader::open(core_.database());
  auto schedules = reader ? reader->schedules() : Result<std::vector<store::ScheduleRow>>(reader.error());
  auto projects =
      reader ? reader->project_settings() : Result<std::vector<store::ProjectSettingsRow>>(reader.error());
  if (!schedules || !projects) {
    spdlog::warn("schedules: {}", (schedules ? projects.error() : schedules.error()).message());
    return arm(wait);
  }
  const auto now = unix_now_ms();
  for (const auto& schedule : *schedules)
    if (schedule.enabled) look_at(schedule, *reader, now, wait);
  for (const auto& project : *projects)
    if (project.settings.poll) look_at(project, wait);
  arm(wait);
}

void Triggers::request(const store::ProjectSettings& project, const std::string& ref, const std::string& base,
                       std::function<void(Result<MatrixRequest>, GitAnswer)> done) {
  auto finish = [this, project, ref, done](const GitAnswer& git) {
    auto request = project_request(project, settings_, git);
    if (request) request->ref = project.git.empty() ? "" : ref;
    done(std::move(request), git);
  };
  if (project.git.empty()) return finish({});
  auto worker = core_.idlest_worker("default");
  if (worker.empty()) return done(Error(ErrorKind::tool, "no worker is connected that takes work"), {});
  GitQuestion question{project.git, {}, ref, project.matrix_path, base};
  core_.ask(worker, "git", wire::to_json(question), [this, finish, done](Result<wire::json::value> answer) {
    if (stopped_) return;
    GitAnswer git;
    Status read = answer ? wire::from_json(*answer, git) : Status(answer.error());
    if (!read) return done(read.error(), {});
    finish(git);
  });
}

// --- people

Status Triggers::put_project(store::ProjectSettings settings, bool replace, const std::string& who) {
  TRIPLED_TRY(check_project(settings, settings_));
  TRIPLED_ASSIGN(auto reader, store::Reader::open(core_.database()));
  TRIPLED_ASSIGN(auto known, reader.project_settings(settings.name));
  if (known && !replace)
    return Error(ErrorKind::conflict, "there is a project `" + settings.name + "` already");
  if (!known && replace) return usage_error("there is no project `" + settings.name + "`");
  bool elsewhere = known && known->settings.git != settings.git;
  auto write = [settings, elsewhere](store::Transaction& tx) -> Status {
    if (elsewhere) TRIPLED_TRY(tx.forget_polls(settings.name));  // what was seen there says nothing here
    return tx.put_project_settings(settings, unix_now_ms());
  };
  TRIPLED_TRY(hooks_.write_audited(who, replace ? "change project" : "add project",
                                   {{"project", settings.name}}, write));
  core_.limit_project(settings.name, settings.slots.value_or(0));
  next_poll_.erase(settings.name);
  look_soon();
  return {};
}

Status Triggers::remove_project(const std::string& name, const std::string& who) {
  TRIPLED_TRY(
      hooks_.write_audited(who, "remove project", {{"project", name}},
                           [name](store::Transaction& tx) { return tx.remove_project_settings(name); }));
  core_.limit_project(name, 0);
  next_poll_.erase(name);
  return {};
}

Result<store::ScheduleId> Triggers::put_schedule(store::ScheduleRow schedule, const std::string& who) {
  TRIPLED_TRY(config::parse_cron(schedule.cron));
  TRIPLED_TRY(config::TimeZone::find(schedule.zone));
  TRIPLED_ASSIGN(auto reader, store::Reader::open(core_.database()));
  if (schedule.id != 0) {
    TRIPLED_ASSIGN(auto known, reader.schedule(schedule.id));
    if (!known) return usage_error("there is no schedule " + std::to_string(schedule.id));
    schedule.project = known->project;  // a schedule does not move
  }
  TRIPLED_ASSIGN(auto project, reader.project_settings(schedule.project));
  if (!project) return usage_error("there is no project `" + schedule.project + "`");
  if (project->settings.git.empty() && !schedule.ref.empty())
    return usage_error("`ref` belongs to a project that is a repository");
  if (schedule.catch_up_ms <= 0) schedule.catch_up_ms = kDefaultCatchUpAge.count();
  schedule.since = unix_now_ms();
  schedule.created_by = who;
  auto id = schedule.id;
  auto write = [&id, schedule](store::Transaction& tx) -> Status {
    auto put = tx.put_schedule(schedule);
    if (!put) return put.error();
    id = *put;
    return {};
  };
  TRIPLED_TRY(
      hooks_.write_audited(who, id == 0 ? "add schedule" : "change schedule", detail_of(schedule), write));
  look_soon();
  return id;
}

Status Triggers::remove_schedule(store::ScheduleId schedule, const std::string& who) {
  return hooks_.write_audited(who, "remove schedule", {{"schedule", std::to_string(schedule)}},
                              [schedule](store::Transaction& tx) { return tx.remove_schedule(schedule); });
}

}  // namespace tripled::app
