// Batches: how rows come, come back and go.
#include <algorithm>

#include "daemon/sched/batches.h"
#include "schema/base/result.h"

namespace tripled::sched {

Index Batches::sweep(const std::string& id) {
  if (const Index known = Tables::find(s_.tables.sweep_by_id, id); known != k_none) return known;
  Sweep fresh;
  fresh.id = id;
  const Index at = s_.tables.sweeps.add(std::move(fresh));
  s_.tables.sweep_by_id.emplace(id, at);
  return at;
}

std::string Batches::objection(const BatchDef& def) const {
  if (def.id.empty() || def.sweep.empty()) return "a batch needs an id and a sweep";
  if (s_.tables.batch_by_id.contains(def.id)) return "batch " + def.id + " is already known";
  if (def.slots < 1) return "batch " + def.id + " asks for no slot";
  if (def.jobs.empty()) return "batch " + def.id + " has no job";
  if (!def.lane.empty() && def.cell.empty()) return "batch " + def.id + " has a lane but no cell";
  std::set<std::string> own;
  for (const JobDef& job : def.jobs)
    if (!own.insert(job.id).second || s_.tables.job_by_id.contains(job.id))
      return "job " + job.id + " is already known";
  return "";
}

Index Batches::add(const BatchDef& def) {
  Batch batch;
  batch.id = def.id;
  batch.about = def.about.empty() ? def.cell : def.about;
  batch.sweep = sweep(def.sweep);
  batch.kind = def.kind;
  batch.priority = def.priority;
  batch.expected_ms = def.expected_ms;
  batch.sequence = ++s_.last_sequence;
  const std::set<std::string> locks(def.locks.begin(), def.locks.end());
  for (const std::string& lock : locks) batch.locks.push_back(s_.locks.use("lock " + lock));
  if (!def.lane.empty()) batch.lane = s_.locks.use("lane " + def.lane);
  PlacementClass wanted;
  wanted.slots = def.slots;
  wanted.labels = def.labels;
  wanted.toolchains = def.toolchains;
  wanted.abilities = def.abilities;
  wanted.locks = batch.locks;
  batch.placement_class = s_.pool.use_class(std::move(wanted));

  const Index sweep_at = batch.sweep;
  const Index b = s_.tables.batches.add(std::move(batch));
  s_.tables.batch_by_id.emplace(def.id, b);
  Sweep& sweep = s_.tables.sweeps[sweep_at];
  sweep.batches.push_back(b);
  if (!def.project.empty() && sweep.share == k_none) sweep.share = s_.tables.share_of(def.project);
  ++sweep.unfinished;
  if (!def.cell.empty()) {
    auto [it, is_new] = sweep.cells.try_emplace(def.cell, k_none);
    if (is_new) {
      Cell cell;
      cell.id = def.cell;
      cell.sweep = sweep_at;
      it->second = s_.tables.cells.add(std::move(cell));
    }
    s_.batch(b).cell = it->second;
    s_.tables.cells[it->second].batches.push_back(b);
    ++s_.tables.cells[it->second].unfinished;
  }
  for (const JobDef& def_job : def.jobs) {
    Job job;
    job.id = def_job.id;
    job.stage = def_job.stage;
    job.batch = b;
    const Index j = s_.tables.jobs.add(std::move(job));
    s_.tables.job_by_id.emplace(def_job.id, j);
    s_.batch(b).jobs.push_back(j);
    ++s_.batch(b).open_jobs;
    s_.jobs.enter(j);
  }
  return b;
}

// `after` may name batches that come later. Batches of other sweeps do not count: they could be forgotten.
void Batches::link(Index b, const std::vector<std::string>& after, Released released) {
  Batch& batch = s_.batch(b);
  const std::set<std::string> names(after.begin(), after.end());
  for (const std::string& name : names) {
    const Index other = Tables::find(s_.tables.batch_by_id, name);
    if (other == k_none || s_.batch(other).sweep != batch.sweep) {
      batch.unknown_after.push_back(name);
      s_.tables.waiting_for_unknown[name].push_back(b);
      ++batch.blockers;
      continue;
    }
    batch.after.push_back(other);
    if (finished(other) || released == Released::yes) continue;
    ++batch.blockers;
    add_waiter(other, b);
  }
  auto waiting = s_.tables.waiting_for_unknown.find(batch.id);
  if (waiting == s_.tables.waiting_for_unknown.end()) return;
  std::erase_if(waiting->second, [&](Index w) {
    Batch& waiter = s_.batch(w);
    if (waiter.sweep != batch.sweep) return false;
    std::erase(waiter.unknown_after, batch.id);
    waiter.after.push_back(b);
    add_waiter(b, w);  // it stays counted among its blockers
    return true;
  });
  if (waiting->second.empty()) s_.tables.waiting_for_unknown.erase(waiting);
}

// The first one makes the batch more urgent.
void Batches::add_waiter(Index b, Index waiter) {
  Batch& batch = s_.batch(b);
  batch.waiters.push_back(waiter);
  if (batch.waiters.size() == 1 && (batch.spot == Spot::queued || batch.spot == Spot::parked)) settle(b);
}

void Batches::start(Index b) {
  Batch& batch = s_.batch(b);
  if (batch.blockers == 0)
    for (const Index j : batch.jobs)
      if (s_.job(j).state == JobState::blocked) s_.jobs.make_ready(j);
  settle(b);
}

// All jobs belong to finished batches and are over.
void Batches::reopen(const std::vector<Index>& jobs) {
  std::set<Index> batches;
  for (const Index j : jobs) {
    if (!is_over(s_.job(j).state)) continue;  // named twice
    s_.jobs.reopen(j);
    const Index b = s_.job(j).batch;
    if (!batches.insert(b).second) continue;
    Batch& batch = s_.batch(b);
    batch.spot = Spot::fresh;
    batch.poison = batch.cancelled = false;
    batch.not_before = TimePoint{};
    batch.class_is_old = true;
    Sweep& sweep = s_.tables.sweeps[batch.sweep];
    ++sweep.unfinished;
    --sweep.finished;
    if (batch.cell != k_none) ++s_.tables.cells[batch.cell].unfinished;
  }
  for (const Index b : batches) {
    Batch& batch = s_.batch(b);
    batch.blockers = static_cast<int>(batch.unknown_after.size());
    for (const Index a : batch.after) {
      if (finished(a)) continue;
      ++batch.blockers;
      const auto& waiters = s_.batch(a).waiters;
      if (std::find(waiters.begin(), waiters.end(), b) == waiters.end()) add_waiter(a, b);
    }
  }
  for (const Index b : batches) start(b);
}

void Batches::forget(Index sweep_at) {
  Sweep& sweep = s_.tables.sweeps[sweep_at];
  TRIPLED_CHECK(sweep.unfinished == 0);
  for (const Index b : sweep.batches) {
    Batch& batch = s_.batch(b);
    for (const Index j : batch.jobs) {
      s_.jobs.leave(j);
      s_.tables.job_by_id.erase(s_.job(j).id);
      s_.tables.jobs.erase(j);
    }
    for (const Index key : s_.locks.keys_of(batch)) s_.locks.unuse(key);
    for (const std::string& name : batch.unknown_after) {
      auto waiting = s_.tables.waiting_for_unknown.find(name);
      std::erase(waiting->second, b);
      if (waiting->second.empty()) s_.tables.waiting_for_unknown.erase(waiting);
    }
    s_.pool.unuse_class(batch.placement_class);
    s_.tables.batch_by_id.erase(batch.id);
    s_.tables.batches.erase(b);
  }
  for (const auto& [id, cell] : sweep.cells) s_.tables.cells.erase(cell);
  s_.tables.sweep_by_id.erase(sweep.id);
  s_.tables.sweeps.erase(sweep_at);
}

}  // namespace tripled::sched
