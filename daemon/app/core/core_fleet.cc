// Core: which worker a batch is for, as far as the scheduler is told so from outside: where artefacts lie,
// what a worker was found to lack, and what no worker can ever run.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "daemon/app/core/core.h"

namespace tripled::app {

static TimePoint now() { return std::chrono::steady_clock::now(); }

void Core::pin(const std::string& batch, const std::string& worker) {
  if (worker.empty())
    pins_.erase(batch);
  else
    pins_[batch] = {worker, std::nullopt};
  apply(sched::PinBatch{batch, worker});
}

// The executables will lie where the cell is compiled.
void Core::pin_after_grant(const sched::LeaseChanged& lease) {
  auto* s = sweep_of_batch(lease.batch);
  if (!s) return;
  const auto& batch = s->batch(lease.batch);
  if (batch.kind != BatchKind::compile) return;
  for (const auto& execute : s->execute_batches_of(batch.cell))
    pin(execute, s->is_pinned_to(s->batch(execute), lease.worker) ? lease.worker : std::string());
}

// Without its worker for as long as a lease lasts, the executables are made again elsewhere.
void Core::loosen_pins() {
  auto views = scheduler_.workers();
  auto usable = [&](const std::string& worker) {
    return std::any_of(views.begin(), views.end(), [&](const sched::WorkerView& view) {
      return view.worker == worker && view.connected && !view.silent && !view.draining &&
             view.quarantine.empty();
    });
  };
  std::vector<std::string> loose;
  for (auto& [batch, pin] : pins_) {
    if (usable(pin.worker))
      pin.missing_since.reset();
    else if (!pin.missing_since)
      pin.missing_since = now();
    else if (now() - *pin.missing_since > options_.policy.lease)
      loose.push_back(batch);
  }
  for (const auto& batch : loose) {
    spdlog::info("batch {} no longer waits for worker {}", batch, pins_[batch].worker);
    pin(batch, "");
  }
}

// What no connected worker can run, for so long that none is on its way, ends with the reason.
void Core::give_up_impossible() {
  std::map<std::string, TimePoint> still;
  std::vector<std::string> given_up;
  for (const auto& waiting : scheduler_.waiting(now(), most_looked_at)) {
    const auto* never = std::get_if<sched::Impossible>(&waiting.placement);
    if (!never) continue;
    auto since = impossible_since_.count(waiting.batch) ? impossible_since_[waiting.batch] : now();
    still.emplace(waiting.batch, since);
    if (now() - since < options_.give_up_after) continue;
    if (auto* s = sweep_of_batch(waiting.batch)) s->give_up(waiting.batch, never->why);
    given_up.push_back(waiting.batch);
  }
  impossible_since_ = std::move(still);
  if (!given_up.empty()) apply(sched::SkipBatches{given_up});
}

BlobTransferOptions Core::blob_options() {
  auto options = options_.blobs;
  options.may_read_blob = [this](const std::string& worker, const std::string& hash) {
    return may_read_blob(worker, hash);
  };
  auto ceiling = options_.disk.ceilings.find(store::BlobClass::snapshot);
  if (ceiling != options_.disk.ceilings.end() && ceiling->second > 0)
    options.largest_sources = ceiling->second;
  options.sources_waiting = [this] {
    std::uint64_t sum = 0;
    for (const auto& [hash, bytes] : waiting_sources_) sum += bytes;
    return sum;
  };
  options.sources_came = [this](const BlobRef& sources) {  // it goes by its row, if no sweep names it
    waiting_sources_[sources.hash] = sources.size;
    write_soon([row = store::BlobRow{sources.hash, sources.size, store::BlobClass::snapshot, unix_now_ms()}](
                   store::Transaction& tx) { return tx.add_blob(row); });
  };
  return options;
}

// A worker reads only what its live leases name.
bool Core::may_read_blob(const std::string& worker, const std::string& hash) {
  for (const auto& running : scheduler_.running()) {
    auto* s = running.worker == worker ? sweep_of_batch(running.batch) : nullptr;
    if (!s) continue;
    auto named = s->blobs_of(running.batch);
    if (std::find(named.begin(), named.end(), hash) != named.end()) return true;
  }
  return false;
}

// What the worker found out about itself; the batch goes to another one.
void Core::on(net::SessionId session, const wire::LeaseReturned& returned) {
  if (!returned.ability.empty()) {
    const auto& worker = sessions_[session].worker;
    spdlog::info("worker {} cannot {}: {}", worker, returned.ability, returned.why);
    apply(sched::WorkerLacks{worker, returned.ability, returned.why.empty() ? "unknown" : returned.why});
    std::vector<std::string> here;
    for (const auto& running : scheduler_.running())
      if (running.lease == returned.lease && pins_.count(running.batch)) here.push_back(running.batch);
    for (const auto& batch : here) pin(batch, "");
  }
  apply(sched::LeaseReturned{returned.lease, returned.epoch});
}

Sweep* Core::sweep_of_batch(const std::string& batch) {
  for (auto& [id, s] : sweeps_)
    if (s->has_batch(batch)) return s.get();
  return nullptr;
}

}  // namespace tripled::app
