// Core: what a worker that was wrong has done is void.
#include <algorithm>
#include <map>

#include "daemon/app/core/core.h"

namespace tripled::app {

Result<std::optional<store::BatchRow>> Core::move_prepare(store::SweepRecord& record) const {
  auto prepare = std::find_if(record.batches.begin(), record.batches.end(),
                              [](const auto& batch) { return batch.kind == BatchKind::prepare; });
  if (prepare == record.batches.end()) return std::optional<store::BatchRow>();
  TRIPLED_ASSIGN(auto definition, wire::from_text_json<BatchDefinition>(prepare->definition_json));
  auto of = [&](const std::string& prefix) {
    return std::find_if(definition.labels.begin(), definition.labels.end(),
                        [&](const std::string& label) { return label.starts_with(prefix); });
  };
  const auto own = of(own_label("")), pool = of(pool_label(""));
  if (own == definition.labels.end()) return std::optional<store::BatchRow>();
  for (const auto& view : scheduler_.workers())
    if (own_label(view.worker) == *own && view.connected && !view.draining && view.quarantine.empty())
      return std::optional<store::BatchRow>();
  // What lies on a disk is seen from the daemon's machine.
  const bool is_path = !record.plan.project.source.path.empty();
  auto other =
      idlest_worker(pool == definition.labels.end() ? "default" : pool->substr(pool_label("").size()),
                    is_path ? "local" : "");
  if (other.empty())
    return Error(ErrorKind::tool,
                 "no other worker is connected that could prepare its sweep: void again then");
  *own = own_label(other);
  prepare->definition_json = wire::to_text_json(definition);
  return std::optional(*prepare);
}

// What prepared a sweep can be repeated for all of its cells alone.
void Core::try_again(store::SweepId sweep, const Affected& cells, const std::string& who,
                     web::VoidedWork& out) {
  auto leave = [&](const std::vector<std::string>& names, const std::string& why) {
    for (const auto& name : names) out.left.push_back({std::to_string(sweep), name, why});
  };
  const std::string waits = "it is not over: void again when it is";
  if (!cells.current) {
    leave(cells.over, "there is a newer sweep of the matrix");
    return leave(cells.open, "there is a newer sweep of the matrix");
  }
  leave(cells.open, waits);
  if (cells.prepared && !cells.open.empty())
    return leave(cells.over,
                 "what prepared it is void, and not all of its sweep is over: void again when it is");
  if (cells.over.empty()) return;
  web::RerunRequest request;
  request.cells = cells.over;
  auto reopened = reopen(sweep, request, who, cells.prepared ? Why::void_prepared : Why::void_results);
  if (!reopened) return leave(cells.over, reopened.error().message());
  for (const auto& name : cells.over) out.reopened.push_back({std::to_string(sweep), name, ""});
}

// The mark first: a rerun that is refused leaves results that are known to be void, and the next call tries
// it again.
Result<web::VoidedWork> Core::void_worker(const web::VoidRequest& request, const std::string& who) {
  if (storage_full_) return Error(ErrorKind::store, "nothing is voided: " + store_.health_reason());
  TRIPLED_TRY(flush());
  const auto now = unix_now_ms();
  const store::VoidQuery query{request.worker, request.since, request.until.value_or(now + 1)};
  TRIPLED_ASSIGN(store::Reader reader, store::Reader::open(store_.path()));
  TRIPLED_ASSIGN(auto affected, reader.affected_cells(query));
  web::VoidedWork out;
  auto mark = [&](store::Transaction& tx) -> Status {
    TRIPLED_ASSIGN(out.attempts, tx.void_attempts(query, now));
    wire::json::object detail{{"worker", request.worker},
                              {"since", format_timestamp(query.since)},
                              {"until", format_timestamp(query.until)},
                              {"attempts", out.attempts}};
    return tx.add_audit({0, now, who, "void", wire::json::serialize(detail)});
  };
  TRIPLED_TRY(write_now(mark));
  // Nothing tells that it is well again: it gets nothing more, the cells that are reopened least of all.
  if (!request.until) apply(sched::DrainWorker{request.worker, false});
  std::map<store::SweepId, Affected> again;
  for (const auto& cell : affected) {
    auto& of_sweep = again[cell.sweep];
    of_sweep.current = cell.current;
    of_sweep.prepared = of_sweep.prepared || cell.prepared;
    (cell.open ? of_sweep.open : of_sweep.over).push_back(cell.cell);
  }
  for (const auto& [sweep, cells] : again) try_again(sweep, cells, who, out);
  return out;
}

void Core::amend_exit_status(store::SweepId id, int exit_status, store::UnixMs finished_at) {
  if (sweep(std::to_string(id))) return;
  commits_.write([id, exit_status, finished_at](store::Transaction& tx) {
    return tx.finish_sweep(id, store::SweepState::finished, exit_status, finished_at);
  });
  commits_.event_done();
}

}  // namespace tripled::app
