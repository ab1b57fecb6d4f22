// What the scheduler is given again of a stored sweep. Internal to daemon/app.
#pragma once
#include <map>
#include <string>

#include "daemon/app/sweep/sweep.h"
#include "daemon/sched/scheduler.h"

namespace tripled::app {

// Adds the sweep's rows to `out`, and its attempts to the tables by which the core knows them ("job#n").
void add_restored(const store::RestoredState& rows, Sweep& sweep, sched::RestoredState& out,
                  std::map<std::string, store::AttemptId>& attempt_ids,
                  std::map<std::string, AttemptReason>& attempt_reasons);

}  // namespace tripled::app
