// Workers, their free slots, and which of them could take what. Batches with equal needs share a placement
// class, workers with equal labels, toolchains and lacks a signature, so that a decision looks at few things.
// Owned by Core.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/sched/tables.h"

namespace tripled::sched {

struct Worker {
  std::string name, instance;
  // silent: a lease ran out, and nothing was heard of it since; its connection may be half open.
  bool connected = false, silent = false, draining = false;
  std::string quarantine;  // why; empty: none
  std::string refuses;     // why it takes nothing for now, in its own words; empty: it takes leases
  int slots = 0, used = 0;
  std::vector<std::string> labels, toolchains;  // sorted
  std::map<std::string, std::string> lacks;     // ability -> why
  std::set<LeaseId> leases;                     // held
  std::set<Index> locks;                        // keys of batches that are leased here
  std::set<std::string> failed_cells;           // infrastructure failures in a row, by cell
  // Written by WorkerPool: where it is listed.
  Index signature = k_none;
  int listed_free = 0;
  bool listed_usable = false;

  bool usable() const { return connected && !silent && !draining && quarantine.empty() && refuses.empty(); }
  int free() const { return usable() && slots > used ? slots - used : 0; }
};

// What a batch asks of a worker. `avoid`: it failed there; only taken where nobody else could. `locks`: none
// of them is in use there.
struct PlacementClass {
  int slots = 1;
  std::vector<std::string> labels, toolchains, abilities;  // sorted
  std::vector<Index> locks, avoid;                         // sorted
  Index only = k_none;                                     // this worker alone
  int uses = 0;
  mutable std::vector<std::int8_t> fits;  // a memory, by signature: -1 not known yet, 0, 1
};

class WorkerPool {
 public:
  Index intern(const std::string& name);  // a worker never seen is made, not connected
  Index find(const std::string& name) const { return Tables::find(by_name_, name); }
  const Worker& operator[](Index worker) const { return workers_[worker]; }
  Index size() const { return static_cast<Index>(workers_.size()); }

  // Every change of a worker goes through here: the lists follow.
  template <class Change>
  void change(Index worker, Change&& apply) {
    const Index before = workers_[worker].signature;
    unlist(worker);
    apply(workers_[worker]);
    list(worker);
    drop_signature_if_unused(before);
  }

  Index use_class(PlacementClass wanted);
  void unuse_class(Index placement_class);
  const PlacementClass& class_of(Index placement_class) const { return classes_[placement_class]; }

  // A worker that is free for it now; the preferred ones first, then the one with most free slots, then
  // the one that came first.
  std::optional<Index> choose(Index placement_class, const std::vector<Index>& preferred) const;
  // Some worker is free for it now. Remembered until a worker changes.
  bool open(Index placement_class) const;
  // A usable worker, busy or not, could take it and is not among `avoid`.
  bool another_could(Index placement_class, const std::vector<Index>& avoid) const;
  bool any_free() const { return free_workers_ > 0; }

  // Labels and toolchains are there, no ability is known to lack; slots in all are enough.
  bool able(Index worker, const PlacementClass& wanted) const;
  // Some lock that it asks for is in use there.
  bool locked(Index worker, const PlacementClass& wanted) const;

 private:
  struct Signature {
    std::vector<std::string> labels, toolchains, lacks;
    int workers = 0;                       // connected
    std::map<int, int> usable_slots;       // slots in all -> how many usable workers
    std::set<std::pair<int, Index>> free;  // (-free slots, worker)
  };

  void list(Index worker);
  void unlist(Index worker);
  void drop_signature_if_unused(Index signature);
  Index signature_of(const Worker& worker);
  bool fits(const PlacementClass& wanted, Index signature) const;
  bool eligible(Index worker, const PlacementClass& wanted) const;
  static bool avoided(const std::vector<Index>& avoid, Index worker);

  std::deque<Worker> workers_;
  std::unordered_map<std::string, Index> by_name_;
  Rows<Signature> signatures_;
  using Words = std::vector<std::string>;
  std::map<std::tuple<Words, Words, Words>, Index> signature_by_words_;
  std::vector<Index> live_signatures_;  // with a connected worker
  Rows<PlacementClass> classes_;
  using ClassWords = std::tuple<int, Words, Words, Words, std::vector<Index>, std::vector<Index>, Index>;
  static ClassWords words_of(const PlacementClass& wanted);
  std::map<ClassWords, Index> class_by_words_;
  int free_workers_ = 0;
  std::uint64_t version_ = 1;
  mutable std::vector<std::pair<std::uint64_t, bool>> open_memory_;  // by class
};

}  // namespace tripled::sched
