#include "daemon/sched/scheduler.h"

#include <algorithm>

#include "daemon/sched/core.h"

namespace tripled::sched {

Scheduler::Scheduler(Policy policy) : core_(std::make_unique<Core>(policy)) {}
Scheduler::Scheduler(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Scheduler::Scheduler(Scheduler&&) noexcept = default;
Scheduler& Scheduler::operator=(Scheduler&&) noexcept = default;
Scheduler::~Scheduler() = default;

Scheduler Scheduler::restore(Policy policy, const RestoredState& state, TimePoint now) {
  auto core = std::make_unique<Core>(policy);
  core->restore(state, now);
  return Scheduler(std::move(core));
}

void Scheduler::add(const RestoredState& state, TimePoint now) { core_->restore(state, now); }

std::vector<Effect> Scheduler::handle(const Event& event, TimePoint now) { return core_->handle(event, now); }

std::optional<TimePoint> Scheduler::next_deadline() const {
  const State& s = core_->state;
  auto deadline = s.paused ? std::nullopt : s.leases.first_deadline();
  if (!s.delayed.empty()) {
    const TimePoint delayed = s.delayed.begin()->first;
    deadline = deadline ? std::min(*deadline, delayed) : delayed;
  }
  return deadline;
}

// The event first, then the clock: a heartbeat or a result that arrives together with the deadline still
// counts.
std::vector<Effect> Core::handle(const Event& event, TimePoint now) {
  state.now = now;
  leasing.begin_event();
  std::visit([this](const auto& e) { on(e); }, event);
  batches.run_finished();
  leasing.expire_due();
  batches.run_finished();
  leasing.assign();
  return state.journal.take();
}

void Core::tell(const Lease& lease, bool now) {
  state.journal.messages.push_back(Revoke{state.pool[lease.worker].name, lease.instance, lease.id, now});
}

}  // namespace tripled::sched
