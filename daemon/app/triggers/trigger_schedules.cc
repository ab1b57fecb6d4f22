// Triggers: schedules.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "daemon/app/triggers/triggers.h"
#include "schema/base/failpoint.h"

namespace tripled::app {

ScheduleHistory Triggers::history(const store::ScheduleRow& schedule,
                                  const std::vector<store::FireRow>& fires, std::int64_t now) const {
  ScheduleHistory out;
  out.since = schedule.since;
  for (const auto& fire : fires) {
    if (fire.state == store::FireState::started && fire.sweep != 0 && core_.is_running(fire.sweep))
      out.running = fire.sweep;
    if (fire.state == store::FireState::queued) out.queued = true;
    if (fire.cause == store::FireCause::person) continue;
    out.recorded.insert({fire.nominal, fire.fold});
    if (fire.due_at <= now) out.last_due = std::max(out.last_due.value_or(fire.due_at), fire.due_at);
  }
  return out;
}

void Triggers::look_at(const store::ScheduleRow& schedule, store::Reader& reader, std::int64_t now,
                       std::chrono::milliseconds& wait) {
  if (beginning_.count(schedule.id)) return;
  auto cron = config::parse_cron(schedule.cron);
  auto zone = config::TimeZone::find(schedule.zone);
  auto fires = reader.fires(schedule.id, store::most_fires);
  if (!cron || !zone || !fires) {  // a zone that went with an update of the system
    const auto& error = !cron ? cron.error() : !zone ? zone.error() : fires.error();
    return spdlog::warn("schedule {}: {}", schedule.id, error.message());
  }
  ScheduleRules rules{*cron, *zone, schedule.overlap, schedule.catch_up, Millis(schedule.catch_up_ms)};
  auto decision = decide(rules, history(schedule, *fires, now), now);
  if (decision.next)
    wait = std::min(wait, std::chrono::milliseconds(std::max(*decision.next - now, std::int64_t{0})));
  if (decision.begin_queued) {
    auto queued = std::find_if(fires->begin(), fires->end(),
                               [](const auto& fire) { return fire.state == store::FireState::queued; });
    return begin(schedule, *queued, {});
  }
  if (!decision.fire) return;
  store::FireRow fire;
  fire.schedule = schedule.id;
  fire.nominal = decision.fire->due.nominal;
  fire.fold = decision.fire->due.fold;
  fire.due_at = decision.fire->due.at * 1000;
  fire.recorded_at = now;
  fire.cause = decision.fire->cause;
  fire.state = decision.fire->state;
  fire.reason = decision.fire->reason;
  if (fire.state == store::FireState::started) return begin(schedule, fire, {});
  if (auto tried = last_errors_.find(schedule.id); tried != last_errors_.end())
    fire.reason += "; it could not begin: " + tried->second;
  record(fire);
}

// A fire without a sweep.
void Triggers::record(const store::FireRow& fire) {
  last_errors_.erase(fire.schedule);
  auto written = core_.write_now([fire](store::Transaction& tx) -> Status {
    if (fire.id != 0) return tx.set_fire(fire.id, fire.state, 0, fire.reason);
    auto added = tx.add_fire(fire);
    return added ? Status() : Status(added.error());
  });
  if (written)
    spdlog::info("schedule {}, due at {}: {}{}", fire.schedule, fire.nominal, to_text(fire.state),
                 fire.reason.empty() ? "" : ": " + fire.reason);
  else
    spdlog::warn("schedule {}: {}", fire.schedule, written.error().message());
}

void Triggers::begin(const store::ScheduleRow& schedule, store::FireRow fire, Begun done) {
  auto reader = store::Reader::open(core_.database());
  auto project = reader ? reader->project_settings(schedule.project)
                        : Result<std::optional<store::ProjectSettingsRow>>(reader.error());
  auto over = [this, fire, done](Result<store::SweepId> sweep) {
    beginning_.erase(fire.schedule);
    if (sweep) {
      failpoint("daemon.fire.after_commit");
      last_errors_.erase(fire.schedule);
      spdlog::info("schedule {}, due at {}: sweep {} begins", fire.schedule, fire.nominal, *sweep);
    } else if (!done) {
      begin_failed(fire, sweep.error());
    }
    if (done) done(sweep);
  };
  beginning_.insert(schedule.id);
  if (!project) return over(project.error());
  if (!*project) return over(usage_error("there is no project `" + schedule.project + "`"));
  const auto& settings = (*project)->settings;
  auto also = [fire](store::Transaction& tx, store::SweepId sweep) -> Status {
    failpoint("daemon.fire.before_commit");
    if (fire.id != 0) return tx.set_fire(fire.id, store::FireState::started, sweep, fire.reason);
    auto row = fire;
    row.sweep = sweep;
    auto added = tx.add_fire(row);
    return added ? Status() : Status(added.error());
  };
  auto add = [this, also, over](Result<MatrixRequest> request, const GitAnswer&) {
    if (!request) return over(request.error());
    request->trigger = store::Trigger::schedule;
    hooks_.begin(*request, also, over);
  };
  request(settings, schedule.ref.empty() ? settings.ref : schedule.ref, "", add);
}

// What is wrong with the matrix stays wrong and is recorded; anything else is tried again until it is too
// late.
void Triggers::begin_failed(const store::FireRow& fire, const Error& error) {
  spdlog::warn("schedule {}, due at {}: {}", fire.schedule, fire.nominal, error.message());
  bool lasting = error.kind() == ErrorKind::usage || error.kind() == ErrorKind::config;
  if (!lasting) {
    last_errors_[fire.schedule] = error.message();
    return;
  }
  auto failed = fire;
  failed.state = store::FireState::failed;
  failed.reason += (failed.reason.empty() ? "" : "; ") + error.message();
  record(failed);
}

void Triggers::run_schedule(store::ScheduleId id, const std::string& who,
                            std::function<void(Result<store::SweepId>)> done) {
  auto reader = store::Reader::open(core_.database());
  auto schedule = reader ? reader->schedule(id) : Result<std::optional<store::ScheduleRow>>(reader.error());
  if (!schedule) return done(schedule.error());
  if (!*schedule) return done(usage_error("there is no schedule " + std::to_string(id)));
  if (beginning_.count(id))
    return done(
        Error(ErrorKind::conflict, "a sweep of schedule " + std::to_string(id) + " is about to begin"));
  auto zone = config::TimeZone::find((*schedule)->zone);
  if (!zone) return done(zone.error());
  store::FireRow fire;
  fire.schedule = id;
  fire.due_at = fire.recorded_at = unix_now_ms();
  fire.nominal = config::local_time(*zone, fire.due_at / 1000);
  fire.cause = store::FireCause::person;
  fire.reason = "asked for by " + who;
  begin(**schedule, fire, [this, who, id, done](Result<store::SweepId> sweep) {
    if (!sweep) return done(sweep);
    auto audited = hooks_.write_audited(
        who, "run schedule", {{"schedule", std::to_string(id)}, {"sweep", std::to_string(*sweep)}}, {});
    if (!audited) return done(audited.error());
    done(sweep);
  });
}

}  // namespace tripled::app
