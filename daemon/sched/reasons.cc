#include "daemon/sched/reasons.h"

#include <algorithm>

#include "schema/base/text.h"

namespace tripled::sched {

namespace {

std::string workers_text(const std::vector<std::string>& names) {
  return names.size() == 1 ? "worker " + names.front() : std::to_string(names.size()) + " workers";
}

std::string blocked_text(const State& s, const Batch& batch) {
  std::vector<std::string> names;
  for (const Index a : batch.after)
    if (s.batch(a).spot != Spot::finished) names.push_back(name_of(s.batch(a)));
  for (const std::string& id : batch.unknown_after) names.push_back("batch " + id + ", which is not known");
  if (names.empty()) return "waiting";
  std::string text = "waiting for " + names.front();
  if (names.size() > 1) text += " and " + std::to_string(names.size() - 1) + " more";
  return text;
}

std::string delayed_text(const State& s, const Batch& batch, TimePoint now) {
  const Lease* lease = batch.lease == 0 ? nullptr : s.leases.find(batch.lease);
  if (lease && !lease->held) return "waiting for a result of worker " + s.pool[lease->worker].name;
  const auto left = std::chrono::duration_cast<Millis>(batch.not_before - now);
  return "next try in " + format_duration(std::max(left, Millis{0}));
}

// "target-dir:X" in the words of people: "target dir in use by ".
std::string key_text(const Key& key) {
  std::string text = split(key.bare_name(), ':').front();
  std::replace(text.begin(), text.end(), '-', ' ');
  return text + " in use by ";
}

std::string lane_text(const State& s, Index lane) {
  return key_text(s.locks[lane]) + "cell " + s.tables.cells[s.locks[lane].held_by].id;
}

std::string share_text(const Share& share) {
  return "project " + share.project + " has the " + std::to_string(share.limit) +
         (share.limit == 1 ? " slot" : " slots") + " that it may have";
}

// Who has a lock of the batch on that worker.
std::string lock_text(const State& s, const Batch& batch, Index worker) {
  for (const LeaseId id : s.pool[worker].leases) {
    const Batch& holder = s.batch(s.leases.find(id)->batch);
    for (const Index key : holder.locks)
      if (std::find(batch.locks.begin(), batch.locks.end(), key) != batch.locks.end())
        return key_text(s.locks[key]) +
               (holder.cell == k_none ? name_of(holder) : "cell " + s.tables.cells[holder.cell].id);
  }
  return "";
}

// What the connected workers lack; `wanted` is for nobody.
std::string lacking_text(const State& s, const PlacementClass& wanted) {
  std::vector<std::string> all;
  auto nobody = [&](auto has) {
    for (Index w = 0; w < s.pool.size(); ++w)
      if (s.pool[w].connected && has(s.pool[w])) return false;
    return true;
  };
  auto among = [](const std::vector<std::string>& sorted, const std::string& word) {
    return std::binary_search(sorted.begin(), sorted.end(), word);
  };
  for (const std::string& t : wanted.toolchains) {
    if (nobody([&](const Worker& w) { return among(w.toolchains, t); }))
      return "no worker has toolchain " + t;
    all.push_back("toolchain " + t);
  }
  for (Index w = 0; w < s.pool.size(); ++w)
    for (const std::string& ability : wanted.abilities)
      if (s.pool[w].connected && s.pool[w].lacks.contains(ability))
        return "worker " + s.pool[w].name + " cannot: " + s.pool[w].lacks.at(ability);
  for (const std::string& l : wanted.labels) {
    if (nobody([&](const Worker& w) { return among(w.labels, l); })) return "no worker has label " + l;
    all.push_back("label " + l);
  }
  const std::string slots = std::to_string(wanted.slots) + (wanted.slots == 1 ? " slot" : " slots");
  if (nobody([&](const Worker& w) { return w.slots >= wanted.slots; })) return "no worker has " + slots;
  all.push_back(slots);
  return "no worker has all of " + join(all, ", ");
}

Placement worker_placement(const State& s, const Batch& batch) {
  const PlacementClass& wanted = s.pool.class_of(batch.placement_class);
  bool any = false;
  std::vector<std::string> usable, avoided, silent, draining, quarantined;
  std::string quarantine, locked, refusal;
  for (Index w = 0; w < s.pool.size(); ++w) {
    const Worker& worker = s.pool[w];
    if (!worker.connected) continue;
    any = true;
    if (!s.pool.able(w, wanted)) continue;
    if (!worker.quarantine.empty()) {
      quarantined.push_back(worker.name);
      quarantine = worker.quarantine;
    } else if (worker.silent) {
      silent.push_back(worker.name);
    } else if (worker.draining) {
      draining.push_back(worker.name);
    } else if (!worker.refuses.empty()) {
      refusal = "worker " + worker.name + " takes nothing for now: " + worker.refuses;
    } else if (std::find(wanted.avoid.begin(), wanted.avoid.end(), w) != wanted.avoid.end()) {
      avoided.push_back(worker.name);
    } else {
      usable.push_back(worker.name);
      if (worker.free() >= wanted.slots && locked.empty() && s.pool.locked(w, wanted))
        locked = lock_text(s, batch, w);
    }
  }
  if (!any) return Wait{"no worker is connected"};
  if (batch.pin != k_none && !s.pool[batch.pin].connected)
    return Wait{"waiting for worker " + s.pool[batch.pin].name + ", which has what it needs"};
  if (auto chosen = s.pool.choose(batch.placement_class, {})) return Placed{s.pool[*chosen].name};
  if (!locked.empty()) return Wait{locked};
  if (!usable.empty()) {
    std::string text = "no free slot on " + workers_text(usable);
    if (!avoided.empty()) text += "; not again on " + join(avoided, ", ") + ", where it failed";
    return Wait{text};
  }
  if (!avoided.empty()) return Wait{"no free slot on " + workers_text(avoided)};
  if (!refusal.empty()) return Wait{refusal};
  if (!silent.empty()) return Wait{"nothing is heard of " + workers_text(silent)};
  if (!draining.empty())
    return Wait{workers_text(draining) + (draining.size() == 1 ? " is" : " are") + " draining"};
  if (quarantined.size() == 1)
    return Wait{"worker " + quarantined.front() + " is in quarantine: " + quarantine};
  if (!quarantined.empty()) return Wait{workers_text(quarantined) + " are in quarantine"};
  return Impossible{lacking_text(s, wanted)};
}

}  // namespace

std::string name_of(const Batch& batch) {
  return batch.about.empty() ? to_text(batch.kind) + " " + batch.id
                             : to_text(batch.kind) + " of " + batch.about;
}

Placement placement_of(const State& s, Index b, TimePoint now) {
  const Batch& batch = s.batch(b);
  switch (batch.spot) {
    case Spot::finished:
      return Impossible{"it is finished"};
    case Spot::held: {
      const Lease& lease = *s.held_lease(batch);
      const std::string& worker = s.pool[lease.worker].name;
      if (lease.state == LeaseState::revoked) return Wait{"waiting for worker " + worker + " to stop"};
      return Placed{worker};
    }
    case Spot::fresh:
    case Spot::blocked:
      return Wait{blocked_text(s, batch)};
    case Spot::delayed:
      return Wait{delayed_text(s, batch, now)};
    case Spot::queued:
    case Spot::parked:
      break;
  }
  // What no worker can do is said first: waiting for a lane would not help.
  Placement placement = worker_placement(s, batch);
  if (std::holds_alternative<Impossible>(placement)) return placement;
  if (s.paused) return Wait{"paused: " + *s.paused};
  if (s.draining) return Wait{"draining"};
  if (const Sweep& sweep = s.tables.sweeps[batch.sweep]; s.tables.full(sweep))
    return Wait{share_text(s.tables.shares[sweep.share])};
  if (const Index lane = s.locks.busy_lane(batch); lane != k_none) return Wait{lane_text(s, lane)};
  return placement;
}

}  // namespace tripled::sched
