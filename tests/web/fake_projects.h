// Projects and schedules of an engine that is played by a test: remembers what it was asked.
#pragma once
#include "daemon/web/project_engine.h"

namespace tripled::web {

class FakeProjects : public ProjectEngine {
 public:
  Status put_project(store::ProjectSettings settings, bool replace, const std::string& who) override {
    project = std::move(settings);
    replaced = replace;
    asked_by = who;
    return status;
  }
  Status remove_project(const std::string& name, const std::string& who) override {
    removed = name;
    asked_by = who;
    return status;
  }
  Result<store::ScheduleId> put_schedule(store::ScheduleRow row, const std::string& who) override {
    schedule = std::move(row);
    asked_by = who;
    if (!status) return status.error();
    return store::ScheduleId{4};
  }
  Status remove_schedule(store::ScheduleId id, const std::string& who) override {
    removed = std::to_string(id);
    asked_by = who;
    return status;
  }
  void run_schedule(store::ScheduleId id, const std::string& who,
                    std::function<void(Result<store::SweepId>)> done) override {
    ran = id;
    asked_by = who;
    done(store::SweepId{9});
  }

  store::ProjectSettings project;
  store::ScheduleRow schedule;
  bool replaced = false;
  std::string removed, asked_by;
  store::ScheduleId ran = 0;
  Status status;
};

}  // namespace tripled::web
