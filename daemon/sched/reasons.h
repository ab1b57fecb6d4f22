// Why a batch is where it is, in words. Pure look-up; used by the views.
#pragma once
#include <string>

#include "daemon/sched/scheduler.h"
#include "daemon/sched/state.h"

namespace tripled::sched {

Placement placement_of(const State& state, Index batch, TimePoint now);
std::string name_of(const Batch& batch);  // "setup of s390x-unknown-linux-gnu"

}  // namespace tripled::sched
