#include "daemon/metrics/families.h"

#include <prometheus/text_serializer.h>

#include <sstream>

namespace tripled::metrics {

void Families::begin(const std::string& name, const std::string& help, MetricType type) {
  begin_common("tripled_" + name, help, type);
}

void Families::begin_common(const std::string& name, const std::string& help, MetricType type) {
  prometheus::MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  all_.push_back(std::move(family));
}

void Families::add_value(Labels labels, double value) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  (all_.back().type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  all_.back().metric.push_back(std::move(metric));
}

void Families::add(Labels labels, const Histogram& histogram) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  metric.histogram.sample_count = histogram.count();
  metric.histogram.sample_sum = histogram.sum();
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < histogram.bounds().size(); ++i) {
    so_far += histogram.counts()[i];
    prometheus::ClientMetric::Bucket bucket;
    bucket.cumulative_count = so_far;
    bucket.upper_bound = histogram.bounds()[i];
    metric.histogram.bucket.push_back(bucket);
  }
  all_.back().metric.push_back(std::move(metric));
}

std::string Families::text() const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, all_);
  return out.str();
}

}  // namespace tripled::metrics
