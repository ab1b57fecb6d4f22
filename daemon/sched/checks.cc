// Scheduler: for tests. debug_text() is what recovery must bring back; violations() recounts everything.
#include <algorithm>
#include <map>
#include <set>

#include "daemon/sched/core.h"
#include "daemon/sched/reasons.h"

namespace tripled::sched {

namespace {

using Texts = std::vector<std::string>;

void expect(Texts& out, bool holds, const std::string& text) {
  if (!holds) out.push_back(text);
}

bool is_live(const State& s, Index b) { return !s.batch(b).id.empty(); }

void check_jobs(const State& s, const Batch& batch, Texts& out) {
  const Lease* held = s.held_lease(batch);
  int open = 0;
  for (const Index j : batch.jobs) {
    const Job& job = s.job(j);
    open += int(!is_over(job.state));
    for (std::size_t i = 0; i + 1 < job.attempts.size(); ++i)
      expect(out, job.attempts[i].outcome.has_value(), job.id + ": two open attempts");
    expect(out, (job.state == JobState::done) == job.outcome.has_value(), job.id + ": outcome without done");
    const bool in_lease = job.state == JobState::leased || job.state == JobState::running;
    expect(out, !in_lease || (held && job.open_attempt() && job.attempts.back().lease == held->id),
           job.id + ": leased without a lease");
    expect(out, job.state != JobState::blocked || batch.spot == Spot::blocked,
           job.id + ": blocked by nothing");
    expect(out, job.state != JobState::ready || batch.spot != Spot::blocked, job.id + ": ready but blocked");
    expect(out, !is_over(job.state) || !job.open_attempt(), job.id + ": over with an open attempt");
    expect(out, !job.open_attempt() || s.leases.find(job.attempts.back().lease),
           job.id + ": attempt of no lease");
  }
  expect(out, open == batch.open_jobs, batch.id + ": open jobs miscounted");
}

void check_spot(const State& s, const Batch& batch, Texts& out) {
  const bool held = s.held_lease(batch) != nullptr;
  expect(out, (batch.spot == Spot::held) == held, batch.id + ": held without a lease, or the reverse");
  expect(out, (batch.spot == Spot::finished) == (batch.open_jobs == 0 && !held),
         batch.id + ": finished or not");
  expect(out, batch.spot != Spot::fresh, batch.id + ": in no place");
  int blockers = static_cast<int>(batch.unknown_after.size());
  for (const Index a : batch.after) blockers += int(s.batch(a).spot != Spot::finished);
  if (batch.spot != Spot::finished) {
    expect(out, (batch.spot == Spot::blocked) == (batch.blockers > 0 && !held),
           batch.id + ": blocked or not");
    expect(out, held || blockers >= batch.blockers, batch.id + ": blockers miscounted");
  }
  if (batch.spot == Spot::parked) {
    // Another cell has the lane, or another of the same class stands in the queue for it.
    const Key& lane = s.locks[batch.parked_on];
    bool justified = lane.held_by != k_none;
    for (Index b = 0; b < s.tables.batches.end() && !justified; ++b) {
      const Batch& other = s.batch(b);
      if (!is_live(s, b) || other.spot != Spot::queued || other.placement_class != batch.placement_class)
        continue;
      justified = other.lane == batch.parked_on;
    }
    expect(out, justified, batch.id + ": parked at a free lane");
    expect(out, lane.held_by != batch.cell, batch.id + ": parked at its own lane");
  }
  if (batch.spot == Spot::queued && !s.draining && !s.paused && s.locks.busy_lane(batch) == k_none &&
      !s.tables.full(s.tables.sweeps[batch.sweep]))
    expect(out, !s.pool.choose(batch.placement_class, {}), batch.id + ": could be placed and is not");
}

void check_leases(const State& s, Texts& out) {
  std::map<Index, int> used, leases_of_batch;
  std::set<std::pair<Index, Index>> locks;  // worker, key
  for (const auto& [id, lease] : s.leases.all()) {
    const Batch& batch = s.batch(lease.batch);
    expect(out, batch.lease == id, "lease " + std::to_string(id) + " is not the newest of its batch");
    if (!lease.held) continue;
    used[lease.worker] += s.pool.class_of(batch.placement_class).slots;
    expect(out, ++leases_of_batch[lease.batch] == 1, batch.id + ": two held leases");
    for (const Index key : batch.locks)
      expect(out, locks.emplace(lease.worker, key).second, s.locks[key].name + ": held twice");
    expect(out, batch.lane == k_none || s.locks[batch.lane].held_by == batch.cell,
           batch.id + ": lane not held");
    expect(out, s.pool[lease.worker].leases.contains(id),
           batch.id + ": its worker does not know of the lease");
  }
  std::size_t held_locks = 0;
  for (Index w = 0; w < s.pool.size(); ++w) {
    expect(out, s.pool[w].used == used[w], s.pool[w].name + ": slots miscounted");
    held_locks += s.pool[w].locks.size();
    for (const Index key : s.pool[w].locks)
      expect(out, locks.contains({w, key}), s.locks[key].name + ": held by no lease");
  }
  expect(out, held_locks == locks.size(), "a lease has not all of its locks");
  for (const auto& [name, key] : s.locks.all()) {
    const Key& k = s.locks[key];
    if (k.held_by == k_none) continue;
    expect(out, s.tables.cells[k.held_by].lane == key, name + ": its cell does not know");
    expect(out, s.tables.cells[k.held_by].unfinished > 0, name + ": held by a finished cell");
  }
}

void check_shares(const State& s, Texts& out) {
  std::map<Index, int> running;
  for (const auto& [id, at] : s.tables.sweep_by_id)
    if (const Sweep& sweep = s.tables.sweeps[at]; sweep.share != k_none)
      running[sweep.share] += sweep.running;
  for (Index at = 0; at < s.tables.shares.size(); ++at)
    expect(out, running[at] == s.tables.shares[at].running, s.tables.shares[at].project + ": miscounted");
}

void check_counters(const State& s, Texts& out) {
  StateCounts all{};
  for (const auto& [id, at] : s.tables.sweep_by_id) {
    const Sweep& sweep = s.tables.sweeps[at];
    StateCounts jobs{};
    int running = 0, unfinished = 0;
    std::map<Index, int> cells;
    for (const Index b : sweep.batches) {
      running += int(s.held_lease(s.batch(b)) != nullptr);
      const bool open = s.batch(b).spot != Spot::finished;
      unfinished += int(open);
      if (s.batch(b).cell != k_none) cells[s.batch(b).cell] += int(open);
      for (const Index j : s.batch(b).jobs) {
        ++jobs[static_cast<std::size_t>(s.job(j).state)];
        ++all[static_cast<std::size_t>(s.job(j).state)];
      }
    }
    expect(out, jobs == sweep.jobs, id + ": job states miscounted");
    expect(out, running == sweep.running, id + ": running miscounted");
    expect(out, unfinished == sweep.unfinished, id + ": unfinished miscounted");
    expect(out, sweep.finished + sweep.unfinished == static_cast<std::int64_t>(sweep.batches.size()),
           id + ": sum");
    for (const auto& [cell, count] : cells)
      expect(out, count == s.tables.cells[cell].unfinished, s.tables.cells[cell].id + ": cell miscounted");
  }
  expect(out, all == s.jobs.counts(), "job states miscounted");
}

std::string attempt_text(const State& s, const Attempt& a) {
  return " [" + to_text(a.reason) + " " + s.pool[a.worker].name + " L" + std::to_string(a.lease) + " e" +
         std::to_string(a.epoch) + " " + (a.outcome ? to_text(*a.outcome) : "open") + "]";
}

std::string worker_text(const State& s, const Worker& worker) {
  std::set<std::string> locks;
  for (const Index key : worker.locks) locks.insert(s.locks[key].name);
  std::string text = worker.name + " used " + std::to_string(worker.used) + " " + worker.quarantine;
  for (const std::string& lock : locks) text += ", " + lock;
  return text + "\n";
}

std::string batch_text(const State& s, const Batch& batch) {
  std::string text = batch.id + " e" + std::to_string(batch.epoch);
  if (batch.spot == Spot::finished) text += " finished";
  if (batch.spot == Spot::blocked) text += " blocked";
  if (const Lease* lease = batch.lease == 0 ? nullptr : s.leases.find(batch.lease))
    text += " L" + std::to_string(lease->id) + " " + to_text(lease->state) +
            (lease->held ? " held by " : " by ") + s.pool[lease->worker].name + " " + lease->instance;
  text += "\n";
  for (const Index j : batch.jobs) {
    const Job& job = s.job(j);
    text += "  " + job.id + " " + to_text(job.state) + (job.outcome ? " " + to_text(*job.outcome) : "") +
            " next " + to_text(job.next_reason);
    for (const Attempt& a : job.attempts) text += attempt_text(s, a);
    text += "\n";
  }
  return text;
}

}  // namespace

std::vector<std::string> Scheduler::violations() const {
  const State& s = core_->state;
  Texts out;
  for (Index b = 0; b < s.tables.batches.end(); ++b) {
    if (!is_live(s, b)) continue;
    check_jobs(s, s.batch(b), out);
    check_spot(s, s.batch(b), out);
  }
  check_leases(s, out);
  check_counters(s, out);
  check_shares(s, out);
  return out;
}

std::string Scheduler::debug_text() const {
  const State& s = core_->state;
  std::map<std::string, std::string> parts;
  for (const auto& [id, b] : s.tables.batch_by_id) parts["batch " + id] = batch_text(s, s.batch(b));
  for (const auto& [name, key] : s.locks.all()) {
    const Key& k = s.locks[key];
    if (k.held_by != k_none) parts[name] = name + ": cell " + s.tables.cells[k.held_by].id + "\n";
  }
  for (Index w = 0; w < s.pool.size(); ++w)
    if (s.pool[w].used > 0 || !s.pool[w].quarantine.empty())
      parts["worker " + s.pool[w].name] = worker_text(s, s.pool[w]);
  std::string text = "last lease " + std::to_string(s.last_lease) + "\n";
  for (const auto& [name, part] : parts) text += part;
  return text;
}

}  // namespace tripled::sched
