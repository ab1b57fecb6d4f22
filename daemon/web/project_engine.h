// What the API changes about projects and schedules; implemented by daemon/app. What it shows of them it
// reads from the store. Every call is made on the io thread; who asks stands in the audit table with the
// change.
#pragma once
#include <functional>
#include <string>

#include "daemon/store/rows.h"
#include "schema/base/result.h"

namespace tripled::web {

class ProjectEngine {
 public:
  virtual ~ProjectEngine() = default;
  // `replace`: it must be there already, else it must not (conflict error). config, usage: it cannot be
  // swept.
  virtual Status put_project(store::ProjectSettings settings, bool replace, const std::string& who) = 0;
  virtual Status remove_project(const std::string& name, const std::string& who) = 0;  // its sweeps stay
  // id 0: a new one. config error: cron expression or time zone; usage error: no such project or schedule.
  virtual Result<store::ScheduleId> put_schedule(store::ScheduleRow schedule, const std::string& who) = 0;
  virtual Status remove_schedule(store::ScheduleId schedule, const std::string& who) = 0;
  // A sweep of it now, whatever its clock says.
  virtual void run_schedule(store::ScheduleId schedule, const std::string& who,
                            std::function<void(Result<store::SweepId>)> done) = 0;
};

}  // namespace tripled::web
