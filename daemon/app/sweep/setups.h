// What each worker can do for each way to set a triple up, as far as it was found out in this sweep: one may
// link, another run. Pure.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "daemon/sched/events.h"
#include "schema/model/batch.h"

namespace tripled::app {

// What batches ask of a setup.
enum class Need { check, link, run };

// BatchDef::abilities: "link s390x-unknown-linux-gnu@stable-0a1b2c3d4e".
std::string ability_of(Need need, const std::string& setup_key);
bool meets(const SetupResult& setup, Need need);

class Setups {
 public:
  void put(const std::string& key, SetupResult setup);  // of SetupResult::worker
  // nullptr: that worker has not tried.
  const SetupResult* of(const std::string& key, const std::string& worker) const;
  // That of the worker that can do most; nullptr: nobody has tried.
  const SetupResult* best(const std::string& key) const;
  // All but the best, without their logs.
  std::vector<SetupResult> others(const std::string& key) const;
  void forget(const std::string& key) { by_key_.erase(key); }  // it is tried again
  // Each need is met by some worker.
  bool complete(const std::string& key, const std::vector<Need>& needs) const;
  bool met_by_any(const std::string& key, Need need) const;
  // What is known of every worker that tried, where at least one of them can: who lacks it, who does not.
  std::vector<sched::WorkerLacks> lacks(const std::string& key, const std::vector<Need>& needs) const;

 private:
  std::map<std::string, std::map<std::string, SetupResult>> by_key_;  // then by worker
};

}  // namespace tripled::app
