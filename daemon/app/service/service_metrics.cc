// Service: what Prometheus scrapes, put together.
#include <chrono>

#include "daemon/app/service/service.h"

namespace tripled::app {

namespace {

// So many of the batches that wait are looked at.
constexpr std::size_t batches_looked_at = 1'000;

void add_workers(const std::vector<sched::WorkerView>& workers, metrics::EngineState& out) {
  for (const auto& view : workers) {
    if (!view.connected) continue;
    ++out.workers_connected;
    out.workers_draining += view.draining;
    out.workers_quarantined += !view.quarantine.empty();
    out.slots += view.slots;
    out.slots_used += view.used;
  }
}

}  // namespace

std::string Service::metrics() const {
  metrics::Snapshot out;
  out.version = TRIPLED_VERSION;
  for (const auto& [key, coverage] : coverage_) out.coverage.push_back(coverage);
  out.tally = core_->tally();
  out.tally.sweeps = sweeps_ended_;
  auto& engine = out.engine;
  add_workers(workers(), engine);
  auto counts = core_->scheduler().counts();
  engine.jobs = counts.jobs;
  engine.leases = counts.leases;
  engine.sweeps_running = static_cast<std::int64_t>(core_->sweeps_running());
  engine.oldest_ready_s = std::chrono::duration<double>(core_->oldest_ready()).count();
  for (const auto& batch : waiting(batches_looked_at))
    engine.batches_impossible[batch.kind] += std::holds_alternative<sched::Impossible>(batch.placement);
  engine.healthy = core_->unhealthy().empty();
  engine.certificate_ends_at_ms = certificate_ends_at_;
  if (storage_) out.storage = storage_->last();
  out.http = api_->tally();
  out.process = metrics::process_state();
  return metrics::exposition(out, settings_.metrics_series);
}

}  // namespace tripled::app
