// Observations counted by size, as Prometheus' histograms are: bounds are fixed, each bucket has what is at
// most its bound. Plain data, no lock.
#pragma once
#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace tripled::metrics {

class Histogram {
 public:
  // Rising; what is above the last one is in the count alone.
  explicit Histogram(std::vector<double> bounds) : bounds_(std::move(bounds)), counts_(bounds_.size()) {}

  void observe(double value) {
    const auto place = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
    if (place < static_cast<std::ptrdiff_t>(counts_.size())) ++counts_[static_cast<std::size_t>(place)];
    ++count_;
    sum_ += value;
  }
  const std::vector<double>& bounds() const { return bounds_; }
  // Of each bucket alone, not cumulated.
  const std::vector<std::uint64_t>& counts() const { return counts_; }
  std::uint64_t count() const { return count_; }
  double sum() const { return sum_; }

 private:
  std::vector<double> bounds_;
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  double sum_ = 0;
};

// Of jobs: from a check of nothing new to a long test run under emulation.
inline Histogram job_seconds() { return Histogram({0.1, 0.5, 1, 5, 15, 60, 300, 900, 3'600, 14'400}); }
// Of requests: a scrape, a list, a report of a large sweep.
inline Histogram request_seconds() { return Histogram({0.001, 0.005, 0.025, 0.1, 0.5, 2, 10}); }

}  // namespace tripled::metrics
