#include "daemon/app/sweep/setups.h"

#include <algorithm>

namespace tripled::app {

static std::string word_of(Need need) {
  switch (need) {
    case Need::check:
      return "check";
    case Need::link:
      return "link";
    case Need::run:
      return "run";
  }
  return "";
}

std::string ability_of(Need need, const std::string& setup_key) { return word_of(need) + " " + setup_key; }

bool meets(const SetupResult& setup, Need need) {
  switch (need) {
    case Need::check:
      return setup.check.ok;
    case Need::link:
      return setup.check.ok && setup.link.ok;
    case Need::run:
      return setup.runner.kind != RunnerKind::none;
  }
  return false;
}

static std::string why_not(const SetupResult& setup, Need need) {
  if (need == Need::check || (need == Need::link && !setup.check.ok)) return setup.check.reason;
  if (need == Need::link) return setup.link.reason;
  return setup.run_native.reason.empty() ? setup.run_emulated.reason : setup.run_native.reason;
}

void Setups::put(const std::string& key, SetupResult setup) {
  auto worker = setup.worker;
  by_key_[key].insert_or_assign(worker, std::move(setup));
}

const SetupResult* Setups::of(const std::string& key, const std::string& worker) const {
  auto known = by_key_.find(key);
  if (known == by_key_.end()) return nullptr;
  auto found = known->second.find(worker);
  return found == known->second.end() ? nullptr : &found->second;
}

const SetupResult* Setups::best(const std::string& key) const {
  auto known = by_key_.find(key);
  if (known == by_key_.end()) return nullptr;
  auto rank = [](const SetupResult& s) {
    return (meets(s, Need::check) ? 4 : 0) + (meets(s, Need::link) ? 2 : 0) + (meets(s, Need::run) ? 1 : 0);
  };
  const SetupResult* best = nullptr;
  for (const auto& [worker, setup] : known->second)
    if (!best || rank(setup) > rank(*best)) best = &setup;
  return best;
}

std::vector<SetupResult> Setups::others(const std::string& key) const {
  std::vector<SetupResult> out;
  auto known = by_key_.find(key);
  if (known == by_key_.end()) return out;
  const auto* the_best = best(key);
  for (const auto& [worker, setup] : known->second) {
    if (&setup == the_best) continue;
    out.push_back(setup);
    out.back().log = {};
  }
  return out;
}

bool Setups::met_by_any(const std::string& key, Need need) const {
  auto known = by_key_.find(key);
  return known != by_key_.end() && std::any_of(known->second.begin(), known->second.end(),
                                               [&](const auto& item) { return meets(item.second, need); });
}

bool Setups::complete(const std::string& key, const std::vector<Need>& needs) const {
  return std::all_of(needs.begin(), needs.end(), [&](Need need) { return met_by_any(key, need); });
}

std::vector<sched::WorkerLacks> Setups::lacks(const std::string& key, const std::vector<Need>& needs) const {
  std::vector<sched::WorkerLacks> out;
  auto known = by_key_.find(key);
  if (known == by_key_.end()) return out;
  for (Need need : needs) {
    if (!met_by_any(key, need)) continue;
    for (const auto& [worker, setup] : known->second) {
      auto why = meets(setup, need) ? std::string() : why_not(setup, need);
      if (why.empty() && !meets(setup, need)) why = "it cannot " + word_of(need);
      out.push_back({worker, ability_of(need, key), std::move(why)});
    }
  }
  return out;
}

}  // namespace tripled::app
