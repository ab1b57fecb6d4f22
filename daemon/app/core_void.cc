// Core: what a worker that was wrong has done is void.
#include <map>

#include "daemon/app/core.h"

namespace tripled::app {

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
  std::map<store::SweepId, web::RerunRequest> again;
  for (const auto& cell : affected) {
    if (!cell.current)
      out.left.push_back({std::to_string(cell.sweep), cell.cell, "there is a newer sweep of the matrix"});
    else if (cell.open)
      out.left.push_back({std::to_string(cell.sweep), cell.cell, "it is not over: void again when it is"});
    else
      again[cell.sweep].cells.push_back(cell.cell);
  }
  for (const auto& [sweep, cells] : again) {
    auto reopened = rerun(sweep, cells, who);
    for (const auto& cell : cells.cells)
      if (reopened)
        out.reopened.push_back({std::to_string(sweep), cell, ""});
      else
        out.left.push_back({std::to_string(sweep), cell, reopened.error().message()});
  }
  return out;
}

}  // namespace tripled::app
