#include "daemon/sched/worker_pool.h"

#include <algorithm>

#include "schema/base/result.h"

namespace tripled::sched {

namespace {

bool has_all(const std::vector<std::string>& sorted, const std::vector<std::string>& wanted) {
  return std::includes(sorted.begin(), sorted.end(), wanted.begin(), wanted.end());
}

bool have_none_in_common(const std::vector<std::string>& sorted, const std::vector<std::string>& other) {
  return std::none_of(other.begin(), other.end(), [&](const std::string& word) {
    return std::binary_search(sorted.begin(), sorted.end(), word);
  });
}

void sort_unique(std::vector<std::string>& words) {
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
}

}  // namespace

Index WorkerPool::intern(const std::string& name) {
  if (const Index known = find(name); known != k_none) return known;
  Worker fresh;
  fresh.name = name;
  workers_.push_back(std::move(fresh));
  const Index worker = static_cast<Index>(workers_.size() - 1);
  by_name_.emplace(name, worker);
  return worker;
}

Index WorkerPool::signature_of(const Worker& worker) {
  Words lacks;
  for (const auto& [ability, why] : worker.lacks) lacks.push_back(ability);
  auto words = std::make_tuple(worker.labels, worker.toolchains, lacks);
  if (auto it = signature_by_words_.find(words); it != signature_by_words_.end()) return it->second;
  Signature fresh;
  fresh.labels = worker.labels;
  fresh.toolchains = worker.toolchains;
  fresh.lacks = std::move(lacks);
  const Index signature = signatures_.add(std::move(fresh));
  signature_by_words_.emplace(std::move(words), signature);
  live_signatures_.push_back(signature);
  return signature;
}

void WorkerPool::list(Index worker) {
  Worker& w = workers_[worker];
  sort_unique(w.labels);
  sort_unique(w.toolchains);
  ++version_;
  if (!w.connected) return;
  w.signature = signature_of(w);
  Signature& s = signatures_[w.signature];
  ++s.workers;
  w.listed_usable = w.usable();
  if (w.listed_usable) ++s.usable_slots[w.slots];
  w.listed_free = w.free();
  if (w.listed_free > 0) {
    s.free.emplace(-w.listed_free, worker);
    ++free_workers_;
  }
}

void WorkerPool::unlist(Index worker) {
  Worker& w = workers_[worker];
  if (w.signature == k_none) return;
  Signature& s = signatures_[w.signature];
  if (w.listed_free > 0) {
    s.free.erase({-w.listed_free, worker});
    --free_workers_;
  }
  if (w.listed_usable) {
    auto it = s.usable_slots.find(w.slots);
    if (--it->second == 0) s.usable_slots.erase(it);
  }
  --s.workers;
  w.signature = k_none;
  w.listed_free = 0;
  w.listed_usable = false;
}

// With its last worker goes what the classes remember of it.
void WorkerPool::drop_signature_if_unused(Index signature) {
  if (signature == k_none || signatures_[signature].workers > 0) return;
  const Signature& s = signatures_[signature];
  signature_by_words_.erase({s.labels, s.toolchains, s.lacks});
  live_signatures_.erase(std::find(live_signatures_.begin(), live_signatures_.end(), signature));
  signatures_.erase(signature);
  for (Index c = 0; c < classes_.end(); ++c)
    if (signature < classes_[c].fits.size()) classes_[c].fits[signature] = -1;
}

WorkerPool::ClassWords WorkerPool::words_of(const PlacementClass& wanted) {
  return {wanted.slots, wanted.labels, wanted.toolchains, wanted.abilities,
          wanted.locks, wanted.avoid,  wanted.only};
}

Index WorkerPool::use_class(PlacementClass wanted) {
  sort_unique(wanted.labels);
  sort_unique(wanted.toolchains);
  sort_unique(wanted.abilities);
  std::sort(wanted.locks.begin(), wanted.locks.end());
  std::sort(wanted.avoid.begin(), wanted.avoid.end());
  auto words = words_of(wanted);
  auto it = class_by_words_.find(words);
  if (it == class_by_words_.end()) {
    wanted.uses = 0;
    wanted.fits.clear();
    const Index fresh = classes_.add(std::move(wanted));
    if (open_memory_.size() <= fresh) open_memory_.resize(fresh + 1);
    open_memory_[fresh] = {0, false};
    it = class_by_words_.emplace(std::move(words), fresh).first;
  }
  ++classes_[it->second].uses;
  return it->second;
}

void WorkerPool::unuse_class(Index placement_class) {
  PlacementClass& c = classes_[placement_class];
  if (--c.uses > 0) return;
  class_by_words_.erase(words_of(c));
  classes_.erase(placement_class);
}

bool WorkerPool::fits(const PlacementClass& wanted, Index signature) const {
  auto& memory = wanted.fits;
  if (memory.size() <= signature) memory.resize(signature + 1, -1);
  if (memory[signature] < 0) {
    const Signature& s = signatures_[signature];
    memory[signature] = has_all(s.labels, wanted.labels) && has_all(s.toolchains, wanted.toolchains) &&
                        have_none_in_common(s.lacks, wanted.abilities);
  }
  return memory[signature] == 1;
}

bool WorkerPool::able(Index at, const PlacementClass& wanted) const {
  const Worker& worker = workers_[at];
  return (wanted.only == k_none || wanted.only == at) && worker.slots >= wanted.slots &&
         has_all(worker.labels, wanted.labels) && has_all(worker.toolchains, wanted.toolchains) &&
         std::none_of(wanted.abilities.begin(), wanted.abilities.end(),
                      [&](const std::string& ability) { return worker.lacks.contains(ability); });
}

bool WorkerPool::locked(Index worker, const PlacementClass& wanted) const {
  return std::any_of(wanted.locks.begin(), wanted.locks.end(),
                     [&](Index key) { return workers_[worker].locks.contains(key); });
}

bool WorkerPool::avoided(const std::vector<Index>& avoid, Index worker) {
  return std::find(avoid.begin(), avoid.end(), worker) != avoid.end();
}

bool WorkerPool::eligible(Index worker, const PlacementClass& wanted) const {
  const Worker& w = workers_[worker];
  return w.free() >= wanted.slots && w.signature != k_none && fits(wanted, w.signature) &&
         (wanted.only == k_none || wanted.only == worker) && !locked(worker, wanted);
}

bool WorkerPool::another_could(Index placement_class, const std::vector<Index>& avoid) const {
  const PlacementClass& wanted = classes_[placement_class];
  if (wanted.only != k_none)
    return workers_[wanted.only].usable() && able(wanted.only, wanted) && !avoided(avoid, wanted.only);
  for (const Index signature : live_signatures_) {
    if (!fits(wanted, signature)) continue;
    int could = 0;
    const auto& slots = signatures_[signature].usable_slots;
    for (auto it = slots.lower_bound(wanted.slots); it != slots.end(); ++it) could += it->second;
    for (const Index a : avoid)
      if (workers_[a].signature == signature && workers_[a].usable() && workers_[a].slots >= wanted.slots)
        --could;
    if (could > 0) return true;
  }
  return false;
}

std::optional<Index> WorkerPool::choose(Index placement_class, const std::vector<Index>& preferred) const {
  const PlacementClass& wanted = classes_[placement_class];
  const bool others = !wanted.avoid.empty() && another_could(placement_class, wanted.avoid);
  auto acceptable = [&](Index worker) { return !others || !avoided(wanted.avoid, worker); };
  for (const Index worker : preferred)
    if (worker != k_none && eligible(worker, wanted) && acceptable(worker)) return worker;
  if (wanted.only != k_none) return eligible(wanted.only, wanted) ? std::optional(wanted.only) : std::nullopt;
  std::optional<std::pair<int, Index>> best;
  for (const Index signature : live_signatures_) {
    const auto& free = signatures_[signature].free;
    if (free.empty() || -free.begin()->first < wanted.slots || !fits(wanted, signature)) continue;
    for (const auto& entry : free) {
      if (-entry.first < wanted.slots) break;
      if (!acceptable(entry.second) || locked(entry.second, wanted)) continue;
      if (!best || entry < *best) best = entry;
      break;
    }
  }
  if (!best) return std::nullopt;
  return best->second;
}

bool WorkerPool::open(Index placement_class) const {
  if (free_workers_ == 0) return false;
  auto& [version, is_open] = open_memory_[placement_class];
  if (version != version_) {
    version = version_;
    is_open = choose(placement_class, {}).has_value();
  }
  return is_open;
}

}  // namespace tripled::sched
