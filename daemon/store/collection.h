// Which blobs are to go so that each class of them keeps its ceiling, and why others stay. Pure data; planned
// by Reader::plan_collection, done in small transactions (Transaction::forget_blobs), then the files.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "daemon/store/rows.h"

namespace tripled::store {

// Bytes; a class that is not in it has none.
using Ceilings = std::map<BlobClass, std::uint64_t>;

struct DoomedBlob {
  std::string hash;
  std::uint64_t size = 0;
  UnixMs created_at = 0;   // it stays when somebody named it again since
  SweepId last_sweep = 0;  // the newest that names it; 0: nothing does
};

// A sweep whose files all stay, whatever the ceilings.
struct SparedSweep {
  SweepId sweep = 0;
  std::string why;  // it runs; last good of CELL; first bad of CELL; it can be resumed
};

struct Collecting {
  std::uint64_t bytes = 0, ceiling = 0;  // ceiling 0: none
  std::size_t files = 0;
  std::vector<DoomedBlob> going;  // of the oldest sweeps first
  std::uint64_t going_bytes = 0;
  // What would have to go as well and does not, because sweeps are spared.
  std::uint64_t over_bytes = 0;
};
struct ClassCollection : Collecting {
  BlobClass kind = BlobClass::log;
};
// Files of all classes that sweeps of this name name (ProjectSettings::disk); those of another one's sweeps,
// too, count and stay.
struct ProjectCollection : Collecting {
  std::string project;
};

struct CollectionPlan {
  std::vector<ClassCollection> classes;     // every class that holds something or has a ceiling
  std::vector<ProjectCollection> projects;  // that have a ceiling, by name; their files may stand above, too
  std::vector<SparedSweep> spared;          // by id

  std::vector<DoomedBlob> going() const {  // of all of them
    std::vector<DoomedBlob> out;
    for (const auto& c : classes) out.insert(out.end(), c.going.begin(), c.going.end());
    for (const auto& p : projects) out.insert(out.end(), p.going.begin(), p.going.end());
    return out;
  }
};

}  // namespace tripled::store
