// Metric families as prometheus-cpp serialises them. Internal to daemon/metrics.
#pragma once
#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "daemon/metrics/histogram.h"

namespace tripled::metrics {

using Labels = std::vector<prometheus::ClientMetric::Label>;
using prometheus::MetricType;

class Families {
 public:
  // `name` without the `tripled_` that all of ours begin with.
  void begin(const std::string& name, const std::string& help, MetricType type = MetricType::Gauge);
  // A name that is not ours: the whole of it.
  void begin_common(const std::string& name, const std::string& help, MetricType type = MetricType::Gauge);
  // Into the family that was begun last.
  template <class Number>
  void add(Labels labels, Number value) {
    add_value(std::move(labels), static_cast<double>(value));
  }
  void add(Labels labels, const Histogram& histogram);
  template <class Number>
  void one(const std::string& name, const std::string& help, Number value,
           MetricType type = MetricType::Gauge) {
    begin(name, help, type);
    add({}, value);
  }
  template <class Number>
  void one_common(const std::string& name, const std::string& help, Number value,
                  MetricType type = MetricType::Gauge) {
    begin_common(name, help, type);
    add({}, value);
  }
  std::string text() const;

 private:
  void add_value(Labels labels, double value);
  std::vector<prometheus::MetricFamily> all_;
};

}  // namespace tripled::metrics
