// What the daemon counts from its start on. Plain data; who counts owns it.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "daemon/metrics/histogram.h"
#include "schema/model/enums.h"

namespace tripled::metrics {

// What a job does: its stage, or `prepare` or `setup`.
std::vector<std::string> job_kinds();

struct Tally {
  std::map<Outcome, std::uint64_t> attempts;                      // that ended
  std::map<AttemptReason, std::uint64_t> attempts_begun;          // why each was made
  std::map<std::pair<std::string, Verdict>, std::uint64_t> jobs;  // judged, by kind
  std::map<std::string, Histogram> durations, waits;              // of jobs, by kind
  std::map<int, std::uint64_t> sweeps;                            // finished, by exit status
  std::uint64_t leases_expired = 0, stale_results = 0, commits = 0;
  std::uint64_t quarantines = 0, logs_truncated = 0;

  void job_ran(const std::string& kind, double seconds) { of(durations, kind).observe(seconds); }
  void job_waited(const std::string& kind, double seconds) { of(waits, kind).observe(seconds); }

 private:
  static Histogram& of(std::map<std::string, Histogram>& all, const std::string& kind) {
    return all.try_emplace(kind, job_seconds()).first->second;
  }
};

// Requests to the API, by the route that answered.
struct HttpTally {
  using Answered = std::tuple<std::string, std::string, unsigned>;  // route, method, code
  std::vector<std::string> routes;  // all there are: closed, so that each is there from the start
  std::map<Answered, std::uint64_t> requests;
  std::map<std::string, Histogram> durations;  // by route; of a stream until it begins

  void answered(const std::string& route, const std::string& method, unsigned code, double seconds) {
    ++requests[{route, method, code}];
    durations.try_emplace(route, request_seconds()).first->second.observe(seconds);
  }
};

}  // namespace tripled::metrics
