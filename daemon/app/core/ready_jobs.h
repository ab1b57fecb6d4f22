// Since when jobs are ready and wait for a worker: for metrics alone, so not stored; after a restart their
// wait begins again. io thread.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "schema/base/duration.h"

namespace tripled::app {

class ReadyJobs {
 public:
  // Known already: its wait goes on.
  void add(const std::string& job, TimePoint now) {
    if (since_.emplace(job, now).second) by_age_.insert({now, job});
  }
  // It waits no more: how long it did. none: it did not.
  std::optional<Millis> take(const std::string& job, TimePoint now) {
    auto found = since_.find(job);
    if (found == since_.end()) return std::nullopt;
    auto waited = std::chrono::duration_cast<Millis>(now - found->second);
    by_age_.erase({found->second, job});
    since_.erase(found);
    return waited;
  }
  std::optional<TimePoint> oldest() const {
    return by_age_.empty() ? std::nullopt : std::optional(by_age_.begin()->first);
  }

 private:
  std::map<std::string, TimePoint> since_;
  std::set<std::pair<TimePoint, std::string>> by_age_;
};

}  // namespace tripled::app
